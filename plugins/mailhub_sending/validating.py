"""Validating: everything a campaign needs is checked, then what it says is frozen. Sending it is left to `sending`."""

import re

from mailhub import Hub, Invalid
from mailhub.accounts import Account, Domain
from mailhub.address import REASONS, check, domain_of
from mailhub.delivery.compile import Draft, requires_unsubscribe
from mailhub.delivery.freezing import freeze
from mailhub.delivery.template import find_error, tidy
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub.vocabulary import LANGUAGES
from mailhub_sending import states
from mailhub_sending.drafting import draft_of
from mailhub_sending.events import tell
from mailhub_sending.models import HTML, Campaign, CampaignText, texts_of

_PLACE = re.compile(r"line (\d+), column (\d+): (.*)", re.S)


def validate(hub: Hub, actor: Actor, campaign: Campaign) -> list[Sentence]:
    """Check a draft whole and freeze it, in the caller's transaction. Returns warnings.

    Raises `Invalid` with a sentence for each field that is wrong (`body_fr`, `audience`, `from`…), `Conflict` when it
    is no draft.
    """
    states.move(campaign, "validate", validated_at=hub.ms(), problem="")
    account = Account.get_by_id(campaign.account_id)
    texts = texts_of(campaign)
    wrong = {**_check_sender(campaign), **_check_audience(hub, campaign), **_check_texts(campaign, texts)}
    warnings, unknown = _check_domain(hub, campaign)
    if wrong or unknown:
        raise Invalid(fields={**unknown, **wrong})
    drafts = {language: draft_of(account, campaign, text) for language, text in texts.items()}
    default = campaign.language if campaign.language in drafts else next(iter(drafts))
    content = freeze(hub, account.id, drafts, default, campaign.track_opens, campaign.track_clicks)
    Campaign.update(content_id=content.id).where(Campaign.id == campaign.id).execute()
    campaign.content_id = content.id
    tell(hub, actor, campaign, "validated")
    return warnings


def unvalidate(hub: Hub, actor: Actor, campaign: Campaign, problem: str = "") -> None:
    """Take a campaign back to draft, in the caller's transaction. Raises `Conflict` when it has left already."""
    states.move(campaign, "unvalidate", content_id=None, scheduled_at=None, validated_at=None, problem=problem)
    tell(hub, actor, campaign, "unvalidated")


def count(hub: Hub, campaign: Campaign) -> int | None:
    """How many recipients the campaign's audience has now; None when no plugin knows it (or none was chosen)."""
    if not campaign.include:
        return None
    found: int | None = hub.hook.audience_count(
        hub=hub, account=campaign.account_id, include=campaign.include, exclude=campaign.exclude
    )
    return found


def sending_domains(account_id: int) -> list[str]:
    """The domains an account may write from, the oldest first."""
    return [row.name for row in Domain.of(account_id).order_by(Domain.id)]


def _check_sender(campaign: Campaign) -> dict[str, Sentence]:
    if not campaign.from_address:
        return {"from": Sentence("The campaign has no sender: write the address it comes from.")}
    reason = check(campaign.from_address)
    return {"from": Sentence(REASONS[reason])} if reason else {}


def _check_domain(hub: Hub, campaign: Campaign) -> tuple[list[Sentence], dict[str, Sentence]]:
    """Warnings and errors about the sender's domain: the sandbox takes any, elsewhere it must be known here."""
    domain = domain_of(campaign.from_address)
    if not domain or any(
        domain == each or domain.endswith(f".{each}") for each in sending_domains(campaign.account_id)
    ):
        return [], {}
    if hub.config.delivery.route == "sandbox":
        return [Sentence("{domain} is not among your domains: the sandbox takes the mail unsigned.", domain=domain)], {}
    return [], {
        "from": Sentence("{domain} is not among your domains: add it on the Domains page first.", domain=domain)
    }


def _check_audience(hub: Hub, campaign: Campaign) -> dict[str, Sentence]:
    if not campaign.include:
        return {"audience": Sentence("The campaign has no audience: choose who receives it.")}
    found = count(hub, campaign)
    if found is None:
        return {"audience": Sentence("The audience of the campaign is gone: choose another one.")}
    if found == 0:
        return {"audience": Sentence("Nobody is in this audience: add contacts to it, or choose another one.")}
    return {}


def _check_texts(campaign: Campaign, texts: dict[str, CampaignText]) -> dict[str, Sentence]:
    if not texts:
        return {f"body_{campaign.language}": Sentence("The campaign says nothing yet: write a subject and a body.")}
    wrong: dict[str, Sentence] = {}
    for language, text in texts.items():
        wrong.update({f"{part}_{language}": sentence for part, sentence in check_text(campaign, text).items()})
    return wrong


def check_text(campaign: Campaign, text: CampaignText) -> dict[str, Sentence]:
    """What is wrong with one language, by part (`subject`, `body`, `text`), with line and column as they were typed."""
    name = LANGUAGES[text.language]
    wrong: dict[str, Sentence] = {}
    if not text.subject.strip():
        wrong["subject"] = Sentence("There is no subject in {language}: write one.", language=name)
    if not text.body.strip():
        wrong["body"] = Sentence("There is no body in {language}: write one.", language=name)
    elif campaign.editor == HTML and not requires_unsubscribe(_bare(text)):
        wrong["body"] = Sentence(
            'There is no unsubscribe link in {language}: add <a href="{link}">Unsubscribe</a> to the body.',
            language=name,
            link="{{ unsubscribe_url }}",
        )
    return {**wrong, **check_templates(text)}


def check_templates(text: CampaignText) -> dict[str, Sentence]:
    """Broken templates of one language, by part, with line and column as they were typed, not as they were laid out."""
    sources = (("subject", text.subject, False), ("body", tidy(text.body), True), ("text", text.text, False))
    found = {part: find_error(source, html=html) for part, source, html in sources}
    return {part: _place(error) for part, error in found.items() if error}


def _place(error: str) -> Sentence:
    """The core's `line 3, column 14: reason` as a sentence whose place can be translated."""
    found = _PLACE.match(error)
    if found is None:
        return Sentence("This template is broken, {error}. Correct it there.", error=error)
    line, column, reason = found.groups()
    return Sentence(
        "The template is broken in line {line}, column {column}: {reason}.", line=line, column=column, reason=reason
    )


def _bare(text: CampaignText) -> Draft:
    return Draft(subject=text.subject, html=text.body, text=text.text, from_address="", from_name="", reply_to="")
