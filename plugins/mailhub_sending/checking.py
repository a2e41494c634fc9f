"""What is wrong with one language of a campaign: parts that are missing, templates that are broken, and where."""

import re

from mailhub.delivery.compile import Draft, find_html_error, requires_unsubscribe
from mailhub.delivery.mjml import MjmlError, is_mjml, mjml_to_html
from mailhub.delivery.template import find_error, tidy
from mailhub.errors import Sentence
from mailhub_sending.drafting import kind_of
from mailhub_sending.models import MARKDOWN, MJML, Campaign, CampaignText

NAMES = {"en": Sentence("English"), "fr": Sentence("French")}
"""The languages as words, to stand inside a sentence."""

AT_START = {
    "subject": Sentence("The {language} subject"),
    "body": Sentence("The {language} body"),
    "text": Sentence("The {language} text part"),
}
WITHIN = {
    "subject": Sentence("the {language} subject"),
    "body": Sentence("the {language} body"),
    "text": Sentence("the {language} text part"),
}

_PLACE = re.compile(r"line (\d+), column (\d+): (.*)", re.S)


def check_text(campaign: Campaign, text: CampaignText) -> dict[str, Sentence]:
    """What is wrong with one language, by part (`subject`, `body`, `text`), with line and column as they were typed."""
    name = NAMES[text.language]
    wrong: dict[str, Sentence] = {}
    if not text.subject.strip():
        wrong["subject"] = Sentence("There is no subject in {language}: write one.", language=name)
    if not text.body.strip():
        wrong["body"] = Sentence("There is no body in {language}: write one.", language=name)
    elif kind_of(campaign, text) != MARKDOWN and not requires_unsubscribe(_bare(text)):
        wrong["body"] = Sentence(
            'There is no unsubscribe link in {language}: add <a href="{link}">Unsubscribe</a> to the body.',
            language=name,
            link="{{ unsubscribe_url }}",
        )
    return {**wrong, **check_templates(campaign, text)}


def check_templates(campaign: Campaign, text: CampaignText) -> dict[str, Sentence]:
    """What cannot be read in one language, by part, with line and column as they were typed, not as they are laid out."""
    found = {part: find_error(source, html=part == "body") for part, source in sources(text).items()}
    wrong = {part: _place(worded(AT_START, part, text.language), error) for part, error in found.items() if error}
    if "body" not in wrong and kind_of(campaign, text) == MJML and (broken := _check_mjml(text)):
        wrong["body"] = broken
    return wrong


def _check_mjml(text: CampaignText) -> Sentence | None:
    where = worded(AT_START, "body", text.language)
    if text.body.strip() and not is_mjml(text.body):
        return Sentence("{where} is no MJML: begin it with <mjml>, or change how it is written.", where=where)
    try:
        error = find_html_error(mjml_to_html(text.body)) if text.body.strip() else None
    except MjmlError as broken:
        return Sentence(
            "{where} is broken in line {line}: {reason}", where=where, line=broken.line, reason=broken.reason
        )
    if error is None:
        return None
    # Its place is one in the HTML that nobody wrote.
    reason = found[3] if (found := _PLACE.match(error)) else error
    return Sentence("{where} cannot be sent, once it is laid out: {reason}. Correct it.", where=where, reason=reason)


def sources(text: CampaignText) -> dict[str, str]:
    """The templates of one language by part, as the template language reads them."""
    return {"subject": text.subject, "body": tidy(text.body), "text": text.text}


def worded(words: dict[str, Sentence], part: str, language: str) -> Sentence:
    """`The English subject`, from `AT_START` or `WITHIN`."""
    return Sentence(words[part].template, language=NAMES[language])


def _place(where: Sentence, error: str) -> Sentence:
    """The core's `line 3, column 14: reason` as a sentence whose place can be translated."""
    found = _PLACE.match(error)
    if found is None:
        return Sentence("{where} is broken, {error}. Correct it there.", where=where, error=error)
    line, column, reason = found.groups()
    return Sentence(
        "{where} is broken in line {line}, column {column}: {reason}. Correct it there.",
        where=where, line=line, column=column, reason=reason,
    )  # fmt: skip


def _bare(text: CampaignText) -> Draft:
    return Draft(subject=text.subject, html=text.body, text=text.text, from_address="", from_name="", reply_to="")
