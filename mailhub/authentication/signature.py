"""One signature over a mail: a DKIM-Signature (RFC 6376), or an ARC-Message-Signature, which is nearly the same.

dkimpy reads the tags and OpenSSL does the sums; hashing is our own, since dkimpy's takes hours for a line of a million
blanks and knows no results but good and bad. Which signatures are looked at is left to `dkim` and `arc`.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence

from dkim.util import InvalidTagValueList, parse_tag_value

from mailhub.authentication.keys import KINDS, Key, Problem, read_key
from mailhub.authentication.mail import Field, Mail, relaxed, select, simple
from mailhub.dns.asking import Unanswered
from mailhub.dns.names import ascii_name

Texts = Callable[[str], Sequence[bytes]]
"""The TXT records under a name, none when there is no such name. Raises `Unanswered`."""

LONGEST_FIELD = 16_384
MOST_NAMES = 1000
"""Names a signature's h= may have."""
DKIM_TAGS = (b"v", b"a", b"b", b"bh", b"d", b"h", b"s")

_digits = re.compile(rb"[0-9]{1,76}").fullmatch
_base64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}").fullmatch
_label = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_domain = re.compile(rf"{_label}(?:\.{_label})*").fullmatch


def read_tags(field: Field) -> dict[bytes, bytes]:
    """The tags of a signature field. Raises `Problem`."""
    if len(field.value) > LONGEST_FIELD:
        raise Problem("permerror", "the signature field is too long")
    try:
        tags: dict[bytes, bytes] = parse_tag_value(field.value)
    except (InvalidTagValueList, IndexError):
        raise Problem("permerror", "the signature field cannot be read") from None
    return tags


def check_tags(tags: Mapping[bytes, bytes], needed: Sequence[bytes], now: float) -> None:
    """Whether the tags that all kinds of signature have make sense (RFC 6376 section 6.1.1); `now` in Unix seconds.

    Raises `Problem`.
    """
    for tag in needed:
        if not tags.get(tag) and (tag != b"h" or tag not in tags):
            raise Problem("permerror", f"the signature has no {tag.decode('ascii')}=")
    if tags[b"a"] == b"rsa-sha1":
        raise Problem("permerror", "SHA-1 is not safe")
    if tags[b"a"] not in KINDS:
        raise Problem("permerror", "the algorithm is not known")
    if b"dns/txt" not in [each.strip() for each in tags.get(b"q", b"dns/txt").split(b":")]:
        raise Problem("permerror", "the key is not in DNS")
    _check_times(tags, now)


def _check_times(tags: Mapping[bytes, bytes], now: float) -> None:
    for tag in (b"t", b"x", b"l"):
        if tag in tags and not _digits(tags[tag]):
            raise Problem("permerror", f"{tag.decode('ascii')}= is no number")
    if b"x" in tags and b"t" in tags and int(tags[b"x"]) < int(tags[b"t"]):
        raise Problem("permerror", "the signature expired before it was made")
    if b"x" in tags and int(tags[b"x"]) < now:
        raise Problem("fail", "the signature has expired")


def find_key(tags: Mapping[bytes, bytes], texts: Texts) -> Key:
    """The public key a signature names. Raises `Problem`."""
    name = f"{name_of(tags[b's'])}._domainkey.{name_of(tags[b'd'])}"
    try:
        return read_key(texts(name), tags[b"a"])
    except Unanswered:
        raise Problem("temperror", "the key could not be looked up") from None


def name_of(value: bytes) -> str:
    """A domain or selector as DNS takes it. Raises `Problem`."""
    try:
        name = ascii_name(value.decode("utf-8"))
    except ValueError:
        name = ""
    if not _domain(name):
        raise Problem("permerror", "the signature's domain or selector is no name")
    return name


def check_body(mail: Mail, tags: Mapping[bytes, bytes], canonical: bytes) -> None:
    """Whether the body is the one that was signed. Raises `Problem`."""
    length = int(tags[b"l"]) if b"l" in tags else None
    digest = mail.body_hash(canonical == b"relaxed", length)
    if digest is None:
        raise Problem("fail", "the body is shorter than what was signed")
    if digest != decoded(tags[b"bh"]):
        raise Problem("fail", "the body was changed")


def check_header(mail: Mail, field: Field, tags: Mapping[bytes, bytes], canonical: bytes, key: Key) -> None:
    """Whether the fields that were signed are the ones that were. Raises `Problem`."""
    names = signed_names(tags)
    others = [each for each in mail.fields if each is not field]
    # Another From field, put above the signed one, is what most programs show (RFC 6376 section 8.15).
    chosen = select(others, [*names, b"from"] if b"from" in names else names)
    form = relaxed if canonical == b"relaxed" else simple
    signed = b"".join(map(form, chosen)) + form(without_signature(field)).removesuffix(b"\r\n")
    if not key.fits(decoded(tags[b"b"]), signed):
        raise Problem("fail", "the signature does not fit the header")


def signed_names(tags: Mapping[bytes, bytes]) -> list[bytes]:
    """The lower-case names in h=. Raises `Problem`."""
    names = [each.strip().lower() for each in tags[b"h"].split(b":")]
    if len(names) > MOST_NAMES:
        raise Problem("permerror", "too many fields are signed")
    return names


def canonical_forms(tags: Mapping[bytes, bytes]) -> tuple[bytes, bytes]:
    """The forms of header and body, relaxed or simple each. Raises `Problem`."""
    header, slash, body = tags.get(b"c", b"simple").partition(b"/")
    body = body if slash else b"simple"
    if not {header, body} <= {b"relaxed", b"simple"}:
        raise Problem("permerror", "c= is not known")
    return header, body


def without_signature(field: Field) -> Field:
    """The signature's own field with the value of b= taken out (RFC 6376 section 3.7)."""
    parts = field.value.split(b";")
    for number, part in enumerate(parts):
        tag, equals, _ = part.partition(b"=")
        if tag.strip() == b"b":
            parts[number] = tag + equals
    return Field(field.name, b";".join(parts))


def decoded(value: bytes) -> bytes:
    """Base64 that may be folded. Raises `Problem`."""
    value = b"".join(value.split())
    try:
        if _base64(value):
            return b64decode(value, validate=True)
    except NotBase64:
        value = b""
    raise Problem("permerror", "the signature is not in Base64")
