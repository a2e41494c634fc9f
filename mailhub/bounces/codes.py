"""Reply codes and enhanced status codes, found in the words of servers (RFC 5321 section 4.2, RFC 3463)."""

import re

_PAIR = re.compile(r"(?<![\d.])([245]\d\d)[ -]{1,3}\(?#?([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_MARKED = re.compile(r"#\s{0,2}([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_STATUS = re.compile(r"(?<![\w.\[-])([245]\.\d{1,3}\.\d{1,3})(?![\w-]|\.\d)")
_INTRODUCED = re.compile(
    r"(?:\bsaid|\breturned|\bwas|\breplied|\bsays?|\bresponse|<<<|\berror|code|smtp;|\[|\bserver|\breason|^)"
    r"\s?[:=]?\s{0,8}['\"(\[<]{0,2}([245]\d\d)(?![\d.])",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = re.compile(r"(?<![\d.#:/-])((?:4[2-7]|5[0-57])\d)(?=[ -][^\d\s]|[ -]#?[45]\.|[:;,)\]]|$)")


def status_in(text: str) -> str | None:
    """The enhanced status a text names, the one beside a reply code rather than any other."""
    if "." not in text:
        return None
    if found := _PAIR.search(text):
        return str(found[2])
    found = _MARKED.search(text) or _STATUS.search(text)
    return str(found[1]) if found else None


def code_in(text: str) -> int | None:
    """The reply code a text names."""
    found = _PAIR.search(text) or _INTRODUCED.search(text) or _CODE.search(text)
    return int(found[1]) if found else None


def precise(status: str | None) -> bool:
    """Whether a status says more than that something went well or wrong."""
    return bool(status) and not str(status).endswith(".0.0")
