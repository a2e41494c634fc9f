"""How fast a file of contacts is analysed, comes into a list, and is taken out again.

    python bench/import.py [--rows 1000000] [--database sqlite] [--workers 2] [--seed 1]

A csv file of 8 columns (address, language, display, five fields; one row in a hundred is bad, one a duplicate) goes through
a whole server: Analyse, Update into a new list, Undo, each a job of the engine. `--database` is sqlite, postgres (a server of
the run's own) or an address. Prints a table; the last line is one JSON object with `analyse`, `update` and `undo` (rows a
second), `cpu_us` (of the workers, for each row of Update), `pss_mib` (the largest worker's peak) and `sign` (OpenSSL's
RSA-2048 signatures a second in the same run, to compare machines).
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.calibration import signing_rate
from bench.campaign import Watch
from bench.databases import database_url
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import close_database, sql
from mailhub.hub import Hub
from mailhub.permissions import console_actor
from tests.flows.server import Server, wait_until

HEADER = "Courriel;Langue;Affichage;Prénom;Nom;Ville;Téléphone;Taille\n"
FIRST = ("Élodie", "Jean", "Zoé", "John", "Anne-Marie", "Noël", "Mary", "Françoise")
LAST = ("Tremblay", "Côté", "Smith", "Lévesque", "O'Brien", "Gagné", "Müller", "Roy")
CITIES = ("Montréal", "Lyon", "London", "Dublin", "Québec", "Nîmes")
PATIENCE = 1800


def main() -> None:
    """Run once and print."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--database", default="sqlite")
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailhub-import-") as folder, database_url(given.database) as url:
        _print(given, run(given, Path(folder), url))


def run(given: argparse.Namespace, folder: Path, url: str) -> dict[str, Any]:
    """Analyse, import and undo in `folder`, on the database at `url` (empty: SQLite)."""
    sheet = folder / "contacts.csv"
    expected = write_sheet(sheet, given.rows, given.seed)
    server = Server(
        folder / "server",
        MAILHUB_DATABASE__URL=url,
        MAILHUB_ENGINE__WORKERS=str(given.workers),
        MAILHUB_LOG__LEVEL="warning",
    )
    with server:
        hub = create_hub(load(None, server.environment))
        if not sql("SELECT 1 FROM accounts").fetchone():
            hub.call(console_actor(1), "accounts.create", name="Bench")
        told = _measure(hub, server, sheet, expected)
        hub.leave()
        close_database()
    return told


def write_sheet(path: Path, rows: int, seed: int) -> dict[str, int]:
    """Write the file; returns how many of its rows are new, bad and duplicate."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            first, last = chance.choice(FIRST), chance.choice(LAST)
            address = f"{last.lower()}.{number}@d{number % 5000}.example.net".replace("'", "")
            if number % 100 == 50:
                address = f"nobody {number}"
            elif number % 100 == 99:
                address = "twice@example.net"
            elif not address.isascii():
                address = f"reader{number}@d{number % 5000}.example.net"
            phone, size = f"+3361{chance.randrange(10**7):07}", chance.choice("SML")
            file.write(
                f"{address};{chance.choice(('FR', 'EN'))};{first} {last};{first};{last};{chance.choice(CITIES)};{phone};{size}\n"
            )
    bad, twice = len(range(50, rows, 100)), len(range(99, rows, 100))
    return {"rows": rows, "bad": bad, "duplicate": max(twice - 1, 0), "new": rows - bad - max(twice - 1, 0)}


def _measure(hub: Hub, server: Server, sheet: Path, expected: dict[str, int]) -> dict[str, Any]:
    actor, rows = console_actor(1), expected["rows"]
    told: dict[str, Any] = {"sign": signing_rate()}
    began = time.monotonic()
    number = hub.call(actor, "contacts.analyse", file=sheet)["number"]
    told["upload_s"] = time.monotonic() - began
    analysed = _wait(hub, number, "analysed")
    told["analyse"] = rows / (time.monotonic() - began)
    _check(analysed["counts"], expected)
    watch = Watch(server, server.process.pid)  # type: ignore[union-attr]
    watch.start()
    began = time.monotonic()
    hub.call(actor, "contacts.import", number=number, lists=["Readers"])
    report = _wait(hub, number, "done")["report"]
    told["update"] = rows / (time.monotonic() - began)
    cpu, pss = watch.stop()
    _check(report["counts"], expected)
    assert sql("SELECT count(*) FROM list_contacts").fetchone()[0] == expected["new"]
    told["cpu_us"] = cpu["worker"] / rows * 1e6
    told["pss_mib"] = max(value for role, value in pss.items() if role.startswith("worker"))
    if "imports.undo" in hub.actions:
        began = time.monotonic()
        hub.call(actor, "imports.undo", number=number)
        _wait(hub, number, "undone")
        told["undo"] = rows / (time.monotonic() - began)
        assert sql("SELECT count(*) FROM contacts").fetchone()[0] == 0
    return told


def _wait(hub: Hub, number: int, state: str) -> dict[str, Any]:
    def reached() -> Any:
        told = hub.call(console_actor(1), "imports.show", number=number)
        assert told["state"] != "failed", told["error"]
        return told if told["state"] == state else None

    return dict(wait_until(reached, PATIENCE, f"the import to be {state}"))


def _check(counts: dict[str, int], expected: dict[str, int]) -> None:
    found = {name: counts[name] for name in expected}
    assert found == expected, f"{found} instead of {expected}"


def _print(given: argparse.Namespace, told: dict[str, Any]) -> None:
    print(f"{given.rows:,} rows of 8 columns, {given.database}, {given.workers} workers")
    for name in ("analyse", "update", "undo"):
        if name in told:
            print(f"{name:<10} {told[name]:>10,.0f} rows a second")
    print(f"upload     {told['upload_s']:>10.1f} s (within Analyse)")
    print(f"worker     {told['cpu_us']:>10.1f} µs CPU a row, {told['pss_mib']:.0f} MiB at most")
    print(f"OpenSSL    {told['sign']:>10,.0f} RSA-2048 signatures a second")
    print(
        json.dumps(
            {"rows": given.rows, "database": given.database, **{key: round(each, 1) for key, each in told.items()}}
        )
    )


if __name__ == "__main__":
    sys.exit(main())
