"""Questions about one campaign."""

from mailhub import Hub
from mailhub.db import transaction
from mailhub_sending.models import next_number, source_of, texts_of


def test_numbers_per_account(hub: Hub, team) -> None:
    with transaction():
        assert [next_number(team.account.id) for _ in range(3)] == [1, 2, 3]


def test_a_source_only_once_started_and_only_the_accounts_own(make) -> None:
    assert source_of(make("validated")) is None
    started = make("sending")
    source = source_of(started)
    assert source is not None
    assert source.ref == started.id
    started.account_id += 1
    assert source_of(started) is None


def test_own_language_first(make) -> None:
    made = make(
        language="fr", subject_fr="Bonjour", body_fr="Salut", subject_en="Hello", body_en="Hi", subject="", body=""
    )
    assert list(texts_of(made)) == ["fr", "en"]
