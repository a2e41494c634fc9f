"""Whose a domain is: reports about it are for the account that has proved it, or the nearest domain above it."""

from mailhub import Hub
from mailhub.accounts import OPERATOR, Domain
from mailhub.domains.names import with_parents
from mailhub.domains.records import REPORTS, TLS_REPORTS

_LOCAL_PARTS = (REPORTS, TLS_REPORTS)
_BOUNCE = "bounce."


def owner_of(name: str) -> Domain | None:
    """The proved domain that a name is or lies under; None when no account here has one."""
    names = with_parents(name)
    if not names:
        return None
    proved = Domain.proved_at.is_null(False) | (Domain.account == OPERATOR)
    rows = Domain.select().where(Domain.name.in_(names), proved)
    return max(rows, key=lambda row: (len(row.name), row.proved_at is not None), default=None)


class Owners:
    """The same, asked once for each name."""

    def __init__(self) -> None:
        self._known: dict[str, Domain | None] = {}

    def of(self, name: str) -> Domain | None:
        if name not in self._known:
            self._known[name] = owner_of(name)
        return self._known[name]


def is_report_address(hub: Hub, recipient: str) -> bool:
    """Whether reports are sent to an address: dmarc@ or tls-reports@ the server's return path or one of a domain here."""
    local, _, host = recipient.lower().rpartition("@")
    if local not in _LOCAL_PARTS:
        return False
    if host == hub.config.delivery.return_path_domain.lower():
        return bool(host)
    name = host.removeprefix(_BOUNCE)
    return name != host and bool(Domain.select(Domain.id).where(Domain.name == name).exists())
