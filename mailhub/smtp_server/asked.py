"""What a submitter asks to be told about a mail: the parameters of RFC 3461, checked and kept as they came."""

import re
from collections.abc import Mapping

from mailhub.messages import Asked
from mailhub.smtp_server.replies import Refused

OF_MAIL = frozenset({"RET", "ENVID"})
OF_RECIPIENT = frozenset({"NOTIFY", "ORCPT"})
ENVID_LENGTH, ORCPT_LENGTH = 100, 500
"""Octets (RFC 3461 sections 4.4 and 4.2)."""
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*/?^_`{|}~.-]+")
_EVENTS = ("SUCCESS", "FAILURE", "DELAY")


def of_mail(given: Mapping[str, str]) -> Asked:
    """RET and ENVID of a MAIL command. Raises `Refused`."""
    ret = given.get("RET", "").upper()
    if "RET" in given and ret not in ("FULL", "HDRS"):
        raise Refused(501, "5.5.4", "RET is FULL or HDRS.")
    envid = given.get("ENVID", "")
    if "ENVID" in given and (len(envid) > ENVID_LENGTH or not _XTEXT.fullmatch(envid)):
        raise Refused(501, "5.5.4", f"ENVID is xtext of at most {ENVID_LENGTH} signs (RFC 3461 section 4.4).")
    return Asked(ret, envid)


def of_recipient(given: Mapping[str, str], mail: Asked) -> Asked:
    """NOTIFY and ORCPT of a RCPT command, beside what its mail asked. Raises `Refused`."""
    if unknown := [name for name in given if name not in OF_RECIPIENT]:
        raise Refused(555, "5.5.4", f"The parameter {unknown[0]} is not offered here.")
    return mail._replace(notify=_notify(given), orcpt=_orcpt(given))


def _notify(given: Mapping[str, str]) -> str:
    words = given.get("NOTIFY", "").upper().split(",")
    known = words == ["NEVER"] or (all(each in _EVENTS for each in words) and len(set(words)) == len(words))
    if "NOTIFY" in given and not known:
        raise Refused(501, "5.5.4", "NOTIFY is NEVER, or some of SUCCESS, FAILURE and DELAY.")
    return ",".join(words)


def _orcpt(given: Mapping[str, str]) -> str:
    text = given.get("ORCPT", "")
    kind, _, address = text.partition(";")
    sound = _ATOM.fullmatch(kind) and (_XTEXT.fullmatch(address) or (kind.lower() == "utf-8" and address.isprintable()))
    if "ORCPT" in given and (len(text) > ORCPT_LENGTH or not sound or not address):
        raise Refused(
            501, "5.5.4", "ORCPT is a kind of address and the address as xtext, such as rfc822;a@example.com."
        )
    return text
