import pytest

from mailhub.errors import UserError
from mailhub.resolvers import read_resolver


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("127.0.0.1", ("127.0.0.1", 53)),
        (" 127.0.0.1:5353 ", ("127.0.0.1", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_an_address_with_or_without_a_port(text: str, read: tuple[str, int]) -> None:
    assert read_resolver(text) == read


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1:0", "127.0.0.1:70000", "[::1", '["127.0.0.1:53"]'])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"dns\.resolvers has"):
        read_resolver(text)
