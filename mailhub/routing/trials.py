"""Trials: a try of a route as a row that pages follow, run beside a worker's other work so that none of it waits."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Any, TypeVar

from mailhub import jobs
from mailhub.accounts import OPERATOR
from mailhub.address import REASONS, check, domain_of
from mailhub.alarm import sender_of
from mailhub.db import close_database, transaction
from mailhub.delivery import sandbox
from mailhub.delivery.choosing import route_of
from mailhub.delivery.mx import open_destinations
from mailhub.delivery.routes import SANDBOX, Route, configured
from mailhub.delivery.shaping import of_config
from mailhub.domains import signer_for
from mailhub.errors import Invalid, NotFound, Sentence, UserError
from mailhub.hub import Hub
from mailhub.jobs.rows import Job
from mailhub.routes import RouteTrial
from mailhub.routing import making, pools
from mailhub.routing.transcript import Transcript
from mailhub.routing.trying import LIMIT, Ground, Letter, Result, try_route
from mailhub.vocabulary import JobKind

TEST = "routes.test"
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
KEPT = 50
"""Trials kept; older ones go when another one begins."""
LOOK = 0.3
"""Seconds between two writings of what was said so far."""
GIVEN_UP = int((LIMIT + 30) * 1000)
"""Milliseconds after which a trial that nobody ended is over: its process is gone."""
T = TypeVar("T")
__all__ = ["JOBS", "begin", "compose", "find", "sender_of", "sentences", "step", "tell"]
log = logging.getLogger(__name__)


def begin(hub: Hub, route: str, recipient: str, sender: str, *, send: bool, address: str = "") -> RouteTrial:
    """Begin to try a route ("" for the configuration's), in the caller's transaction. Raises `Invalid`, `NotFound`."""
    row = making.find(route) if route else None
    kind = row.kind if row else configured(hub).kind
    sender = sender or sender_of(hub)
    wrong = _wrong(recipient, sender, needed=send or kind == "direct")
    if wrong:
        raise Invalid(fields=wrong)
    if address and (row is None or row.pool_id != pools.find_address(address).pool_id):
        raise NotFound(
            "The route {route} does not leave from {address}: its pool lists its addresses.",
            route=route or SANDBOX,
            address=address,
        )
    _forget_old()
    made = RouteTrial.create(
        route=route,
        recipient=recipient,
        sender=sender,
        send=send,
        leave_from=address,
        state=WAITING,
        created_at=hub.ms(),
    )
    jobs.start(hub, TEST, OPERATOR, ref=made.id)
    return made


def find(number: int) -> RouteTrial:
    """A trial. Raises `NotFound`."""
    row: RouteTrial | None = RouteTrial.get_or_none(RouteTrial.id == number)
    if row is None:
        raise NotFound("There is no trial {number}: only the last ones are kept. Test the route again.", number=number)
    return row


def tell(row: RouteTrial) -> dict[str, Any]:
    """A trial as every door sees it; sentences in English."""
    said = [
        {"ms": at, "who": who, "text": text.format(**values) if who == "note" else text}
        for at, who, text, values in row.lines
    ]
    return {
        "trial": row.id, "route": row.route, "recipient": row.recipient, "sender": row.sender, "sent": row.send,
        "state": row.state, "meaning": [str(each) for each in sentences(row)], "lines": said,
    }  # fmt: skip


def sentences(row: RouteTrial) -> list[Sentence]:
    """What a trial's end means."""
    return [Sentence(template, **values) for template, values in row.meaning]


def step(hub: Hub, job: Job, until: float) -> bool | float:
    """The job: set a thread going, and look after it; a conversation of half a minute must not hold a worker."""
    trial = RouteTrial.get_or_none(RouteTrial.id == job.ref)
    if trial is None or trial.state in (DONE, FAILED):
        return False
    if trial.state == WAITING:
        with transaction():
            RouteTrial.update(state=RUNNING, started_at=hub.ms()).where(RouteTrial.id == trial.id).execute()
        threading.Thread(target=_run, args=(hub, trial.id), name="route-trial", daemon=True).start()
    elif hub.ms() > trial.started_at + GIVEN_UP:
        _end(hub, trial.id, [], Result(False, [Sentence("The test was interrupted: start it again.")]))
        return False
    return 1.0


def _run(hub: Hub, trial_id: int) -> None:
    try:
        asyncio.run(_try(hub, RouteTrial.get_by_id(trial_id)))
    except Exception:
        log.exception("trial %s of a route failed", trial_id)
        failed = Sentence("Something unforeseen happened: see the server’s log, or start the test again.")
        _end(hub, trial_id, None, Result(False, [failed]))
    finally:
        close_database()


async def _try(hub: Hub, trial: RouteTrial) -> None:
    try:
        route = _route(hub, trial)
    except UserError as error:
        _end(hub, trial.id, [], Result(False, [error.sentence]))
        return
    transcript = Transcript(route.username, route.password)
    telling = asyncio.create_task(_tell_on(trial.id, transcript))
    letter = Letter(trial.sender, trial.recipient, compose(hub, trial, route.name) if trial.send else b"")
    if route.kind == SANDBOX:
        result = _keep(hub, letter, transcript)
    else:
        ground = _ground(hub)
        try:
            result = await try_route(route, letter, ground, transcript)
        finally:
            ground.destinations.close()
            telling.cancel()
    telling.cancel()
    for sentence in result.meaning:  # a server may say back what it was told
        sentence.values = {name: transcript.clean(str(value)) for name, value in sentence.values.items()}
    _end(hub, trial.id, transcript.lines, result)


async def _tell_on(trial_id: int, transcript: Transcript) -> None:
    """Write down what was said so far, for who looks on."""
    written = 0
    while True:
        await asyncio.sleep(LOOK)
        if len(transcript.lines) > written:
            written = len(transcript.lines)
            RouteTrial.update(lines=transcript.lines).where(RouteTrial.id == trial_id).execute()


def _route(hub: Hub, trial: RouteTrial) -> Route:
    if not trial.route:
        return configured(hub)
    row = making.find(trial.route)
    addresses = pools.addresses_of(row.pool) if row.pool else []
    return route_of(hub, row, [each for each in addresses if trial.leave_from in ("", each.address)])


def _ground(hub: Hub) -> Ground:
    shaping = of_config(hub.config)
    return Ground(open_destinations(hub, _here, shaping.provider_of), shaping, hub.config.delivery.mx_port)


async def _here(work: Callable[..., T], *arguments: Any) -> T:
    """This thread has the database to itself."""
    return work(*arguments)


def _keep(hub: Hub, letter: Letter, transcript: Transcript) -> Result:
    if not letter.content:
        return Result(
            True, [Sentence("This route keeps mail here, on the Sandbox page: there is nobody to connect to.")]
        )
    number = hub.node.new_ids(1)[0]
    kept = sandbox.Delivered(number, OPERATOR, 0, letter.sender, letter.recipient, letter.content, hub.ms())
    sandbox.keep([kept])
    transcript.note(Sentence("Kept in the sandbox, {count} bytes.", count=len(letter.content)))
    return Result(True, [Sentence("The mail is on the Sandbox page: this route keeps mail here, and nothing leaves.")])


def _end(hub: Hub, trial_id: int, lines: Sequence[Any] | None, result: Result) -> None:
    columns: dict[str, Any] = {} if lines is None else {"lines": list(lines)}
    meaning = [[each.template, each.values] for each in result.meaning]
    with transaction():
        RouteTrial.update(state=DONE if result.good else FAILED, meaning=meaning, ended_at=hub.ms(), **columns).where(
            RouteTrial.id == trial_id
        ).execute()


def compose(hub: Hub, trial: RouteTrial, route: str) -> bytes:
    """The test mail, signed when there is a key for its sender's domain."""
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = formatdate(hub.ms() / 1000)
    mail["From"] = f"MailHub <{trial.sender}>"
    mail["To"] = trial.recipient
    mail["Subject"] = f"MailHub: {route}"
    mail["Message-ID"] = make_msgid("trial", domain_of(trial.sender))
    mail["Auto-Submitted"] = "auto-generated"
    body = (
        f"This mail tries the route “{route}” of MailHub. It arrived, so the route works.\r\n\r\n"
        f"Ce courriel essaie la route « {route} » de MailHub. Il est arrivé : la route fonctionne.\r\n"
    )
    mail.set_content(body, cte="quoted-printable")
    octets = mail.as_bytes()
    signer = signer_for(hub, OPERATOR, domain_of(trial.sender))
    return signer.sign_raw(octets) + octets if signer else octets


def _wrong(recipient: str, sender: str, *, needed: bool) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for key, address, wanted in (("recipient", recipient, needed), ("sender", sender, True)):
        reason = check(address) if address or wanted else None
        if reason is not None and not (key == "sender" and address.endswith("@localhost")):
            wrong[key] = Sentence(REASONS[reason])
    return wrong


def _forget_old() -> None:
    kept = [row.id for row in RouteTrial.select(RouteTrial.id).order_by(RouteTrial.id.desc()).limit(KEPT - 1)]
    RouteTrial.delete().where(RouteTrial.id.not_in(kept or [0])).execute()


JOBS = (JobKind(TEST, step),)
