"""An e-mail address as text: brought to one form, checked, hashed, split.

Only the words are looked at; whether a domain exists or a mailbox answers is left to others.
"""

import re
import unicodedata
from hashlib import blake2b

import idna
from email_validator import EmailNotValidError, validate_email

REASONS = {
    "empty": "There is no address.",
    "no-at-sign": "The address has no @.",
    "extra-at-sign": "The address has more than one @.",
    "several-addresses": "There is more than one address.",
    "name-with-address": "There is a name beside the address.",
    "space-inside": "There is a space inside the address.",
    "too-long": "The address is too long: at most 64 bytes before the @ and 254 in all.",
    "bad-local-part": "The part before the @ is not written as an address allows.",
    "no-dot-in-domain": "The domain has no dot: its ending, such as .com, is missing.",
    "bad-domain": "The part after the @ is not a domain name.",
}
"""What is wrong with an address: the slug `check` returns, and the English sentence for a person."""

MAX_LOCAL = 64
MAX_ADDRESS = 254

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_LABEL = r"(?!(?![Xx][Nn])..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Two hyphens in third place belong to A-labels: nothing else may have them (RFC 5890 section 2.3.1).
_DOMAIN = rf"(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|[Xx][Nn]--[A-Za-z0-9-]{{0,58}}[A-Za-z0-9])"
_common_local = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+").fullmatch
_common_domain = re.compile(_DOMAIN).fullmatch
_common = re.compile(rf"({_ATOM}(?:\.{_ATOM})*+)@{_DOMAIN}").fullmatch
_two_addresses = re.compile(r"@[^\s,;/|@]+[\s,;/|]+[^@]*@").search
_name_and_address = re.compile(r"[^<]*\S\s*<[^<>]+@[^<>]+>").fullmatch
_EDGE = r"""\s<>()\[\],;:"=&/?"""
_within = re.compile(
    rf"""(?:"[^"\n]{{1,64}}"|(?<![^{_EDGE}])(?:[^{_EDGE}@%]|%(?!40))*+)(?:@|%40)[^{_EDGE}']*+""", re.IGNORECASE
)
_edges = " \u00a0\u202f\u200b\u200c\u200d\u2060\ufeff\t\r\n\v\f"


def normalise(address: str) -> str:
    """Return the address in the form it is kept and written to.

    Blanks around it, a spreadsheet's leading apostrophe, `mailto:` and `<…>` go away; the domain is lower-cased and
    its international letters become A-labels (RFC 5890). The local part stays as typed: only its host may say
    what its case means (RFC 5321 section 2.4). Text that is no address comes back trimmed, for `check` to refuse.
    """
    address = _bare(address)
    local, at, domain = address.rpartition("@")
    return local + at + _ascii_domain(domain) if at else address


def usual(text: str) -> str:
    """Return the normalised address when a text is a good one of the usual form and nothing else, or "".

    What `normalise` and `check` say of such a text, in a third of the time.
    """
    match = _common(text)
    if match is None or len(text) > MAX_ADDRESS or match.end(1) > MAX_LOCAL or text[0] == "'":
        return ""
    return text[: match.end(1)] + text[match.end(1) :].lower()


def check(address: str) -> str | None:
    """Return why a normalised address cannot be written to, as a key of REASONS, or None when it can.

    The usual form is decided by one pattern; quoted and international local parts (RFC 5321 section 4.1.2, RFC 6531)
    are read by email-validator. Nothing is asked of the network.
    """
    match = _common(address)
    if match and len(address) <= MAX_ADDRESS and match.end(1) <= MAX_LOCAL:
        return None
    return _reason(address)


def address_key(address: str) -> int:
    """Return the signed 64-bit number that stands for an address in tables, the same for every way to type it.

    It is the first 8 bytes of BLAKE2b over the normalised address without regard to case. The odds that any two of n
    addresses share a key are about n² / 2⁶⁵: one in 37 million among a million addresses, one in 3,700
    among 100 million.
    """
    return key_of(normalise(address))


def key_of(text: str) -> int:
    """The same for an address that is normalised already: half the time, which counts in files of a million."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    octets = text.casefold().encode("utf-8", "replace")
    return int.from_bytes(blake2b(octets, digest_size=8).digest(), "big", signed=True)


def domain_of(address: str) -> str:
    """Return the domain of an address, lower-case and in A-labels, or "" when there is no @."""
    _, at, domain = normalise(address).rpartition("@")
    return domain if at else ""


def without_addresses(text: str) -> str:
    """Return a text, such as a server's answer, with … for each address in it (also written %40, as links have it).

    It is what others may read: whom one account writes to is not another's to know.
    """
    return _within.sub("…", text) if "@" in text or "%40" in text else text


def _bare(address: str) -> str:
    address = address.strip(_edges).removeprefix("'")
    if address[:7].lower() == "mailto:":
        address = address[7:].partition("?")[0]
    if address[:1] == "<" and address[-1:] == ">":
        address = address[1:-1]
    return address.strip(_edges)


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return domain.lower()


def _reason(address: str) -> str | None:
    return _reason_as_whole(address) or _reason_in_parts(*address.rpartition("@")[::2])


def _reason_as_whole(address: str) -> str | None:
    if not address.strip(_edges):
        return "empty"
    if "@" not in address:
        return "no-at-sign"
    if _name_and_address(address):
        return "name-with-address"
    quoted = address.startswith('"')
    if not quoted and address.count("@") > 1:
        return "several-addresses" if _two_addresses(address) else "extra-at-sign"
    if not quoted and any(character.isspace() for character in address):
        return "space-inside"
    return None


def _reason_in_parts(local: str, domain: str) -> str | None:
    domain = _ascii_domain(domain)
    octets = len(local.encode("utf-8", "replace"))
    if octets > MAX_LOCAL or octets + 1 + len(domain) > MAX_ADDRESS:
        return "too-long"
    if not (_common_local(local) or _unusual_local(local)):
        return "bad-local-part"
    if "." not in domain.strip("."):
        return "no-dot-in-domain" if _common_domain(domain + ".com") else "bad-domain"
    return None if _common_domain(domain) else "bad-domain"


def _unusual_local(local: str) -> bool:
    try:
        validate_email(f"{local}@example.com", check_deliverability=False, allow_quoted_local=True)
    except EmailNotValidError:
        return False
    return True
