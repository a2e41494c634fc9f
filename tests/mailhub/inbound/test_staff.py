import pytest

from mailhub.errors import Forbidden, Invalid, NotFound
from mailhub.hub import Hub
from mailhub.inbound.arrivals import Arrival, ArrivedMail
from mailhub.inbound.staff import FIELDS, TEXT, view
from mailhub.messages import NEVER, Queued
from mailhub.permissions import Actor, console_actor
from mailhub.testing import make_owner
from tests.mailhub.inbound.coming import come, work

LETTER = b"From: eve@example.org\r\nSubject: Hello\r\n\r\nA word.\r\n"


@pytest.fixture
def staff(core: Hub) -> Actor:
    account, _, _ = make_owner(core)
    return console_actor(account.id)


def keep(hub: Hub, count: int) -> list[int]:
    for number in range(count):
        come(hub, LETTER, f"postmaster@d{number}.example", sender=f"eve{number}@example.org")
    work(hub)
    return [each.id for each in Arrival.select().order_by(Arrival.id)]


def test_kept_mail_is_listed_newest_first_and_by_pages(core: Hub, staff: Actor) -> None:
    ids = keep(core, 3)
    first = core.call(staff, "received.list", limit=2)
    assert [each["number"] for each in first["mails"]] == [str(ids[2]), str(ids[1])]
    assert first["mails"][0]["from"] == "eve2@example.org"
    assert {each["why"] for each in first["mails"]} == {"staff"}
    rest = core.call(staff, "received.list", limit=2, before=int(first["next"]))
    assert ([each["number"] for each in rest["mails"]], rest["next"]) == ([str(ids[0])], None)
    assert core.call(staff, "received.list", why="failed")["mails"] == []


def test_one_is_shown_as_text(core: Hub, staff: Actor) -> None:
    (number,) = keep(core, 1)
    shown = core.call(staff, "received.show", mail=number)
    assert (shown["subject"], shown["text"].strip()) == ("Hello", "A word.")
    assert ["Subject", "Hello"] in [list(each) for each in shown["header"]]
    with pytest.raises(NotFound):
        core.call(staff, "received.show", mail=number + 1)


def test_one_is_read_again(core: Hub, staff: Actor) -> None:
    come(core, LETTER, "box@in.example", sender="eve@example.org")
    Arrival.update(kept="failed", due_at=NEVER, attempts=3).execute()
    number = Arrival.get().id
    core.call(staff, "received.retry", mail=number)
    row = Arrival.get()
    assert (row.kept, row.attempts, row.due_at <= core.ms()) == ("", 0, True)
    with pytest.raises(NotFound):
        core.call(staff, "received.retry", mail=number)


def test_one_is_sent_on(core: Hub, staff: Actor) -> None:
    (number,) = keep(core, 1)
    sent = core.call(staff, "received.forward", mail=number, to="op@b.example")
    assert [(str(each.id), each.address) for each in Queued.select()] == [(sent["message"], "op@b.example")]
    assert Arrival.select().count() == 1
    with pytest.raises(Invalid):
        core.call(staff, "received.forward", mail=number, to="nobody")


def test_one_or_all_of_a_reason_are_deleted(core: Hub, staff: Actor) -> None:
    first, *_ = keep(core, 3)
    assert core.call(staff, "received.delete", mail=first)["deleted"] == 1
    with pytest.raises(Invalid):
        core.call(staff, "received.delete")
    come(core, LETTER, "postmaster")
    assert core.call(staff, "received.delete", why="staff") == {"deleted": 2, "more": False}
    assert (Arrival.select().count(), ArrivedMail.select().count()) == (1, 1), "what waits is not theirs to delete"


@pytest.mark.parametrize("action", ["list", "show", "retry", "forward", "delete"])
def test_only_staff_may(sqlite_core: Hub, action: str) -> None:
    make_owner(sqlite_core)
    stranger = Actor(1, "web", permissions=frozenset({"messages.view"}))
    arguments = {"show": {"mail": 1}, "retry": {"mail": 1}, "forward": {"mail": 1, "to": "a@b.ca"}}
    with pytest.raises(Forbidden):
        sqlite_core.call(stranger, f"received.{action}", **arguments.get(action, {}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 1000,
        b"Subject: " + b"=?x?q?" * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: text/html\r\n\r\n<script>\r\n" * 10_000,
        b"X: y\r\n" * 100_000 + b"\r\n" + b"x" * 3_000_000,
        b"Content-Type: text/plain; charset=no-such-one\r\n\r\n\xff\xfe",
    ],
)
def test_any_mail_can_be_looked_at(content: bytes) -> None:
    seen = view(content)
    assert len(seen.fields) <= FIELDS
    assert len(seen.text) <= TEXT
    assert "\0" not in seen.text


def test_text_is_shown_before_html_and_html_only_as_its_source() -> None:
    both = (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b--\r\n"
    )
    assert view(both).text.strip() == "plain"
    assert [kind for _, kind, _ in view(both).parts] == ["text/html"]
    assert view(b"Content-Type: text/html\r\n\r\n<b>x</b>\r\n").text.strip() == "<b>x</b>"
