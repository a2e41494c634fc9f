"""What providers like is read, merged and found; what their words mean leads to what is done."""

from pathlib import Path

import pytest

from mailhub.bounces.rules import rules
from mailhub.delivery.shaping import Meaning, _shipped, load, provider_of, retry_after
from mailhub.delivery.smtp_words import Outcome
from mailhub.errors import UserError


@pytest.mark.parametrize(
    ("hosts", "domain", "slug"),
    [
        (["aspmx.l.google.com"], "ours.example", "google"),
        (["alt1.gmail-smtp-in.l.google.com"], "gmail.com", "google"),
        (["ours-example.mail.protection.outlook.com"], "ours.example", "microsoft365"),
        (["outlook-com.olc.protection.outlook.com"], "hotmail.fr", "outlook"),
        (["mta5.am0.yahoodns.net"], "yahoo.com", "yahoo"),
        (["smtp-in.orange.fr"], "wanadoo.fr", "orange"),
        (["mxa-0001.gslb.pphosted.com"], "ours.example", "proofpoint"),
        (["mx.notgoogle.com"], "ours.example", ""),
        ([], "GMAIL.com", "google"),
    ],
)
def test_a_provider_is_known_by_its_servers_or_its_domain(hosts: list[str], domain: str, slug: str) -> None:
    assert provider_of(hosts, domain) == slug


@pytest.mark.parametrize(
    ("provider", "code", "enhanced", "text", "meaning"),
    [
        ("", 451, "4.7.1", "Greylisted, see http://x", Meaning("greylisted", "soon")),
        ("", 450, "4.7.1", "Please try again later", Meaning("greylisted", "soon")),
        ("", 421, "4.7.0", "Too many connections from your host", Meaning("rate_limited", "slow")),
        ("", 554, "5.7.1", "Service unavailable; client blocked using zen.spamhaus.org", Meaning("blocked", "stop")),
        ("", 554, "5.7.1", "The URL in the body is listed at a block list", Meaning("spam", "")),
        ("", 550, "5.1.1", "User unknown", Meaning("no_such_user", "")),
        ("", 552, "5.2.2", "Mailbox full", Meaning("mailbox_full", "")),
        ("", 451, "4.2.0", "The mailbox is busy", Meaning("mailbox_busy", "")),
        ("", 451, "4.0.0", "Not now", Meaning("unavailable", "")),
        ("", 550, "5.4.1", "Recipient address rejected: Access denied", Meaning("no_such_user", "")),
        ("", 0, "", "connection lost", Meaning("", "")),
        ("", 250, "", "fine", Meaning("", "")),
        ("google", 421, "4.7.28", "unusual rate of unsolicited mail", Meaning("rate_limited", "slow")),
        ("google", 550, "5.7.26", "This mail is unauthenticated", Meaning("unauthenticated", "")),
        ("yahoo", 421, "4.7.0", "[TSS04] Messages temporarily deferred", Meaning("rate_limited", "slow")),
        ("yahoo", 553, "5.7.1", "[BL21] Connections not accepted", Meaning("blocked", "stop")),
        ("outlook", 550, "5.7.1", "part of their network is on our block list (S3150)", Meaning("blocked", "stop")),
        ("mimecast", 451, "", "Internal resources are temporarily unavailable", Meaning("greylisted", "soon")),
    ],
)
def test_words_have_a_meaning(provider: str, code: int, enhanced: str, text: str, meaning: Meaning) -> None:
    kind = "delivered" if code < 400 else "deferred" if code < 500 else "bounced"
    assert load().of(provider).meaning(Outcome(kind, code, enhanced, text)) == meaning  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("try again in 5 minutes", 300),
        ("Greylisted for 300 seconds", 300),
        ("please wait 10 seconds", 60),
        ("come back in 9 hours", 14_400),
        ("try later", 0),
        ("it was 5 minutes", 0),
    ],
)
def test_a_servers_wish_is_read_within_bounds(text: str, seconds: int) -> None:
    assert retry_after(text) == seconds


def test_an_own_file_is_merged_and_its_patterns_come_first(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[google]\nconnections = 1\nreplies = [{ pattern = "4\\\\.7\\\\.28", means = "policy", action = "later" }]\n'
        '[partner]\nname = "Partner"\nmx = ["mx.partner.example"]\nrate = 60\n'
    )
    shaping = load("own.toml", tmp_path)
    google = shaping.of("google")
    assert (google.connections, google.per_connection, google.name) == (1, 100, "Gmail and Google Workspace")
    assert google.meaning(Outcome("deferred", 421, "4.7.28", "slow")) == Meaning("policy", "later")
    assert shaping.provider_of(["a.mx.partner.example"], "p.example") == "partner"
    assert shaping.of("partner").rate == 60
    assert shaping.of("partner").meaning(Outcome("bounced", 550, "5.1.1", "User unknown")).reason == "no_such_user"
    assert load().of("google").connections == 10


@pytest.mark.parametrize(
    "content",
    ["[google", "google = 1", "[google]\nconections = 3", "[google]\nconnections = '3'", "[google]\nrate = -1",
     "[google]\ntls = 'never'", "[google]\nreplies = [{ pattern = '(', means = 'x', action = '' }]",
     "[google]\nreplies = [{ pattern = 'x', means = 'x', action = 'explode' }]",
     "[google]\nactions = { spam = 'explode' }"],
)  # fmt: skip
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "own.toml").write_text(content)
    with pytest.raises(UserError, match=r"own.toml cannot be used: .*Correct it"):
        load("own.toml", tmp_path)


def test_what_all_servers_words_mean_leads_to_what_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[default]\nactions = { spam = "slow" }\n[google]\nactions = { greylisted = "later" }\n'
    )
    shaping = load("own.toml", tmp_path)
    assert shaping.of("").meaning(Outcome("bounced", 550, "5.7.1", "This is spam")) == Meaning("spam", "slow")
    assert shaping.of("google").meaning(Outcome("deferred", 450, "", "greylisted")) == Meaning("greylisted", "later")
    assert shaping.of("yahoo").meaning(Outcome("deferred", 450, "", "greylisted")) == Meaning("greylisted", "soon")


def test_what_the_shipped_replies_mean_is_in_the_one_vocabulary() -> None:
    named = {each["means"] for table in _shipped().values() for each in table.get("replies", ())}
    named |= {reason for table in _shipped().values() for reason in table.get("actions", {})}
    assert named <= set(rules().classes)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere.toml"):
        load("nowhere.toml", tmp_path)
