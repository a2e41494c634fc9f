"""The table of findings, and what they come to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.address import REASONS
from mailhub_verification.marks import MARKS, VERDICTS, weigh

DOCS = Path(__file__).parents[3] / "docs" / "verification.md"


@pytest.mark.parametrize(
    ("found", "verdict", "score"),
    [
        ([], "deliverable", 100),
        (["free"], "deliverable", 100),
        (["role", "free"], "deliverable", 85),
        (["dns-failed"], "unknown", 50),
        (["dns-failed", "disposable"], "risky", 0),
        (["typo", "no-domain"], "undeliverable", 0),
        (["hard-bounce", "engaged", "dns-failed"], "undeliverable", 0),
        (["delivered", "engaged"], "deliverable", 100),
        (["implicit-mx", "delivered"], "risky", 85),
    ],
)
def test_findings_are_weighed(found: list[str], verdict: str, score: int) -> None:
    assert weigh(found)[:2] == (verdict, score)


@given(st.lists(st.sampled_from(sorted(MARKS))))
def test_any_findings_have_a_verdict_and_a_score_in_range(found: list[str]) -> None:
    weighed = weigh(found)
    assert weighed.verdict in VERDICTS
    assert 0 <= weighed.score <= 100
    assert set(weighed.reasons) == set(found)
    assert weigh(reversed(found)) == weighed


def test_every_slug_is_documented_with_its_weight() -> None:
    text = DOCS.read_text("utf-8")
    for slug, mark in MARKS.items():
        if slug in REASONS:
            assert f"`{slug}`" in text, slug
        else:
            assert f"| `{slug}` | {mark.points:+d} | {mark.verdict} |" in text, slug
