"""What was seen is kept by kind and name."""

from mailhub.accounts import Domain
from mailhub.domains.models import DomainCheck, checks_of
from mailhub.hub import Hub
from mailhub.testing import make_owner


def test_checks_are_found_by_kind_and_name(sqlite_core: Hub) -> None:
    account = make_owner(sqlite_core)[0]
    one, two = (Domain.create(account=account, name=name, created_at=1) for name in ("a.example", "b.example"))
    for domain in (one, two):
        DomainCheck.create(domain=domain, kind="spf", name=domain.name, state="ok", since=1, checked_at=1)
    assert set(checks_of(one)) == {("spf", "a.example")}
