"""What pages call things."""

from flask.testing import FlaskClient

from mailhub_contacts import labels
from mailhub_contacts.columns import FIELDS, IGNORE
from mailhub_contacts.models import CustomField


def test_every_field_has_words() -> None:
    assert set(labels.FIELDS) == set(FIELDS)


def test_titles_and_choices(browser: FlaskClient) -> None:
    titles = labels.titles_of([CustomField(slug="taille", title="Taille")])
    with browser.application.test_request_context():
        assert labels.field_title("custom:taille", titles) == "Taille"
        assert labels.field_title("city", titles) == "City"
        assert labels.field_title("other", titles) == "other"
        known = {"field": "custom:taille", "own": "custom:taille", "name": "Taille"}
        new = {"field": "city", "own": "custom:pointure", "name": "Pointure"}
        assert labels.field_choices(known, titles)[-2:] == [("custom:taille", "Taille"), (IGNORE, "Leave out")]
        assert ("custom:pointure", "New field: Pointure") in labels.field_choices(new, titles)


def test_a_suppression_says_why_its_message_bounced(browser: FlaskClient) -> None:
    with browser.application.test_request_context():
        assert labels.origin("message 7: no_such_user") == "message 7: the mailbox does not exist"
        for text in ("message 7", "Ada Owner", "import: a file", ""):
            assert labels.origin(text) == text
