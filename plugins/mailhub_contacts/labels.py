"""What pages call fields, reasons and counts, in the reader's language."""

from typing import Any

from flask_babel import gettext, lazy_gettext

from mailhub.bounces.saying import REASONS as REASONS_OF_BOUNCES
from mailhub.web.language import translate
from mailhub_contacts.columns import IGNORE
from mailhub_contacts.mapping import CUSTOM
from mailhub_contacts.models import CustomField

FIELDS: dict[str, Any] = {
    "address": lazy_gettext("E-mail"),
    "language": lazy_gettext("Language"),
    "display": lazy_gettext("Display"),
    "first_name": lazy_gettext("First name"),
    "last_name": lazy_gettext("Last name"),
    "title": lazy_gettext("Title"),
    "company": lazy_gettext("Company"),
    "phone": lazy_gettext("Phone"),
    "city": lazy_gettext("City"),
    "country": lazy_gettext("Country"),
    "postcode": lazy_gettext("Postcode"),
}
LANGUAGES: dict[str, Any] = {"en": lazy_gettext("English"), "fr": lazy_gettext("French")}
SCOPES: dict[str, Any] = {"bulk": lazy_gettext("Bulk mail"), "all": lazy_gettext("All mail")}
STATES: tuple[Any, ...] = tuple(map(lazy_gettext, ("analysing", "analysed", "undoing", "undone")))
"""The states the core has no word for; the macro `badge` looks them up by their own."""
REASONS: dict[str, Any] = {
    "unsubscribed": lazy_gettext("unsubscribed"),
    "bounced": lazy_gettext("bounced"),
    "complained": lazy_gettext("complained"),
    "manual": lazy_gettext("added by hand"),
}
FATES: dict[str, Any] = {
    "new": lazy_gettext("New"),
    "changed": lazy_gettext("Changed"),
    "unchanged": lazy_gettext("Unchanged"),
    "suppressed": lazy_gettext("Suppressed"),
}
"""What a row of the preview counts as."""
ENCODINGS: dict[str, Any] = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16 BE",
    "cp1252": lazy_gettext("Western (Windows)"),
    "iso8859_15": lazy_gettext("Western (ISO 8859-15)"),
    "mac_roman": lazy_gettext("Western (old Mac)"),
    "cp850": lazy_gettext("Western (DOS)"),
    "cp1250": lazy_gettext("Central European (Windows)"),
    "iso8859_2": lazy_gettext("Central European (ISO 8859-2)"),
    "cp1251": lazy_gettext("Cyrillic (Windows)"),
    "koi8_r": lazy_gettext("Cyrillic (KOI8-R)"),
    "cp1253": lazy_gettext("Greek (Windows)"),
    "cp1254": lazy_gettext("Turkish (Windows)"),
    "cp1255": lazy_gettext("Hebrew (Windows)"),
    "cp1256": lazy_gettext("Arabic (Windows)"),
    "cp1257": lazy_gettext("Baltic (Windows)"),
    "gb18030": lazy_gettext("Chinese (GB 18030)"),
    "big5": lazy_gettext("Chinese (Big5)"),
    "cp932": lazy_gettext("Japanese (Shift JIS)"),
    "euc_jp": lazy_gettext("Japanese (EUC)"),
    "cp949": lazy_gettext("Korean (Windows)"),
}
"""Encodings a person can choose when the one that was found is wrong."""
SEPARATORS: dict[str, Any] = {
    ";": lazy_gettext("semicolon (;)"),
    ",": lazy_gettext("comma (,)"),
    "\t": lazy_gettext("tab"),
    "|": lazy_gettext("bar (|)"),
}


def field_title(key: str, titles: dict[str, str]) -> str:
    """A field's name: `titles` holds the custom ones by slug."""
    key = key.removeprefix(CUSTOM)
    return str(FIELDS.get(key) or titles.get(key) or key)


def titles_of(fields: list[CustomField]) -> dict[str, str]:
    """Custom fields as slug → title."""
    return {each.slug: each.title for each in fields}


def field_choices(column: dict[str, Any], titles: dict[str, str]) -> list[tuple[str, str]]:
    """What a column can be mapped to: the known fields, the account's own, one made for it, or nothing."""
    choices = [(key, str(words)) for key, words in FIELDS.items()]
    choices += [(CUSTOM + slug, title) for slug, title in titles.items()]
    own = column["field"] if column["field"].startswith(CUSTOM) else column["own"]
    if own.removeprefix(CUSTOM) not in titles:
        choices.append((own, gettext("New field: %(name)s", name=column["name"] or own.removeprefix(CUSTOM))))
    return [*choices, (IGNORE, gettext("Leave out"))]


def origin(text: str) -> str:
    """Where a suppression comes from, its reason in words where a bounce gave one."""
    message, _, reason = text.partition(": ")
    return f"{message}: {translate(REASONS_OF_BOUNCES[reason])}" if reason in REASONS_OF_BOUNCES else text
