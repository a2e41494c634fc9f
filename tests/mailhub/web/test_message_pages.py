"""The ledger: what an account sent, and nothing of another's."""

from mailhub.hub import Hub

from . import seed
from .conftest import Browser


def test_an_empty_ledger_says_what_will_be_there(owner: Browser) -> None:
    assert "Nothing was sent yet" in owner.get("/messages").text


def test_messages_are_listed_with_outcome_source_and_subject(owner: Browser, hub: Hub) -> None:
    message = seed.message(hub, seed.source(hub, content="mime"))
    text = owner.get("/messages").text
    for words in ("ann@example.org", "delivered", "Spring", "Subject of Spring", f"/messages/{message.id}"):
        assert words in text


def test_a_campaigns_messages_show_its_name_not_its_template(owner: Browser, hub: Hub) -> None:
    message = seed.message(hub, seed.source(hub))
    for page in ("/messages", f"/messages/{message.id}"):
        assert "Spring" in owner.get(page).text
        assert "Subject of Spring" not in owner.get(page).text


def test_filters_by_outcome_and_by_the_whole_address(owner: Browser, hub: Hub) -> None:
    source = seed.source(hub)
    seed.message(hub, source)
    seed.message(hub, source, "carl@example.org", "bounced")
    assert "ann@example.org" not in owner.get("/messages?outcome=bounced").text
    assert "carl@example.org" in owner.get("/messages?outcome=bounced").text
    assert "carl@example.org" in owner.get("/messages?address=Carl@EXAMPLE.org").text
    assert "No message fits" in owner.get("/messages?address=carl").text
    assert "ann@example.org" in owner.get("/messages?outcome=nonsense").text


def test_messages_that_wait_are_counted(owner: Browser, hub: Hub) -> None:
    seed.waiting(hub, seed.source(hub))
    assert "1 message waits to be sent." in owner.get("/messages").text


def test_one_message_shows_its_attempts_and_the_servers_words(owner: Browser, hub: Hub) -> None:
    message = seed.message(hub, seed.source(hub, content="mime"))
    text = owner.get(f"/messages/{message.id}").text
    for words in ("250 2.0.0 Ok: queued as 4F2A1", "attempt 1", "Spring", "Subject of Spring"):
        assert words in text
    assert "Open in the sandbox" not in text


def test_a_message_links_to_its_mail_in_the_sandbox(owner: Browser, hub: Hub) -> None:
    number = seed.kept(hub, b"Subject: a\r\n\r\nb")
    message = seed.message(hub, seed.source(hub))
    assert f"/sandbox/{number}" not in owner.get(f"/messages/{message.id}").text
    from mailhub.messages import Message

    Message.update(id=number).where(Message.id == message.id).execute()
    assert f"/sandbox/{number}" in owner.get(f"/messages/{number}").text


def test_a_message_that_waits_has_a_page_too(owner: Browser, hub: Hub) -> None:
    text = owner.get(f"/messages/{seed.waiting(hub, seed.source(hub))}").text
    assert "waits for its turn" in text
    assert "bob@example.org" in text


def test_a_message_that_left_because_its_campaign_was_cancelled_was_not_sent(owner: Browser, hub: Hub) -> None:
    seed.message(hub, seed.source(hub), outcome="cancelled")
    assert "not sent" in owner.get("/messages?outcome=cancelled").text


def test_messages_of_another_account_are_not_there(stranger: Browser, hub: Hub) -> None:
    source = seed.source(hub)
    message, waiting = seed.message(hub, source), seed.waiting(hub, source)
    assert "ann@example.org" not in stranger.get("/messages").text
    assert "waits to be sent" not in stranger.get("/messages").text
    assert stranger.get(f"/messages/{message.id}").status_code == 404
    assert stranger.get(f"/messages/{waiting}").status_code == 404
    assert "No message fits" in stranger.get("/messages?address=ann@example.org").text
