"""What is wrong with one language, and where."""

from flask import Flask
from flask_babel import force_locale

from mailhub.web.language import translate
from mailhub_sending.checking import check_templates, check_text
from mailhub_sending.models import Campaign, CampaignText


def test_a_broken_template_says_part_language_line_and_column(app: Flask) -> None:
    text = CampaignText(language="fr", subject="Bonjour {{ display", body="a\n{{ b | upcase }}", text="")
    wrong = check_templates(Campaign(), text)
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


def test_broken_mjml_says_its_line_and_what_to_do(app: Flask) -> None:
    body = "<mjml>\n<mj-body>\n<mj-sectio>"
    wrong = check_templates(Campaign(editor="mjml"), CampaignText(language="fr", body=body))
    assert wrong == {
        "body": "The French body is broken in line 3: there is no element <mj-sectio>: did you mean <mj-section>?"
    }
    with app.test_request_context(), force_locale("fr"):
        assert translate(wrong["body"]).startswith("Le corps en français est incorrect à la ligne 3")
        assert "vouliez-vous dire <mj-section>" in translate(wrong["body"])


def test_mjml_is_known_by_how_it_begins() -> None:
    text = CampaignText(language="en", body="<mjml><mj-body>words</mj-body></mjml>")
    assert "words stand in <mj-body>" in check_templates(Campaign(editor="markdown"), text)["body"]
    other = check_templates(Campaign(editor="mjml"), CampaignText(language="en", body="# Hello"))
    assert other["body"] == "The English body is no MJML: begin it with <mjml>, or change how it is written."
    assert check_templates(Campaign(editor="mjml"), CampaignText(language="en", body=" ")) == {}


def test_a_loop_over_too_much_layout_is_told() -> None:
    columns = "<mj-column><mj-text>x</mj-text></mj-column>" * 12
    body = f"<mjml><mj-body>{{% for a in [1, 2] %}}<mj-section>{columns}</mj-section>{{% endfor %}}</mj-body></mjml>"
    wrong = check_templates(Campaign(editor="mjml"), CampaignText(language="en", body=body))
    assert wrong["body"] == (
        "The English body cannot be sent, once it is laid out: more than 8192 characters in a row inside a loop. Correct it."
    )


def test_mjml_needs_a_link_to_unsubscribe() -> None:
    text = CampaignText(language="en", subject="Hi", body="<mjml><mj-body></mj-body></mjml>")
    assert "no unsubscribe link" in check_text(Campaign(editor="mjml"), text)["body"]
