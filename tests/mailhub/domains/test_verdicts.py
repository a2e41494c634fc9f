"""Verdicts say whether something serves its purpose."""

from mailhub.domains.verdicts import Verdict, unasked
from mailhub.errors import Sentence


def test_a_warning_serves_its_purpose_and_silence_does_not_say() -> None:
    good = {state: Verdict("spf", "x", state, Sentence("")).good for state in ("ok", "warning", "missing", "wrong")}  # type: ignore[arg-type]
    assert good == {"ok": True, "warning": True, "missing": False, "wrong": False}
    verdict = unasked("spf", "acme.example")
    assert (verdict.state, verdict.good) == ("unasked", False)
    assert "acme.example gave no answer" in verdict.said
