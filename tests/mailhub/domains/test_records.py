"""The records to publish: what this server can tell, and what must be."""

from mailhub import domains, hookimpl
from mailhub.accounts import OPERATOR, Domain
from mailhub.db import transaction
from mailhub.domains import keys
from mailhub.domains.ours import ours_of
from mailhub.domains.owning import proof_value
from mailhub.domains.records import (
    TLS_REPORTS,
    host_names,
    link_name,
    records,
    records_of,
    report_address,
    return_path_name,
)
from mailhub.hub import Hub
from mailhub.testing import Clock, make_owner
from tests.mailhub.domains.zones import configure


def add(hub: Hub, *, operator: bool = False) -> Domain:
    make_owner(hub)
    account = OPERATOR if operator else make_owner(hub)[0].id
    with transaction():
        return domains.add(hub, account, "acme.example")


def shown(hub: Hub, domain: Domain) -> list[tuple[str, str, bool]]:
    return [(each.kind, each.type, each.required) for each in records_of(hub, domain)]


def test_a_server_without_a_name_tells_what_it_can(sqlite_core: Hub) -> None:
    domain = add(sqlite_core)
    assert shown(sqlite_core, domain) == [
        ("proof", "TXT", True), ("dkim", "TXT", True), ("dkim", "TXT", True), ("dmarc", "TXT", True),
    ]  # fmt: skip
    assert records_of(sqlite_core, domain)[0].value == proof_value(domain)


def test_a_server_with_a_name_tells_all(sqlite_core: Hub) -> None:
    configure(sqlite_core, "smtp", hostname="mail.hub.example")
    configure(sqlite_core, "server", public_url="https://hub.example")
    domain = add(sqlite_core)
    found = {(each.kind, each.name): each.value for each in records_of(sqlite_core, domain)}
    assert found["spf", "acme.example"] == "v=spf1 a:mail.hub.example ~all"
    assert found["return_path", "bounce.acme.example"] == "mail.hub.example"
    assert found["tracking", "link.acme.example"] == "hub.example"
    assert found["dmarc", "_dmarc.acme.example"].startswith("v=DMARC1; p=none; rua=mailto:")
    configure(sqlite_core, "delivery", return_path_domain="bounces.hub.example")
    assert "return_path" not in {each.kind for each in records_of(sqlite_core, domain)}


def test_the_operator_publishes_spf_where_the_return_paths_of_all_lead(sqlite_core: Hub) -> None:
    configure(sqlite_core, "smtp", hostname="mail.hub.example")
    make_owner(sqlite_core)
    with transaction():
        own = domains.add(sqlite_core, OPERATOR, "hub.example")
        theirs = domains.add(sqlite_core, make_owner(sqlite_core)[0].id, "hub.example.net")
    spf = ("spf", "mail.hub.example", "TXT", "v=spf1 a:mail.hub.example ~all")
    assert spf in {(each.kind, each.name, each.type, each.value) for each in records_of(sqlite_core, own)}
    assert "mail.hub.example" not in {each.name for each in records_of(sqlite_core, theirs)}
    assert host_names(own, ours_of(sqlite_core)) == ["mail.hub.example"]
    configure(sqlite_core, "delivery", return_path_domain="bounces.hub.example")
    found = {(each.kind, each.name, each.type, each.value) for each in records_of(sqlite_core, own)}
    assert {
        ("return_path", "bounces.hub.example", "MX", "10 mail.hub.example"), spf,
        ("spf", "bounces.hub.example", "TXT", "v=spf1 a:mail.hub.example ~all"),
    } <= found  # fmt: skip
    configure(sqlite_core, "delivery", return_path_domain="")
    configure(sqlite_core, "smtp", hostname="hub.example")
    own_spf = [each.name for each in records_of(sqlite_core, own) if each.kind == "spf"]
    assert own_spf == ["hub.example"]  # once, though both need it


class Reader:
    """A plugin that reads reports about acme.example."""

    @hookimpl
    def accept_recipient(self, recipient: str) -> bool | None:
        return recipient.partition("@")[2] in ("bounce.acme.example", "bounces.hub.example") or None


def test_reports_come_here_where_a_plugin_reads_them(sqlite_core: Hub) -> None:
    domain = add(sqlite_core)
    configure(sqlite_core, "smtp", hostname="mail.hub.example")
    usual = "v=DMARC1; p=none; rua=mailto:"
    found = {each.kind: each.value for each in records_of(sqlite_core, domain)}
    assert found["dmarc"] == f"{usual}postmaster@acme.example"
    assert "tls_rpt" not in found
    sqlite_core.manager.register(Reader(), "reader")
    made = {each.kind: each for each in records_of(sqlite_core, domain)}
    assert made["dmarc"].value == f"{usual}dmarc@bounce.acme.example"
    assert made["tls_rpt"].name == "_smtp._tls.acme.example"
    assert made["tls_rpt"].value == "v=TLSRPTv1; rua=mailto:tls-reports@bounce.acme.example"
    assert not made["tls_rpt"].required
    configure(sqlite_core, "delivery", return_path_domain="bounces.hub.example")
    assert report_address(sqlite_core, "acme.example") == "dmarc@bounces.hub.example"
    assert report_address(sqlite_core, "acme.example", local=TLS_REPORTS) == "tls-reports@bounces.hub.example"


def test_a_server_without_a_name_gets_no_reports(sqlite_core: Hub) -> None:
    sqlite_core.manager.register(Reader(), "reader")
    assert report_address(sqlite_core, "acme.example") == ""


def test_no_proof_where_none_is_asked(sqlite_core: Hub) -> None:
    assert "proof" not in {kind for kind, _, _ in shown(sqlite_core, add(sqlite_core, operator=True))}


def test_new_and_old_keys_are_shown_and_not_required_until_their_time_is_over(sqlite_core: Hub) -> None:
    sqlite_core.clock = Clock()
    domain = add(sqlite_core)
    with transaction():
        keys.rotate(sqlite_core, domain)
    dkim = [each for each in records_of(sqlite_core, domain) if each.kind == "dkim"]
    assert sorted((each.key, each.required) for each in dkim) == [("active", True)] * 2 + [("next", False)] * 2
    with transaction():
        keys.activate(sqlite_core, domain, force=True)
    assert [each.key for each in records_of(sqlite_core, domain) if each.key] == ["active"] * 2 + ["retired"] * 2
    sqlite_core.clock.move(8 * 86_400)
    assert not [each for each in records_of(sqlite_core, domain) if each.key == "retired"]
    assert len(records(domain)) == 4


def test_names_under_a_domain() -> None:
    assert (return_path_name("a.example"), link_name("a.example")) == ("bounce.a.example", "link.a.example")
