"""How fast a list is verified: the product's own job, from the start to its report, asking a DNS server on loopback.

`python bench/verify.py [--addresses 200000] [--domains 5000] [--database sqlite|postgres|URL] [--seed 1]`

Half of the addresses are with twenty large providers, the others spread over `--domains`, of which one in twenty each
does not exist, fails (SERVFAIL), takes no mail, has no MX, or answers after 50 ms. No SMTP probe. The last line is one
JSON object.
"""

import argparse
import json
import multiprocessing
import random
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from bench.calibration import signing_rate
from bench.databases import database_url
from mailhub.accounts import Account
from mailhub.address import address_key
from mailhub.db import BULK_ROWS, bulk, sql, sql_many
from mailhub.hub import Hub
from mailhub.jobs import rows
from mailhub.permissions import Actor
from mailhub.testing import make_hub, make_owner
from tests.dns_server import FAILING, MAIL, NULL_MX, WEB_ONLY, DnsServer, Zone

PROVIDERS = (
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "orange.fr", "free.fr", "laposte.net", "sfr.fr", "gmx.de",
    "web.de", "proton.me", "icloud.com", "hotmail.fr", "yahoo.fr", "wanadoo.fr", "live.fr", "aol.com", "gmx.net",
    "outlook.fr", "t-online.de",
)  # fmt: skip
KINDS: dict[int, Zone | None] = {
    0: None, 1: FAILING, 2: NULL_MX, 3: WEB_ONLY, 4: Zone(mx=MAIL.mx, delay=0.05)
}  # fmt: skip


def zone(domain: str) -> Zone | None:
    """What is said of a domain of this benchmark: `firm17.example` and the providers."""
    name = domain.partition(".")[0]
    return KINDS.get(int(name[4:]) % 20, MAIL) if name.startswith("firm") else MAIL


def main() -> None:
    """Verify a list once and print a table; 2,000 addresses a second are a must, 10,000 the aim."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--addresses", "--recipients", type=int, default=200_000)
    reader.add_argument("--domains", type=int, default=5000)
    reader.add_argument("--database", default="sqlite", help="sqlite, postgres or postgresql://…")
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    print(f"calibration: {signing_rate():,.0f} RSA-2048 signatures a second with two processes")
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory(prefix="mailhub-verify-") as folder, database_url(given.database) as url:
        asked = {"resolvers": [ours.recv()]}
        with make_hub(Path(folder), dns=asked, database={"url": url}) as hub:
            account, _, actor = make_owner(hub)
            _fill(hub, account, actor, given)
            seconds, cpu, slices, longest = _verify(hub, actor)
            told = hub.call(actor, "verifications.show", number=1)
    ours.send("end")
    server.join(10)
    assert (told["state"], told["done"]) == ("done", given.addresses), told
    rate = given.addresses / seconds
    print(f"{given.addresses:,} addresses, {given.domains:,} domains, {seconds:.1f} s: {rate:,.0f} a second")
    print(
        f"processor time {1000 * cpu / given.addresses:.3f} ms an address; {slices} slices, the longest {longest:.2f} s"
    )
    print("found: " + ", ".join(f"{count:,} {verdict}" for verdict, count in told["verdicts"].items()))
    told = {"addresses": given.addresses, "rate": round(rate), "cpu_ms": round(1000 * cpu / given.addresses, 4)}
    print(json.dumps(told))


def _serve(pipe: Connection) -> None:
    with DnsServer(zone) as server:
        pipe.send(server.address)
        pipe.recv()


def _fill(hub: Hub, account: Account, actor: Actor, given: argparse.Namespace) -> None:
    number = hub.call(actor, "lists.create", name="Everyone")["number"]
    dice = random.Random(given.seed)
    addresses = [
        f"reader{n}@{dice.choice(PROVIDERS) if n % 2 else f'firm{dice.randrange(given.domains)}.example'}"
        for n in range(given.addresses)
    ]
    for start in range(0, len(addresses), BULK_ROWS):
        with bulk():
            sql_many(
                "INSERT INTO contacts (account_id, address, address_key, copy, language, display, fields, created_at, "
                "updated_at) VALUES (?, ?, ?, 0, 'en', '', '{}', 1, 1)",
                [(account.id, each, address_key(each)) for each in addresses[start : start + BULK_ROWS]],
            )
    sql("INSERT INTO list_contacts (list_id, contact_id) SELECT ?, id FROM contacts", (number,))


def _verify(hub: Hub, actor: Actor) -> tuple[float, float, int, float]:
    """Work the job off as the engine would: (seconds, processor seconds, slices, the longest slice's seconds)."""
    began, cpu, lasted = time.monotonic(), time.process_time(), [0.0]
    job = hub.call(actor, "verifications.start", audience="Everyone")["job"]
    while rows.Job.get_by_id(job).state == rows.WAITING:
        start = time.monotonic()
        if not rows.work(hub, job):
            time.sleep(0.05)  # it waits for DNS
        lasted.append(time.monotonic() - start)
    return time.monotonic() - began, time.process_time() - cpu, len(lasted) - 1, max(lasted)


if __name__ == "__main__":
    main()
