"""Each way a source can fare has its sentence, and so has each kind of failed session and each policy."""

import pytest

from mailhub_reports.advice import FATES, TLS, Fared, advise, fate_of, say, say_tls


def fared(dkim: str = "fail", spf: str = "fail", **more: str) -> Fared:
    names = ("dkim_domain", "dkim_selector", "dkim_result", "spf_domain", "spf_result", "reason")
    return Fared(dkim, spf, *(more.get(name, "") for name in names), 5)


@pytest.mark.parametrize(
    ("way", "ours", "fate", "words"),
    [
        (fared("pass", "pass"), True, "ours", "your server"),
        (fared("pass"), True, "ours", "nothing to do"),
        (fared(), True, "ours_fails", "records of acme.example"),
        (fared("pass", "pass"), False, "passes", "nothing to do"),
        (fared("pass", spf_result="fail"), False, "forwarded", "forwarder"),
        (fared("pass", spf_result="pass", spf_domain="mailer.test"), False, "unaligned", "only right for mailer.test"),
        (fared(spf="pass"), False, "unsigned", "nothing is signed"),
        (fared(spf="pass", dkim_domain="m.test", dkim_result="pass"), False, "foreign_key", "that of m.test"),
        (fared(spf="pass", dkim_domain="acme.example", dkim_selector="k1", dkim_result="fail"), False, "broken_key", "key k1"),
        (fared(reason="local_policy,mailing_list"), False, "let_through", "mailing list"),
        (fared(spf_result="pass", spf_domain="mailer.test"), False, "service", "mailer.test sends this"),
        (fared(dkim_result="pass", dkim_domain="m.test", spf_domain="x.test"), False, "service", "m.test sends this"),
        (fared(dkim_result="fail", dkim_domain="acme.example", dkim_selector="k1"), False, "failing_key", "key k1 of acme.example"),
        (fared(spf_result="softfail"), False, "stranger", "someone else"),
    ],
)  # fmt: skip
def test_fates(way: Fared, ours: bool, fate: str, words: str) -> None:
    assert fate_of("192.0.2.1", way, ours) == fate
    said = say(fate, way, "acme.example")
    assert words in said
    assert "{" not in said


def test_sources_that_were_too_many() -> None:
    assert fate_of("", fared(), False) == "many"
    assert "ignore them" in say("many", fared(), "acme.example")
    assert fate_of("", fared("pass", "pass"), False) == "passes"


def test_no_sentence_is_left_with_a_gap() -> None:
    for fate in FATES:
        assert "{" not in say(fate, fared(), "acme.example")
    for kind in (*TLS, "something-new", "other"):
        assert "{" not in say_tls(kind, "", "acme.example", "")
    assert "mx.test" in say_tls("certificate-expired", "mx.test", "acme.example", "R")
    assert "ask R" in say_tls("other", "", "acme.example", "R")


@pytest.mark.parametrize(
    ("policy", "days", "mails", "passed", "mine", "words"),
    [
        (None, 90, 10, 10, 0, "No reports"),
        ({"p": "none", "pct": 100}, 90, 0, 0, 0, "No reports"),
        ({"p": "none", "pct": 100}, 7, 100, 100, 0, "until there are 30 days of reports; so far there are 7"),
        ({"p": "none", "pct": 100}, 30, 1000, 979, 21, "Stay with p=none: 97 of 100"),
        ({"p": "none", "pct": 100}, 30, 1000, 700, 14, "70 of 100 mails pass, and what fails bears no signature of yours"),
        ({"p": "none", "pct": 100}, 30, 1000, 700, 15, "Stay with p=none: 70 of 100"),
        ({"p": "none", "pct": 100}, 30, 1000, 980, 0, "98 of 100 mails passed: write p=quarantine"),
        ({"p": "", "pct": 100}, 30, 1000, 1000, 0, "write p=quarantine"),
        ({"p": "quarantine", "pct": 100}, 30, 1000, 1000, 0, "write p=reject"),
        ({"p": "quarantine", "pct": 20}, 30, 1000, 1000, 0, "take pct=20 out"),
        ({"p": "quarantine", "pct": 100}, 30, 1000, 10, 20, "Stay with p=quarantine: 1 of 100"),
        ({"p": "reject", "pct": 100}, 3, 1000, 10, 0, "Receivers refuse what fails"),
        ({"p": "reject", "pct": 50}, 40, 1000, 1000, 0, "take pct=50 out"),
    ],
)  # fmt: skip
def test_what_to_do_about_the_policy(
    policy: dict[str, object] | None, days: int, mails: int, passed: int, mine: int, words: str
) -> None:
    assert words in advise("acme.example", policy, days, mails, passed, mine)
