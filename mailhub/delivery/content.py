"""What people write, and what is frozen of it: plain values that every process can hold.

Turning the one into the other is left to `compile`.
"""

import json
import re
from dataclasses import asdict, dataclass
from html import escape

from mailhub.errors import UserError

VERSION = 1
PIXEL = "{{ open_pixel }}"
_TRACKED = re.compile(r"\{\{ click_base \}\}/(\d+)")


@dataclass(frozen=True)
class Draft:
    """What people write, in one language. All but the addresses are templates; an empty text is made from the HTML."""

    subject: str
    html: str
    text: str
    from_address: str
    from_name: str
    reply_to: str


@dataclass(frozen=True)
class Compiled:
    """One language of a content, frozen: templates with styles inlined and links numbered from `first_link`."""

    subject: str
    html: str
    text: str
    from_address: str
    from_name: str
    reply_to: str
    links: tuple[str, ...] = ()
    first_link: int = 0

    def to_json(self) -> str:
        """Return what is kept in the database, with the version of its shape."""
        return json.dumps({"v": VERSION, **asdict(self)}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Compiled":
        """Read what `to_json` wrote. Raises UserError when a newer MailHub wrote it."""
        frozen = json.loads(text)
        if frozen.pop("v") != VERSION:
            raise UserError("This content was frozen by a newer MailHub: run that version, or validate it again.")
        frozen["links"] = tuple(frozen["links"])
        return cls(**frozen)

    def untracked_html(self) -> str:
        """Return the HTML template as its reader sees it: links where they lead, no pixel."""
        html = _TRACKED.sub(lambda found: escape(self.links[int(found[1]) - self.first_link]), self.html)
        return html.replace(PIXEL, "")
