"""What was written in one language becomes a `Draft`, as the core compiles it: Markdown with its footer, MJML laid out."""

from mailhub.accounts import Account
from mailhub.delivery.compile import Draft, markdown_to_html
from mailhub.delivery.mjml import is_mjml, mjml_to_html
from mailhub_sending.models import MARKDOWN, MJML, Campaign, CampaignText

UNSUBSCRIBE = {"en": "Unsubscribe", "fr": "Se désinscrire"}
"""The footer's link, in the language of the mail."""


def kind_of(campaign: Campaign, text: CampaignText) -> str:
    """How one language is written: as the campaign's editor says, but what begins with <mjml> is MJML."""
    return MJML if is_mjml(text.body) else campaign.editor


def draft_of(account: Account, campaign: Campaign, text: CampaignText) -> Draft:
    """The draft of one language; Markdown gets a footer with the sender's address and the unsubscribe link.

    Raises `Invalid` for MJML that cannot be laid out (see `checking`, which says so at its field).
    """
    body, plain = text.body, text.text
    kind = kind_of(campaign, text)
    if kind == MJML:
        body = mjml_to_html(body, language=text.language) if body.strip() else ""
    elif kind == MARKDOWN:
        body = markdown_to_html(_with_footer(account, text)) if body.strip() else ""
        if plain.strip() and "unsubscribe_url" not in plain:
            plain = f"{plain.rstrip()}\n\n-- \n{_word(text.language)}: {{{{ unsubscribe_url }}}}\n"
    return Draft(
        subject=text.subject,
        html=body,
        text=plain,
        from_address=campaign.from_address,
        from_name=campaign.from_name,
        reply_to=campaign.reply_to,
    )


def _with_footer(account: Account, text: CampaignText) -> str:
    lines = [f"[{_word(text.language)}]({{{{ unsubscribe_url }}}})"] if "unsubscribe_url" not in text.body else []
    sender = ", ".join(filter(None, [account.company, " ".join(account.postal_address.split())]))
    if sender:
        lines.insert(0, _plain(sender))
    return "\n\n".join([text.body.rstrip(), "---", *lines]) + "\n" if lines else text.body


def _word(language: str) -> str:
    return UNSUBSCRIBE.get(language, UNSUBSCRIBE["en"])


def _plain(text: str) -> str:
    """Text that means nothing to templates or Markdown."""
    for character in "\\`*_[]<>#":
        text = text.replace(character, f"\\{character}")
    return text.replace("{", "(").replace("}", ")")
