"""`mailhub serve --demo`: a fresh folder, an owner, 1,000 contacts in two languages, a campaign through the sandbox.

Everything goes through the same actions that a person's pages use.
"""

import contextlib
import csv
import os
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mailhub import people
from mailhub.app import open_hub
from mailhub.cli import serving
from mailhub.config import Config
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.permissions import Actor, user_actor

CONTACTS = 1000
EMAIL = "demo@example.com"
PATIENCE = 300.0

_GIVEN = ("Camille", "Louis", "Chloé", "Hugo", "Zoé", "Amélie", "Oliver", "Emma", "Noah", "Grace", "Ethan", "Ruby")
_FAMILY = ("Tremblay", "Gagné", "Lefèvre", "Moreau", "Dubois", "Smith", "Jones", "Taylor", "Walker", "Hall", "Clark")

_ENGLISH = """# Hello {{ display | default("there") }}

This is a campaign sent by **your own** MailHub. It was written once in two languages, and each of the 1,000
contacts received it in theirs.

[Read what MailHub does](https://example.com/en/features) or [write to us](https://example.com/en/contact).
"""
_FRENCH = """# Bonjour {{ display | default("à vous") }}

Cette campagne a été envoyée par **votre propre** MailHub. Elle a été écrite une fois en deux langues, et chacun des
1 000 contacts l’a reçue dans la sienne.

[Découvrir MailHub](https://example.com/fr/fonctions) ou [nous écrire](https://example.com/fr/contact).
"""


def run(config: Config, once: bool) -> int:
    """Serve in a fresh folder, send the demo campaign, print its counts; go on serving unless `once`."""
    with _fresh_folder(config) as fresh:
        return serving.run(fresh, lambda: _show(fresh, once))


@contextlib.contextmanager
def _fresh_folder(config: Config) -> Iterator[Config]:
    folder = Path(tempfile.mkdtemp(prefix="mailhub-demo-"))
    os.environ["MAILHUB_SERVER__DATA"] = str(folder)
    os.environ["MAILHUB_SERVER__KEY_FILE"] = str(folder / "mailhub.key")
    server = replace(config.server, data=str(folder), key_file=str(folder / "mailhub.key"))
    fresh = replace(config, server=server)
    with open_hub(fresh) as (hub, _):
        _owner(hub)
    try:
        yield fresh
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(hub: Hub) -> None:
    password = people.make_password()
    with transaction():
        account = people.open_account(hub, "Demo", company="Demo & Co", postal_address="1 Example Street, Paris")
        people.add_user(hub, account, "Demo Owner", EMAIL, password)
    click.echo(f"Sign in as {EMAIL} with the password {password}")


def _show(config: Config, once: bool) -> bool:
    """Import, write, validate, start, watch. True when the server is to go on."""
    with open_hub(config) as (hub, _):
        user = people.find_user(EMAIL)
        actor = user_actor(user.id, 1, "cli", user.name)
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console()
        ) as bars:
            _import(hub, actor, bars)
            counts = _send(hub, actor, bars)
    click.echo(
        f"Delivered {counts['delivered']}, bounced {counts['bounced']}, refused {counts['refused']}, "
        f"waiting {counts['waiting']}."
    )
    if not once:
        click.echo(f"Look at it: {config.server.public_url}")
    return not once


def _import(hub: Hub, actor: Actor, bars: Progress) -> None:
    path = hub.config.data / "contacts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["e-mail", "langue", "affichage", "ville"])
        writer.writerows(_contact(number) for number in range(CONTACTS))
    hub.call(actor, "domains.add", name="example.com")
    number = hub.call(actor, "contacts.import", file=path, lists=["Demo"])["number"]
    _watch(
        bars,
        "Importing",
        lambda: hub.call(actor, "imports.show", number=number),
        lambda now: now["state"] in ("done", "failed"),
    )


def _contact(number: int) -> list[str]:
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number % len(_FAMILY)]
    language = "FR" if number % 2 else "EN"
    city = ("Montréal", "Lyon", "London", "Dublin")[number % 4]
    plain = unicodedata.normalize("NFD", f"{given}.{family}").encode("ascii", "ignore").decode().lower()
    return [f"{plain}.{number}@example.com", language, f"{given} {family}", city]


def _send(hub: Hub, actor: Actor, bars: Progress) -> dict[str, Any]:
    number = hub.call(
        actor, "campaigns.create", name="Welcome to MailHub", subject="Your first campaign, {{ display }}",
        body=_ENGLISH, subject_fr="Votre première campagne, {{ display }}", body_fr=_FRENCH,
        **{"from": "MailHub Demo <news@example.com>"}, audience=["Demo"], language="en",
    )["number"]  # fmt: skip
    hub.call(actor, "campaigns.validate", which=str(number))
    hub.call(actor, "campaigns.start", which=str(number))

    def stats() -> dict[str, Any]:
        found: dict[str, Any] = hub.call(actor, "campaigns.stats", which=str(number))
        return {**found, "done": found["delivered"] + found["bounced"] + found["refused"], "total": CONTACTS}

    return _watch(bars, "Sending", stats, lambda now: now["state"] == "finished" and now["done"] >= CONTACTS)


def _watch(bars: Progress, title: str, look: Any, is_done: Any) -> dict[str, Any]:
    task = bars.add_task(f"{title:<10}", total=CONTACTS)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        now: dict[str, Any] = look()
        bars.update(task, completed=now["done"], total=now["total"])
        if is_done(now):
            break
        time.sleep(0.1)
    return now
