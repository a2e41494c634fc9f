"""What validation refuses, and what it freezes."""

import json
from dataclasses import replace

import pytest

from mailhub import Hub, Invalid
from mailhub.accounts import Domain
from mailhub.delivery.freezing import load_content
from mailhub.messages import Content, Event
from mailhub.testing import make_owner
from mailhub_sending.models import Campaign

HTML = '<p>Hello {{ first_name }}</p><a href="https://example.com/a">a</a>'
LINK = '<a href="{{ unsubscribe_url }}">Unsubscribe</a>'


def refuse(hub: Hub, team, campaign: Campaign) -> dict[str, str]:
    with pytest.raises(Invalid) as told:
        hub.call(team.owner, "campaigns.validate", which=str(campaign.number))
    assert Campaign.get_by_id(campaign.id).state == "draft"
    assert Content.select().count() == 0
    return told.value.fields


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"audience": ""}, "audience", "has no audience"),
        ({"audience": "people:0"}, "audience", "Nobody is in this audience"),
        ({"from": ""}, "from", "has no sender"),
        ({"subject": "", "body": ""}, "body_en", "says nothing yet"),
        ({"subject": " "}, "subject_en", "no subject in English"),
        ({"subject_fr": "Bonjour"}, "body_fr", "no body in French"),
        ({"body": "one\ntwo {{ first_name | upcase }}"}, "body_en", "The English body is broken in line 2, column 21"),
        ({"subject": "Hi {% if %}"}, "subject_en", "The English subject is broken in line 1, column"),
        ({"text": "{{ a"}, "text_en", "The English text part is broken in line 1, column"),
        ({"editor": "html", "body": HTML}, "body_en", 'add <a href="{{ unsubscribe_url }}">'),
    ],
)
def test_refusals_at_their_fields(hub: Hub, team, make, values, field: str, words: str) -> None:
    fields = refuse(hub, team, make(**values))
    assert list(fields) == [field]
    assert words in fields[field]


def test_every_field_is_told_at_once(hub: Hub, team) -> None:
    hub.call(team.owner, "campaigns.create", name="Empty")
    with pytest.raises(Invalid) as told:
        hub.call(team.owner, "campaigns.validate")
    assert set(told.value.fields) == {"from", "audience", "body_en"}


def test_an_audience_that_is_gone(hub: Hub, team, make, people) -> None:
    campaign = make()
    del people.sizes["people:3"]
    assert "is gone" in refuse(hub, team, campaign)["audience"]


def test_unknown_domain_is_a_warning_in_the_sandbox_only(hub: Hub, team, make) -> None:
    make()
    result = hub.call(team.owner, "campaigns.validate")
    assert result["warnings"] == ["example.com is not among your domains: the sandbox takes the mail unsigned."]
    assert result["recipients"] == 3
    hub.call(team.owner, "domains.add", name="example.com")
    make(**{"from": "ada@news.example.com"})
    assert hub.call(team.owner, "campaigns.validate", which="2")["warnings"] == []


def configure(hub: Hub, **sections) -> None:
    for section, keys in sections.items():
        hub.config = replace(hub.config, **{section: replace(getattr(hub.config, section), **keys)})


def test_where_mail_leaves_another_domain_is_an_error(hub: Hub, team, make) -> None:
    configure(hub, delivery={"route": "direct"})
    campaign = make()
    for account in (None, make_owner(hub)[0]):
        if account:
            Domain.create(account=account, name="example.com", proved_at=1, created_at=1)
        assert "You may not write from example.com" in refuse(hub, team, campaign)["from"]
        with pytest.raises(Invalid, match="may not write from example.com"):
            hub.call(team.owner, "campaigns.test", which="1", to=["me@example.net"])
    Domain.update(account=team.owner.account_id).execute()
    assert hub.call(team.owner, "campaigns.validate")["state"] == "validated"


def test_a_campaign_from_another_domain_is_rewritten_where_the_account_chose_that(hub: Hub, team, make) -> None:
    configure(hub, delivery={"route": "direct"}, domains={"from_policy": "rewrite"})
    Domain.create(account=team.owner.account_id, name="acme.example", proved_at=1, created_at=1)
    make()
    result = hub.call(team.owner, "campaigns.validate")
    assert "leaves from mail@acme.example, and answers go to ada@example.com" in result["warnings"][0]
    content = Content.get()
    compiled = load_content(content).languages["en"]
    assert (content.from_address, compiled.from_address) == ("mail@acme.example", "mail@acme.example")
    assert (compiled.from_name or compiled.from_address, compiled.reply_to) == (compiled.from_name, "ada@example.com")
    make(reply_to="help@example.com")
    hub.call(team.owner, "campaigns.validate", which="2")
    newest = Content.select().order_by(Content.id.desc()).get()
    assert load_content(newest).languages["en"].reply_to == "help@example.com"


def test_gaps_of_the_personalisation_are_warnings(hub: Hub, team, make) -> None:
    hub.call(team.owner, "domains.add", name="example.com")
    make(body="Hello {{ nosuchfield }}")
    result = hub.call(team.owner, "campaigns.validate")
    assert result["state"] == "validated"
    assert result["warnings"] == [
        "The English body uses nosuchfield, which no contact has: correct the name, or give it a fallback."
    ]


def test_freezes_all_languages_with_links_numbered_over_them(hub: Hub, team, make) -> None:
    campaign = make(editor="html", body=HTML + LINK, subject_fr="Bonjour",
                    body_fr='<a href="https://example.com/b">b</a>' + LINK, reply_to="re@example.com")  # fmt: skip
    hub.call(team.owner, "campaigns.validate")
    content = Content.get_by_id(Campaign.get_by_id(campaign.id).content_id)
    frozen = load_content(content)
    assert (content.kind, content.subject, content.from_address) == ("compiled", "Hello", "ada@example.com")
    assert frozen.links == ("https://example.com/a", "https://example.com/b")
    assert frozen.default == "en"
    assert "{{ click_base }}/1" in frozen.languages["fr"].html
    assert frozen.languages["fr"].reply_to == "re@example.com"
    assert json.loads(bytes(content.body))["version"] == 1
    told = Event.select().where(Event.kind == "campaign.validated").get().values
    assert told == {"number": 1, "who": "Ada Owner", "user": team.owner.user_id}


def test_tracking_can_be_left_out(hub: Hub, team, make) -> None:
    campaign = make(editor="html", body=HTML + LINK, track_opens=False, track_clicks=False)
    hub.call(team.owner, "campaigns.validate")
    frozen = load_content(Content.get_by_id(Campaign.get_by_id(campaign.id).content_id))
    assert frozen.links == ()
    assert "open_pixel" not in frozen.languages["en"].html


def test_default_language_is_one_that_is_written(hub: Hub, team, make) -> None:
    campaign = make(subject="", body="", subject_fr="Bonjour", body_fr="Bonjour")
    hub.call(team.owner, "campaigns.validate")
    assert load_content(Content.get_by_id(Campaign.get_by_id(campaign.id).content_id)).default == "fr"


def test_unvalidate_forgets_the_time(hub: Hub, team, make) -> None:
    campaign = make("scheduled")
    hub.call(team.owner, "campaigns.unvalidate")
    row = Campaign.get_by_id(campaign.id)
    assert (row.state, row.scheduled_at, row.content_id, row.problem) == ("draft", None, None, "")


@pytest.mark.parametrize(
    ("way", "host", "here", "warned"),
    [("", "", False, False), ("", "in.example.net", True, False), ("mailhub", "in.example.net", True, False),
     ("mailhub", "", False, True), ("direct", "in.example.net", False, False)],
)  # fmt: skip
def test_replies_come_here_where_they_are_wished_and_can(
    hub: Hub, team, make, way, host, here: bool, warned: bool
) -> None:
    configure(hub, delivery={"return_path_domain": host})
    make(replies=way, reply_to="desk@example.com")
    warnings = hub.call(team.owner, "campaigns.validate", which="1")["warnings"]
    assert any("they go directly to desk@example.com" in str(each) for each in warnings) is warned
    assert load_content(Content.get()).replies is here
    assert hub.call(team.owner, "campaigns.copy", which="1")["number"] == 2
    assert hub.call(team.owner, "campaigns.show", which="2")["replies"] == way


def test_tests_and_their_replies_go_the_same_way(hub: Hub, team, make) -> None:
    configure(hub, delivery={"return_path_domain": "in.example.net"})
    make()
    hub.call(team.owner, "campaigns.test", which="1", to="me@example.com")
    assert load_content(Content.get()).replies


def test_an_unknown_way_is_refused(hub: Hub, make) -> None:
    with pytest.raises(Invalid) as caught:
        make(replies="pigeon")
    assert "pigeon is no way for replies" in str(caught.value.fields["replies"])
