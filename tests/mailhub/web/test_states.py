"""Every state has a word, a colour and a sign of its own."""

from flask import Flask
from flask_babel import force_locale

from mailhub.jobs.rows import CANCELLED, DONE, FAILED, WAITING
from mailhub.messages import EVENT_KINDS, SOURCE_STATES
from mailhub.web import states


def test_every_state_of_the_core_has_its_look(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"):
        for state in (*SOURCE_STATES, *EVENT_KINDS, WAITING, DONE, FAILED, CANCELLED):
            look = states.state_look(state)
            assert str(look.word) != state, f"{state} is not translated"
            assert look.icon != "info-circle"


def test_an_unknown_state_is_its_own_word(app: Flask) -> None:
    with app.test_request_context():
        assert states.state_look("dreaming").word == "dreaming"


def test_a_message_is_not_cancelled_but_not_sent(app: Flask) -> None:
    with app.test_request_context():
        assert states.state_look(states.outcome_key("cancelled")).word == "not sent"
        assert states.outcome_key("bounced") == "bounced"
