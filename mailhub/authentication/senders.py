"""The domains that a mail's From field names (RFC 5322 section 3.4), read as mail programs do: quickly, without errors."""

import re

from mailhub.authentication.mail import Mail
from mailhub.dns.names import ascii_name

LONGEST_FROM = 65_536

_part = re.compile(r'"(?:[^"\\]|\\.)*+"|\[[^\[\]]*+\]|[()<>,;:]|\\.|[^"\[()<>,;:\\]+|.', re.DOTALL)


def from_domains(mail: Mail) -> list[str]:
    """The domains of the From field's addresses, lower-case and in A-labels, each once, in their order.

    Empty when there is no From field, more than one, or none of its addresses has a domain.
    """
    fields = mail.named(b"from")
    if len(fields) != 1 or len(fields[0].value) > LONGEST_FROM:
        return []
    found = [_domain(address) for address in _addresses(fields[0].value.decode("utf-8", "replace"))]
    return list(dict.fromkeys(domain for domain in found if domain))


def _addresses(text: str) -> list[str]:
    """What stands in angle brackets, or alone between commas, without comments and quotation."""
    found, plain, angle, depth = list[str](), list[str](), list[str](), 0
    inside = False
    for part in _part.findall(text.replace("\r\n", "")):
        if part in ("(", ")"):
            depth = max(0, depth + (1 if part == "(" else -1))
        elif depth:
            continue
        elif part == "<":
            inside, angle = True, []
        elif inside and part != ">":
            angle.append(part)
        elif inside:
            found.append("".join(angle))
            inside, plain = False, []
        elif part in (",", ";", ":"):
            found += [] if part == ":" else ["".join(plain)]  # before a colon stands the name of a group
            plain = []
        elif part != ">":
            plain.append(part)
    return [*found, "".join(angle if inside else plain)]


def _domain(address: str) -> str:
    _, at, domain = address.rpartition("@")
    try:
        return ascii_name(domain.strip()) if at else ""
    except ValueError:
        return ""
