"""Markdown gets its footer; HTML is left alone."""

from mailhub.accounts import Account
from mailhub_sending.drafting import draft_of
from mailhub_sending.models import Campaign, CampaignText

ACCOUNT = Account(company="Acme {{ x }} *Ltd*", postal_address="1 rue\n75002 Paris")


def draft(body: str, editor: str = "markdown", text: str = "", language: str = "en"):
    return draft_of(
        ACCOUNT, Campaign(editor=editor), CampaignText(language=language, subject="Hi", body=body, text=text)
    )


def test_footer_with_sender_and_link() -> None:
    html = draft("Hello").html
    assert '<a href="{{ unsubscribe_url }}">Unsubscribe</a>' in html
    assert "Acme (( x )) *Ltd*, 1 rue 75002 Paris" in html
    assert ">Se désinscrire</a>" in draft("Bonjour", language="fr").html


def test_an_own_link_is_enough() -> None:
    html = draft("Hello [leave]({{ unsubscribe_url }})").html
    assert html.count("unsubscribe_url") == 1
    assert "75002 Paris" in html


def test_an_own_text_part_gets_the_link_too() -> None:
    assert draft("Hello", text="Hello").text.endswith("Unsubscribe: {{ unsubscribe_url }}\n")
    assert draft("Hello").text == ""


def test_html_is_left_alone() -> None:
    assert draft("<p>Hello</p>", "html", "Hello").html == "<p>Hello</p>"
    assert draft("<p>Hello</p>", "html", "Hello").text == "Hello"
    assert draft(" ").html == ""


def test_mjml_is_laid_out_in_the_language_of_the_text_and_left_alone_otherwise() -> None:
    body = "<mjml><mj-body><mj-section><mj-column><mj-text>Bonjour {{ a }}</mj-text></mj-column></mj-section></mj-body></mjml>"
    for editor in ("mjml", "html", "markdown"):
        html = draft(body, editor, language="fr").html
        assert '<html lang="fr"' in html
        assert ">Bonjour {{ a }}</div>" in html
        assert "Se désinscrire" not in html
    assert draft(" ", "mjml").html == ""
