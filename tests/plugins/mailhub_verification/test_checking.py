"""One address looked at from all sides, whatever text it is."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.addresses import suppress
from mailhub.db import transaction
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.testing import make_hub, make_owner
from mailhub_verification import checking
from mailhub_verification.checking import check_one, judge, read
from mailhub_verification.facts import SKIPPED
from mailhub_verification.marks import VERDICTS
from tests.dns_server import DnsServer


@pytest.mark.parametrize(
    ("address", "valid", "verdict", "reasons"),
    [
        ("ada@good.example", True, "deliverable", ()),
        ("info@gmail.com", True, "deliverable", ("role", "free")),
        ("ada@bücher.example", True, "deliverable", ()),
        ("ada@web.example", True, "risky", ("implicit-mx",)),
        ("ada@null.example", True, "undeliverable", ("null-mx",)),
        ("ada@gone.example", True, "undeliverable", ("no-domain",)),
        ("ada@gmial.com", True, "undeliverable", ("no-domain", "typo")),
        ("ada@failing.example", True, "unknown", ("dns-failed",)),
        ("ada@silent.example", True, "unknown", ("dns-failed",)),
        ("ada", False, "undeliverable", ("no-at-sign",)),
        ("", False, "undeliverable", ("empty",)),
        ("a" * 65 + "@good.example", False, "undeliverable", ("too-long",)),
    ],
)
def test_an_address(sqlite_hub: Hub, address: str, valid: bool, verdict: str, reasons: tuple[str, ...]) -> None:
    account = make_owner(sqlite_hub)[0]
    found = check_one(sqlite_hub, account.id, address)
    assert (found.valid, found.verdict, found.reasons) == (valid, verdict, reasons)
    assert found.address == address


def test_what_other_doors_are_told(sqlite_hub: Hub) -> None:
    told = check_one(sqlite_hub, make_owner(sqlite_hub)[0].id, " Jo@GMIAL.com").told()
    assert told == {
        "address": " Jo@GMIAL.com", "format": "valid", "verdict": "undeliverable", "score": 0,
        "reasons": ["no-domain", "typo"], "suggestion": "Jo@gmail.com", "normalised": "Jo@gmial.com",
        "domain": "gmial.com", "mx": [], "last_activity": None,
    }  # fmt: skip


def test_an_accounts_own_history_counts_and_no_others(sqlite_hub: Hub) -> None:
    mine, theirs = make_owner(sqlite_hub)[0], make_owner(sqlite_hub, "Other")[0]
    with transaction():
        suppress(mine.id, ["ada@good.example"], scope="all", reason="bounced", origin="", at=1)
    assert check_one(sqlite_hub, mine.id, "ADA@good.example").reasons == ("hard-bounce",)
    assert check_one(sqlite_hub, theirs.id, "ada@good.example").reasons == ()


def test_without_dns_nothing_is_asked(sqlite_hub: Hub, dns: DnsServer) -> None:
    account = make_owner(sqlite_hub)[0]
    assert check_one(sqlite_hub, account.id, "ada@good.example", ask_dns=False).reasons == ("dns-skipped",)
    assert dns.asked == {}


def test_nobody_waits_longer_than_patience(tmp_path: Path, dns: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PATIENCE", 0.3)
    asked = {"resolvers": [dns.address], "timeout": 10.0}
    with make_hub(tmp_path / "data", dns=asked) as hub:
        account, began = make_owner(hub)[0], time.monotonic()
        assert check_one(hub, account.id, "ada@silent.example").verdict == "unknown"
        assert time.monotonic() - began < 2


def test_lists_of_traps_count(tmp_path: Path, settings: dict[str, Any]) -> None:
    (tmp_path / "traps.txt").write_text("ada@good.example\n")
    settings["verification"] = {"traps": [str(tmp_path / "traps.txt")]}
    with make_hub(tmp_path / "data", **settings) as hub:
        account = make_owner(hub)[0]
        assert check_one(hub, account.id, "Ada@good.example").reasons == ("spam-trap",)
        (tmp_path / "traps.txt").unlink()
        with pytest.raises(UserError, match="spam traps"):
            check_one(hub, account.id, "ada@good.example")


@given(st.text() | st.emails() | st.builds("{}@{}".format, st.text(), st.text()))
def test_any_text_has_a_verdict(text: str) -> None:
    found = judge(read(text), SKIPPED)
    assert found.verdict in VERDICTS
    assert 0 <= found.score <= 100
    assert found.valid == bool(found.domain)
    assert found.valid or found.verdict == "undeliverable"


@given(st.emails())
def test_what_the_standard_allows_is_no_reason_against_it(address: str) -> None:
    found = judge(read(address), SKIPPED)
    assert not found.valid or "dns-skipped" in found.reasons
