"""Numbers and times as people of each language write them."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from mailhub.moments import Moment
from mailhub.testing import Clock
from mailhub.web import formats

NOW = 1_800_000_000_000  # 15 January 2027, 08:00 UTC


@pytest.fixture(params=["en", "fr"])
def page(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """Inside a request, in a language."""
    with app.test_request_context(), force_locale(request.param):
        yield request.param


def test_number(page: str) -> None:
    assert formats.number(12431) == {"en": "12,431", "fr": "12\u202f431"}[page]
    assert formats.number(None) == "\u2013"


def test_percent(page: str) -> None:
    assert formats.percent(1, 8) == {"en": "12.5%", "fr": "12,5\u00a0%"}[page]
    assert formats.percent(1, 2) == {"en": "50%", "fr": "50\u00a0%"}[page]
    assert formats.percent(0, 0) == "\u2013"


def test_size(page: str) -> None:
    assert formats.size(900) == {"en": "900\u00a0bytes", "fr": "900\u00a0octets"}[page]
    assert formats.size(1536) == {"en": "1.5\u00a0KB", "fr": "1,5\u00a0ko"}[page]
    assert formats.size(5 * 1024**4) == {"en": "5,120\u00a0GB", "fr": "5\u202f120\u00a0Go"}[page]


def test_duration(page: str) -> None:
    assert formats.duration(150) == {"en": "2 minutes", "fr": "2 minutes"}[page]
    assert formats.duration(0) == {"en": "1 second", "fr": "1\u00a0seconde"}[page]


def test_time_is_near_in_words_and_exact_on_hover(page: str, clock: Clock) -> None:
    said = formats.time(NOW - 3 * 60_000)
    assert {"en": ">3 minutes ago<", "fr": ">il y a 3 minutes<"}[page] in said
    assert 'datetime="2027-01-15T07:57:00+00:00"' in said
    assert {"en": 'title="15 Jan 2027, 07:57:00 UTC"', "fr": 'title="15 janv. 2027, 07:57:00 TU"'}[page] in said


def test_time_far_away_is_a_day(page: str) -> None:
    assert {"en": ">1 Jan 2027<", "fr": ">1 janv. 2027<"}[page] in formats.time(NOW - 14 * formats.DAY)
    assert formats.time(None) == "\u2013"
    assert {"en": ">now<", "fr": ">à l’instant<"}[page] in formats.time(NOW)


def test_time_to_come(page: str) -> None:
    assert {"en": ">in 2 hours<", "fr": ">dans 2 heures<"}[page] in formats.time(NOW + 7_200_000)


def test_when_is_for_sentences(page: str) -> None:
    assert formats.when(Moment(NOW, "Asia/Tokyo")) == {
        "en": "15 January 2027, 08:00", "fr": "15 janvier 2027 à 08:00"
    }[page]  # fmt: skip
    assert formats.when(Moment(NOW, "Asia/Tokyo", now=NOW)) == "08:00"
    assert formats.when(Moment(NOW, "Asia/Tokyo", now=NOW, named=True)) == "17:00 (Asia/Tokyo)"
