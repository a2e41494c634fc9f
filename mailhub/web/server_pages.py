"""The server's state, for its operator: version, database, nodes, queue, jobs, disk. And `/healthz` for machines."""

import shutil
import sys
from typing import Any

from flask import Flask, render_template
from flask.typing import ResponseReturnValue

import mailhub
from mailhub.accounts import Account
from mailhub.db import is_postgres, sql
from mailhub.domains.ours import ours_of
from mailhub.domains.records import host_records
from mailhub.hub import Hub
from mailhub.ids import Node, lock_node
from mailhub.jobs.rows import FAILED, WAITING, Job
from mailhub.messages import Source
from mailhub.web.auth import current_hub, requires


def register(app: Flask, hub: Hub) -> None:
    """Add the pages."""
    app.add_url_rule("/server", "server.status", status)
    app.add_url_rule("/healthz", "healthz", healthz)


def healthz() -> ResponseReturnValue:
    """200 when the database answers; needs no sign-in and says nothing else."""
    try:
        sql("SELECT 1").fetchone()
    except Exception as error:  # whatever it is, the answer is no
        return f"the database does not answer: {type(error).__name__}\n", 503, {"Content-Type": "text/plain"}
    return "ok\n", 200, {"Content-Type": "text/plain", "Cache-Control": "no-store"}


@requires("server.view")
def status() -> ResponseReturnValue:
    """The page; it asks for itself again every few seconds."""
    hub = current_hub()
    return render_template(
        "core/server.html",
        version=mailhub.__version__,
        python=".".join(map(str, sys.version_info[:3])),
        database="PostgreSQL" if is_postgres() else "SQLite",
        delivery=hub.config.delivery,
        records=host_records(ours_of(hub)),
        nodes=_nodes(hub),
        queue=_queue(),
        jobs={state: Job.select().where(Job.state == state).count() for state in (WAITING, FAILED)},
        failed=list(Job.select().where(Job.state == FAILED).order_by(Job.id.desc()).limit(5)),
        disk=shutil.disk_usage(hub.config.data),
        plugins=[name for name, _ in sorted(hub.manager.list_name_plugin())],
    )


def _nodes(hub: Hub) -> list[tuple[int, bool]]:
    """The nodes in use: (number, on this machine). One of another machine counts while its lease lasts."""
    named = hub.config.data / "run" / "machine"
    machine = named.read_text() if named.exists() else ""
    nodes = [(node, node.machine == machine) for node in Node.select().order_by(Node.number)]
    return [(node.number, here) for node, here in nodes if _at_work(hub, node, here)]


def _at_work(hub: Hub, node: Node, here: bool) -> bool:
    if not here:
        return bool(node.leased_until > hub.ms())
    lock = lock_node(hub.config.data / "run", node.number)
    if lock is None:
        return True
    lock.close()
    return False


def _queue() -> list[tuple[Any, str, int, int]]:
    """What waits, by source, longest first: (source, account's name, messages, due in ms of the next)."""
    query = "SELECT source_id, count(*), min(due_at) FROM queue GROUP BY source_id ORDER BY 2 DESC LIMIT 20"
    rows = sql(query).fetchall()
    known = Source.select(Source, Account).join(Account).where(Source.id.in_([row[0] for row in rows] or [0]))
    sources = {source.id: source for source in known}
    return [(sources[id_], sources[id_].account.name, count, due) for id_, count, due in rows if id_ in sources]
