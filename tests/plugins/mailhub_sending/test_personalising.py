"""Names that nobody has, and names that some lack."""

import pytest

from mailhub import Hub
from mailhub_sending.models import texts_of
from mailhub_sending.personalising import find_gaps, names_used


@pytest.fixture
def lacking(people, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third recipient, who reads French, and the first one, who reads English, have no display."""
    empty = {1, *range(3, 5001, 3)}
    fields = {key: {"display": "" if key in empty else f"Ada {key}", "city": "Lyon"} for key in range(1, 5001)}
    monkeypatch.setattr(people, "fields", fields)


def gaps(hub: Hub, campaign) -> list[str]:
    return [str(each) for each in find_gaps(hub, campaign, texts_of(campaign))]


@pytest.mark.parametrize(
    ("source", "bare", "tested"),
    [
        ("Dear {{ display }}", {"display"}, set()),
        ("{{ display | default('you') }}{{ city or 'town' }}{{ 'a' if vip else 'b' }}", set(), set()),
        ("{{ display | upper }}{{ 'city or town' }}", {"display"}, set()),
        ("{% if display %}Dear {{ display }}{% endif %}", {"display"}, {"display"}),
        (
            "{% set x = 1 %}{{ x }}{% for each in orders %}{{ each.city }}{{ loop.index }}{% endfor %}",
            set(),
            {"orders"},
        ),
        ("{# {{ remark }} #}{{ contact.display }}", {"contact"}, set()),
    ],
)
def test_names_used(source: str, bare: set[str], tested: set[str]) -> None:
    assert names_used(source) == (bare, tested)


def test_a_name_that_nobody_has(hub: Hub, make, lacking) -> None:
    campaign = make(subject="{{ cty }}", body="{{ city }} {{ address }} {{ nick | default('x') }} {{ vip }}")
    assert gaps(hub, campaign) == [
        "The English subject uses cty, which no contact has: correct the name, or give it a fallback.",
        "The English body uses vip, which no contact has: correct the name, or give it a fallback.",
    ]
    large = make(subject="{{ cty }}", audience="people:5000")
    assert gaps(hub, large)[0].startswith(
        "The English subject uses cty, which none of the first 1,000 recipients has: "
    )


def test_a_name_that_some_readers_of_the_text_lack(hub: Hub, make, lacking) -> None:
    one = make(subject="Dear {{ display }}", subject_fr="Bonjour {{ display }}", body_fr="Bonjour", body="Hello")
    assert gaps(hub, one) == [
        "1 of the first 3 recipients has no display, and the English subject gives it no fallback.",
        "1 of the first 3 recipients has no display, and the French subject gives it no fallback.",
    ]
    large = make(subject_fr="{{ display }}", body_fr="Bonjour", body="Hello", audience="people:5000")
    assert gaps(hub, large) == [
        "333 of the first 1,000 recipients have no display, and the French subject gives it no fallback."
    ]


def test_nothing_to_warn_of(hub: Hub, make, lacking) -> None:
    campaign = make(body="Dear {{ display | default('reader') }}, {% if display %}{{ display }}{% endif %}{{ city }}")
    assert gaps(hub, campaign) == []


def test_the_warnings_are_bounded(hub: Hub, make) -> None:
    campaign = make(body=" ".join(f"{{{{ no{'o' * 100}{n} }}}}" for n in range(30)))
    found = gaps(hub, campaign)
    assert len(found) == 8
    assert all(len(each) < 150 for each in found)
