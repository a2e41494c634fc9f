import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.tokens import MessageToken, Tokens

TOKENS = Tokens(b"a secret that is long enough")
CONTENT = st.integers(0, 2**32 - 1)
MESSAGE = st.integers(0, 2**64 - 1)


@given(CONTENT, MESSAGE)
def test_a_message_token_comes_back(content_id: int, message_id: int) -> None:
    token = TOKENS.message(content_id, message_id)
    assert len(token) == 28
    assert TOKENS.read_message(token) == MessageToken(content_id, message_id)


@given(CONTENT, MESSAGE)
def test_a_return_path_survives_a_change_of_case(content_id: int, message_id: int) -> None:
    local_part = TOKENS.return_path(content_id, message_id)
    assert local_part == local_part.lower()
    assert len(local_part) <= 40
    assert TOKENS.read_return_path(local_part.upper()) == MessageToken(content_id, message_id)


@given(CONTENT, MESSAGE)
def test_addresses_for_replies_and_unsubscribing_survive_a_change_of_case(content_id: int, message_id: int) -> None:
    for make, read, other in (
        (TOKENS.reply, TOKENS.read_reply, TOKENS.read_leave),
        (TOKENS.leave, TOKENS.read_leave, TOKENS.read_reply),
    ):
        token = make(content_id, message_id)
        assert len(f"unsubscribe+{token}") <= 64
        assert read(token.upper()) == MessageToken(content_id, message_id)
        assert other(token) is None, "an address that is shared in a thread unsubscribes nobody"
        assert read(f" {token}") is read(token[:-1]) is read(token.replace(token[0], "x")) is None


@given(CONTENT, MESSAGE, st.integers(0, 27), st.sampled_from("AZaz09-_"))
def test_a_changed_token_is_refused(content_id: int, message_id: int, position: int, letter: str) -> None:
    token = TOKENS.message(content_id, message_id)
    changed = token[:position] + letter + token[position + 1 :]
    if changed != token:
        assert TOKENS.read_message(changed) is None


@given(st.text())
def test_anything_else_is_refused_without_an_error(text: str) -> None:
    assert TOKENS.read_message(text) is None
    assert TOKENS.read_return_path(text) is None
    assert TOKENS.read_reply(text) is TOKENS.read_leave(text) is None
    assert TOKENS.read("link", text) is None
    assert TOKENS.read_until("link", text, 0) is None


def test_a_token_of_an_earlier_day_still_reads() -> None:
    # Mail that was sent holds these for ever: this test must never be changed, only added to.
    assert TOKENS.message(7, 123456789) == "AQAAAAcAAAAAB1vNFUd51gVZHBxE"
    assert TOKENS.return_path(7, 123456789) == "aeaaaaahaaaaaaahlpgrk2tqu5gloqyu7i"
    assert TOKENS.reply(7, 123456789) == "010000000700000000075bcd1562aa4797d7a74c47"
    assert TOKENS.leave(7, 123456789) == "010000000700000000075bcd15a2ec354e1507e585"


def test_purposes_and_secrets_do_not_mix() -> None:
    token = TOKENS.sign("confirm", b"7")
    assert TOKENS.read("confirm", token) == b"7"
    assert TOKENS.read("delete", token) is None
    assert TOKENS.read_until("confirm", token, 0) is None
    assert Tokens(b"another secret, long enough").read("confirm", token) is None
    assert Tokens(b"another secret, long enough").read_message(TOKENS.message(1, 2)) is None


@given(st.text(max_size=20), st.binary(max_size=100))
def test_a_signed_payload_comes_back(purpose: str, payload: bytes) -> None:
    assert TOKENS.read(purpose, TOKENS.sign(purpose, payload)) == payload


@given(st.binary(max_size=30), st.integers(0, 2**40))
def test_a_token_expires_at_its_second(payload: bytes, expires: int) -> None:
    token = TOKENS.sign_until("view", payload, expires)
    assert TOKENS.read_until("view", token, expires - 1) == payload
    assert TOKENS.read_until("view", token, expires) is None
    assert TOKENS.read("view", token) is None


def test_a_token_has_one_spelling() -> None:
    # 16 bytes of MAC, version and one byte of payload: the last letter has spare bits.
    token = TOKENS.sign("link", b"ab")
    spellings = [token[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    assert [text for text in spellings if TOKENS.read("link", text)] == [token]
    assert TOKENS.read("link", token + "=") is None
    assert TOKENS.read("link", token + "\n") is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Tokens(b"short")
