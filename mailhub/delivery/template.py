"""The template language of contents (minijinja): finding tags, checking them, cutting a template into pieces.

Templates come from users: they run with fuel, without a loader, and a name nobody filled in is empty.
What the pieces become, mail or page, is left to `mime`.
"""

import re
from dataclasses import dataclass
from html import unescape

from minijinja import Environment, TemplateError

from mailhub.delivery.bounds import OUTPUT_LENGTH, BoundsError, set_bounds
from mailhub.delivery.grammar import RefusedError, check_grammar
from mailhub.errors import UserError

# An ordinary mail burns a few hundred; this bounds one rendering to some milliseconds, and with `grammar.LOOP_TEXT`
# what its loops write to some tens of megabytes.
FUEL = 20_000

_STRINGS = r""""(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'"""
# No tag holds the beginning of another: so an unclosed one costs no second look at what follows.
TAG = re.compile(
    rf"\{{\{{(?:{_STRINGS}|[^\"'{{}}]|\}}(?!\}})|\{{(?![{{%#]))*+\}}\}}"
    rf"|\{{%(?:{_STRINGS}|[^\"'{{%]|%(?!\}})|\{{(?![{{%#]))*+%\}}"
    r"|\{#(?:[^{#]|#(?!\})|\{(?!#))*+#\}"
)
_WORD = re.compile(r"\{%[-+]?\s*(\w+)")
_FIELD = re.compile(
    r"""\{\{\s*([A-Za-z_]\w*)(?:\s*\|\s*(?:default|d)\s*\(\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*(?:,\s*true\s*)?\)"""
    r"""|\s+or\s+(?:"([^"\\]*)"|'([^'\\]*)'))?\s*\}\}"""
)
_RESERVED = frozenset(["true", "false", "none", "True", "False", "None", "not", "loop", "self", "super", "caller"])
_SPLITTABLE = {"if": 1, "for": 1, "elif": 0, "else": 0, "endif": -1, "endfor": -1}
_STYLE = re.compile(r"(<(?:mj-)?style\b[^<>]*>)((?:[^<]|<(?!/?(?:mj-)?style\b))*+)(</(?:mj-)?style)", re.I)


@dataclass(frozen=True)
class Static:
    """Text that is the same in every message."""

    text: str


@dataclass(frozen=True)
class Field:
    """One name whose value is put in, or `default` when the value is empty or missing."""

    name: str
    default: str


@dataclass(frozen=True)
class Logic:
    """Template source that needs minijinja."""

    source: str


Piece = Static | Field | Logic


def environment(*, html: bool) -> Environment:
    """Return a minijinja environment for user templates; `html` turns escaping of values on."""
    env = Environment(
        fuel=FUEL,
        undefined_behavior="chainable",
        keep_trailing_newline=True,
        auto_escape_callback=lambda _name: html,
    )
    set_bounds(env)
    return env


def tidy(html: str) -> str:
    """Return `html` as the template language can read it.

    Editors write tags with entities (`default(&quot;x&quot;)`), and `{#` in a style sheet is a rule, not a comment.
    """
    html = _STYLE.sub(lambda found: found[1] + found[2].replace("{#", "{ #") + found[3], html)
    return TAG.sub(lambda found: unescape(found[0]), html)


def split(source: str) -> list[Piece]:
    """Cut `source` so that rendering the pieces one by one and joining them gives what rendering it whole gives.

    A template whose parts depend on each other (set, macro, raw, whitespace control…) stays one `Logic`.
    """
    pieces: list[Piece] = []
    depth = end = opened = 0
    for found in TAG.finditer(source):
        tag, (start, stop) = found[0], found.span()
        word = _WORD.match(tag)
        if tag[2] in "-+" or tag[-3] in "-+" or (word and word[1] not in _SPLITTABLE):
            return [Logic(source)]
        if depth == 0:
            pieces.append(Static(source[end:start]))
            opened = start
        depth += _SPLITTABLE[word[1]] if word else 0
        if depth == 0:
            pieces.extend(_dynamic(source[opened:stop]))
            end = stop
    pieces.append(Static(source[end:]))
    broken = depth or any(isinstance(piece, Static) and _has_opening(piece.text) for piece in pieces)
    return [Logic(source)] if broken else [piece for piece in pieces if piece != Static("")]


def find_error(source: str, *, html: bool) -> str | None:
    """Return where and why `source` cannot be used, as `line 3, column 14: unknown filter "upercase"`, or None.

    Everything named must exist, also in branches that are not taken; then it is rendered once with no values,
    since some recipient will have none.
    """
    error = find_refused(source)
    if error:
        return error
    env = environment(html=html)
    try:
        env.add_template("mail", source)
        if any(isinstance(part, Logic) and len(part.source) > OUTPUT_LENGTH for part in split(source)):
            return place(source, 0) + f"more than {OUTPUT_LENGTH} characters that depend on each other"
        env.render_template("mail")
    except TemplateError as broken:
        start = len(source.encode()[: broken.range[0]].decode(errors="ignore")) if broken.range else None
        line = f"line {broken.line}: " if broken.line else ""
        return (line if start is None else place(source, start)) + _reason(broken)
    except BoundsError as error:
        return place(source, 0) + str(error)
    return None


def find_refused(source: str) -> str | None:
    """Return where and why `source` says what no template may (see `grammar`), or None."""
    try:
        check_grammar(source)
    except RefusedError as refused:
        return place(source, refused.position) + refused.reason
    return None


def render_error(error: TemplateError | BoundsError) -> UserError:
    """Return the error of a rendering as something its writer can mend."""
    reason = str(error) if isinstance(error, BoundsError) else _reason(error)
    return UserError(f"The content could not be rendered: {reason}. Correct its template.")


def place(source: str, position: int) -> str:
    """Return `line 3, column 14: ` for a position in `source`, both counted from 1."""
    before = source[:position]
    return f"line {before.count(chr(10)) + 1}, column {position - before.rfind(chr(10))}: "


def _dynamic(source: str) -> list[Piece]:
    if source.startswith("{#"):
        return []
    field = _FIELD.fullmatch(source)
    if field is None or field[1] in _RESERVED:
        return [Logic(source)]
    return [Field(field[1], "".join(filter(None, field.groups()[1:])))]


def _has_opening(text: str) -> bool:
    return "{{" in text or "{%" in text or "{#" in text


def _reason(error: TemplateError) -> str:
    if error.kind == "OutOfFuel":
        return "it takes too long (a loop that is far too long?)"
    return error.detail or error.message.split(" (in ")[0]
