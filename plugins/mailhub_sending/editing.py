"""Writing campaigns: create, change, copy, delete. Nothing is sent here and nothing frozen."""

import re
from collections.abc import Mapping
from typing import Any

from mailhub import Hub, Invalid
from mailhub.accounts import Account
from mailhub.address import REASONS, check, normalise
from mailhub.errors import Sentence
from mailhub.permissions import Actor
from mailhub.vocabulary import LANGUAGES
from mailhub_sending import states
from mailhub_sending.finding import audience_keys
from mailhub_sending.models import EDITORS, WAYS, Campaign, CampaignText, next_number, texts_of

PARTS = ("subject", "body", "text")
_MAILBOX = re.compile(r"(.*?)\s*<([^<>]*)>\Z", re.S)
_NUMBERED = re.compile(r"(.*) \((\d+)\)\Z")


def create(hub: Hub, actor: Actor, values: Mapping[str, Any]) -> Campaign:
    """A new draft, in the caller's transaction. `values` as in `change`. Raises `Invalid`."""
    account = Account.get_by_id(actor.account_id)
    campaign = Campaign(
        account=account,
        number=next_number(account.id),
        language=account.language,
        track_opens=hub.setting(account.id, "sending.track_opens"),
        track_clicks=hub.setting(account.id, "sending.track_clicks"),
        created_by=actor.name,
        created_at=hub.ms(),
    )
    _apply(hub, campaign, values)
    if not campaign.name:
        raise Invalid(fields={"name": Sentence("The campaign has no name: write one that only your team sees.")})
    campaign.save(force_insert=True)
    _write_texts(campaign, values)
    return campaign


def change(hub: Hub, campaign: Campaign, values: Mapping[str, Any]) -> None:
    """Change a draft, in the caller's transaction.

    `values` holds what changes: name, language, from, from_name, reply_to, replies, editor, audience and exclude (keys or
    names), rate, track_opens, track_clicks, and subject, body and text per language (`subject_fr`; without a language,
    the campaign's own). Raises `Invalid`, and `Conflict` when it is no draft any more.
    """
    states.move(campaign, "change", problem="")
    _apply(hub, campaign, values)
    if not campaign.name:
        raise Invalid(fields={"name": Sentence("The campaign has no name: write one that only your team sees.")})
    campaign.save()
    _write_texts(campaign, values)


def _apply(hub: Hub, campaign: Campaign, values: Mapping[str, Any]) -> None:
    for name in ("name", "language", "from_name", "editor", "replies", "track_opens", "track_clicks"):
        if values.get(name) is not None:
            setattr(campaign, name, values[name])
    if values.get("from") is not None:
        name, campaign.from_address = _mailbox(values["from"], "from")
        campaign.from_name = name or campaign.from_name
    if values.get("reply_to") is not None:
        campaign.reply_to = _mailbox(values["reply_to"], "reply_to")[1]
    if values.get("rate") is not None:
        campaign.rate = values["rate"] or None
    for column, name in (("include", "audience"), ("exclude", "exclude")):
        if values.get(name) is not None:
            setattr(campaign, column, audience_keys(hub, campaign.account_id, values[name], name))
    _check_choices(campaign)


def _check_choices(campaign: Campaign) -> None:
    wrong = {}
    if campaign.language not in LANGUAGES:
        wrong["language"] = Sentence(
            "{language} is no language of MailHub: write en or fr.", language=campaign.language
        )
    if campaign.editor not in EDITORS:
        wrong["editor"] = Sentence("{editor} is no editor: write markdown, html or mjml.", editor=campaign.editor)
    if campaign.replies and campaign.replies not in WAYS:
        wrong["replies"] = Sentence("{way} is no way for replies: write mailhub or direct.", way=campaign.replies)
    if wrong:
        raise Invalid(fields=wrong)


def _mailbox(written: str, field: str) -> tuple[str, str]:
    """`Ada <ada@example.com>` or an address alone, as (name, address); an empty one takes the address out."""
    if not written.strip():
        return "", ""
    found = _MAILBOX.match(written.strip())
    name, address = (found[1].strip().strip('"'), found[2]) if found else ("", written)
    address = normalise(address)
    if (reason := check(address)) is not None:
        raise Invalid(fields={field: Sentence(REASONS[reason])})
    return name, address


def _write_texts(campaign: Campaign, values: Mapping[str, Any]) -> None:
    for language in LANGUAGES:
        own = language == campaign.language
        given = {part: values.get(f"{part}_{language}") for part in PARTS}
        given = {part: values.get(part) if own and value is None else value for part, value in given.items()}
        written = {part: value.replace("\r\n", "\n") for part, value in given.items() if value is not None}
        if written:
            _write_text(campaign, language, written)


def _write_text(campaign: Campaign, language: str, written: dict[str, str]) -> None:
    row = CampaignText.get_or_none(CampaignText.campaign == campaign.id, CampaignText.language == language)
    row = row or CampaignText(campaign=campaign.id, language=language)
    for part, value in written.items():
        setattr(row, part, value)
    if row.subject.strip() or row.body.strip() or row.text.strip():
        row.save()
    elif row.id is not None:
        row.delete_instance()


def copy(hub: Hub, actor: Actor, campaign: Campaign) -> Campaign:
    """A new draft that says the same to the same audience, in the caller's transaction."""
    kept = ("from_name", "from_address", "reply_to", "replies", "language", "include", "exclude", "editor",
            "track_opens", "track_clicks", "rate")  # fmt: skip
    new = Campaign.create(
        account=campaign.account_id,
        number=next_number(campaign.account_id),
        name=_next_name(campaign),
        created_by=actor.name,
        created_at=hub.ms(),
        **{name: getattr(campaign, name) for name in kept},
    )
    for text in texts_of(campaign).values():
        CampaignText.create(campaign=new.id, language=text.language, **{part: getattr(text, part) for part in PARTS})
    return new


def _next_name(campaign: Campaign) -> str:
    """`Spring (2)`, or the first number after it that is free."""
    found = _NUMBERED.match(campaign.name)
    stem, number = (found[1], int(found[2])) if found else (campaign.name, 1)
    taken = {row.name for row in Campaign.of(campaign.account_id).where(Campaign.name.startswith(stem))}
    while f"{stem} ({(number := number + 1)})" in taken:
        continue
    return f"{stem} ({number})"


def delete(campaign: Campaign) -> None:
    """Delete a draft, in the caller's transaction. Raises `Conflict` when it is no draft any more."""
    states.move(campaign, "delete")
    CampaignText.delete().where(CampaignText.campaign == campaign.id).execute()
    Campaign.delete().where(Campaign.id == campaign.id).execute()
