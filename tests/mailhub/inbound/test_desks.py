from dataclasses import replace

import pytest

from mailhub.accounts import Account, Domain
from mailhub.hub import Hub
from mailhub.inbound.desks import Desk, Kind, desk_of, is_ours
from mailhub.tokens import MessageToken


def test_a_return_path_is_known_by_its_token_alone_whatever_its_case(sqlite_core: Hub) -> None:
    token = sqlite_core.tokens.return_path(3, 77)
    desk = Desk(Kind.RETURN_PATH, MessageToken(3, 77))
    assert desk_of(sqlite_core, f"bounce+{token}@bounce.acme.example") == desk
    assert desk_of(sqlite_core, f"BOUNCE+{token.upper()}@ELSEWHERE.EXAMPLE") == desk


@pytest.mark.parametrize("local", ["bounce+{}x", "bounce+x{}", "{}", "bounce-{}", "bounce+"])
def test_what_is_no_return_path_of_ours_is_for_plugins(sqlite_core: Hub, local: str) -> None:
    address = local.format(sqlite_core.tokens.return_path(3, 77)) + "@bounce.acme.example"
    assert desk_of(sqlite_core, address) == Desk(Kind.PLUGINS)


def test_a_changed_token_is_no_return_path(sqlite_core: Hub) -> None:
    token = sqlite_core.tokens.return_path(3, 77)
    forged = token[:5] + ("a" if token[5] != "a" else "b") + token[6:]
    assert desk_of(sqlite_core, f"bounce+{forged}@bounce.acme.example").kind is Kind.PLUGINS


@pytest.mark.parametrize(
    ("address", "kind", "domain"),
    [
        ("fbl@acme.example", Kind.COMPLAINTS, "acme.example"),
        ("FBL@Acme.example", Kind.COMPLAINTS, "acme.example"),
        ("spam@loops.example", Kind.COMPLAINTS, ""),
        ("spam@acme.example", Kind.PLUGINS, ""),
        ("postmaster", Kind.STAFF, ""),
        ("Postmaster@acme.example", Kind.STAFF, "acme.example"),
        ("abuse@acme.example", Kind.STAFF, "acme.example"),
        ("info@acme.example", Kind.PLUGINS, ""),
    ],
)
def test_desks_by_name(sqlite_core: Hub, address: str, kind: Kind, domain: str) -> None:
    inbound = replace(sqlite_core.config.inbound, complaints=["fbl", "spam@loops.example"])
    sqlite_core.config = replace(sqlite_core.config, inbound=inbound)
    assert desk_of(sqlite_core, address) == Desk(kind, None, domain)


def test_domains_of_ours(core: Hub) -> None:
    account = Account.create(name="Acme", created_at=0)
    Domain.create(account=account, name="acme.example", created_at=0)
    config = core.config
    core.config = replace(
        config,
        smtp=replace(config.smtp, hostname="Mail.hub.example"),
        delivery=replace(config.delivery, return_path_domain="back.hub.example"),
    )
    ours = ["", "mail.hub.example", "back.hub.example", "acme.example", "bounce.acme.example"]
    others = ["hub.example", "other.example", "x.acme.example", "bounce.other.example", "acme.example.net"]
    assert [each for each in (*ours, *others) if is_ours(core, each)] == ours
