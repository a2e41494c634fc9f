"""What rules mean in SQL is what they mean in plain Python: random rules over random bases, on both databases."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailhub.accounts import Account
from mailhub.db import is_postgres, sql
from mailhub.hub import Hub
from mailhub.permissions import Actor
from mailhub.testing import Clock
from mailhub_contacts import audiences, segments
from mailhub_contacts.segment_rules import BEHAVIOUR, Group, Rule, read
from mailhub_contacts.segment_sql import Asking, condition
from tests.plugins.mailhub_contacts import segment_base

ZONE = "America/Montreal"


def test_rules_mean_in_sql_what_they_mean_in_python(hub: Hub, owner: Actor) -> None:
    account = owner.account_id
    Account.update(time_zone=ZONE).where(Account.id == account).execute()
    hub.clock = Clock()
    seen = set()

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def agree(seed: int) -> None:
        chance = random.Random(seed)
        base = segment_base.make(hub, account, ZONE, chance)
        for _ in range(8):
            told = segment_base.rules(base, chance)
            wanted = segment_base.expected(base, told)
            group = segments.named(account, read(told))
            assert segments.count(account, hub.ms(), group) == len(wanted), told
            for found in (1, 10_000):  # by what rules pick out, and along the contacts
                first = segments.first(account, hub.ms(), group, found)
                assert [each.id for each in first] == wanted, told
            seen.add(0 < len(wanted) < len(base.contacts))

    agree()
    assert seen == {True, False}


def test_segments_as_audiences_and_exclusions_agree_too(hub: Hub, owner: Actor) -> None:
    account = owner.account_id
    hub.clock = Clock()

    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def agree(seed: int) -> None:
        chance = random.Random(seed)
        base = segment_base.make(hub, account, "UTC", chance)
        segments.Segment.delete().execute()
        told = [segment_base.rules(base, chance) for _ in range(2)]
        keys = [f"segment:{segments.create(hub, owner, str(n), rules).id}" for n, rules in enumerate(told)]
        addresses = {each.id: each.address_key for each in base.contacts}
        both = {addresses[each] for rules in told for each in segment_base.expected(base, rules)}
        without = {addresses[each] for each in segment_base.expected(base, told[0])}
        without -= {addresses[each] for each in segment_base.expected(base, told[1])}
        for include, exclude, wanted in ((keys, [], both), (keys[:1], keys[1:], without)):
            found, after = [], 0
            while page := audiences.recipients(account, include, exclude, after, 2, hub.ms()):
                found += [addresses[each.key] for each in page]
                after = page[-1].key
            assert sorted(found) == sorted(wanted), (told, exclude)
            assert audiences.count(account, include, exclude, hub.ms()) == len(wanted)

    agree()


def test_by_row_the_address_leads_to_the_messages(hub: Hub, owner: Actor) -> None:
    if is_postgres():
        sql("SET enable_seqscan = off")
    for what in BEHAVIOUR:
        for campaign in (0, 7):
            said = {"link": "shop"} if what == "clicked" and campaign else {}
            group = Group("all", (Rule(what, "did", days=9, campaign=campaign, **said),))
            inside, values = condition(group, Asking(owner.account_id, hub.ms(), links={(7, "shop"): [1]}, by_row=True))
            explain = "EXPLAIN " if is_postgres() else "EXPLAIN QUERY PLAN "
            query = f"{explain} SELECT c.id FROM contacts c WHERE c.account_id = ? AND c.id > ? AND {inside} ORDER BY c.id LIMIT 9"
            plan = "\n".join(str(row[-1]) for row in sql(query, [owner.account_id, 5, *values]).fetchall())
            led = "address_key = c.address_key" if is_postgres() else "address_key=?"
            assert led in plan, f"{what} {campaign}: {plan}"
            assert "SCAN" not in plan.replace("SCALAR", ""), plan
    if is_postgres():
        sql("RESET enable_seqscan")
