"""The steps of the main job, told by `mailhub do`, for the flows that need a campaign under way."""

import csv
from pathlib import Path
from typing import Any

from tests.flows.server import Server, wait_until

BODY_EN = "# Hello {{ display | default('friend') }}\n\nRead [the news](https://example.com/news)."
BODY_FR = "# Bonjour {{ display | default('vous') }}\n\nLire [les nouvelles](https://example.com/nouvelles)."


def open_account(server: Server) -> None:
    """The operator's account with its owner and a domain, from the shell."""
    assert server.say("account", "create", "--name", "Acme").returncode == 0
    made = server.say("user", "create", "--name", "Ada", "--email", "ada@example.com", "--role", "owner")
    assert made.returncode == 0, made.stderr
    assert server.say("domain", "add", "--name", "news.example.com").returncode == 0


def write_contacts(path: Path, count: int) -> Path:
    """A semicolon file as people have them: address, language, display; both languages by turns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["E-mail", "Langue", "Affichage"])
        writer.writerows(
            [f"person{number}@example.com", "FR" if number % 2 else "EN", f"Élodie {number}"] for number in range(count)
        )
    return path


def import_contacts(server: Server, count: int, name: str = "Spring") -> None:
    """Import that many contacts into a list and wait for the report."""
    path = write_contacts(server.folder / "contacts.csv", count)
    analysed = server.do("contacts.analyse", f"file=@{path}")
    assert analysed["counts"]["new"] == count
    made = server.do("contacts.import", f"number={analysed['number']}", f"lists={name}")
    wait_until(lambda: server.do("imports.show", f"number={made['number']}")["state"] == "done", 60, "the import")
    assert {each["name"]: each["contacts"] for each in server.do("lists.list")["lists"]}[name] == count


def start_campaign(server: Server, name: str = "Spring", **extra: str) -> int:
    """Write, validate and start a bilingual campaign to a list; returns its number."""
    words = [f"{key}={value}" for key, value in extra.items()]
    made = server.do(
        "campaigns.create", f"name={name}", "subject=News for {{ display }}", f"body={BODY_EN}", "language=en",
        "subject_fr=Nouvelles pour {{ display }}", f"body_fr={BODY_FR}", f"audience={name}",
        "from=Acme News <info@news.example.com>", *words,
    )  # fmt: skip
    number = int(made["number"])
    assert server.do("campaigns.validate", f"which={number}")["state"] == "validated"
    assert server.do("campaigns.start", f"which={number}")["state"] == "sending"
    return number


def stats(server: Server, number: int) -> Any:
    """The campaign's figures now."""
    return server.do("campaigns.stats", f"which={number}")


def wait_finished(server: Server, number: int, seconds: float = 90) -> Any:
    """Wait until the campaign is finished and counted; returns its figures."""

    def finished() -> Any:
        now = stats(server, number)
        settled = sum(now[kind] for kind in ("delivered", "bounced", "refused", "expired", "cancelled"))
        return now if now["state"] == "finished" and settled == now["submitted"] else None

    return wait_until(finished, seconds, "the campaign to finish")
