"""Routes: made, changed, deleted, told. A password goes in sealed and never comes out."""

import ipaddress
from typing import Any

from mailhub.errors import Conflict, Invalid, NotFound, Sentence
from mailhub.hub import Hub
from mailhub.routes import KINDS, TLS_MODES, Pool, PoolAddress, RouteRow, RouteRule, RouteTarget, changed
from mailhub.routing import checks

DEFAULT_PORTS = {"smart_host": 587, "direct": 25, "sandbox": 25}
RESERVED = frozenset({"configuration"})


def find(name: str) -> RouteRow:
    """A route by name. Raises `NotFound`."""
    row: RouteRow | None = RouteRow.get_or_none(RouteRow.name == checks.usual_name(name))
    if row is None:
        raise NotFound("There is no route {name}: make it on the Routes page.", name=name)
    return row


def tell(row: RouteRow) -> dict[str, Any]:
    """A route as every door may see it: whether it has a password, never which."""
    return {
        "name": row.name, "kind": row.kind, "host": row.host, "port": row.port, "tls": row.tls,
        "username": row.username, "has_password": row.password is not None,
        "pool": row.pool.name if row.pool else "", "enabled": row.enabled,
    }  # fmt: skip


def create(hub: Hub, given: dict[str, Any]) -> RouteRow:
    """A new route, in the caller's transaction. Raises `Invalid`, `Conflict` when the name is taken."""
    row = RouteRow(created_at=hub.ms(), port=0)
    _fill(hub, row, given)
    row.save(force_insert=True)
    changed()
    return row


def change(hub: Hub, row: RouteRow, given: dict[str, Any]) -> RouteRow:
    """Change what is given (None: as it was). A password of "" stays the one there is, as long as it goes to the same
    server, for the same login and no easier to read on the way; with the login it goes. Raises as `create`."""
    before = _confidant(row)
    _fill(hub, row, given)
    _require_password(row, before, given.get("password"))
    row.save()
    changed()
    return row


def delete(row: RouteRow) -> None:
    """Delete a route that no rule uses. Raises `Conflict` naming the rules that do."""
    if positions := used_by(row):
        raise Conflict(
            "The route {name} is used by rule {rules}: give that rule another route first.",
            name=row.name, rules=", ".join(map(str, positions)),
        )  # fmt: skip
    row.delete_instance()
    changed()


def used_by(row: RouteRow) -> list[int]:
    """The positions of the rules that use a route."""
    rules = RouteRule.select(RouteRule.position).join(RouteTarget).where(RouteTarget.route == row)
    return [each.position for each in rules.order_by(RouteRule.position)]


def _fill(hub: Hub, row: RouteRow, given: dict[str, Any]) -> None:
    for key in ("name", "kind", "host", "port", "tls", "username", "enabled"):
        if given.get(key) is not None:
            setattr(row, key, checks.usual_name(given[key]) if key == "name" else given[key])
    wrong: dict[str, str] = {}
    if given.get("pool") is not None:
        _set_pool(row, given["pool"], wrong)
    _check_words(row, wrong)
    if row.kind == "smart_host":
        _check_host(row, wrong)
    else:
        row.host, row.username = "", ""
    row.port = row.port or DEFAULT_PORTS.get(row.kind, 25)
    if not wrong:
        _check_security(row, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    if RouteRow.select().where(RouteRow.name == row.name, RouteRow.id != (row.id or 0)).exists():
        raise Conflict("There is a route {name} already: choose another name.", name=row.name)
    _seal(hub, row, given.get("password"))


def _confidant(row: RouteRow) -> tuple[str, int, str, bool]:
    """Who hears the password: the server, the login it belongs to, and whether TLS is sure."""
    return row.host, row.port, row.username, row.tls in ("required", "implicit")


def _require_password(row: RouteRow, before: tuple[str, int, str, bool], password: str | None) -> None:
    """A password that is kept goes nowhere else: whoever moved the route could read it there."""
    now = _confidant(row)
    if row.password is None or password or (now[:3] == before[:3] and now[3] >= before[3]):
        return
    sentence = Sentence(
        "The password is kept for {host}, port {port}: write it again for the change.", host=before[0], port=before[1]
    )
    wrong = {"password": sentence}
    raise Invalid(fields=wrong)


def _set_pool(row: RouteRow, name: str, wrong: dict[str, str]) -> None:
    row.pool = Pool.get_or_none(Pool.name == checks.usual_name(name)) if name else None
    if name and row.pool is None:
        wrong["pool"] = Sentence("There is no pool {name}: make it on the Address pools page.", name=name)
    elif row.pool and not PoolAddress.select().where(PoolAddress.pool == row.pool).exists():
        wrong["pool"] = Sentence("The pool {name} has no address yet: add one to it first.", name=name)


def _check_words(row: RouteRow, wrong: dict[str, str]) -> None:
    if sentence := checks.name(row.name, "route"):
        wrong["name"] = sentence
    elif row.name.lower() in RESERVED:
        wrong["name"] = Sentence("{name} is what MailHub calls its own route: choose another name.", name=row.name)
    if row.kind not in KINDS:
        wrong["kind"] = Sentence("{kind} is no kind of route: write smart_host, direct or sandbox.", kind=row.kind)
    if row.tls not in TLS_MODES:
        wrong["tls"] = Sentence("{mode} is no TLS mode: write opportunistic, required, implicit or none.", mode=row.tls)
    if not 0 <= row.port <= 65535:
        wrong["port"] = Sentence("{port} is no port: write a number from 1 to 65535.", port=row.port)
    if any(not sign.isprintable() for sign in row.username):
        wrong["username"] = Sentence("The login holds signs that cannot be written: copy it again.")


def _check_host(row: RouteRow, wrong: dict[str, str]) -> None:
    if not row.host:
        wrong["host"] = Sentence("The route has no host: write the smart host’s name, such as smtp.example.com.")
        return
    try:
        row.host = checks.host(row.host)
    except ValueError:
        wrong["host"] = Sentence("{host} is no host: write a name such as smtp.example.com.", host=row.host)


def _check_security(row: RouteRow, wrong: dict[str, str]) -> None:
    if row.kind == "direct" and row.tls == "implicit":
        wrong["tls"] = Sentence("Other servers’ port 25 begins without TLS: choose opportunistic or required.")
    if row.username and row.tls == "none" and not _is_this_machine(row.host):
        wrong["tls"] = Sentence(
            "Without TLS everybody on the way could read the password: choose required or implicit."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _seal(hub: Hub, row: RouteRow, password: str | None) -> None:
    if not row.username:
        row.password = None
    elif password:
        row.password = hub.keyring.encrypt(password.encode())
