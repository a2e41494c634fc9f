"""Sentences and charts as a page shows them."""

import flask
import pytest

from mailhub import Hub, NotFound
from mailhub.errors import Sentence
from mailhub.sentences import Count
from mailhub_sending.actions import ACTIONS
from mailhub_sending.charts import HOUR, Chart
from mailhub_sending.showing import DONE, LOGGED, campaign_or_404, drawn, say


def test_numbers_in_the_pages_language(app) -> None:
    sentence = Sentence("Sending {rate} a minute, done at about {time}.", rate=Count(12431), time="14:20")
    assert str(sentence) == "Sending 12,431 a minute, done at about 14:20."
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert say(sentence) == "Envoi à 12\u202f431 par minute, fin vers 14:20."


def test_every_change_has_its_words(app) -> None:
    changes = {each.name for each in ACTIONS if each.changes}
    assert changes - set(LOGGED) == {"campaigns.delete"}
    assert {f"campaigns.{verb}" for verb in DONE} <= changes


def test_a_chart_as_the_script_takes_it(app) -> None:
    numbers: dict[str, list[int | None]] = {"delivered": [1, 2], "opened.first": [0, 1], "clicked.first": [0, None]}
    with app.test_request_context():
        shown = drawn(Chart([0, HOUR], HOUR, numbers))
    assert shown == {
        "times": [0, HOUR],
        "by": "hour",
        "series": [("Delivered", "blue", [1, 2]), ("Opened", "green", [0, 1]), ("Clicked", "orange", [0, None])],
    }


def test_only_the_own_campaigns(hub: Hub, browser, make) -> None:
    make()
    with browser:
        browser.get("/campaigns/1")
        assert flask.has_request_context()
        assert campaign_or_404(1).number == 1
        with pytest.raises(NotFound):
            campaign_or_404(2)
