"""What signs mail from a domain, and what is published of it. Used where mail leaves, so it loads little."""

from typing import cast
from urllib.parse import urlsplit, urlunsplit

from mailhub.accounts import OPERATOR, DkimKey, Domain
from mailhub.dkim import Algorithm, Key, Signer
from mailhub.domains.keys import ACTIVE, keys_of
from mailhub.domains.models import DomainCheck
from mailhub.domains.policy import nearest, only_tries
from mailhub.domains.records import link_name, return_path_name
from mailhub.domains.verdicts import FAILED, RETURN_PATH, SPF, TRACKING
from mailhub.hub import Hub


def signer_for(hub: Hub, account_id: int, name: str) -> Signer | None:
    """What signs mail from a domain for an account: the active keys of that domain, or of the nearest one above it.

    In the sandbox, which nothing leaves, a domain that is not proved yet signs too.
    """
    domain = nearest(hub, account_id, name, unproved=only_tries(hub, account_id))
    if domain is None:
        return None
    keys = [
        Key(row.selector, cast(Algorithm, row.algorithm), hub.keyring.decrypt(row.private_key))
        for row in keys_of(domain, ACTIVE)
    ]
    return Signer(domain.name, keys) if keys else None


def return_path_for(hub: Hub, account_id: int, name: str) -> str:
    """The domain that mail from `name` leaves under and bounces are sent to: the configured one, else bounce.<domain> once
    it was seen to lead here, else the sender's own. Where SPF fails at bounce.<domain> and passes at the sender's own,
    it is that one: receivers who refuse mail cost more than bounces that come late and elsewhere."""
    domain = nearest(hub, account_id, name)
    back = mail_host_for(hub, account_id, name)
    if domain and domain.name == name and back == return_path_name(name):
        return name if _fails(domain, SPF, back) and _is_well(domain, SPF, name) else back
    return back or name


def mail_host_for(hub: Hub, account_id: int, name: str) -> str:
    """The domain under which mail to addresses of our own making (replies, unsubscribing) reaches this server, for mail
    from `name`: the configured return path's, else bounce.<domain> once it was seen to lead here, else ""."""
    configured = hub.config.delivery.return_path_domain
    if configured:
        return configured
    domain = nearest(hub, account_id, name)
    back = return_path_name(domain.name) if domain else ""
    return back if domain and _is_well(domain, RETURN_PATH, back) else ""


def link_base_for(hub: Hub, account_id: int, name: str) -> str:
    """Where links of mail from `name` begin: link.<domain> where its owner wants that and it was seen to answer."""
    usual = hub.config.server.public_url.rstrip("/")
    domain = nearest(hub, account_id, name)
    if domain is None or not domain.own_links or not _is_well(domain, TRACKING, link_name(domain.name)):
        return usual
    url = urlsplit(usual)
    host = link_name(domain.name) + (f":{url.port}" if url.port else "")
    return urlunsplit((url.scheme, host, url.path, "", ""))


def _seen(domain: Domain, kind: str, name: str) -> DomainCheck | None:
    mine = (DomainCheck.domain == domain) & (DomainCheck.kind == kind) & (DomainCheck.name == name)
    row: DomainCheck | None = DomainCheck.select().where(mine).first()
    return row


def _fails(domain: Domain, kind: str, name: str) -> bool:
    row = _seen(domain, kind, name)
    return row is not None and (row.state in FAILED or bool(row.state == "unasked" and row.failures))


def _is_well(domain: Domain, kind: str, name: str) -> bool:
    row = _seen(domain, kind, name)
    # What could not be asked lately is believed to be as it was.
    return row is not None and (
        row.state == "ok" or (row.state == "unasked" and row.good_at is not None and not row.failures)
    )


def public_record(name: bytes, account_id: int = OPERATOR) -> bytes | None:
    """The DKIM record an account would publish under a name (`selector._domainkey.domain`), for checks without DNS."""
    selector, _, domain = name.decode("ascii", "replace").strip(".").partition("._domainkey.")
    keys = DkimKey.select().join(Domain).where(Domain.name == domain, DkimKey.selector == selector)
    row = keys.where(Domain.account == account_id).first()
    return row.record.encode() if row else None
