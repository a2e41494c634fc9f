"""A content is compiled once per version: styles inlined, links numbered, the rest frozen. Nothing is sent here.

What is frozen, `content` holds; its fast form is prepared once per process by `mime`.
"""

import re
from html import unescape

from mailhub.delivery.content import PIXEL, Compiled, Draft
from mailhub.delivery.layout import html_to_text, inline_css, inline_masked, markdown_to_html
from mailhub.delivery.masking import Masked
from mailhub.delivery.nesting import DEPTH, find_depth
from mailhub.delivery.template import TAG, find_error, place, tidy
from mailhub.errors import Invalid

__all__ = [
    "Compiled",
    "Draft",
    "check",
    "compile_draft",
    "find_html_error",
    "html_to_text",
    "inline_css",
    "markdown_to_html",
    "requires_unsubscribe",
]

_ANCHOR = re.compile(r"<(?:a|area|v:\w+)(?=\s)(?:[^<>\"]|\"[^\"]*\")*+>", re.I)
_HREF = re.compile(r"(\shref=\")([^\"]*)\"", re.I)
_UNSUBSCRIBE = re.compile(r"\bunsubscribe_url\b")


def check(draft: Draft) -> None:
    """Raise Invalid when a template of `draft` is broken; each sentence says template, line and column.

    Names that nobody fills in are no error: they are empty in the mail.
    """
    parts = (
        ("subject", "Subject", find_error(draft.subject, html=False)),
        ("html", "HTML", find_html_error(draft.html)),
        ("text", "Text", find_error(draft.text, html=False)),
    )
    fields = {field: f"{label}, {error}" for field, label, error in parts if error}
    if fields:
        raise Invalid(fields=fields)


def find_html_error(html: str) -> str | None:
    """Return where and why `html` cannot be used, as `find_error` does for its template, or None."""
    html = tidy(html)
    deep = find_depth(html)
    if deep is not None:
        return place(html, deep) + f"more than {DEPTH} elements inside each other"
    return find_error(html, html=True)


def requires_unsubscribe(draft: Draft) -> bool:
    """Say whether `unsubscribe_url` occurs in a template tag of the HTML, as a campaign must have it."""
    return any(_UNSUBSCRIBE.search(found[0]) for found in TAG.finditer(draft.html) if not found[0].startswith("{#"))


def compile_draft(
    draft: Draft, *, track_clicks: bool, first_link: int, track_opens: bool = True
) -> tuple[Compiled, list[str]]:
    """Freeze `draft`; return it with the addresses of its rewritten links, numbered from `first_link`.

    With `track_clicks` every http(s) link of <a> and <area> becomes `{{ click_base }}/N`; the same address has one
    number, and an address with a template tag in it stays as it is. With `track_opens` a pixel stands before
    </body>. Raises Invalid as `check` does.
    """
    check(draft)
    masked = Masked(tidy(draft.html))
    masked.keep_sheets()
    masked.shape_html()
    html, links = inline_masked(masked) if draft.html.strip() else "", list[str]()
    if track_clicks:
        html, links = _number_links(html, masked, first_link)
    html = masked.restore(html)
    error = find_error(html, html=True)
    if error:
        raise Invalid(fields={"html": f"HTML, once its styles are inlined, {error}"})
    text = _whole_lines(draft.text if draft.text.strip() else html_to_text(draft.html))
    # Braces apart in HTML can stand side by side in the text, where they are a tag.
    error = find_error(text, html=False)
    if error:
        raise Invalid(fields={"html": f"HTML, once it is made the text part, {error}"})
    compiled = Compiled(
        subject=" ".join(draft.subject.split("\n")).strip(),
        html=_add_pixel(html) if track_opens else html,
        text=text,
        from_address=draft.from_address.strip(),
        from_name=draft.from_name.strip(),
        reply_to=draft.reply_to.strip(),
        links=tuple(links),
        first_link=first_link,
    )
    return compiled, links


def _number_links(html: str, masked: Masked, first_link: int) -> tuple[str, list[str]]:
    numbers: dict[str, int] = {}

    def rewrite_href(found: re.Match[str]) -> str:
        address = unescape(found[2]).strip()
        if not address.lower().startswith(("http://", "https://")) or masked.has_tag(address):
            return found[0]
        number = numbers.setdefault(address, first_link + len(numbers))
        return f'{found[1]}{{{{ click_base }}}}/{number}"'

    html = _ANCHOR.sub(lambda found: _HREF.sub(rewrite_href, found[0], count=1), html)
    return html, list(numbers)


def _add_pixel(html: str) -> str:
    if not html or "open_pixel" in html:
        return html
    end = html.lower().rfind("</body>")
    before, after = (html, "") if end < 0 else (html[:end], html[end:])
    # A brace just before would make another tag of it.
    return before + ("\n" if before.endswith("{") else "") + PIXEL + after


def _whole_lines(text: str) -> str:
    text = text.replace("\r\n", "\n")
    return text if text.endswith("\n") or not text else text + "\n"
