"""Whom mail from elsewhere is for, told by the address alone: a return path, the complaints, the postmaster, or a plugin."""

import re
from enum import StrEnum
from typing import NamedTuple

from mailhub.address import normalise
from mailhub.db import in_list, sql
from mailhub.domains.records import return_path_name
from mailhub.hub import Hub
from mailhub.tokens import MessageToken

PREFIX = "bounce+"
STAFF = frozenset({"postmaster", "abuse"})
"""Local parts that must be taken at every domain of ours (RFC 5321 section 4.5.1, RFC 2142)."""
_TOKEN = re.compile(r"bounce\+([a-z2-7]{34})", re.IGNORECASE)


class Kind(StrEnum):
    """The desks."""

    RETURN_PATH = "return path"
    COMPLAINTS = "complaints"
    STAFF = "staff"
    PLUGINS = "plugins"


class Desk(NamedTuple):
    """Who an address belongs to. `token` names the message of a return path; `domain` is to be one of ours."""

    kind: Kind
    token: MessageToken | None = None
    domain: str = ""


def desk_of(hub: Hub, recipient: str) -> Desk:
    """The desk of an address. Asks nobody and reads nothing: a return path proves itself, the others are looked up."""
    local, _, domain = recipient.rpartition("@")
    local, domain = (local, domain) if local else (domain, "")
    found = _TOKEN.fullmatch(local)
    if found is not None and (token := hub.tokens.read_return_path(found[1])) is not None:
        return Desk(Kind.RETURN_PATH, token)
    local, domain = local.lower(), domain.lower()
    for each in hub.config.inbound.complaints:
        if each.lower() in (local, normalise(recipient)):
            return Desk(Kind.COMPLAINTS, domain="" if "@" in each else domain)
    return Desk(Kind.STAFF, domain=domain) if local in STAFF else Desk(Kind.PLUGINS)


def is_ours(hub: Hub, domain: str) -> bool:
    """Whether a domain (lower case) is this server's name, an account's, or the return path of one; "" is ours too."""
    smtp, delivery = hub.config.smtp, hub.config.delivery
    if domain in ("", smtp.hostname.lower(), delivery.return_path_domain.lower()):
        return True
    names = [domain]
    parent = domain.partition(".")[2]
    if parent and return_path_name(parent) == domain:
        names.append(parent)
    condition, parameters = in_list("name", names)
    return sql(f"SELECT 1 FROM domains WHERE {condition} LIMIT 1", parameters).fetchone() is not None
