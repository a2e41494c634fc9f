"""Help lists what can be done here; lists carry the button each state allows; words are known in two languages."""

import pytest

from mailhub import Hub
from mailhub.accounts import Account
from mailhub.errors import Sentence
from mailhub_slack import answers
from mailhub_slack.voice import voice
from tests.flows.slack_server import buttons, words


@pytest.mark.parametrize(
    ("word", "meant"),
    [("STATUS", "status"), ("campagnes", "campaigns"), ("reprendre", "resume"), ("délier", "unlink"), ("aide", "help"),
     ("nonsense", "help"), ("", "help")],
)  # fmt: skip
def test_words_are_known_in_both_languages(word: str, meant: str) -> None:
    assert answers.command_of(word) == meant
    assert answers.is_command(word) == (word not in ("nonsense", ""))


def test_help_shows_what_the_actions_allow(sqlite_hub: Hub) -> None:
    told = words(answers.help_lines(voice(sqlite_hub, "en"), sqlite_hub.actions))
    assert "`/mailhub pause [12]`" in told
    without = words(answers.help_lines(voice(sqlite_hub, "en"), ["users.create"]))
    assert "pause" not in without
    assert "`/mailhub link`" in without


def test_help_names_what_was_not_understood(sqlite_hub: Hub) -> None:
    told = words(answers.help_lines(voice(sqlite_hub, "en"), [], "<fly>"))
    assert "There is no command &lt;fly&gt;." in told


def test_a_list_has_a_button_for_each(sqlite_hub: Hub) -> None:
    found = [
        {"number": 1, "name": "A & B", "state": "sending", "planned": 5, "sentence": Sentence("Starting.")},
        {"number": 2, "name": "C", "state": "draft"},
    ]
    shown = answers.campaigns(voice(sqlite_hub, "en"), Account(id=7, name="Acme"), "Under way", found, "nothing")
    assert [(each["action_id"], each["value"]) for each in buttons(shown)] == [
        ("campaign.pause", "7:1"), ("campaign.stats", "7:2"),
    ]  # fmt: skip
    assert "*1 A &amp; B*" in words(shown)
    assert words(answers.campaigns(voice(sqlite_hub, "en"), Account(id=7), "", [], "Nothing <here>.")).count(
        "&lt;here&gt;"
    )


def test_accounts_can_be_chosen(sqlite_hub: Hub) -> None:
    mine = [Account(id=1, name="Acme"), Account(id=2, name="Beta")]
    shown = answers.accounts(voice(sqlite_hub, "en"), mine[0], mine)
    assert "You work in Acme." in words(shown)
    assert [(each["action_id"], each["value"]) for each in buttons(shown)] == [("account.switch", "2")]
    assert not list(buttons(answers.accounts(voice(sqlite_hub, "en"), mine[0], mine[:1])))
