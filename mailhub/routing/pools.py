"""Pools of local addresses: made, filled, changed, deleted."""

from typing import Any

from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.routes import Pool, PoolAddress, RouteRow, WarmCount, WarmUp, changed
from mailhub.routing import checks

HEAVIEST = 1000


def find(name: str) -> Pool:
    """A pool by name. Raises `NotFound`."""
    row: Pool | None = Pool.get_or_none(Pool.name == checks.usual_name(name))
    if row is None:
        raise NotFound("There is no pool {name}: make it on the Address pools page.", name=name)
    return row


def find_address(text: str) -> PoolAddress:
    """An address of any pool. Raises `NotFound`."""
    row: PoolAddress | None = PoolAddress.get_or_none(PoolAddress.address == checks.usual(text))
    if row is None:
        raise NotFound("There is no address {address} in any pool: add it on the pool’s page.", address=text)
    return row


def addresses_of(pool: Pool) -> list[PoolAddress]:
    """A pool's addresses, in the order they were added."""
    return list(PoolAddress.select().where(PoolAddress.pool == pool).order_by(PoolAddress.id))


def tell(pool: Pool) -> dict[str, Any]:
    """A pool as every door sees it."""
    warming = {row.address_id for row in WarmUp.select(WarmUp.address)}
    return {
        "name": pool.name,
        "addresses": [
            {"address": each.address, "helo": each.helo, "weight": each.weight, "warming_up": each.id in warming}
            for each in addresses_of(pool)
        ],
    }


def create(hub: Hub, name: str) -> Pool:
    """A new pool without addresses. Raises `Invalid`, `Conflict`."""
    name = checks.usual_name(name)
    _check_name(name, 0)
    return Pool.create(name=name, created_at=hub.ms())


def rename(pool: Pool, name: str) -> Pool:
    """Another name. Raises `Invalid`, `Conflict`."""
    name = checks.usual_name(name)
    _check_name(name, pool.id)
    pool.name = name
    pool.save()
    return pool


def delete(pool: Pool) -> None:
    """Delete a pool with its addresses. Raises `Conflict` when a route uses it."""
    if routes := routes_of(pool):
        raise Conflict(
            "The pool {name} is used by the route {route}: give that route another pool first.",
            name=pool.name, route=routes[0].name,
        )  # fmt: skip
    for each in addresses_of(pool):
        _forget(each)
    pool.delete_instance()
    changed()


def routes_of(pool: Pool) -> list[RouteRow]:
    """The routes that leave from a pool, by name."""
    return list(RouteRow.select().where(RouteRow.pool == pool).order_by(RouteRow.name))


def add(pool: Pool, address: str, helo: str, weight: int) -> PoolAddress:
    """Give an address of this machine to a pool. Raises `Invalid`, `Conflict` when a pool has it."""
    found = checks.local_address(address)
    if isinstance(found, Sentence):
        wrong = {"address": found}
        raise Invalid(fields=wrong)
    if other := PoolAddress.get_or_none(PoolAddress.address == found):
        raise Conflict(
            "{address} is in the pool {name} already: remove it there first.", address=found, name=other.pool.name
        )
    row = PoolAddress(pool=pool, address=found)
    _fill(row, helo, weight)
    row.save(force_insert=True)
    changed()
    return row


def change(row: PoolAddress, helo: str | None, weight: int | None) -> PoolAddress:
    """Another name in EHLO, another share (None: as it was). Raises `Invalid`."""
    _fill(row, helo, weight)
    row.save()
    changed()
    return row


def remove(row: PoolAddress) -> None:
    """Take an address out of its pool, with its plan. Raises `Conflict` for the last one of a pool that is used."""
    routes = routes_of(row.pool)
    if routes and len(addresses_of(row.pool)) == 1:
        raise Conflict(
            "{address} is the last address of the pool {name}, which the route {route} uses: add another one first.",
            address=row.address, name=row.pool.name, route=routes[0].name,
        )  # fmt: skip
    _forget(row)
    changed()


def _forget(row: PoolAddress) -> None:
    WarmUp.delete().where(WarmUp.address == row).execute()
    WarmCount.delete().where(WarmCount.address_id == row.id).execute()
    row.delete_instance()


def _fill(row: PoolAddress, helo: str | None, weight: int | None) -> None:
    wrong: dict[str, str] = {}
    if helo is not None:
        try:
            row.helo = checks.helo(helo)
        except ValueError:
            wrong["helo"] = Sentence("{name} is no host name: write one such as mail1.example.com.", name=helo)
    if weight is not None:
        row.weight = weight
        if not 1 <= weight <= HEAVIEST:
            wrong["weight"] = Sentence("{weight} is no weight: write a number from 1 to 1,000.", weight=weight)
    if wrong:
        raise Invalid(fields=wrong)


def _check_name(name: str, own_id: int) -> None:
    if sentence := checks.name(name, "pool"):
        wrong = {"name": sentence}
        raise Invalid(fields=wrong)
    if Pool.select().where(Pool.name == name, Pool.id != own_id).exists():
        raise Conflict("There is a pool {name} already: choose another name.", name=name)
