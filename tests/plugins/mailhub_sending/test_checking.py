"""What is wrong with one language, and where."""

from flask import Flask
from flask_babel import force_locale

from mailhub.web.language import translate
from mailhub_sending.checking import check_templates, check_text
from mailhub_sending.models import CampaignText


def test_a_broken_template_says_part_language_line_and_column(app: Flask) -> None:
    text = CampaignText(language="fr", subject="Bonjour {{ display", body="a\n{{ b | upcase }}", text="")
    wrong = check_templates(text)
    assert list(wrong) == ["subject", "body"]
    assert wrong["subject"].startswith("The French subject is broken in line 1, column ")
    assert wrong["body"].startswith("The French body is broken in line 2, column 8: ")
    with app.test_request_context(), force_locale("fr"):
        assert translate(wrong["subject"]).startswith("L’objet en français est incorrect à la ligne 1, colonne ")


def test_what_is_missing_is_told_by_part(make) -> None:
    wrong = check_text(make(), CampaignText(language="en", subject=" ", body="", text=""))
    assert wrong == {
        "subject": "There is no subject in English: write one.",
        "body": "There is no body in English: write one.",
    }
