"""What is true of this server in DNS, by its configuration."""

from mailhub.db import transaction
from mailhub.domains.ours import ours_of
from mailhub.hub import Hub
from mailhub.routes import Pool, PoolAddress
from tests.mailhub.domains.zones import configure


def test_a_server_without_names_says_none(sqlite_core: Hub) -> None:
    ours = ours_of(sqlite_core)
    assert (ours.host, ours.web_host, ours.spf_term, ours.addresses) == ("", "", "", ())


def test_names_addresses_and_what_spf_says_of_them(sqlite_core: Hub) -> None:
    configure(sqlite_core, "smtp", hostname="Mail.Hub.example")
    configure(sqlite_core, "server", public_url="https://hub.example:8443/mail")
    ours = ours_of(sqlite_core)
    assert (ours.host, ours.web_host, ours.spf_term) == ("mail.hub.example", "hub.example", "a:mail.hub.example")
    configure(sqlite_core, "domains", addresses=["192.0.2.1", "2001:db8::1"])
    assert ours_of(sqlite_core).spf_term == "ip4:192.0.2.1 ip6:2001:db8::1"
    configure(sqlite_core, "domains", addresses=[f"192.0.2.{n}" for n in range(1, 7)])
    assert ours_of(sqlite_core).spf_term == "a:mail.hub.example"
    configure(sqlite_core, "domains", spf_include="spf.relay.example")
    assert ours_of(sqlite_core).spf_term == "include:spf.relay.example"


def test_behind_a_smart_host_only_the_operator_knows_where_mail_leaves(sqlite_core: Hub) -> None:
    configure(sqlite_core, "smtp", hostname="mail.hub.example")
    configure(sqlite_core, "delivery", route="smart_host", smart_host="relay.example")
    assert ours_of(sqlite_core).spf_term == ""
    configure(sqlite_core, "domains", spf_include="relay.example")
    assert ours_of(sqlite_core).spf_term == "include:relay.example"


def test_an_address_is_no_name(sqlite_core: Hub) -> None:
    configure(sqlite_core, "server", public_url="http://192.0.2.1:8000")
    assert ours_of(sqlite_core).web_host == ""


def test_public_addresses_of_pools_count_with_their_names(sqlite_core: Hub) -> None:
    with transaction():
        pool = Pool.create(name="one", created_at=1)
        PoolAddress.create(pool=pool, address="8.8.4.4", helo="out.hub.example")
        PoolAddress.create(pool=pool, address="10.0.0.1", helo="inside.hub.example")
    ours = ours_of(sqlite_core)
    assert (ours.addresses, ours.names) == (("8.8.4.4",), {"8.8.4.4": "out.hub.example"})
    configure(sqlite_core, "domains", addresses=["192.0.2.1"])
    assert ours_of(sqlite_core).addresses == ("192.0.2.1",)
