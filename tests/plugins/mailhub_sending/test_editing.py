"""Writing, copying and deleting campaigns."""

import threading

import pytest

from mailhub import Hub, Invalid
from mailhub.db import close_database
from mailhub.testing import make_owner
from mailhub_sending.models import Campaign, CampaignText, texts_of


def test_numbers_count_per_account_and_are_not_given_twice(hub: Hub, team, make) -> None:
    first, second = make(), make()
    assert (first.number, second.number) == (1, 2)
    hub.call(team.owner, "campaigns.delete", which="2")
    assert make().number == 3
    _, _, stranger = make_owner(hub, "Other")
    assert hub.call(stranger, "campaigns.create", name="Theirs")["number"] == 1


def test_two_at_once_get_two_numbers(hub: Hub, team) -> None:
    numbers: list[int] = []
    ready = threading.Barrier(4)

    def run() -> None:
        ready.wait(10)
        try:
            numbers.extend(hub.call(team.owner, "campaigns.create", name="Same")["number"] for _ in range(5))
        finally:
            close_database()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(numbers) == list(range(1, 21))


def test_texts_in_two_languages(hub: Hub, team, make) -> None:
    campaign = make(subject_fr="Bonjour", body_fr="Bonjour\r\nà vous")
    texts = texts_of(campaign)
    assert list(texts) == ["en", "fr"]
    assert texts["fr"].body == "Bonjour\nà vous"
    hub.call(team.owner, "campaigns.change", which="1", subject_fr="", body_fr=" ", text_fr="")
    assert list(texts_of(campaign)) == ["en"]
    hub.call(team.owner, "campaigns.change", which="1", subject="Hi")
    assert texts_of(campaign)["en"].subject == "Hi"
    assert "Hello" in texts_of(campaign)["en"].body


def test_the_own_language_is_chosen(hub: Hub, team, make) -> None:
    campaign = make(language="fr", subject="Bonjour", body="À vous")
    assert list(texts_of(campaign)) == ["fr"]


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("ada@example.com", "", "ada@example.com"),
        ("Ada, Acme <ada@Example.COM>", "Ada, Acme", "ada@example.com"),
        ('"Ada" <ada@example.com>', "Ada", "ada@example.com"),
    ],
)
def test_sender(make, written: str, name: str, address: str) -> None:
    campaign = make(**{"from": written})
    assert (campaign.from_name, campaign.from_address) == (name, address)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"from": "nobody"}, "from"),
        ({"reply_to": "a@b@c.fr"}, "reply_to"),
        ({"language": "de"}, "language"),
        ({"editor": "word"}, "editor"),
        ({"audience": "people:77"}, "audience"),
        ({"rate": -1}, "rate"),
        ({"name": " "}, "name"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_written(hub: Hub, team, values, field: str) -> None:
    with pytest.raises(Invalid) as told:
        hub.call(team.owner, "campaigns.create", **{"name": "New", **values})
    assert list(told.value.fields) == [field]
    assert Campaign.of(team.account).count() == 0


def test_rate_zero_means_no_limit(hub: Hub, team, make) -> None:
    campaign = make(rate=600)
    assert campaign.rate == 600
    hub.call(team.owner, "campaigns.change", which="1", rate="0")
    assert Campaign.get_by_id(campaign.id).rate is None


def test_copy_says_the_same(hub: Hub, team, make) -> None:
    campaign = make("sending", subject_fr="Bonjour", body_fr="Bonjour", rate=60)
    copy = hub.call(team.owner, "campaigns.copy", which="1")
    assert copy == {"number": 2, "name": "Spring (2)", "state": "draft"}
    row = Campaign.of(team.account).where(Campaign.number == 2).get()
    assert (row.include, row.rate, row.source_id, row.content_id) == (campaign.include, 60, None, None)
    assert {key: text.body for key, text in texts_of(row).items()} == {
        key: text.body for key, text in texts_of(campaign).items()
    }
    assert hub.call(team.owner, "campaigns.copy", which="2")["name"] == "Spring (3)"
    assert hub.call(team.owner, "campaigns.copy", which="1")["name"] == "Spring (4)"


def test_delete_takes_the_texts_along(hub: Hub, team, make) -> None:
    make()
    hub.call(team.owner, "campaigns.delete", which="1")
    assert CampaignText.select().count() == 0
