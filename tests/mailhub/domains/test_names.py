"""Names are kept in A-labels; what is no domain is refused."""

import pytest

from mailhub.domains.names import clean, with_parents
from mailhub.errors import Invalid


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" News.Example.ORG. ", "news.example.org"),
        ("exämple.org", "xn--exmple-cua.org"),
        ("a.b.c.example", "a.b.c.example"),
    ],
)
def test_a_name_is_kept_in_a_labels(given: str, kept: str) -> None:
    assert clean(given) == kept


@pytest.mark.parametrize(
    "given", ["", "localhost", "a..b", "-", "a b.example", "x" * 64 + ".org", ".org", "192.0.2.1", "a.2"]
)
def test_what_is_no_domain(given: str) -> None:
    with pytest.raises(Invalid) as caught:
        clean(given)
    assert set(caught.value.fields) == {"name"}


def test_a_name_and_those_above_it() -> None:
    assert with_parents("a.news.example.org") == ["a.news.example.org", "news.example.org", "example.org"]
    assert with_parents("localhost") == []
