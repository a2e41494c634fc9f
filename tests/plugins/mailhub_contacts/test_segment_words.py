"""Every subject and every verb of the rules has words, and what can be chosen is the account's own."""

from collections.abc import Callable

from flask_babel import force_locale

from mailhub.hub import Hub
from mailhub.messages import Content, Source
from mailhub.permissions import Actor
from mailhub.web import create_app
from mailhub_contacts import segment_words
from mailhub_contacts.segment_rules import verbs


def test_everything_has_words(sqlite_hub: Hub, owner_of: Callable[[Hub], Actor]) -> None:
    boss, other = owner_of(sqlite_hub), owner_of(sqlite_hub)
    sqlite_hub.call(boss, "contacts.create", address="a@example.com", fields={"Shoe size": "39"}, lists="Spring")
    content = Content.create(
        account=boss.account_id, kind="compiled", body=b"", links=["https://a.example/"], created_at=1
    )
    source = Source.create(account=boss.account_id, kind="campaign", name="Sale", content=content, created_at=1)
    with create_app(sqlite_hub).test_request_context(), force_locale("fr"):
        known = {key: words for _, each in segment_words.subjects(boss.account_id) for key, words in each}
        assert known["custom:shoe_size"] == "Shoe size"
        assert known["clicked"] == "A suivi un lien"
        assert all(verbs(key) and set(verbs(key)) <= set(segment_words.VERBS) for key in known)
        choices = segment_words.choices(boss.account_id)
        assert [words for _, words in choices["list"]] == ["Spring"]
        assert choices["campaign"] == [(str(source.id), "Sale")]
        assert segment_words.links(boss.account_id, str(source.id)) == ["https://a.example/"]
        assert segment_words.links(other.account_id, source.id) == []
        assert segment_words.choices(other.account_id)["list"] == []
