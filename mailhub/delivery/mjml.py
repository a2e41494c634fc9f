"""MJML becomes the HTML of a mail; template tags survive in it, and nothing is read from a file or the network.

What MJML may say, and where it is wrong, is left to `mjml_reader`; inlining, links and the text part to `compile`.
"""

import re

from mailhub.delivery.masking import Masked
from mailhub.delivery.mjml_errors import MjmlError
from mailhub.delivery.mjml_reader import Read, read_mjml
from mailhub.delivery.template import tidy
from mailhub.errors import Sentence

__all__ = ["HTML_LENGTH", "MjmlError", "is_mjml", "mjml_to_html"]

HTML_LENGTH = 2**20
"""Characters the HTML may have: ten times what Gmail shows."""

_START = re.compile(r"(?:\s|<!--(?:[^-]|-(?!->))*+-->|<\?xml[^<>]*\?>)*+<mjml(?=[\s>/])")
_SHEET = re.compile(r"<(style|link)\b")
_MARKED = r'<\1 data-css-inline="ignore"'
_COMMENTS = re.compile(r"<!--(?:[^-]|-(?!->))*+-->")


def is_mjml(source: str) -> bool:
    """Say whether `source` begins as MJML does: with <mjml>, after comments at most."""
    return _START.match(source) is not None


def mjml_to_html(source: str, *, language: str = "") -> str:
    """Return the HTML of a mail for an MJML `source`, with its template tags where they were.

    `language` is what <html lang> says when <mjml> says nothing. Style sheets that MJML made for programs that read
    them (@media, Outlook) are marked so that inlining leaves them alone. No web font is loaded unless <mj-font> names
    it. Raises MjmlError, which knows the line.
    """
    source = tidy(source.replace("\r\n", "\n").replace("\0", " "))
    masked = Masked(source)
    found = read_mjml(source, masked, language)
    html = _lay_out(found)
    _check_words(html, masked, found)
    head, body = html.split("</head>", 1)
    sheets = "".join(f"<style>{each}</style>" for each in found.inlined)
    html = masked.restore(f"{_keep_sheets(head)}{sheets}</head>{body}")
    if len(html) > HTML_LENGTH:
        raise MjmlError(1, Sentence("it becomes more than {most} characters of HTML: shorten it.", most=HTML_LENGTH))
    return html


def _lay_out(found: Read) -> str:
    """MJML's own work; what `mjml_reader` let through is small, flat and without includes."""
    from mrml import ParserOptions, RenderOptions, noop_loader, to_html

    try:
        made = to_html(found.mjml, ParserOptions(include_loader=noop_loader()), RenderOptions(fonts={}))
    except OSError as error:
        raise MjmlError(
            1, Sentence("MJML cannot lay it out ({reason}): begin with the example.", reason=error)
        ) from error
    content: str = made.content
    return content


def _check_words(html: str, masked: Masked, found: Read) -> None:
    """Raise MjmlError for a template tag that MJML swallowed, as it does with one where it needs a number."""
    for used in found.used:
        if used.word not in html:
            raise MjmlError(
                used.line,
                Sentence(
                    "MJML works with the {attribute} of <{element}> itself, so it cannot hold {tag}: write a value.",
                    attribute=used.attribute, element=used.element, tag=masked.restore(used.word),
                ),
            )  # fmt: skip


def _keep_sheets(head: str) -> str:
    """Mark the style sheets outside comments, so that inlining leaves them as they are."""
    end, kept = 0, []
    for comment in _COMMENTS.finditer(head):
        kept += [_SHEET.sub(_MARKED, head[end : comment.start()]), comment[0]]
        end = comment.end()
    return "".join([*kept, _SHEET.sub(_MARKED, head[end:])])
