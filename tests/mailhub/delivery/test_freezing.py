"""What was written is frozen once and read back the same."""

import json

import pytest

from mailhub.delivery.content import Draft
from mailhub.delivery.freezing import freeze, load_content
from mailhub.errors import Invalid, UserError
from mailhub.hub import Hub
from mailhub.messages import Content
from mailhub.testing import make_owner


def draft(body: str, subject: str = "Hi") -> Draft:
    return Draft(subject=subject, html=body, text="", from_address="ada@example.com", from_name="Ada", reply_to="")


EN = draft('<a href="https://example.com/a">a</a> <a href="https://example.com/b">b</a>')
FR = draft('<a href="https://example.com/a">a</a>', "Salut")


def test_links_are_numbered_over_all_languages(hub: Hub) -> None:
    account, _, _ = make_owner(hub)
    content = Content.get_by_id(freeze(hub, account.id, {"en": EN, "fr": FR}, "fr", True, True).id)
    frozen = load_content(content)
    assert frozen.links == ("https://example.com/a", "https://example.com/b", "https://example.com/a")
    assert "{{ click_base }}/2" in frozen.languages["fr"].html
    assert (content.subject, content.from_address) == ("Salut", "ada@example.com")
    assert frozen.pick("en")[0] == "en"
    assert frozen.pick("de") == ("fr", frozen.languages["fr"])
    assert (frozen.track_opens, frozen.track_clicks, frozen.replies) == (True, True, False)


def test_what_becomes_of_replies_is_frozen_and_older_contents_have_them_go_directly(hub: Hub) -> None:
    account, _, _ = make_owner(hub)
    content = freeze(hub, account.id, {"en": EN}, "en", False, False, replies=True)
    assert load_content(content).replies
    body = json.loads(content.body)
    del body["replies"]
    content.body = json.dumps(body).encode()
    assert not load_content(content).replies


def test_a_broken_template_writes_nothing(hub: Hub) -> None:
    account, _, _ = make_owner(hub)
    with pytest.raises(Invalid):
        freeze(hub, account.id, {"en": draft("{{ a |")}, "en", True, True)
    assert Content.select().count() == 0


def test_other_contents_are_refused(hub: Hub) -> None:
    account, _, _ = make_owner(hub)
    content = freeze(hub, account.id, {"en": EN}, "en", False, False)
    content.body = json.dumps({**json.loads(content.body), "version": 2}).encode()
    with pytest.raises(UserError, match="newer MailHub"):
        load_content(content)
    content.kind = "mime"
    with pytest.raises(UserError, match="whole mail"):
        load_content(content)
