"""The pages of replies: text alone is shown, nothing of the mail is run or fetched."""

import pytest

from mailhub import Hub
from mailhub.messages import Message
from mailhub_sending.models import Reply
from tests.mailhub.domains.zones import configure
from tests.plugins.mailhub_sending.answers import HOST, arrive, reply_address, sent, written


@pytest.fixture
def message(hub: Hub, make) -> Message:
    return sent(hub, make)


def test_a_campaigns_tab_says_how_replies_come(hub: Hub, browser, message: Message) -> None:
    assert "Replies do not come here" in browser.get("/campaigns/1/replies").text
    assert "through MailHub" not in browser.get("/campaigns/1").text
    configure(hub, "delivery", return_path_domain=HOST)
    assert "No reply yet" in browser.get("/campaigns/1/replies").text
    assert "through MailHub" in browser.get("/campaigns/1").text


def test_replies_are_listed_counted_and_filtered(hub: Hub, browser, message: Message) -> None:
    arrive(hub, reply_address(hub, message), written("<b>Merci</b>"))
    for path in ("/campaigns/1/replies", "/replies"):
        page = browser.get(path).text
        assert "&lt;b&gt;Merci&lt;/b&gt;" in page
        assert "Zoë Martin" in page
        assert "Nothing of this kind" in browser.get(f"{path}?kind=autoreply").text
    assert "Replies (1)" in browser.get("/campaigns/1").text


def test_one_reply_is_shown_as_text_with_what_can_be_done(hub: Hub, browser, message: Message) -> None:
    html = '<script>alert(1)</script><p>Bonjour <img src="https://evil.example/pixel.gif"> &lt;i&gt;</p>'
    arrive(hub, reply_address(hub, message), written(html, Content_Type="text/html; charset=utf-8"))
    number = Reply.get().id
    page = browser.get(f"/replies/{number}").text
    assert "Bonjour" in page
    assert "&lt;i&gt;" in page
    assert "evil.example" not in page
    assert "alert(1)" not in page
    assert 'href="mailto:p1@example.org?subject=Re%3A%20Hello&amp;In-Reply-To=%3C1%40example.org%3E"' in page
    assert "to desk@example.com" in page
    assert browser.post(f"/replies/{number}/handle", follow_redirects=True).status_code == 200
    assert Reply.get().handled_at is not None
    assert "Open again" in browser.get(f"/replies/{number}").text
    browser.post(f"/replies/{number}/reopen")
    assert Reply.get().handled_at is None


def test_an_answer_goes_where_its_author_wants_it(hub: Hub, browser, message: Message) -> None:
    given = {"Reply_To": "a&b?c@example.net", "Message_ID": "<x&subject=evil y>", "Subject": "A & B?"}
    arrive(hub, reply_address(hub, message), written("Merci", **given))
    page = browser.get(f"/replies/{Reply.get().id}").text
    assert 'href="mailto:a%26b%3Fc@example.net?subject=Re%3A%20A%20%26%20B%3F"' in page


def test_it_can_be_downloaded_as_it_came(hub: Hub, browser, message: Message) -> None:
    arrive(hub, reply_address(hub, message), written("Merci"))
    answer = browser.get(f"/replies/{Reply.get().id}.eml")
    assert answer.data == written("Merci")
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_sender_that_could_not_be_confirmed_is_said_so(hub: Hub, browser, message: Message) -> None:
    arrive(hub, reply_address(hub, message), written("Merci"))
    there = f"/replies/{Reply.get().id}"
    assert "Somebody else may have written this" not in browser.get(there).text
    Reply.update(confirmed=False).execute()
    assert "Somebody else may have written this" in browser.get(there).text


def test_the_settings_are_saved_and_what_is_wrong_is_said(hub: Hub, team, browser) -> None:
    assert "désabonner" in browser.get("/replies/settings").text
    given = {"keywords": "stop, basta", "forward_autoreplies": "1", "days": "30"}
    assert browser.post("/replies/settings", data=given).status_code == 303
    assert hub.setting(team.account.id, "sending.optout_keywords") == ["stop", "basta"]
    assert hub.setting(team.account.id, "sending.forward_autoreplies") is True
    wrong = browser.post("/replies/settings", data={**given, "days": "soon"})
    assert wrong.status_code == 422
    assert "soon" in wrong.text


@pytest.mark.parametrize("path", ["/replies/{}", "/replies/{}.eml", "/campaigns/7/replies"])
def test_what_is_not_there_is_not_found(browser, path: str) -> None:
    assert browser.get(path.format(10**6)).status_code == 404


def test_the_editor_offers_the_choice_where_replies_can_come(hub: Hub, team, make, browser) -> None:
    make()
    assert 'name="replies"' not in browser.get("/campaigns/1/edit").text
    configure(hub, "delivery", return_path_domain=HOST)
    assert 'name="replies"' in browser.get("/campaigns/1/edit").text
    form = {"name": "Spring", "from": "ada@example.com", "replies": "direct", "audience": "people:3", "editor": "markdown",
            "language": "en", "subject_en": "Hello", "body_en": "Hello"}  # fmt: skip
    assert browser.post("/campaigns/1/edit", data=form).status_code == 303
    assert hub.call(team.owner, "campaigns.show", which="1")["replies"] == "direct"
