"""Sentences, numbers and times in a person's language, without a page around: Slack is answered from threads.

Whatever comes from people is made harmless for Slack's own markup (`&`, `<` and `>`, by which it would call a channel).
"""

import gettext
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import mailhub
from mailhub import Hub
from mailhub.errors import Sentence
from mailhub.moments import Moment
from mailhub.outbox.standing import Count

CORE = Path(mailhub.__file__).parent / "translations"


@dataclass(frozen=True)
class Voice:
    """Says things in one language (`en` or `fr`) and time zone."""

    catalogue: gettext.NullTranslations
    language: str
    zone: str

    def say(self, sentence: str) -> str:
        """A sentence for plain text: translated by its template, with its values in the language too."""
        if not isinstance(sentence, Sentence):
            return self.word(sentence)
        template = self.word(sentence.template)
        if not sentence.values:
            return template
        return template.format(**{name: self._value(value) for name, value in sentence.values.items()})

    def mark(self, sentence: str) -> str:
        """The same for text with Slack's markup."""
        return escape(self.say(sentence))

    def word(self, text: str) -> str:
        """A word that is known elsewhere, such as a campaign's state."""
        return self.catalogue.gettext(text) if text else ""

    def number(self, value: float) -> str:
        """12431 → 12,431."""
        from babel.numbers import format_decimal  # with its data it costs 10 MiB that only this thread needs

        plain = int(value) if isinstance(value, int) else value  # a Count writes itself with commas
        return str(format_decimal(plain, locale=self.language))

    def share(self, part: int, whole: int) -> str:
        """A share in percent with one decimal at most, or "" of nothing."""
        from babel.numbers import format_percent

        pattern = "#,##0.#\u00a0%" if self.language == "fr" else "#,##0.#%"
        return str(format_percent(part / whole, pattern, locale=self.language)) if whole else ""

    def duration(self, seconds: float) -> str:
        """150 → 3 minutes."""
        from babel.dates import format_timedelta

        return str(format_timedelta(timedelta(seconds=max(1, round(seconds))), threshold=1.2, locale=self.language))

    def when(self, moment: Moment) -> str:
        """A moment to the minute, in the zone of whoever reads; one that names its zone stays in that."""
        from babel.dates import format_datetime

        zone = moment.zone if moment.named else self.zone
        local = moment.local(zone)
        pattern = "HH:mm" if moment.is_today(zone) else "d MMMM yyyy, HH:mm"
        told = str(format_datetime(local, pattern, locale=self.language))
        return f"{told} ({zone})" if moment.named else told

    def _value(self, value: object) -> object:
        if isinstance(value, Moment):
            return self.when(value)
        if isinstance(value, Count):
            return self.number(value)
        return self.say(value) if isinstance(value, Sentence) else value


def voice(hub: Hub, language: str, zone: str = "UTC") -> Voice:
    """The voice for a language; English where there is no translation."""
    return Voice(_catalogue(_folders(hub), language), language, zone)


def escape(text: str) -> str:
    """Text as it is, inside Slack's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _folders(hub: Hub) -> tuple[Path, ...]:
    files = [getattr(module, "__file__", None) for _, module in hub.manager.list_name_plugin()]
    return (CORE, *sorted({Path(file).parent / "translations" for file in files if file}))


@lru_cache(maxsize=8)
def _catalogue(folders: tuple[Path, ...], language: str) -> gettext.NullTranslations:
    """What all rooms know of a language; who comes first says it."""
    found: gettext.NullTranslations = gettext.NullTranslations()
    for folder in reversed(folders):
        path = folder / language / "LC_MESSAGES" / "messages.mo"
        if path.is_file():
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)
            catalogue.add_fallback(found)
            found = catalogue
    return found
