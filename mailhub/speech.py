"""Sentences, numbers and times in a person's language and zone, without a page around: what threads and jobs tell people.

Pages have the same from `web.language` and `web.formats`, in the language of whoever asks.
"""

import contextlib
import gettext
import os
import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import mailhub
from mailhub.errors import Sentence
from mailhub.hub import Hub
from mailhub.moments import Moment
from mailhub.sentences import Count

CORE = Path(mailhub.__file__).parent / "translations"


@dataclass(frozen=True)
class Voice:
    """Says things in one language (`en` or `fr`) and time zone."""

    catalogue: gettext.NullTranslations
    language: str
    zone: str

    def say(self, sentence: str) -> str:
        """A sentence as plain text: translated by its template, with its values in the language too."""
        if not isinstance(sentence, Sentence):
            return self.word(sentence)
        template = self.word(sentence.template)
        if not sentence.values:
            return template
        return template.format(**{name: self._value(value) for name, value in sentence.values.items()})

    def word(self, text: str) -> str:
        """A word that is known elsewhere, such as a campaign's state."""
        return self.catalogue.gettext(text) if text else ""

    def number(self, value: float) -> str:
        """12431 → 12,431."""
        from babel.numbers import format_decimal  # with its data it costs 10 MiB, for those alone who speak

        plain = int(value) if isinstance(value, int) else value  # a Count writes itself with commas
        return str(format_decimal(plain, locale=self._locale))

    def share(self, part: float, whole: float = 1) -> str:
        """A share in percent with one decimal at most, or "" of nothing."""
        from babel.numbers import format_percent

        pattern = "#,##0.#\u00a0%" if self._locale == "fr" else "#,##0.#%"
        return str(format_percent(part / whole, pattern, locale=self._locale)) if whole else ""

    def duration(self, seconds: float) -> str:
        """150 → 3 minutes."""
        from babel.dates import format_timedelta

        return str(format_timedelta(timedelta(seconds=max(1, round(seconds))), threshold=1.2, locale=self._locale))

    def when(self, moment: Moment) -> str:
        """A moment to the minute, in the zone of whoever reads; one that names its zone stays in that."""
        from babel.dates import format_datetime

        zone = moment.zone if moment.named else self.zone
        local = moment.local(zone)
        pattern = "HH:mm" if moment.is_today(zone) else "d MMMM yyyy, HH:mm"
        told = str(format_datetime(local, pattern, locale=self._locale))
        return f"{told} ({zone})" if moment.named else told

    @property
    def _locale(self) -> str:
        return "fr" if self.language == "fr" else "en"

    def _value(self, value: object) -> object:
        if isinstance(value, Moment):
            return self.when(value)
        if isinstance(value, Count):
            return self.number(value)
        return self.say(value) if isinstance(value, Sentence) else value


def voice(hub: Hub, language: str, zone: str = "UTC") -> Voice:
    """The voice for a language; English where there is no translation."""
    return Voice(catalogue(tuple(translation_folders(hub)), language), language, zone)


def translation_folders(hub: Hub) -> list[Path]:
    """The folders with translations: the core's, and each plugin's `translations` beside its module."""
    files = [getattr(module, "__file__", None) for _, module in hub.manager.list_name_plugin()]
    beside = {Path(file).parent / "translations" for file in files if file}
    return [CORE, *sorted(folder for folder in beside if folder.is_dir())]


def compile_stale(folder: Path) -> None:
    """Write the .mo beside each .po that is newer, where the folder may be written (a source tree)."""
    for po in folder.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        _compile(po, mo)


def _compile(po: Path, mo: Path) -> None:
    from babel.messages.mofile import write_mo  # in a source tree alone
    from babel.messages.pofile import read_po

    with contextlib.suppress(PermissionError):
        draft = po.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        with po.open("rb") as source, draft.open("wb") as target:
            write_mo(target, read_po(source, locale=po.parts[-3]))
        draft.replace(mo)


@lru_cache(maxsize=8)
def catalogue(folders: tuple[Path, ...], language: str) -> gettext.NullTranslations:
    """What these folders know of a language; who comes first says it."""
    found: gettext.NullTranslations = gettext.NullTranslations()
    for folder in reversed(folders):
        compile_stale(folder)
        path = folder / language / "LC_MESSAGES" / "messages.mo"
        if path.is_file():
            with path.open("rb") as file:
                known = gettext.GNUTranslations(file)
            known.add_fallback(found)
            found = known
    return found
