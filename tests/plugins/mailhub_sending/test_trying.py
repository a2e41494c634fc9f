"""Previews and test mails."""

import pytest

from mailhub import Conflict, Hold, Hub, Invalid, NotFound, hookimpl
from mailhub.delivery.freezing import load_content
from mailhub.messages import Content, Queued, Source
from mailhub_sending import trying
from mailhub_sending.models import CampaignText, texts_of


def test_preview_for_somebody_and_for_nobody(hub: Hub, make) -> None:
    campaign = make(subject="For {{ first_name | default('you') }}", **{"from": ""})
    text = texts_of(campaign)["en"]
    ada = trying.find_recipient(hub, campaign, "P2@example.org")
    seen = trying.preview(hub, campaign, text, ada)
    assert (seen.subject, "Hello Name2" in seen.html, "Hello Name2" in seen.text) == ("For Name2", True, True)
    assert trying.preview(hub, campaign, text).subject == "For you"


def test_preview_of_a_broken_template(hub: Hub, make) -> None:
    with pytest.raises(Invalid):
        trying.preview(hub, make(), CampaignText(language="en", subject="Hi", body="{{ broken"))


def test_finds_somebody_far_in_the_audience(hub: Hub, make) -> None:
    campaign = make(audience="people:5000")
    assert trying.find_recipient(hub, campaign, "p4999@example.org").key == 4999
    with pytest.raises(NotFound, match="is not in the audience"):
        trying.find_recipient(hub, campaign, "nobody@example.org")


def test_variables_are_what_the_audience_has(hub: Hub, make) -> None:
    assert trying.variables(hub, make()) == ["first_name", "city", "address", "language", "unsubscribe_url"]
    assert trying.variables(hub, make(audience="")) == ["address", "language", "unsubscribe_url"]


def test_sends_each_language_to_each_address_untracked(hub: Hub, team, make) -> None:
    make(subject_fr="Bonjour", body_fr="[b](https://example.com)")
    result = hub.call(team.owner, "campaigns.test", to="a@example.org, b@example.org", contact="p2@example.org")
    assert (result["sent"], result["refused"], len(result["messages"]), result["state"]) == (4, 0, 4, "draft")
    source = Source.get(Source.kind == "test")
    assert (source.stream, source.filling, source.planned) == ("transactional", False, 0)
    rows = {(row.address, row.language, row.recipient_key) for row in Queued.select().where(Queued.source == source.id)}
    assert rows == {(f"{name}@example.org", language, 2) for name in "ab" for language in ("en", "fr")}
    frozen = load_content(Content.get_by_id(source.content_id))
    assert (frozen.links, frozen.track_opens, set(frozen.languages)) == ((), False, {"en", "fr"})


def test_one_language(hub: Hub, team, make) -> None:
    make(subject_fr="Bonjour", body_fr="Bonjour")
    assert hub.call(team.owner, "campaigns.test", to="a@example.org", language="fr")["sent"] == 1
    assert Queued.get().language == "fr"


@pytest.mark.parametrize(
    ("values", "asked", "field"),
    [
        ({}, {"to": "nobody"}, "to"),
        ({}, {"to": " , "}, "to"),
        ({}, {"to": ",".join(f"p{n}@example.org" for n in range(21))}, "to"),
        ({}, {"to": "a@example.org", "language": "fr"}, "language"),
        ({"from": ""}, {"to": "a@example.org"}, "from"),
        ({"body": "{{ a |"}, {"to": "a@example.org"}, "body_en"),
    ],
)
def test_refusals(hub: Hub, team, make, values, asked, field: str) -> None:
    make(**values)
    with pytest.raises(Invalid) as told:
        hub.call(team.owner, "campaigns.test", **asked)
    assert list(told.value.fields) == [field]
    assert Queued.select().count() == 0


def test_held_by_a_plugin(hub: Hub, team, make) -> None:
    class Cap:
        @hookimpl
        def admit_messages(self, hub, source, messages, stage):
            return Hold("no credit", hub.ms() + 1000)

    make()
    hub.manager.register(Cap(), "cap")
    with pytest.raises(Conflict, match="The test cannot leave now: no credit"):
        hub.call(team.owner, "campaigns.test", to="a@example.org")
    assert Source.select().count() == 0
