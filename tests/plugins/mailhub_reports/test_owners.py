"""Whose reports are, and which addresses take them."""

from mailhub import domains
from mailhub.db import transaction
from mailhub.inbound.desks import Kind, desk_of
from mailhub_reports.owners import Owners, is_report_address, owner_of
from tests.mailhub.domains.zones import configure

from .conftest import World, prove


def test_a_name_belongs_to_the_nearest_proved_domain(sqlite_world: World) -> None:
    hub, acme, other = sqlite_world.hub, sqlite_world.acme.account_id, sqlite_world.other.account_id
    prove(hub, other, "shop.acme.example")
    with transaction():
        domains.add(hub, other, "acme.example")  # never proved
    found = {
        name: getattr(owner_of(name), "account_id", None)
        for name in ("acme.example", "a.b.acme.example", "x.shop.acme.example", "example", "", "elsewhere.example")
    }
    assert found == {
        "acme.example": acme, "a.b.acme.example": acme, "x.shop.acme.example": other, "example": None, "": None,
        "elsewhere.example": None,
    }  # fmt: skip
    owners = Owners()
    assert owners.of("acme.example") is owners.of("acme.example")


def test_addresses_for_reports(sqlite_world: World) -> None:
    hub = sqlite_world.hub
    with transaction():
        domains.add(
            hub, sqlite_world.acme.account_id, "new.example"
        )  # its record may be published before its proof is seen
    taken = {
        each: is_report_address(hub, each)
        for each in ("dmarc@bounce.acme.example", "DMARC@Bounce.Acme.Example", "tls-reports@bounce.acme.example",
                     "dmarc@bounce.new.example", "dmarc@acme.example", "dmarc@bounce.elsewhere.example", "dmarc@",
                     "someone@bounce.acme.example", "dmarc@bounces.hub.example")
    }  # fmt: skip
    assert list(taken.values()) == [True, True, True, True, False, False, False, False, False]
    configure(hub, "delivery", return_path_domain="bounces.hub.example")
    assert is_report_address(hub, "dmarc@bounces.hub.example")
    assert hub.hook.accept_recipient(hub=hub, sender="", recipient="dmarc@bounce.acme.example") is True
    assert hub.hook.accept_recipient(hub=hub, sender="", recipient="dmarc@bounce.elsewhere.example") is None


def test_no_other_desk_takes_what_is_sent_there(sqlite_world: World) -> None:
    for address in ("dmarc@bounce.acme.example", "tls-reports@bounce.acme.example"):
        assert desk_of(sqlite_world.hub, address).kind is Kind.PLUGINS
