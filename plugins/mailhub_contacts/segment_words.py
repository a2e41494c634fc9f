"""What the builder of segments calls subjects and verbs, in the reader's language, and what each can be compared with."""

from typing import Any

from flask_babel import gettext, lazy_gettext

from mailhub.messages import Content, Source
from mailhub_contacts import labels, lists, people, segments
from mailhub_contacts.models import GROUP, LIST
from mailhub_contacts.segment_rules import BEHAVIOUR, OWN, TEXTS

MATCHES: dict[str, Any] = {
    "all": lazy_gettext("all of these"),
    "any": lazy_gettext("any of these"),
    "none": lazy_gettext("none of these"),
}
VERBS: dict[str, Any] = {
    "is": lazy_gettext("is"),
    "is_not": lazy_gettext("is not"),
    "contains": lazy_gettext("contains"),
    "contains_not": lazy_gettext("does not contain"),
    "begins": lazy_gettext("begins with"),
    "ends": lazy_gettext("ends with"),
    "empty": lazy_gettext("is empty"),
    "not_empty": lazy_gettext("is not empty"),
    "past_days": lazy_gettext("is a date in the past days"),
    "next_days": lazy_gettext("is a date in the next days"),
    "before": lazy_gettext("before"),
    "after": lazy_gettext("after"),
    "in": lazy_gettext("is"),
    "not_in": lazy_gettext("is not"),
    "within": lazy_gettext("within the last days"),
    "older": lazy_gettext("longer ago than days"),
    "did": lazy_gettext("yes"),
    "did_not": lazy_gettext("no"),
}
_OTHERS: dict[str, Any] = {
    "domain": lazy_gettext("Domain of the address"),
    "list": lazy_gettext("List"),
    "group": lazy_gettext("Group"),
    "created": lazy_gettext("Added"),
    "changed": lazy_gettext("Last changed"),
    "sent": lazy_gettext("Was sent"),
    "delivered": lazy_gettext("Mail was delivered"),
    "opened": lazy_gettext("Opened"),
    "clicked": lazy_gettext("Followed a link"),
    "bounced": lazy_gettext("Mail bounced"),
    "complained": lazy_gettext("Complained"),
    "unsubscribed": lazy_gettext("Unsubscribed"),
    "active": lazy_gettext("Last opened or clicked"),
    "suppressed": lazy_gettext("Is suppressed"),
}


def subjects(account_id: int) -> list[tuple[str, list[tuple[str, str]]]]:
    """What rules can be about, in groups: (title, [(key, words)])."""
    fields = {name: str(labels.FIELDS.get(name) or _OTHERS[name]) for name in TEXTS}
    own = [(OWN + each.slug, each.title) for each in people.custom_fields(account_id)]
    known = [("language", str(labels.FIELDS["language"])), *fields.items(), *own]
    return [
        (gettext("Contact"), known),
        (gettext("Lists and dates"), _worded("list", "group", "created", "changed")),
        (gettext("What became of mail"), _worded(*BEHAVIOUR, "active", "suppressed")),
    ]


def _worded(*names: str) -> list[tuple[str, str]]:
    return [(name, str(_OTHERS[name])) for name in names]


def choices(account_id: int) -> dict[str, list[tuple[str, str]]]:
    """What a rule about lists, groups, the language or a campaign can name: [(key, words)] of each."""
    return {
        "list": [(str(each.id), each.name) for each, _ in lists.with_counts(account_id, LIST)],
        "group": [(str(each.id), each.name) for each, _ in lists.with_counts(account_id, GROUP)],
        "language": [(code, str(words)) for code, words in labels.LANGUAGES.items()],
        "campaign": [(str(each.id), each.name) for each in segments.campaigns(account_id)],
    }


def links(account_id: int, campaign: object) -> list[str]:
    """The addresses that a campaign links to, to choose one from."""
    number = int(str(campaign)) if str(campaign).isdecimal() else 0
    source = Source.of(account_id).where(Source.id == number).first()
    content = Content.of(account_id).where(Content.id == source.content_id).first() if source else None
    return [str(each) for each in content.links][:200] if content else []
