import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.delivery.compile import compile_draft
from mailhub.delivery.content import Draft
from mailhub.delivery.mime import Renderer, Urls, date, join
from mailhub.dkim import Key, Signer, dns_record, generate_keys
from mailhub.dkim_check import verify
from mailhub.errors import UserError

KEYS = generate_keys("mh1")
SIGNER = Signer("example.com", KEYS)
RECORDS = {f"{name}.example.com".encode(): value.encode() for name, value in map(dns_record, KEYS)}
lookup: Callable[[bytes], bytes | None] = RECORDS.get

PLAIN_HEADERS = [(b"From", b"a@example.com"), (b"To", b"b@example.org"), (b"Subject", b"Hello")]
NAMES = st.sampled_from(
    [b"From", b"to", b"CC", b"Subject", b"X-Other", b"Received", b"List-Unsubscribe", b"List-Unsubscribe-Post"]
)
VALUES = st.text(alphabet="ab \t:;=é", max_size=40).map(lambda value: (" " + value).encode())
FOLDED = st.lists(VALUES.filter(lambda value: bool(value.strip())), min_size=1, max_size=3).map(b"\r\n".join)
BODIES = st.lists(st.text(alphabet="ab \t.=é", max_size=30).map(str.encode), max_size=8).map(
    lambda lines: b"".join(x + b"\r\n" for x in lines)
)


def passed(message: bytes) -> list[bool]:
    return [verdict.passed for verdict in verify(message, lookup)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, FOLDED), max_size=10), BODIES)
def test_any_message_verifies_with_both_keys(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = [(b"From", b" a@example.com"), *headers]
    raw = b"".join(name + b":" + value + b"\r\n" for name, value in headers) + b"\r\n" + body
    assert passed(SIGNER.sign(headers, body) + raw) == [True, True]
    assert passed(SIGNER.sign_raw(raw) + raw) == [True, True]
    bare = raw.replace(b"\r\n", b"\n")
    assert passed(SIGNER.sign_raw(bare) + raw) == [True, True]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_rendered_mail_verifies(name: str, subject: str) -> None:
    content = Draft(
        "{{ subject }}", "<p>{{ name }} <a href='https://x.example'>x</a></p>", "", "a@example.com", "Zoë", ""
    )
    made = Renderer(compile_draft(content, track_clicks=True, first_link=0)[0])
    lines, body = made.render(
        {"name": name, "subject": subject},
        to="b@example.org",
        to_name=name,
        message_id_header="<1@example.com>",
        date=date(0),
        urls=Urls("https://m.example/u/T", "https://m.example/c/T", "https://m.example/o/T"),
    )
    signatures = SIGNER.sign(lines, body, canonical_body=True)
    assert passed(join(lines, body, signatures)) == [True, True]
    for line in signatures.split(b"\r\n"):
        assert len(line) <= 78


def test_verdicts_name_the_signatures() -> None:
    verdicts = verify(join(PLAIN_HEADERS, b"x\r\n", SIGNER.sign(PLAIN_HEADERS, b"x\r\n")), lookup)
    assert [tuple(verdict) for verdict in verdicts] == [
        ("example.com", "mh1-rsa", "rsa-sha256", True, ""),
        ("example.com", "mh1-ed25519", "ed25519-sha256", True, ""),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Hello", b"hello"),
        (b"body", b"bodY"),
        (b"From: a", b"From: c"),
        (b"One-Click", b"One-click"),
        (b"/u/T", b"/u/S"),
        (b"\r\n\r\nbody", b"\r\nSubject: second\r\n\r\nbody"),
        (b"\r\n\r\nbody", b"\r\nReply-To: evil@example.com\r\n\r\nbody"),
        (b"\r\n\r\nbody", b"\r\nFrom: evil@example.com\r\n\r\nbody"),
    ],
)
def test_tampering_is_seen(before: bytes, after: bytes) -> None:
    headers = [
        *PLAIN_HEADERS,
        (b"List-Unsubscribe", b"<https://m.example/u/T>"),
        (b"List-Unsubscribe-Post", b"List-Unsubscribe=One-Click"),
    ]
    message = join(headers, b"body\r\n", SIGNER.sign(headers, b"body\r\n"))
    assert passed(message) == [True, True]
    changed = message.replace(before, after)
    assert changed != message
    verdicts = verify(changed, lookup)
    assert [verdict.passed for verdict in verdicts] == [False, False]
    assert all(verdict.reason for verdict in verdicts)


def test_both_unsubscribe_fields_and_the_time_are_signed() -> None:
    headers = [*PLAIN_HEADERS, (b"List-Unsubscribe", b"<x>"), (b"List-Unsubscribe-Post", b"y"), (b"Received", b"z")]
    flat = SIGNER.sign(headers, b"", now=1_700_000_000).replace(b"\r\n ", b"")
    names = re.findall(rb"h=([^;]+);", flat)[0].split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(names)
    assert b"received" not in names
    assert names.count(b"from") == 2
    assert flat.count(b"t=1700000000;") == 2


def test_spaces_and_empty_lines_do_not_matter() -> None:
    body = b"a  b \t\r\n\r\n\r\n"
    signatures = SIGNER.sign(PLAIN_HEADERS, body)
    assert passed(join(PLAIN_HEADERS, b"a b\r\n", signatures)) == [True, True]
    assert passed(join(PLAIN_HEADERS, b"ab\r\n", signatures)) == [False, False]


@pytest.mark.parametrize("body", [b"a", b"a ", b"a\t ", b"a\r\n "])
def test_a_body_without_its_last_line_end_is_signed_as_it_will_be_sent(body: bytes) -> None:
    assert passed(join(PLAIN_HEADERS, body + b"\r\n", SIGNER.sign(PLAIN_HEADERS, body))) == [True, True]


def test_a_header_that_cannot_be_read_is_not_signed() -> None:
    for raw in (b"From: a@example.com\r\nno field\r\n\r\nx", b" From: a\r\n\r\nx"):
        with pytest.raises(UserError, match="cannot be signed"):
            SIGNER.sign_raw(raw)


def test_an_international_domain_signs_as_a_labels() -> None:
    assert b" d=xn--bcher-kva.example;" in Signer("bücher.example", KEYS).sign(PLAIN_HEADERS, b"")


def test_a_key_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match="cannot be read"):
        Signer("example.com", [Key("s", "rsa-sha256", b"nonsense")])
    with pytest.raises(UserError, match="no ed25519-sha256 key"):
        Signer("example.com", [Key("s", "ed25519-sha256", KEYS[0].private_key_pem)])


def test_records_are_what_receivers_read() -> None:
    (rsa_name, rsa_value), (ed_name, ed_value) = map(dns_record, KEYS)
    assert (rsa_name, ed_name) == ("mh1-rsa._domainkey", "mh1-ed25519._domainkey")
    assert rsa_value.startswith("v=DKIM1; k=rsa; p=MIIB")
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", ed_value)
