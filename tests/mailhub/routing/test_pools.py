"""Pools hold addresses of this machine, each once, and are not emptied under a route."""

import pytest

from mailhub.errors import Conflict, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.routes import PoolAddress, WarmCount, WarmUp
from mailhub.routing import pools

from .conftest import Ask


@pytest.fixture
def bulk(ask: Ask) -> None:
    ask("pools.create", name="bulk")
    ask("pool_addresses.add", pool="bulk", address="127.0.0.2", helo="Mail1.Example.com", weight=3)


def test_a_pool_is_told_with_its_addresses(bulk: None, ask: Ask) -> None:
    (told,) = ask("routes.list")["pools"]
    address = {"address": "127.0.0.2", "helo": "mail1.example.com", "weight": 3, "warming_up": False}
    assert told == {"name": "bulk", "addresses": [address]}
    assert ask("pools.change", pool="bulk", name="campaigns")["name"] == "campaigns"


def test_names_and_addresses_are_taken_once(bulk: None, ask: Ask) -> None:
    ask("pools.create", name="other")
    with pytest.raises(Conflict, match="There is a pool bulk already"):
        ask("pools.create", name="bulk")
    with pytest.raises(Conflict, match="There is a pool bulk already"):
        ask("pools.change", pool="other", name="bulk")
    with pytest.raises(Conflict, match="127.0.0.2 is in the pool bulk already"):
        ask("pool_addresses.add", pool="other", address="127.0.0.2")
    with pytest.raises(Invalid, match="cannot be a pool’s name"):
        ask("pools.create", name="a/b")


def test_what_is_wrong_is_said_at_its_field(bulk: None, ask: Ask) -> None:
    for given, field, sentence in (
        ({"address": "192.0.2.10"}, "address", "is not an address of this machine"),
        ({"address": "127.0.0.3", "helo": "bad name"}, "helo", "bad name is no host name"),
        ({"address": "127.0.0.3", "weight": 0}, "weight", "0 is no weight"),
        ({"address": "127.0.0.3", "weight": 1001}, "weight", "1001 is no weight"),
    ):
        with pytest.raises(Invalid) as caught:
            ask("pool_addresses.add", pool="bulk", **given)
        assert sentence in caught.value.fields[field]
    assert PoolAddress.select().count() == 1


def test_an_address_is_changed(bulk: None, ask: Ask) -> None:
    assert ask("pool_addresses.change", address="127.0.0.2", weight=1)["helo"] == "mail1.example.com"
    assert ask("pool_addresses.change", address="127.0.0.2", helo="")["helo"] == ""
    with pytest.raises(NotFound, match="There is no address 127.0.0.7 in any pool"):
        ask("pool_addresses.change", address="127.0.0.7", weight=1)


def test_a_pool_in_use_is_neither_deleted_nor_emptied(bulk: None, ask: Ask) -> None:
    ask("routes.create", name="main", host="smtp.example.com", pool="bulk")
    with pytest.raises(Conflict, match="The pool bulk is used by the route main"):
        ask("pools.delete", pool="bulk")
    with pytest.raises(Conflict, match="is the last address of the pool bulk"):
        ask("pool_addresses.remove", address="127.0.0.2")
    ask("pool_addresses.add", pool="bulk", address="127.0.0.3")
    ask("pool_addresses.remove", address="127.0.0.2")
    ask("routes.change", route="main", pool="")
    ask("pools.delete", pool="bulk")
    assert not PoolAddress.select().exists()
    with pytest.raises(NotFound, match="There is no pool bulk"):
        pools.find("bulk")


def test_with_an_address_its_plan_and_counts_go(core: Hub) -> None:
    row = pools.add(pools.create(core, "bulk"), "127.0.0.2", "", 1)
    WarmUp.create(address=row, started_on="2027-03-01", first=1, growth=2.0)
    WarmCount.create(address_id=row.id, provider="", day=1, used=1)
    pools.remove(row)
    assert [each.select().count() for each in (PoolAddress, WarmUp, WarmCount)] == [0, 0, 0]
