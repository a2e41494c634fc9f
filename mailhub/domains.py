"""Sending domains: added with their DKIM keys, and found again when a mail is signed."""

from typing import Any, cast

import idna
from marshmallow import fields

from mailhub.accounts import OPERATOR, DkimKey, Domain
from mailhub.actions import Action, Arguments, argument
from mailhub.dkim import Algorithm, Key, Signer, dns_record, generate_keys
from mailhub.errors import Conflict, Invalid, Sentence
from mailhub.hub import Hub
from mailhub.permissions import Actor


def add(hub: Hub, account_id: int, name: str) -> Domain:
    """A domain with an RSA-2048 and an Ed25519 key, in the caller's transaction. Raises `Invalid`, `Conflict`."""
    clean = _clean(name)
    if Domain.of(account_id).where(Domain.name == clean).exists():
        raise Conflict("{name} is in this account already: its records are on the Domains page.", name=clean)
    if Domain.select().where(Domain.name == clean).exists():
        raise Conflict("{name} belongs to another account of this server: ask the operator about it.", name=clean)
    domain = Domain.create(account=account_id, name=clean, created_at=hub.ms())
    for key in generate_keys("mh"):
        DkimKey.create(
            domain=domain,
            selector=key.selector,
            algorithm=key.algorithm,
            private_key=hub.keyring.encrypt(key.private_key_pem),
            record=dns_record(key)[1],
            created_at=hub.ms(),
        )
    return domain


def _clean(name: str) -> str:
    try:
        clean = idna.encode(name.strip().rstrip("."), uts46=True).decode().lower()
    except idna.IDNAError:
        clean = ""
    if clean.count(".") < 1 or any(not part for part in clean.split(".")):
        raise Invalid(
            fields={"name": Sentence("{name} is no domain name: write one such as news.example.com.", name=name)}
        )
    return clean


def keys_of(domain: Domain) -> list[DkimKey]:
    """A domain's signing keys, by selector."""
    return list(DkimKey.select().where(DkimKey.domain == domain).order_by(DkimKey.selector))


def records(domain: Domain) -> list[tuple[str, str, str]]:
    """The DNS records to publish for a domain: (name, type, value)."""
    return [(f"{key.selector}._domainkey.{domain.name}", "TXT", key.record) for key in keys_of(domain)]


def signer_for(hub: Hub, account_id: int, name: str) -> Signer | None:
    """What signs mail from a domain for an account: its keys of that name, or of the nearest parent of it."""
    labels = name.split(".")
    parents = [".".join(labels[i:]) for i in range(len(labels) - 1)]
    found = list(Domain.of(account_id).where(Domain.name.in_(parents)))
    if not found:
        return None
    domain = max(found, key=lambda row: len(row.name))
    keys = [
        Key(row.selector, cast(Algorithm, row.algorithm), hub.keyring.decrypt(row.private_key))
        for row in keys_of(domain)
    ]
    return Signer(domain.name, keys)


def public_record(name: bytes, account_id: int = OPERATOR) -> bytes | None:
    """The DKIM record an account would publish under a name (`selector._domainkey.domain`), for checks without DNS."""
    selector, _, domain = name.decode("ascii", "replace").strip(".").partition("._domainkey.")
    keys = DkimKey.select().join(Domain).where(Domain.name == domain, DkimKey.selector == selector)
    row = keys.where(Domain.account == account_id).first()
    return row.record.encode() if row else None


class AddDomain(Arguments):
    name = argument(fields.String, "domain name, such as news.example.com", required=True)


def _add_domain(hub: Hub, actor: Actor, name: str) -> dict[str, Any]:
    domain = add(hub, actor.account_id, name)
    return {
        "name": domain.name,
        "records": [dict(zip(("name", "type", "value"), each, strict=True)) for each in records(domain)],
    }


ACTIONS: tuple[Action, ...] = (
    Action("domains.add", "Add a domain", "domains.add", _add_domain, AddDomain, target="name"),
)
