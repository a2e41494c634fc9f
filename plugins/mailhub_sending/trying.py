"""Trying a campaign out: previews filled in for one recipient, and test mails to a few addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mailhub import Conflict, Hub, Invalid, NotFound, Recipient, outbox
from mailhub.accounts import Account
from mailhub.address import REASONS, address_key, check, normalise
from mailhub.delivery.compile import compile_draft
from mailhub.delivery.freezing import freeze
from mailhub.delivery.mime import Preview, Renderer
from mailhub.errors import Sentence
from mailhub_sending.checking import NAMES, check_templates, check_text
from mailhub_sending.drafting import draft_of
from mailhub_sending.models import Campaign, CampaignText, texts_of
from mailhub_sending.validating import check_domain, takes_replies, written_from

MOST = 20
"""Addresses one test goes to at most."""
PAGE = 2000
PAGES = 10
"""How far a recipient is looked for by address: 20,000 of the audience."""


def preview(hub: Hub, campaign: Campaign, text: CampaignText, recipient: Recipient | None = None) -> Preview:
    """One language as a recipient sees it; without one, with every fallback. Raises `Invalid` for a broken template."""
    if wrong := check_templates(campaign, text):
        raise Invalid(fields=wrong)
    draft = draft_of(Account.get_by_id(campaign.account_id), campaign, text)
    safe = replace(draft, from_address="preview@example.com", from_name="", reply_to="")
    compiled, _ = compile_draft(safe, track_clicks=False, first_link=0, track_opens=False)
    fields = fields_for(hub, campaign.account_id, recipient)
    address = recipient.address if recipient else ""
    return Renderer(compiled, language=text.language).render_preview(fields, address=address)


def fields_for(hub: Hub, account_id: int, recipient: Recipient | None) -> Mapping[str, str]:
    """What is known of a recipient, by the names that templates use."""
    return hub.fields_of(account_id, [recipient.key]).get(recipient.key, {}) if recipient else {}


def first_recipients(hub: Hub, campaign: Campaign, limit: int) -> list[Recipient]:
    """The first of the campaign's audience, without exclusions; none when no audience was chosen."""
    return _page(hub, campaign, 0, limit)


def find_recipient(hub: Hub, campaign: Campaign, address: str) -> Recipient:
    """Someone of the audience, by address. Raises `NotFound`."""
    wanted, after = address_key(address), 0
    for _ in range(PAGES):
        page = _page(hub, campaign, after, PAGE)
        for recipient in page:
            if address_key(recipient.address) == wanted:
                return recipient
        if not page:
            break
        after = page[-1].key
    raise NotFound("{address} is not in the audience of this campaign: choose someone who is.", address=address)


def _page(hub: Hub, campaign: Campaign, after: int, limit: int) -> list[Recipient]:
    if not campaign.include:
        return []
    page: list[Recipient] | None = hub.hook.audience_recipients(
        hub=hub, account=campaign.account_id, include=campaign.include, exclude=[], after=after, limit=limit
    )
    return page or []


def variables(hub: Hub, campaign: Campaign) -> list[str]:
    """The names that templates can use for this audience, as its first recipients have them."""
    keys = [each.key for each in first_recipients(hub, campaign, MOST)]
    known = hub.fields_of(campaign.account_id, keys) if keys else {}
    names = dict.fromkeys(name for fields in known.values() for name in fields)
    return [*dict.fromkeys([*names, "address", "language", "unsubscribe_url"])]


def send_test(hub: Hub, campaign: Campaign, to: Sequence[str], language: str, contact: str) -> dict[str, Any]:
    """Send what is written now to a few addresses, untracked, in the caller's transaction.

    One mail per address and language (`language` empty: every one that is written), filled in for `contact`, an
    address of the audience, when one is given. Raises `Invalid`, `NotFound`, and `Conflict` when a plugin holds it.
    """
    addresses = _addresses(to)
    texts = _texts(campaign, language)
    recipient = find_recipient(hub, campaign, contact) if contact else None
    account = Account.get_by_id(campaign.account_id)
    instead, _, wrong = check_domain(hub, campaign)
    if wrong:
        raise Invalid(fields=wrong)
    drafts = {each: written_from(draft_of(account, campaign, text), instead) for each, text in texts.items()}
    content = freeze(hub, account.id, drafts, next(iter(drafts)), False, False, takes_replies(hub, campaign, instead))
    source = outbox.open_source(
        hub,
        account.id,
        "test",
        campaign.name,
        stream="transactional",
        ref=campaign.id,
        content=content,
        started_at=hub.ms(),
    )
    key = recipient.key if recipient else 0
    mails = [Recipient(key, address, each) for address in addresses for each in drafts]
    try:
        submitted = outbox.submit(hub, source, mails)
    except outbox.Held as held:
        raise Conflict("The test cannot leave now: {reason}", reason=held.reason) from held
    return {"sent": submitted.queued, "refused": submitted.refused, "messages": [str(each) for each in submitted.ids]}


def _addresses(to: Sequence[str]) -> list[str]:
    addresses = list(dict.fromkeys(normalise(each) for each in to if each.strip()))
    if not addresses:
        raise Invalid(fields={"to": Sentence("There is no address to send the test to: write one.")})
    if len(addresses) > MOST:
        raise Invalid(fields={"to": Sentence("A test goes to {most} addresses at most: write fewer.", most=MOST)})
    for each in addresses:
        if (reason := check(each)) is not None:
            raise Invalid(fields={"to": Sentence(REASONS[reason])})
    return addresses


def _texts(campaign: Campaign, language: str) -> dict[str, CampaignText]:
    if not campaign.from_address:
        raise Invalid(fields={"from": Sentence("The campaign has no sender: write the address it comes from.")})
    texts = {key: text for key, text in texts_of(campaign).items() if language in ("", key)}
    if not texts:
        name = NAMES.get(language, language)
        raise Invalid(
            fields={"language": Sentence("The campaign says nothing in {language} yet: write it.", language=name)}
        )
    wrong = {
        f"{part}_{key}": sentence
        for key, text in texts.items()
        for part, sentence in check_text(campaign, text).items()
    }
    if wrong:
        raise Invalid(fields=wrong)
    return texts
