"""From what people write to what mail programs show: Markdown to HTML, HTML to text, style sheets into attributes.

Template tags survive each of them. Nothing here reads the network or a file.
"""

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from mailhub.delivery.masking import Masked
from mailhub.delivery.nesting import spread_tables
from mailhub.delivery.template import tidy

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from inscriptis.model.config import ParserConfig
    from markdown_it import MarkdownIt

_COMMENTS = re.compile(r"<!--(?:[^<-]|<(?!!--)|-(?!->))*+-->")
_LINK = re.compile(r"<a\b[^<>]*?\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^<>]*>((?:[^<]|<(?!/?a\b))*+)</a\s*>", re.I)
_ALT = re.compile(r"<img\b[^<>]*?\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.I)
_MARK = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")

_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<style>
body { margin: 0; padding: 0; background-color: #f2f4f7; }
.frame { width: 100%; background-color: #f2f4f7; }
.sheet { width: 600px; max-width: 600px; background-color: #ffffff; border-radius: 6px; }
.words { padding: 32px 36px; font-family: Helvetica, Arial, sans-serif; font-size: 16px; line-height: 1.55;
  color: #1f2933; text-align: left; }
.words h1 { margin: 0 0 18px; font-size: 26px; line-height: 1.25; }
.words h2 { margin: 28px 0 12px; font-size: 20px; line-height: 1.3; }
.words h3 { margin: 22px 0 10px; font-size: 17px; line-height: 1.35; }
.words p { margin: 0 0 16px; }
.words ul, .words ol { margin: 0 0 16px; padding-left: 24px; }
.words li { margin: 0 0 6px; }
.words a { color: #1a5fb4; text-decoration: underline; }
.words img { max-width: 100%; height: auto; border: 0; }
.words hr { margin: 28px 0; border: 0; border-top: 1px solid #d8dee6; }
.words blockquote { margin: 0 0 16px; padding: 2px 0 2px 16px; border-left: 3px solid #c3ccd7; color: #52606d; }
.words code { font-family: Consolas, Menlo, monospace; font-size: 14px; background-color: #f2f4f7; }
.words table { width: 100%; margin: 0 0 16px; border-collapse: collapse; }
.words th, .words td { padding: 8px 10px; border-bottom: 1px solid #d8dee6; text-align: left; vertical-align: top; }
@media (max-width: 620px) {
  .sheet { width: 100% !important; border-radius: 0 !important; }
  .words { padding: 24px 18px !important; }
}
</style>
</head>
<body>
<table role="presentation" class="frame" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center">
<table role="presentation" class="sheet" width="600" cellpadding="0" cellspacing="0" border="0">
<tr><td class="words">
<!--words-->
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"""


def markdown_to_html(source: str) -> str:
    """Return a complete HTML mail for a Markdown `source` (CommonMark with tables), in a plain layout of 600 pixels."""
    masked = Masked(source.replace("\r\n", "\n"))
    # A line of nothing but {% %} tags is no paragraph: as a comment it also ends a list or a table above it.
    lines = [masked.as_comment(line.strip()) if masked.is_block(line) else line for line in masked.text.split("\n")]
    words = _markdown().render("\n".join(lines))
    return _PAGE.replace("<!--words-->", masked.restore(words.strip()))


def html_to_text(html: str) -> str:
    """Return the text part for `html`: what is read, with each link's address in parentheses after its words."""
    masked = Masked(tidy(html))
    # Conditions also stand in comments: Outlook's part of a layout begins and ends with the rest of it.
    masked.text = _COMMENTS.sub(lambda found: masked.blocks(found[0]), masked.text)
    bare = _LINK.sub(_spell_link, spread_tables(masked))
    from inscriptis import get_text

    lines = [line.rstrip() for line in get_text(bare, _text_style()).split("\n")]
    text = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    return masked.restore(text) + "\n" if text else ""


def inline_css(html: str) -> str:
    """Return `html` as a whole document with its style sheets written into style attributes; @media rules stay."""
    masked = Masked(tidy(html))
    masked.shape_html()
    return masked.restore(inline_masked(masked))


def inline_masked(masked: Masked) -> str:
    """Do what `inline_css` does for HTML whose template tags already stand aside."""
    return _inliner().inline(masked.text)


def _spell_link(found: re.Match[str]) -> str:
    address, words = (found[1] or found[2] or "").strip(), found[3]
    plain = _MARK.sub("", words).strip()
    if not plain and (picture := _ALT.search(words)):
        words = plain = (picture[1] or picture[2] or "").strip()
    if not plain or not address or address.startswith("#") or address.removeprefix("mailto:") == plain:
        return words
    return f"{words} ({escape(address, quote=False).replace('&amp;amp;', '&amp;')})" if address != plain else words


@cache
def _inliner() -> "CSSInliner":
    """Loaded when a campaign is compiled: the libraries of this room take 20 MiB that most processes never need."""
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, keep_link_tags=False)


@cache
def _text_style() -> "ParserConfig":
    """Blocks are not indented: a layout puts every word into many of them."""
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    return ParserConfig(css=CSS_PROFILES["strict"])


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table")
