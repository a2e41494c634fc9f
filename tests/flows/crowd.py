"""Many who want to send at once: accounts with their campaigns, a shop that submits over SMTP, and what each then got."""

import smtplib
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from mailhub.db import close_database, in_list, sql
from mailhub.hub import Hub
from mailhub.ids import time_of
from mailhub.permissions import console_actor
from tests.flows.server import Server, wait_until

MAIL = "From: Shop <shop@{name}.example.com>\r\nTo: reader@example.net\r\nSubject: Order {number}\r\n\r\nThank you.\r\n"
BODY = "# Hello {{ display | default('reader') }}\n\nRead [the news](https://example.com/news)." + "\n\nWords." * 20


@dataclass
class Sender:
    """An account with a domain and a list of readers; `sources` are its campaigns under way."""

    hub: Hub
    name: str
    readers: int
    folder: Path
    number: int = 0
    sources: list[int] = field(default_factory=list)

    def open(self) -> "Sender":
        """Make the account, its domain and its contacts."""
        self.number = int(self.hub.call(console_actor(1), "accounts.create", name=self.name)["number"])
        self._do("domains.add", name=f"{self.name}.example.com")
        if self.readers:
            sheet = self.folder / f"{self.name}.csv"
            rows = (f"{self.name}{n}@example.net;Reader {n}\n" for n in range(self.readers))
            sheet.write_text("e-mail;affichage\n" + "".join(rows), "utf-8")
            made = self._do("contacts.import", file=sheet, lists=["Readers"])["number"]
            wait_until(lambda: self._do("imports.show", number=made)["state"] == "done", 300, "the import")
        return self

    def launch(self) -> int:
        """Write a campaign to all readers and start it; returns its source."""
        name = f"News {len(self.sources) + 1}"
        sender = {"from": f"News <news@{self.name}.example.com>"}
        self._do("campaigns.create", name=name, subject=name, body=BODY, language="en", audience=["Readers"], **sender)
        self._do("campaigns.validate", which=name)
        self.sources.append(int(self._do("campaigns.start", which=name)["source"]))
        return self.sources[-1]

    def cancel(self) -> None:
        """Cancel all its campaigns that still run."""
        for number in range(1, len(self.sources) + 1):
            if self._do("campaigns.stats", which=str(number))["state"] == "sending":
                self._do("campaigns.cancel", which=str(number))

    def delivered(self, since: int, until: int) -> int:
        """How many of its campaigns' messages were delivered between two moments (ms)."""
        return sum(delivered(self.sources, since, until).values())

    def _do(self, action: str, **arguments: Any) -> Any:
        return self.hub.call(console_actor(self.number), action, **arguments)


def delivered(sources: list[int], since: int, until: int) -> dict[int, int]:
    """How many messages of each source were delivered between two moments (ms)."""
    condition, parameters = in_list("source_id", sources)
    rows = sql(
        f"SELECT source_id, count(*) FROM messages WHERE {condition} AND outcome = 'delivered' "
        "AND settled_at >= ? AND settled_at < ? GROUP BY source_id",
        [*parameters, since, until],
    ).fetchall()
    return dict.fromkeys(sources, 0) | {int(source): int(count) for source, count in rows}


def span(source: int) -> tuple[int, int]:
    """When a source's first and last message had their outcomes (ms)."""
    first, last = sql("SELECT min(settled_at), max(settled_at) FROM messages WHERE source_id = ?", (source,)).fetchone()
    return int(first), int(last)


class Shop(threading.Thread):
    """Submits one small mail after the other with a login, as a shop does while it sells. `with Shop(…) as shop`."""

    def __init__(self, hub: Hub, server: Server, sender: Sender, every: float) -> None:
        super().__init__(daemon=True)
        made = hub.call(console_actor(sender.number), "smtp_credentials.create", name="shop")
        self._login, self._password = made["login"], made["password"]
        self._port, self._name, self._every = server.submission, sender.name, every
        self._over = threading.Event()
        self.account = sender.number
        self.sent = 0

    def __enter__(self) -> "Shop":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join(20)

    def run(self) -> None:
        with smtplib.SMTP("127.0.0.1", self._port, timeout=20) as program:
            program.login(self._login, self._password)
            while not self._over.wait(self._every):
                mail = MAIL.format(name=self._name, number=self.sent)
                program.sendmail(f"shop@{self._name}.example.com", ["reader@example.net"], mail)
                self.sent += 1
        close_database()

    def seconds(self) -> list[float]:
        """How long each mail took from its acceptance to the next server's answer, sorted; waits until all have theirs."""
        query = (
            "SELECT m.id, m.settled_at FROM messages m JOIN sources s ON s.id = m.source_id "
            "WHERE s.account_id = ? AND s.stream = 'transactional' AND m.outcome = 'delivered'"
        )
        rows = wait_until(
            lambda: found if len(found := sql(query, (self.account,)).fetchall()) == self.sent else None,
            30, "the shop's mails",
        )  # fmt: skip
        return sorted((settled_at - time_of(id_)) / 1000 for id_, settled_at in rows)


def p95(seconds: list[float]) -> float:
    """The time that 95 of 100 stayed below."""
    return quantiles(seconds, n=20)[-1]


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
