"""Addresses in the fields and words of mails that come back."""

import re

from mailhub.address import normalise

MOST = 500
"""Recipients of one mail that are told."""
# Brackets, quotes and marks that stand around an address, those of East Asian text too.
_AROUND = r"\s<>()\[\]\"',;:\u3000-\u3002\u300c-\u300f\uff08\uff09\uff1a"
FOUND = re.compile(
    rf"(?<![^{_AROUND}=/])(\"[^\"\n<>@]{{1,64}}\"|[^{_AROUND}@\x00-\x1f](?:[^{_AROUND}@\x00-\x1f]|'){{0,99}})"
    r"@([A-Za-z0-9\u00a1-\u2fff\u3040-\uff00](?:[A-Za-z0-9._\u00a1-\u2fff\u3040-\uff00-]{0,190}))"
)
"""An address in a text; ideographic marks end it."""
_TYPED = re.compile(r"^\s*[A-Za-z0-9-]{1,20}\s*;\s*")
_LABEL = re.compile(r"^(?:rcpt(?:[_ -]?to)?|orcpt|to|recipient|address|e?-?mail|user|ruser|smtp|for)?=", re.IGNORECASE)
_XTEXT = re.compile(r"\+(2B|3D|40|20)")
_SPOKEN = {"2B": "+", "3D": "=", "40": "@", "20": " "}
_VERP = re.compile(r"([^+=]{1,64})=([a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,5})$", re.I)
_VERP_START = re.compile(r"^[a-z.]{1,20}-(?:[0-9a-f]{1,30}-)?(?=[^=]+=)", re.I)
_VERP_NUMBER = re.compile(r"^[0-9]{1,20}[-_](?=[^=]+=)")
_REWRITTEN = ("prvs=", "srs0", "srs1", "btv1")


def trimmed(address: str) -> str:
    """An address without the signs that sentences leave around it; "" for what is none."""
    address = address.strip().strip("<>[]() \t.,;:'")
    if '"@' not in address:
        address = address.strip('"')
    address = _LABEL.sub("", address, count=1)
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain.strip("."):
        return ""
    return normalise(address)[:320]


def addresses_in(text: str) -> list[str]:
    """Every address of a text, each once, in their order."""
    found: dict[str, None] = {}
    if "@" in text:
        for local, domain in FOUND.findall(text):
            if address := trimmed(f"{local}@{domain}"):
                found.setdefault(address)
    return list(found)


def typed(value: str) -> str:
    """The address of a field such as `rfc822; someone@example.org` (RFC 3464 section 2.1.2), "" where it has none."""
    value = _TYPED.sub("", value.strip(), count=1)
    return next(iter(addresses_in(value)), "")


def spelt(value: str) -> str:
    """An original recipient, its xtext undone where a server forgot to (RFC 3461 section 4)."""
    return _XTEXT.sub(lambda found: _SPOKEN[found[1]], value)


def from_verp(address: str) -> str:
    """Whom a variable return path was made for: `list-bounces+joe=example.org@…` is joe@example.org; "" for none.

    The local part begins after the last plus sign, else after one word and one number.
    """
    local = address.rpartition("@")[0]
    if local.lower().startswith(_REWRITTEN):
        return ""
    _, plus, rest = local.rpartition("+")
    found = _VERP.fullmatch(_VERP_NUMBER.sub("", rest) if plus else _VERP_START.sub("", local))
    return trimmed(f"{found[1]}@{found[2]}") if found else ""


def same(one: str, other: str) -> bool:
    """Whether two addresses are the same, whatever the case."""
    return one.casefold() == other.casefold()
