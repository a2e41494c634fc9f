from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.smtp_words import (
    Dsn,
    Offer,
    Outcome,
    Outgoing,
    Prepared,
    Reply,
    ReplyReader,
    prepare,
    wire_content,
)

EVERYTHING = Offer({"PIPELINING": "", "SIZE": "1000", "8BITMIME": "", "SMTPUTF8": ""})
NOTHING = Offer({})

REPLIES = (
    b"250 2.1.0 Ok\r\n250-first\r\n250-second\r\n250 third\r\n354\r\n421 bye\n550-5.1.1 no such\r\n550 5.1.1 user\r\n"
)


def _read(*chunks: bytes) -> list[tuple[int, list[bytes]]]:
    reader = ReplyReader()
    replies = [(reply.code, reply.lines) for chunk in chunks for reply in reader.feed(chunk)]
    assert reader.fault == ""
    assert not reader.midway
    return replies


@given(st.lists(st.integers(0, len(REPLIES)), max_size=12))
def test_replies_are_the_same_however_they_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(REPLIES)]
    chunks = [REPLIES[start:end] for start, end in pairwise(edges)]
    assert [code for code, _ in _read(*chunks)] == [250, 250, 354, 421, 550]
    assert _read(*chunks) == _read(REPLIES)


def test_a_reply_is_read_with_all_its_lines() -> None:
    assert _read(b"250-a\r\n250 b\r\n") == [(250, [b"250-a", b"250 b"])]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n", "no SMTP reply"),
        (b"\r\n", "no SMTP reply"),
        (b"2500 ok\r\n", "no SMTP reply"),
        (b"150 ok\r\n", "no SMTP reply"),
        (b"25\xb2 ok\r\n", "no SMTP reply"),
        (b"250-a\r\n550 b\r\n", "changed the code"),
        (b"250 " + b"x" * 5000, "line longer"),
        (b"250 " + b"x" * 5000 + b"\r\n", "line longer"),
        (b"250-x\r\n" * 20000, "reply longer"),
    ],
)
def test_what_is_no_reply_is_a_fault_and_nothing_is_read_after_it(octets: bytes, words: str) -> None:
    reader = ReplyReader()
    assert [reply.code for reply in reader.feed(b"220 before\r\n" + octets)] == [220]
    assert words in reader.fault
    assert reader.feed(b"250 after\r\n") == []


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_no_octets_make_the_reader_raise(chunks: list[bytes]) -> None:
    reader = ReplyReader()
    for chunk in chunks:
        assert all(200 <= reply.code < 600 for reply in reader.feed(chunk))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([b"550-5.1.1 No such", b"550 5.1.1 user"], ("bounced", 550, "5.1.1", "No such user")),
        ([b"450 4.2.0 Busy"], ("deferred", 450, "4.2.0", "Busy")),
        ([b"250 2.0.0"], ("delivered", 250, "2.0.0", "")),
        ([b"250"], ("delivered", 250, "", "")),
        ([b"550 5.1.10.1 odd"], ("bounced", 550, "", "5.1.10.1 odd")),
        ([b"550 caf\xe9 \x00\x1bx"], ("bounced", 550, "", "caf� " + "  x")),
        ([b"550 " + b"y" * 900], ("bounced", 550, "", "y" * 500)),
    ],
)
def test_an_outcome_holds_the_class_the_status_and_the_words(lines: list[bytes], expected: tuple[object, ...]) -> None:
    outcome = Reply(int(lines[0][:3]), lines).outcome("rcpt", "TLSv1.3")
    assert (outcome.kind, outcome.code, outcome.enhanced, outcome.text) == expected
    assert (outcome.stage, outcome.tls, outcome.in_doubt) == ("rcpt", "TLSv1.3", False)


def _commands(message: Outgoing, offer: Offer) -> bytes:
    prepared = prepare(message, offer)
    assert isinstance(prepared, Prepared)
    return prepared.commands


def test_the_envelope_declares_what_the_server_offered() -> None:
    message = Outgoing("a@x.example", "b@y.example", (b"caf\xc3\xa9\r\n",))
    assert _commands(message, EVERYTHING) == (
        b"MAIL FROM:<a@x.example> SIZE=7 BODY=8BITMIME\r\nRCPT TO:<b@y.example>\r\nDATA\r\n"
    )
    assert _commands(message, NOTHING).startswith(b"MAIL FROM:<a@x.example>\r\n")


def test_an_ascii_message_declares_no_eight_bits_and_the_null_sender_is_empty() -> None:
    assert _commands(Outgoing("", "b@y.example", (b"x\r\n",)), EVERYTHING).startswith(b"MAIL FROM:<> SIZE=3\r\n")


def test_what_a_submitter_asked_is_said_to_a_server_that_offers_it_alone() -> None:
    message = Outgoing("a@x.example", "b@y.example", (b"x\r\n",), dsn=Dsn("HDRS", "Q+2B", "NEVER", "rfc822;c@d.ca"))
    assert _commands(message, Offer({"DSN": ""})) == (
        b"MAIL FROM:<a@x.example> RET=HDRS ENVID=Q+2B\r\n"
        b"RCPT TO:<b@y.example> NOTIFY=NEVER ORCPT=rfc822;c@d.ca\r\nDATA\r\n"
    )
    assert _commands(message, NOTHING) == b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n"
    silent = Outgoing("a@x.example", "b@y.example", (b"x\r\n",), dsn=Dsn())
    assert _commands(silent, Offer({"DSN": ""})) == _commands(message, NOTHING)


@pytest.mark.parametrize(
    ("notify", "offers", "passed"),
    [
        ("SUCCESS,FAILURE", {"DSN": ""}, True), ("SUCCESS", {}, False), ("FAILURE", {"DSN": ""}, False),
        ("", {"DSN": ""}, False),
    ],
)  # fmt: skip
def test_who_tells_of_success_is_known(notify: str, offers: dict[str, str], passed: bool) -> None:
    message = Outgoing("a@x.example", "b@y.example", (b"x\r\n",), dsn=Dsn(notify=notify))
    _commands(message, Offer(offers))
    assert message.passed_on == passed


@pytest.mark.parametrize(
    ("notify", "word", "left"),
    [
        ("SUCCESS", "SUCCESS", "NEVER"), ("SUCCESS,DELAY", "SUCCESS", "DELAY"), ("FAILURE", "DELAY", "FAILURE"),
        ("", "SUCCESS", ""), ("DELAY,FAILURE", "DELAY", "FAILURE"),
    ],
)  # fmt: skip
def test_a_wish_can_be_taken_out(notify: str, word: str, left: str) -> None:
    assert Dsn("HDRS", "x", notify).without(word) == Dsn("HDRS", "x", left)


def test_addresses_beyond_ascii_need_smtputf8() -> None:
    message = Outgoing("a@x.example", "zoë@y.example", (b"x\r\n",))
    assert _commands(message, EVERYTHING) == (
        "MAIL FROM:<a@x.example> SIZE=3 SMTPUTF8\r\nRCPT TO:<zoë@y.example>\r\nDATA\r\n".encode()
    )
    refused = prepare(message, NOTHING)
    assert isinstance(refused, Outcome)
    assert (refused.kind, refused.code, refused.enhanced) == ("bounced", 553, "5.6.7")


def test_a_message_larger_than_the_limit_is_bounced_here() -> None:
    fits = Outgoing("a@x.example", "b@y.example", (b"x" * 498 + b"\r\n", b"y" * 498 + b"\r\n"))
    assert isinstance(prepare(fits, EVERYTHING), Prepared)
    refused = prepare(Outgoing("a@x.example", "b@y.example", (b"x" * 999 + b"\r\n",)), EVERYTHING)
    assert isinstance(refused, Outcome)
    assert (refused.kind, refused.code, refused.enhanced) == ("bounced", 552, "5.3.4")
    assert "1001" in refused.text
    assert "1000" in refused.text


@pytest.mark.parametrize("limit", ["", "0", "many"])
def test_size_without_a_number_is_no_limit(limit: str) -> None:
    assert _commands(Outgoing("", "b@y.example", (b"x" * 5000,)), Offer({"SIZE": limit})).startswith(
        b"MAIL FROM:<> SIZE=5002\r\n"
    )


@pytest.mark.parametrize(
    "address",
    [
        "b@y.example>\r\nRCPT TO:<c@y.example",
        "b@y.example\n",
        "b\r@y.example",
        "<b@y.example>",
        "b c@y.example",
        "b@y .example",
        '"b\r\nc"@y.example',
        '"b>c"@y.example',
        '"b"c"@y.example',
        "b@y.example\x00",
        "b@c@y.example ",
        "b\u2028@y.example",
    ],
)
def test_an_address_that_could_carry_a_command_is_refused_here(address: str) -> None:
    for sender, recipient, enhanced in ((address, "b@y.example", "5.1.7"), ("a@x.example", address, "5.1.3")):
        refused = prepare(Outgoing(sender, recipient, (b"x\r\n",)), EVERYTHING)
        assert isinstance(refused, Outcome)
        assert (refused.kind, refused.code, refused.enhanced) == ("bounced", 501, enhanced)


def test_an_empty_recipient_is_refused_here() -> None:
    assert isinstance(prepare(Outgoing("a@x.example", "", (b"x\r\n",)), EVERYTHING), Outcome)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_the_addresses_there_are_three_command_lines(sender: str, recipient: str) -> None:
    prepared = prepare(Outgoing(sender, recipient, (b"x\r\n",)), EVERYTHING)
    if isinstance(prepared, Prepared):
        assert prepared.commands.count(b"\n") == prepared.commands.count(b"\r\n") == 3
        assert prepared.commands.count(b"<") == prepared.commands.count(b">") == 2


@pytest.mark.parametrize("address", ['"b c"@y.example', "postmaster", "b+c=d@y.example", "b@[192.0.2.1]"])
def test_unusual_addresses_that_smtp_can_carry_are_kept(address: str) -> None:
    assert f"RCPT TO:<{address}>\r\n".encode() in _commands(Outgoing("", address, (b"x\r\n",)), NOTHING)


@pytest.mark.parametrize(
    ("content", "wire", "size"),
    [
        (b".a\r\n.\r\nb.\r\n..c\r\n", b"..a\r\n..\r\nb.\r\n...c\r\n", 16),
        (b"a\n.\nb\r.\rc", b"a\r\n..\r\nb\r\n..\r\nc\r\n", 15),
        (b"a\r\r\nb", b"a\r\n\r\nb\r\n", 8),
        (b"no end", b"no end\r\n", 8),
        (b"", b"\r\n", 2),
    ],
)
def test_content_gets_whole_line_ends_and_doubled_dots(content: bytes, wire: bytes, size: int) -> None:
    assert wire_content([content], False) == (wire, size)


@given(st.lists(st.text(alphabet="a.\r\n", max_size=12), max_size=4))
def test_no_content_can_end_the_message_early(texts: list[str]) -> None:
    wire, size = wire_content([text.encode() for text in texts], False)
    assert wire.endswith(b"\r\n")
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert len((b"\r\n" + wire).replace(b"\r\n..", b"\r\n.")) == size + 2


def test_content_that_is_vouched_for_is_joined_and_left_alone() -> None:
    assert wire_content([b"a\r\n", b"..b\r\n"], True) == (b"a\r\n..b\r\n", 8)
    assert wire_content([b"a"], True) == (b"a\r\n", 3)
