"""Adding, changing and deleting domains, and whose a name is once somebody proves it."""

import hmac
from collections.abc import Sequence

from mailhub.accounts import OPERATOR, DkimKey, Domain
from mailhub.domains.keys import ACTIVE, make_keys
from mailhub.domains.names import clean
from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub

PROOF_LABEL = "_mailhub"
PROOF_PREFIX = "mailhub-verification="


def add(hub: Hub, account_id: int, name: str) -> Domain:
    """A domain with an RSA-2048 and an Ed25519 key, in the caller's transaction. Raises `Invalid`, `Conflict`.

    The operator's is proved at once, and every one where the configuration asks for no proof. An account's name that
    others have as well is taken in: whoever proves it has it.
    """
    made = clean(name)
    if Domain.of(account_id).where(Domain.name == made).exists():
        raise Conflict("{name} is in this account already: its records are on the Domains page.", name=made)
    _check_room(hub, account_id)
    at_once = account_id == OPERATOR or not hub.config.domains.proof
    if _is_taken(made, at_once):
        raise Conflict("{name} belongs to another account of this server: ask the operator about it.", name=made)
    domain = Domain.create(
        account=account_id, name=made, proved_at=hub.ms() if at_once else None, created_at=hub.ms(), check_at=hub.ms()
    )
    make_keys(hub, domain, ACTIVE)
    return domain


def _check_room(hub: Hub, account_id: int) -> None:
    """Each domain is looked at again and again, so an account may not have any number of them; the operator may."""
    most = hub.config.domains.per_account
    if most and account_id != OPERATOR and Domain.of(account_id).count() >= most:
        raise Conflict(
            "This account has {count} domains, and no more are allowed: delete one, or ask the operator for more.",
            count=most,
        )


def _is_taken(name: str, at_once: bool) -> bool:
    """The server's own is nobody else's; where no proof decides, the first one to add a name has it."""
    others = Domain.select().where(Domain.name == name)
    return bool(others.where(Domain.proved_at.is_null(False) if at_once else Domain.account == OPERATOR).exists())


def find(account_id: int, name: str) -> Domain:
    """An account's own domain. Raises `NotFound`."""
    try:
        made = clean(name)
    except Invalid:
        made = ""
    domain: Domain | None = Domain.of(account_id).where(Domain.name == made).first()
    if domain is None:
        raise NotFound("There is no domain {name} in this account: add it on the Domains page.", name=name)
    return domain


def change(domain: Domain, shared: bool | None, inherited: bool | None, own_links: bool | None) -> None:
    """Set what is given, in the caller's transaction. Raises `Invalid` for what such a domain cannot be."""
    if shared and domain.account_id != OPERATOR:
        raise Invalid(fields={"shared": Sentence("Only the operator's domains can be offered to all accounts.")})
    given = {"shared": shared, "inherited": inherited, "own_links": own_links}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        Domain.update(**changes).where(Domain.id == domain.id).execute()
    for name, value in changes.items():
        setattr(domain, name, value)


def delete(domain: Domain) -> None:
    """Take a domain away with its keys and checks, in the caller's transaction: no mail leaves from it any more."""
    DkimKey.delete().where(DkimKey.domain == domain).execute()
    domain.delete_instance(recursive=True)


def proof_name(domain: Domain) -> str:
    """Where the proof stands in DNS."""
    return f"{PROOF_LABEL}.{domain.name}"


def proof_value(domain: Domain) -> str:
    """The text that proves it."""
    return f"{PROOF_PREFIX}{domain.token}"


def proves(domain: Domain, texts: Sequence[str]) -> bool:
    """Whether one of the TXT records is the domain's own proof; takes as long whatever they are."""
    wanted = proof_value(domain).encode()
    given = [text.strip().strip('"').encode("utf-8", "replace") for text in texts]
    same = [hmac.compare_digest(wanted, text) for text in given]
    return any(same)


def rival_of(domain: Domain) -> Domain | None:
    """The row of another account that has this name proved."""
    others = Domain.select().where(Domain.name == domain.name, Domain.id != domain.id)
    found: Domain | None = others.where(Domain.proved_at.is_null(False) | (Domain.account == OPERATOR)).first()
    return found


def take(hub: Hub, domain: Domain, texts: Sequence[str]) -> bool:
    """Settle whose a name is, in the caller's transaction, by the TXT records that stand there. True: it is proved.

    Who had proved it keeps it for as long as their record stands; when it is gone and another one's is there, the name
    has changed hands.
    """
    if domain.proved_at is not None or domain.account_id == OPERATOR:
        return True
    if not proves(domain, texts):
        return False
    rival = rival_of(domain)
    if rival is not None:
        if rival.account_id == OPERATOR or proves(rival, texts):
            return False
        Domain.update(proved_at=None).where(Domain.id == rival.id).execute()
    domain.proved_at = hub.ms()
    Domain.update(proved_at=domain.proved_at).where(Domain.id == domain.id).execute()
    return True
