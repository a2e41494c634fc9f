"""Policies as rows, on both databases: the newest of a domain, none that has ended."""

from typing import Any

from mailhub.db import transaction
from mailhub.delivery.mta_sts_rows import StsPolicy, keep, since
from mailhub.hub import Hub


def write(domain: str, fetched_at: int, expires_at: int, now: int = 0) -> None:
    row: dict[str, Any] = {
        "domain": domain, "policy_id": str(fetched_at), "mode": "enforce", "hosts": "a.example b.example",
        "max_age": 5, "fetched_at": fetched_at, "expires_at": expires_at,
    }  # fmt: skip
    with transaction():
        keep(row, now)


def test_the_newest_policy_of_a_domain_is_kept_and_what_has_ended_goes(core: Hub) -> None:
    write("a.example", 100, 1000)
    write("b.example", 200, 500)
    write("a.example", 300, 2000)
    assert {(row.domain, row.policy_id) for row in since(0, 400, 9)} == {("a.example", "300"), ("b.example", "200")}
    assert [row.domain for row in since(0, 400, 9)] == ["b.example", "a.example"]
    assert [row.domain for row in since(0, 400, 1)] == ["a.example"]
    assert [row.domain for row in since(201, 400, 9)] == ["a.example"]
    assert [row.domain for row in since(0, 500, 9)] == ["a.example"]
    write("c.example", 600, 3000, now=600)
    assert {row.domain for row in StsPolicy.select()} == {"a.example", "c.example"}
