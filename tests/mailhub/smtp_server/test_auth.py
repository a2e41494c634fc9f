import base64

import pytest

from mailhub.smtp_server.auth import decode, may_authenticate, plain
from mailhub.smtp_server.replies import Refused


@pytest.mark.parametrize(
    ("peer", "secure", "may"),
    [
        ("127.0.0.1", False, True),
        ("127.8.9.1", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("192.0.2.1", False, False),
        ("10.0.0.1", False, False),
        ("::ffff:192.0.2.1", False, False),
        ("2001:db8::1", False, False),
        ("", False, False),
        ("192.0.2.1", True, True),
    ],
)
def test_passwords_cross_no_wire_unread(peer: str, secure: bool, may: bool) -> None:
    assert may_authenticate(peer, secure) is may


def test_words_are_base64() -> None:
    assert decode(base64.b64encode("à".encode()).decode()) == "à"
    assert decode("=") == ""


@pytest.mark.parametrize("word", ["*", "%%%", "YQ", base64.b64encode(b"\xff").decode()])
def test_what_is_no_word(word: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(word)
    assert refused.value.code == 501


def test_plain() -> None:
    assert plain("\0ada\0secret") == plain("ada\0ada\0secret") == ("ada", "secret")


@pytest.mark.parametrize(
    ("text", "code"), [("", 501), ("ada\0secret", 501), ("a\0b\0c\0d", 501), ("bob\0ada\0secret", 535)]
)
def test_what_is_not_plain(text: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        plain(text)
    assert refused.value.code == code
