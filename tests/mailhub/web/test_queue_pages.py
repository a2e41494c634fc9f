"""The queue's pages: groups with reasons and words, buttons that act on one group or on all, lanes that say why."""

from collections.abc import Callable

import pytest

from mailhub.db import transaction
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.jobs.rows import work
from mailhub.messages import NEVER, Message, Queued
from mailhub.outbox import lanes, waiting
from mailhub.queueing import orders
from mailhub.web import queue_pages

from . import seed
from .conftest import Browser

OWN, SERVER = "/messages/waiting", "/server/queue"


def _waiting(hub: Hub, account: int, count: int = 3, **columns: object) -> list[int]:
    source = seed.source(hub, account)
    numbers = [seed.waiting(hub, source, f"u{number}@example.org") for number in range(count)]
    late = {"reason": "mailbox_full", "code": 452, "text": "<u1@example.org> is full"}
    Queued.update(**(late | columns)).where(Queued.id.in_(numbers)).execute()
    return numbers


def test_an_empty_queue_says_what_would_be_there(owner: Browser) -> None:
    for path in (OWN, SERVER):
        text = owner.get(path).text
        assert "Nothing waits" in text
        assert "Delete all" not in text


def test_groups_show_reason_words_and_count(owner: Browser, stranger: Browser, hub: Hub) -> None:
    _waiting(hub, 1)
    _waiting(hub, 2, 2)
    text = owner.get(OWN).text
    for words in ("example.org", "the mailbox is full", "452", "u1@example.org", "3 messages wait in 1 group."):
        assert words in text
    assert "2 messages wait in 1 group." in stranger.get(OWN).text
    text = owner.get(SERVER).text
    assert "5 messages wait in 1 group." in text
    assert "u1@example.org" not in text
    assert "…@example.org" in text


def test_our_own_notes_are_in_words_and_in_french(owner: Browser, hub: Hub) -> None:
    lost = "the connection was lost ([Errno 104] Connection reset by peer)"
    numbers = _waiting(hub, 1, 1, reason="unreachable", code=0, text=lost)
    assert "the server broke the connection off" in owner.get(OWN).text
    owner.post("/language/fr", next="/")
    for path in (OWN, SERVER, f"/messages/{numbers[0]}"):
        text = owner.get(path).text
        assert "le serveur a rompu la connexion" in text
        assert "Errno" not in text


def test_what_is_held_is_released_by_one_word(owner: Browser, hub: Hub) -> None:
    _waiting(hub, 1, 2, reason="held", due_at=NEVER)
    owner.post("/language/fr", next="/")
    text = owner.get(OWN).text
    assert "Libérer" in text
    assert "Débloquer" not in text  # which is what becomes of a suppressed address


def test_the_filters_are_in_the_address(owner: Browser, stranger: Browser, hub: Hub) -> None:
    _waiting(hub, 1)
    _waiting(hub, 2, 2, domain="other.example", reason="")
    assert "2 messages wait" in owner.get(f"{SERVER}?domain=Other.EXAMPLE").text
    assert "3 messages wait" in owner.get(f"{SERVER}?reason=mailbox_full").text
    assert "2 messages wait" in owner.get(f"{SERVER}?reason=turn").text
    assert "2 messages wait" in owner.get(f"{SERVER}?account=2").text
    assert "Nothing fits" in owner.get(f"{OWN}?domain=other.example").text
    assert "3 messages wait" in owner.get(f"{OWN}?account=2").text, "of one's own account all the same"


def test_a_page_shows_the_largest_groups(owner: Browser, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_pages, "SHOWN", 2)
    for number in range(3):
        _waiting(hub, 1, number + 1, domain=f"d{number}.example")
    text = owner.get(SERVER).text
    assert "6 messages wait in 3 groups." in text
    assert "The 2 largest are shown" in text
    assert "d0.example" not in text


def test_a_group_has_its_words_and_messages(owner: Browser, stranger: Browser, hub: Hub) -> None:
    [first, *_] = _waiting(hub, 1)
    [foreign, *_] = _waiting(hub, 2, 2)
    group = "/group?domain=example.org&reason=mailbox_full"
    text = owner.get(OWN + group).text
    assert "&lt;u1@example.org&gt; is full" in text
    assert f'href="/messages/{first}"' in text
    text = owner.get(SERVER + group).text
    assert "Zenith" in text
    assert f'href="/messages/{first}"' in text
    assert f"/messages/{foreign}" not in text, "another account's messages are its own to see"
    assert owner.get(f"{OWN}/group?domain=gone.example&reason=turn").status_code == 404
    assert owner.get(f"{OWN}/group?domain=example.org&reason=turn").status_code == 404


def test_buttons_hold_release_retry_and_delete_a_group(owner: Browser, hub: Hub) -> None:
    numbers = _waiting(hub, 1)
    group = {"domain": "example.org", "reason": "mailbox_full", "next": OWN}
    owner.get(OWN)
    answer = owner.post(f"{OWN}/hold", **group)
    assert (answer.status_code, answer.location) == (303, OWN)
    text = owner.get(OWN).text
    assert "3 messages are held." in text
    assert "held by hand" in text
    assert "when it is released" in text
    owner.post(f"{OWN}/release", **{**group, "reason": "held"})
    assert "3 messages are released." in owner.get(OWN).text
    Queued.update(due_at=hub.ms() + 60_000).execute()
    owner.post(f"{OWN}/retry", number=str(numbers[0]))
    assert "1 message is tried now." in owner.get(OWN).text
    owner.post(f"{OWN}/delete", all="yes")
    assert "3 messages are deleted." in owner.get(OWN).text
    assert {row.outcome for row in Message.select()} == {"cancelled"}
    owner.post(f"{OWN}/delete", all="yes")
    assert "There was nothing to change" in owner.get(OWN).text
    assert owner.post(f"{OWN}/burn", all="yes").status_code == 404
    assert owner.post(f"{OWN}/delete").status_code == 422


def test_the_operators_buttons_act_on_all_accounts(owner: Browser, stranger: Browser, hub: Hub) -> None:
    _waiting(hub, 1)
    _waiting(hub, 2, 2)
    owner.get(SERVER)
    owner.post(f"{SERVER}/hold", domain="example.org", account="2")
    assert Queued.select().where(Queued.due_at == NEVER).count() == 2
    text = stranger.get(OWN).text
    assert "held by the server’s operator" in text
    assert f'action="{OWN}/release"' not in text
    stranger.post(f"{OWN}/release", all="yes")
    assert Queued.select().where(Queued.due_at == NEVER).count() == 2
    owner.post(f"{SERVER}/release", all="yes")
    assert Queued.select().where(Queued.due_at == NEVER).count() == 0


def test_a_large_part_shows_how_far_it_is(owner: Browser, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "LOOKED", 2)
    _waiting(hub, 1, 5)
    owner.get(SERVER)
    owner.post(f"{SERVER}/hold", all="yes")
    text = owner.get(SERVER).text
    assert "5 messages follow in the background." in text
    assert "Holding: 0 of 5 messages" in text
    part = {"HX-Request": "true"}
    answer = owner.get(SERVER, headers=part)
    assert "Holding: 0 of 5 messages" in answer.text
    assert "HX-Refresh" not in answer.headers
    work(hub, orders.Job.get().id)
    assert owner.get(SERVER, headers=part).headers["HX-Refresh"] == "true"
    assert "held by the server’s operator" in owner.get(SERVER).text


def test_who_may_look_may_not_change(owner: Browser, colleague: Callable[[str], Browser], hub: Hub) -> None:
    _waiting(hub, 1)
    analyst = colleague("analyst")
    text = analyst.get(OWN).text
    assert "the mailbox is full" in text
    assert "Delete" not in text
    assert analyst.post(f"{OWN}/delete", all="yes").status_code == 403
    for path in (SERVER, f"{SERVER}/group?domain=example.org&reason=mailbox_full", f"{SERVER}/lanes"):
        assert analyst.get(path).status_code == 403
    assert Queued.select().count() == 3


def test_the_server_is_the_operators(owner: Browser, stranger: Browser, hub: Hub) -> None:
    assert f'href="{SERVER}"' in owner.get("/").text
    assert f'href="{SERVER}"' not in stranger.get("/").text
    assert stranger.get(SERVER).status_code == 403
    assert stranger.post(f"{SERVER}/delete", all="yes").status_code == 403


def test_lanes_say_their_pace_and_why(owner: Browser, hub: Hub) -> None:
    assert "Nothing is being sent" in owner.get(f"{SERVER}/lanes").text
    row = {
        "route_id": 0, "egress_id": 0, "destination": "google", "route": "direct", "egress": "192.0.2.7",
        "provider": "google", "connections": 2, "backlog": 1234, "rate": 120, "usual": 600, "state": lanes.SLOWED,
        "why": Sentence("It goes at {share} of 100.", share=20), "until": hub.ms() + 600_000,
    }  # fmt: skip
    with transaction():
        lanes.publish(hub.node.number, [row], hub.ms())
    text = owner.get(f"{SERVER}/lanes").text
    for words in (
        "Google", "from 192.0.2.7", "1,234", "120 of 600 a minute", 'value="20" max="100"', "slowed",
        "It goes at 20 of 100.", "At its usual pace again", "in 10 minutes", 'hx-trigger="every 3s"',
    ):  # fmt: skip
        assert words in text, words


def test_without_lanes_what_is_due_asks_for_a_worker(owner: Browser, hub: Hub) -> None:
    _waiting(hub, 1, due_at=hub.ms() - 1000)
    assert "check that a worker runs" in owner.get(f"{SERVER}/lanes").text


def test_a_waiting_message_says_why_and_can_be_held(owner: Browser, stranger: Browser, hub: Hub) -> None:
    number = _waiting(hub, 1)[0]
    page = f"/messages/{number}"
    text = owner.get(page).text
    for words in ("the mailbox is full", "452 &lt;u1@example.org&gt; is full", f'action="{OWN}/hold"'):
        assert words in text
    stranger.get("/")
    assert stranger.post(f"{OWN}/delete", number=str(number)).status_code == 404
    answer = owner.post(f"{OWN}/hold", number=str(number), next=page)
    assert (answer.status_code, answer.location) == (303, page)
    text = owner.get(page).text
    assert "when it is released" in text
    assert f'action="{OWN}/release"' in text
    assert f'action="{OWN}/hold"' not in text


def test_every_reason_is_there_to_choose(owner: Browser, hub: Hub) -> None:
    _waiting(hub, 1, reason="our_own")
    text = owner.get(f"{OWN}?reason=our_own").text
    assert text.count("<option") == len(waiting.REASONS) + 2


def test_a_blocked_provider_shows_until_when(owner: Browser, hub: Hub) -> None:
    _waiting(hub, 1, domain="gmail.com", reason="blocked", due_at=hub.ms() + 60_000)
    row = {
        "route_id": 0, "egress_id": 0, "destination": "google: a.google.com, b.google.com", "route": "direct",
        "provider": "google", "state": lanes.BLOCKED, "why": Sentence("No."), "until": hub.ms() + 3 * 3_600_000,
    }  # fmt: skip
    with transaction():
        lanes.publish(hub.node.number, [row], hub.ms())
    for address in (OWN, SERVER, f"{OWN}/group?domain=gmail.com&reason=blocked"):
        text = owner.get(address).text
        assert "the provider refuses mail from here for now" in text
        assert "in 3 hours" in text, address
    page = owner.get(f"{SERVER}/lanes").text
    assert 'title="google: a.google.com, b.google.com">Gmail and Google Workspace<' in page


def test_a_group_that_is_not_named_leads_to_the_queue(owner: Browser, hub: Hub) -> None:
    answer = owner.get(f"{SERVER}/group?domain=gmail.com")
    assert (answer.status_code, answer.location) == (302, f"{SERVER}?domain=gmail.com")
    assert owner.get(f"{SERVER}/group?domain=gmail.com&reason=blocked").status_code == 404
