"""Validating: everything a campaign needs is checked, then what it says is frozen. Sending it is left to `sending`."""

from dataclasses import replace

from mailhub import Hub, Invalid, domains
from mailhub.accounts import Account
from mailhub.address import REASONS, check, domain_of
from mailhub.delivery.compile import Draft
from mailhub.delivery.freezing import freeze
from mailhub.errors import Forbidden, Sentence
from mailhub.permissions import Actor
from mailhub_sending import states
from mailhub_sending.checking import check_text
from mailhub_sending.drafting import draft_of
from mailhub_sending.events import tell
from mailhub_sending.models import DIRECT, HERE, Campaign, CampaignText, texts_of
from mailhub_sending.personalising import find_gaps
from mailhub_sending.sizing import find_clipped


def validate(hub: Hub, actor: Actor, campaign: Campaign) -> list[Sentence]:
    """Check a draft whole and freeze it, in the caller's transaction. Returns warnings.

    Raises `Invalid` with a sentence for each field that is wrong (`body_fr`, `audience`, `from`…), `Conflict` when it
    is no draft.
    """
    states.move(campaign, "validate", validated_at=hub.ms(), problem="")
    account = Account.get_by_id(campaign.account_id)
    texts = texts_of(campaign)
    wrong = {**_check_sender(campaign), **_check_audience(hub, campaign), **_check_texts(campaign, texts)}
    instead, warnings, unknown = check_domain(hub, campaign)
    if wrong or unknown:
        raise Invalid(fields={**unknown, **wrong})
    drafts = {language: written_from(draft_of(account, campaign, text), instead) for language, text in texts.items()}
    default = campaign.language if campaign.language in drafts else next(iter(drafts))
    content = freeze(
        hub, account.id, drafts, default, campaign.track_opens, campaign.track_clicks, takes_replies(hub, campaign, instead)
    )  # fmt: skip
    Campaign.update(content_id=content.id).where(Campaign.id == campaign.id).execute()
    campaign.content_id = content.id
    tell(hub, actor, campaign, "validated")
    return [
        *warnings,
        *_warn_of_replies(hub, campaign, instead),
        *find_clipped(content),
        *find_gaps(hub, campaign, texts),
    ]


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


def sending_domains(hub: Hub, account_id: int) -> list[str]:
    """The domains an account may write from, its own first."""
    return domains.sending_domains(hub, account_id)


def takes_replies(hub: Hub, campaign: Campaign, instead: domains.Rewritten | None = None) -> bool:
    """Whether replies to a campaign, which may leave from another address, come to this server: it is wished and they can."""
    return campaign.replies != DIRECT and can_take_replies(hub, campaign, instead)


def can_take_replies(hub: Hub, campaign: Campaign, instead: domains.Rewritten | None = None) -> bool:
    """Whether there is a host for reply addresses that leads here."""
    address = instead.address if instead else campaign.from_address
    return bool(domains.mail_host_for(hub, campaign.account_id, domain_of(address)))


def _warn_of_replies(hub: Hub, campaign: Campaign, instead: domains.Rewritten | None) -> list[Sentence]:
    if campaign.replies != HERE or can_take_replies(hub, campaign, instead):
        return []
    warning = Sentence(
        "Replies cannot come through MailHub, since no name of {domain} leads here: they go directly to {address}.",
        domain=domain_of(campaign.from_address), address=campaign.reply_to or campaign.from_address,
    )  # fmt: skip
    return [warning]


def written_from(draft: Draft, instead: domains.Rewritten | None) -> Draft:
    """A draft as from another address, with its author's name, whom answers reach."""
    if instead is None:
        return draft
    return replace(
        draft, from_address=instead.address, from_name=draft.from_name or draft.from_address,
        reply_to=draft.reply_to or instead.reply_to,
    )  # fmt: skip


def _check_sender(campaign: Campaign) -> dict[str, Sentence]:
    if not campaign.from_address:
        return {"from": Sentence("The campaign has no sender: write the address it comes from.")}
    reason = check(campaign.from_address)
    return {"from": Sentence(REASONS[reason])} if reason else {}


def check_domain(hub: Hub, campaign: Campaign) -> tuple[domains.Rewritten | None, list[Sentence], dict[str, Sentence]]:
    """The address to write from instead, if any, with warnings and errors about the sender's domain.

    The sandbox takes any, elsewhere the account must be allowed to use it.
    """
    domain, account = domain_of(campaign.from_address), campaign.account_id
    if not domain or domains.is_known(hub, account, domain):
        return None, [], {}
    refusal = Sentence(
        "You may not write from {domain}: add it on the Domains page and publish its records first.", domain=domain
    )
    try:
        instead = domains.sender_for(hub, account, campaign.from_address, refusal)
    except Forbidden as error:
        return None, [], {"from": error.sentence}
    if instead is None:
        return (
            None,
            [Sentence("{domain} is not among your domains: the sandbox takes the mail unsigned.", domain=domain)],
            {},
        )
    warning = Sentence(
        "You may not write from {domain}, so the campaign leaves from {address}, and answers go to {reply_to}.",
        domain=domain, address=instead.address, reply_to=campaign.reply_to or instead.reply_to,
    )  # fmt: skip
    return instead, [warning], {}


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
