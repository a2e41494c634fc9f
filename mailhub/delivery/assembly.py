"""Templates in their fast form: pieces that are the same for all, and slots for what is not.

A slot is worked out once per message, however often it occurs. Headers and signing are left to `mime` and `dkim`.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from operator import itemgetter

from minijinja import Environment, Markup, TemplateError

from mailhub.delivery.bounds import BODY_LENGTH, OUTPUT_LENGTH, VALUE_LENGTH, BoundsError
from mailhub.delivery.quoted import piece
from mailhub.delivery.template import Field, Logic, Piece, Static, environment, find_refused, render_error, split
from mailhub.errors import UserError

_SPECIAL = re.compile(r"[&<>\"']")
# Values that are markup already, or addresses: the HTML environment must not spell their slashes as entities.
_MARKUP = ("open_pixel", "click_base", "unsubscribe_url")


class Values:
    """What one message puts into its templates. An empty value is the same as a missing one."""

    def __init__(self, fields: Mapping[str, str], own: Mapping[str, str]) -> None:
        """`own` holds what MailHub knows of the message; it wins over the recipient's `fields`."""
        self.plain = {**fields, **own}
        self._logic: dict[str, str] | None = None
        self._room = OUTPUT_LENGTH

    def for_logic(self) -> dict[str, str]:
        """Return the values as minijinja takes them. Raises BoundsError when one is too long."""
        if self._logic is None:
            self._logic = {name: value for name, value in self.plain.items() if value}
            for name, value in self._logic.items():
                if len(value) > VALUE_LENGTH:
                    raise BoundsError(f"the value of {name} is too large")
            for name in _MARKUP:
                if name in self._logic:
                    value = self._logic[name]
                    self._logic[name] = Markup(value if name == "open_pixel" else escape(value))
        return self._logic

    def count(self, text: str) -> str:
        """Return `text`, which logic made of the values. Raises BoundsError when all of it is too much for a message."""
        self._room -= len(text)
        if self._room < 0:
            raise BoundsError("its text is too large")
        return text


class Template:
    """One template, cut into pieces once. `html` turns escaping on. What `grammar` refuses is never rendered."""

    def __init__(self, source: str, *, html: bool) -> None:
        self.html = html
        self._env = environment(html=html)
        self._refused = find_refused(source)
        if self._refused:
            self.pieces: list[Piece] = [Logic(source)]
            return
        try:
            self.pieces = self._load(split(source))
        except TemplateError:
            # Braces inside an expression can hide where a tag ends: minijinja knows when it reads the whole.
            self.pieces = self._load([Logic(source)])

    def render(self, values: Values) -> str:
        """Return the whole as text. Raises UserError when the template fails or runs too long."""
        parts, room = [], BODY_LENGTH
        for part in self.pieces:
            parts.append(self.render_piece(part, values))
            room -= 0 if isinstance(part, Static) else len(parts[-1])
            if room < 0:
                raise render_error(BoundsError("its text is too large"))
        return "".join(parts)

    def render_piece(self, part: Piece, values: Values) -> str:
        """Return one of `pieces` as text."""
        if isinstance(part, Static):
            return part.text
        if isinstance(part, Field):
            value = values.plain.get(part.name) or part.default
            raw = not self.html or part.name == "open_pixel" or not _SPECIAL.search(value)
            return value if raw else escape(value)
        if self._refused:
            raise UserError("The content could not be rendered: {error}. Correct its template.", error=self._refused)
        return _run(self._env, part.source, values)

    def _load(self, pieces: list[Piece]) -> list[Piece]:
        for part in pieces:
            if isinstance(part, Logic):
                self._env.add_template(part.source, part.source)
        return pieces


class Body:
    """The bytes of a multipart body, ready but for its slots."""

    def __init__(self, parts: Sequence[bytes | Template]) -> None:
        """`parts` are framing bytes, which end a line, and templates, which are written as quoted-printable."""
        self._slots: list[tuple[Template, Piece]] = []
        self._chunks: list[bytes] = [b""]
        order: list[int] = []
        for part in parts:
            if isinstance(part, bytes):
                self._chunks[-1] += part
            else:
                self._add(part, order)
        self._order = order
        self._pick = itemgetter(*order) if len(order) > 1 else None

    def render(self, values: Values) -> bytes:
        """Return the body for one message, in its relaxed canonical form (RFC 6376, 3.4.4)."""
        filled = [piece(template.render_piece(part, values)) for template, part in self._slots]
        dynamic = self._pick(filled) if self._pick else [filled[number] for number in self._order]
        if sum(map(len, dynamic)) > BODY_LENGTH:
            raise render_error(BoundsError("its text is too large"))
        chunks = self._chunks.copy()
        chunks[1::2] = dynamic
        return b"".join(chunks)

    def _add(self, template: Template, order: list[int]) -> None:
        numbers: dict[Piece, int] = {}
        for part in template.pieces:
            if isinstance(part, Static):
                self._chunks[-1] += piece(part.text)
                continue
            if part not in numbers:
                numbers[part] = len(self._slots)
                self._slots.append((template, part))
            order.append(numbers[part])
            self._chunks += [b"", b""]


def _run(env: Environment, name: str, values: Values) -> str:
    try:
        return values.count(env.render_template(name, **values.for_logic()))
    except (TemplateError, BoundsError) as error:
        raise render_error(error) from error
