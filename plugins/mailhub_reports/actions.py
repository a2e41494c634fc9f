"""What can be asked about reports of receivers, once for all doors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import marshmallow
from marshmallow import fields, validate

from mailhub import Action, Arguments, Hub, Permission, argument
from mailhub.domains.owning import find
from mailhub.errors import Invalid, Sentence
from mailhub.permissions import Actor
from mailhub_reports import forgetting, looking, receiving
from mailhub_reports.models import FailureRow
from mailhub_reports.proving import BY_HAND

PERMISSIONS = (
    Permission("reports.view", "Sending", "See the reports of receivers"),
    Permission("reports.upload", "Sending", "Give reports of receivers by hand"),
)
LARGEST = 64 << 20
"""Octets of a file that is given by hand."""


class File(fields.Field[Path]):
    """A file on this machine: `file=@FILE` in the shell."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Path:
        if not isinstance(value, Path):
            raise marshmallow.ValidationError("give a file: write @ and its path.")
        return value


# Here and not within `argument()`, so that the collector of sentences finds them.
_DAYS = validate.Range(1, 400, error=Sentence("Days are a whole number from 1 to 400."))
_LIMIT = validate.Range(1, 500, error=Sentence("The limit is a whole number from 1 to 500."))
_OFFSET = validate.Range(0, 1_000_000, error=Sentence("The offset is a whole number from 0 to 1,000,000."))
_KEEP = validate.Range(30, forgetting.LONGEST, error=Sentence("Days are a whole number from 30 to 3,650."))


class Days(Arguments):
    days = argument(fields.Integer, "how many days back, 1 to 400", load_default=30, validate=_DAYS)


class OneDomain(Days):
    domain = argument(fields.String, "a domain of the account", required=True)


class ReadSources(OneDomain):
    limit = argument(fields.Integer, "how many sources, 1 to 500", load_default=50, validate=_LIMIT)
    offset = argument(fields.Integer, "how many of the busiest to pass over", load_default=0, validate=_OFFSET)


class ReadFailures(Arguments):
    domain = argument(fields.String, "a domain of the account", required=True)
    before = argument(fields.Integer, "go on with failures older than this number", load_default=None)
    limit = argument(fields.Integer, "how many, 1 to 500", load_default=50, validate=_LIMIT)


class Upload(Arguments):
    file = argument(File, "the report: XML, JSON, gzip, zip, or a mail that holds one", required=True)


class KeepFor(Arguments):
    days = argument(fields.Integer, "days that reports are kept", required=True, validate=_KEEP)


def _summary(hub: Hub, actor: Actor, days: int) -> dict[str, Any]:
    return {"days": days, "domains": looking.summary(hub, actor.account_id, days)}


def _sources(hub: Hub, actor: Actor, domain: str, days: int, limit: int, offset: int) -> dict[str, Any]:
    name = find(actor.account_id, domain).name
    found = looking.sources(hub, actor.account_id, name, days, limit + 1, offset)
    return {"domain": name, "sources": found[:limit], "next": offset + limit if len(found) > limit else None}


def _tls(hub: Hub, actor: Actor, domain: str, days: int) -> dict[str, Any]:
    return looking.tls(hub, actor.account_id, find(actor.account_id, domain).name, days)


def _failures(hub: Hub, actor: Actor, domain: str, before: int | None, limit: int) -> dict[str, Any]:
    name = find(actor.account_id, domain).name
    found = looking.failures(actor.account_id, name, before, limit + 1)
    return {
        "domain": name, "failures": [_failure(each) for each in found[:limit]],
        "next": found[limit - 1].id if len(found) > limit else None,
    }  # fmt: skip


def _failure(row: FailureRow) -> dict[str, Any]:
    names = (
        "id",
        "at",
        "org",
        "source_ip",
        "auth_failure",
        "delivery_result",
        "header_from",
        "envelope_from",
        "subject",
        "mails",
    )
    return {name: getattr(row, name) for name in names}


def _upload(hub: Hub, actor: Actor, file: Path) -> dict[str, Any]:
    brought = receiving.take(hub, _content(file), actor.account_id, BY_HAND)
    if brought is None:
        return {"later": True, "new": 0, "known": 0, "mails": 0}
    return {"later": False, **brought._asdict()}


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError:
        raise Invalid(
            fields={"file": Sentence("There is no file {name}: choose one that is there.", name=file.name)}
        ) from None
    if not content:
        raise Invalid(fields={"file": Sentence("The file is empty: choose a report.")})
    if len(content) > LARGEST:
        raise Invalid(fields={"file": Sentence("The file has more than 64 MiB: split it, or pack it with gzip.")})
    return content


def _keep(hub: Hub, actor: Actor, days: int) -> dict[str, Any]:
    forgetting.keep_for(actor.account_id, days)
    return {"days": days}


ACTIONS: tuple[Action, ...] = (
    Action(
        "reports.summary", "Show what receivers report of the domains", "reports.view", _summary, Days, changes=False
    ),
    Action(
        "reports.sources", "Show who sends in a domain’s name", "reports.view", _sources, ReadSources, changes=False
    ),
    Action("reports.tls", "Show what is reported of TLS to a domain", "reports.view", _tls, OneDomain, changes=False),
    Action("reports.failures", "Show single mails that failed", "reports.view", _failures, ReadFailures, changes=False),
    Action("reports.upload", "Give a report by hand", "reports.upload", _upload, Upload, target="file"),
    Action("reports.keep", "Choose how long reports are kept", "account.edit", _keep, KeepFor, target="days"),
)
