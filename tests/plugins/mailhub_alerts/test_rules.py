"""Rules depend on names of events alone."""

from mailhub_alerts.rules import BOUNCES, HELD, RULES, offered


def test_a_rule_is_offered_when_all_its_kinds_are_told(hub) -> None:
    assert set(offered(hub)) == set(RULES)
    del hub.event_kinds["credit.low"]
    assert set(RULES) - set(offered(hub)) == {"credit.low"}
    del hub.event_kinds["campaign.started"]
    assert not {HELD, BOUNCES, "campaign.started"} & set(offered(hub))
