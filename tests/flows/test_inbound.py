"""A campaign whose readers' servers answer with every kind of bounce and complaint, in line and by mail.

Whatever is killed meanwhile, the ledger, the counters, the suppressions, the contacts' pages and the API agree in the end.
"""

import contextlib
import os
import signal
import smtplib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.inbound import measure
from mailhub.sink import Received, Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import open_account, start_campaign, stats, wait_finished
from tests.mailhub.inbound.coming import bounce, complaint

EACH = 12
"""Readers of each kind."""
IN_LINE = {
    "nobody": ("550 5.1.1 No such user here", "hard"),
    "barred": ("554 5.7.1 Your IP address is listed at bl.example.org", "block"),
    "filled": ("552 5.2.2 The mailbox is full", "soft"),
}
BY_MAIL = {
    "gone": ("5.1.1", "550 5.1.1 User unknown", "hard"),
    "full": ("5.2.2", "552 5.2.2 Mailbox full", "soft"),
    "mistrusted": ("5.7.1", "550 5.7.1 Message rejected as spam by content filtering", "block"),
}
KINDS = (*IN_LINE, *BY_MAIL, "cross", "away", "late", "fine")
BOUNCED = (*IN_LINE, *BY_MAIL)
HARD = ("nobody", "gone")


def _write_contacts(path: Path) -> Path:
    lines = [f"{kind}{number}@example.net;EN" for kind in KINDS for number in range(EACH)]
    path.write_text("E-mail;Langue\n" + "\n".join(lines) + "\n", "utf-8")
    return path


def _kind(address: str) -> str:
    return address.partition("@")[0].rstrip("0123456789")


def _return(port: int, mails: list[Received]) -> None:
    """What their servers send back, to where the mail said, over one connection."""
    with smtplib.SMTP("127.0.0.1", port, "mx.example.net", timeout=30) as smtp:
        for mail in mails:
            for to, content in _answers(mail):
                smtp.sendmail("", [to], content)


def _answers(mail: Received) -> list[tuple[str, bytes]]:
    kind, to = _kind(mail.recipient), mail.envelope_from
    if kind in BY_MAIL:
        status, said, _ = BY_MAIL[kind]
        return [(to, bounce(mail.recipient, status, said))] * 2  # some servers repeat themselves
    if kind == "cross":
        header = mail.content.partition(b"\r\n\r\n")[0].decode()
        links = [line for line in header.split("\r\n") if line.lower().startswith("list-unsubscribe:")]
        return [("fbl@news.example.com", complaint(*links))]
    if kind == "away":
        words = (
            f"From: {mail.recipient}\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
        )
        return [(to, words.encode())]
    if kind == "late":
        return [(to, bounce(mail.recipient, "4.4.1", "421 4.4.1 Connection timed out", action="delayed"))]
    return []


def _kill_workers(server: Server) -> None:
    for pid in server.pids("worker"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.timeout(240)
def test_all_that_comes_back_is_said_alike_everywhere(start: Start) -> None:
    with Sink(behaviours=[f"{word}=rcpt:{answer}" for word, (answer, _) in IN_LINE.items()]) as sink:
        server = start(sink)
        open_account(server)
        sheet = _write_contacts(server.folder / "contacts.csv")
        server.do("contacts.import", f"file=@{sheet}", "lists=Spring", "--wait")
        number = start_campaign(server)
        wait_finished(server, number)
        taken = sink.wait_for(EACH * (len(KINDS) - len(IN_LINE)), 30)
        for part in range(3):
            _return(server.inbound, taken[part::3])
            _kill_workers(server)
        expected = EACH * len(BOUNCED)
        figures = wait_until(lambda: _settled(server, number, expected), 90, "all that came back to be counted")
        assert _counted(figures) == _expected(), figures
        assert _of_ledger(server, number) == _expected()
        _suppressions_agree(server)
        _contacts_agree(server)
        _messages_agree(server)
        assert server.do("received.list")["mails"] == []


def _settled(server: Server, number: int, bounced: int) -> Any:
    now = stats(server, number)
    return now if (now["bounced"], now["complained"]) == (bounced, EACH) else None


def _expected() -> dict[str, int]:
    classes = Counter({"hard": 0, "soft": 0, "block": 0})
    for _, class_ in IN_LINE.values():
        classes[class_] += EACH
    for _, _, class_ in BY_MAIL.values():
        classes[class_] += EACH
    delivered = EACH * (len(KINDS) - len(BOUNCED))
    return {"delivered": delivered, "bounced": EACH * len(BOUNCED), "complained": EACH, **classes}


def _counted(figures: dict[str, Any]) -> dict[str, int]:
    named = {"delivered": "delivered", "bounced": "bounced", "complained": "complained"}
    named |= {class_: f"bounced_{class_}" for class_ in ("hard", "soft", "block")}
    return {name: figures[key] for name, key in named.items()}


def _of_ledger(server: Server, number: int) -> dict[str, int]:
    found = dict.fromkeys(_expected(), 0)
    for outcome in ("delivered", "bounced", "complained"):
        lines = server.do("campaigns.ledger", f"which={number}", f"outcome={outcome}", "limit=500")["messages"]
        found[outcome] = len(lines)
        for line in lines if outcome == "bounced" else ():
            found[line["bounce"]] += 1
            assert line["answer"], line
            assert line["reason"], line
    return found


def _suppressions_agree(server: Server) -> None:
    found = {
        (_kind(each["address"]), each["reason"], each["scope"]): each["origin"]
        for each in server.do("suppressions.list", "limit=1000")["suppressions"]
    }
    assert set(found) == {(kind, "bounced", "all") for kind in HARD} | {("cross", "complained", "bulk")}
    assert all("no_such_user" in origin for (_, reason, _), origin in found.items() if reason == "bounced")


def _contacts_agree(server: Server) -> None:
    """One reader of each kind: their own page says what the ledger says."""
    contacts = server.do("contacts.list", "limit=500")["contacts"]
    numbers = {each["address"]: each["number"] for each in contacts}
    for kind in KINDS:
        shown = server.do("contacts.show", f"number={numbers[f'{kind}0@example.net']}")
        kinds = [each["kind"] for each in shown["timeline"]]
        assert kinds.count("bounced") == (kind in BOUNCED), (kind, kinds)
        assert kinds.count("delivered") == (kind not in IN_LINE), (kind, kinds)
        assert kinds.count("complained") == (kind == "cross"), (kind, kinds)
        assert bool(shown["suppressions"]) == (kind in (*HARD, "cross")), kind


def _messages_agree(server: Server) -> None:
    for kind in KINDS:
        (message,) = server.do("messages.list", f"address={kind}0@example.net")["messages"]
        assert message["status"] == ("bounced" if kind in BOUNCED else "delivered"), kind
        events = [each["kind"] for each in server.do("messages.show", f"number={message['id']}")["events"]]
        assert len(events) == len(set(events)), (kind, events)


def test_a_burst_is_taken_and_understood_by_processes_side_by_side(database_url: str) -> None:
    choice = database_url or "sqlite"
    figures = measure(mails=600, sessions=8, workers=2, database=choice, seed=3)
    assert figures["accepted"] > 0
    assert figures["understood"] > 0
