"""Template tags stand aside while HTML or Markdown is worked on by tools that know no templates.

Each tag becomes a plain word that such tools leave alone, in the shape its place asks for; `restore` puts it back.
"""

import re

from mailhub.delivery.template import TAG

# Each part stops where another of its kind begins, so that what is never closed costs no second look.
_MARKUP = re.compile(
    r"<!--(?:[^<-]|<(?!!--)|-(?!->))*+-->"
    r"|<(style|script|title|textarea)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>(?:[^<]|<(?!/?\1\b))*+</\1\s*>"
    r"|<[A-Za-z/!](?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>",
    re.I,
)
_KEPT = re.compile(
    r"<style\b(?=[^<>]*\sdata-css-inline\s*=\s*[\"']?ignore\b)[^<>]*>(?:[^<]|<(?!/?style\b))*+</style\s*>"
    r"|<link\b(?=[^<>]*\sdata-css-inline\s*=\s*[\"']?ignore\b)[^<>]*>",
    re.I,
)
_MARK = re.compile(r"\sdata-css-inline\s*=\s*(?:\"ignore\"|'ignore'|ignore\b)", re.I)
_OPENING = re.compile(r"\{%\s*(?:if|for)\b")
_CLOSING = re.compile(r"\{%\s*(?:endif|endfor)\b")


class Masked:
    """A source whose template tags were replaced by words; `text` is what tools may work on."""

    def __init__(self, source: str) -> None:
        self._stem = "mhtag"
        while self._stem in source.lower():
            self._stem += "q"
        self._tags: list[str] = []
        self._word = re.compile(rf"{self._stem}(\d+)x")
        # With a hyphen, the shape is ours: what people write around a tag is theirs.
        self._any_word = re.compile(
            rf"<!--{self._stem}-(\d+)x-->|(?:data-{self._stem}-|{self._stem})(\d+)x(?:=\"\")?", re.I
        )
        self.text = self.hide(source)

    def hide(self, text: str) -> str:
        """Return a part of the source with a word for each of its tags."""
        return TAG.sub(lambda found: self.set_aside(found[0]), text)

    def set_aside(self, text: str) -> str:
        """Return one word that stands for `text`, whatever is in it."""
        self._tags.append(text)
        return f"{self._stem}{len(self._tags) - 1}x"

    def as_comment(self, words: str) -> str:
        """Return each of `words` as a comment, which `restore` knows from those that people write."""
        return self._word.sub(rf"<!--{self._stem}-\1x-->", words)

    def words(self, text: str) -> list[str]:
        """Return the words that stand in `text`."""
        return [found[0] for found in self._word.finditer(text)]

    def keep_sheets(self) -> None:
        """Set aside the style sheets marked `data-css-inline="ignore"`: they stay as they are, without the mark."""
        self.text = _KEPT.sub(lambda found: self.set_aside(self.restore(_MARK.sub("", found[0], 1))), self.text)

    def shape_html(self) -> None:
        """Give each word the shape its place in HTML asks for, so that a parser moves none of them.

        Between elements a comment (allowed even between table rows), inside a tag an attribute; inside attribute
        values, style sheets and comments the bare word.
        """
        shaped: list[str] = []
        end = 0
        for found in _MARKUP.finditer(self.text):
            shaped.append(self.as_comment(self.text[end : found.start()]))
            is_tag = not found[0].startswith("<!--") and found[1] is None
            shaped.append(self._as_attributes(found[0]) if is_tag else found[0])
            end = found.end()
        shaped.append(self.as_comment(self.text[end:]))
        self.text = "".join(shaped)

    def is_block(self, text: str) -> bool:
        """Say whether `text` is nothing but words that stand for `{% %}` tags."""
        words = self._word.findall(text)
        alone = not self._word.sub("", text).strip()
        return bool(words) and alone and all(self._tags[int(number)].startswith("{%") for number in words)

    def blocks(self, text: str) -> str:
        """Return those words of `text` that stand for `{% %}` tags, and nothing else of it."""
        return "".join(found[0] for found in self._word.finditer(text) if self._tags[int(found[1])].startswith("{%"))

    def has_tag(self, text: str) -> bool:
        """Say whether a template tag stands in `text`."""
        return self._any_word.search(text) is not None

    def restore(self, text: str) -> str:
        """Return `text` with every word replaced by the tag it stands for."""
        return self._any_word.sub(lambda found: self._tags[int(found[1] or found[2])], text)

    def _as_attributes(self, tag: str) -> str:
        tag = self._swallow_conditions(tag)
        return re.sub(
            rf"(?<=[\s\"']){self._stem}(\d+x)(?=[\s/>])(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)",
            rf" data-{self._stem}-\1 ",
            tag,
        )

    def _swallow_conditions(self, tag: str) -> str:
        """Make one word of `{% if %}class="a"{% else %}class="b"{% endif %}`: a parser drops the second class."""
        depth = start = 0
        for found in list(self._word.finditer(tag)):
            if tag.count('"', 0, found.start()) % 2:
                continue
            source = self._tags[int(found[1])]
            if _OPENING.match(source):
                start = start if depth else found.start()
                depth += 1
            elif _CLOSING.match(source) and depth:
                depth -= 1
                if depth == 0:
                    whole = f" {self.set_aside(self.restore(tag[start : found.end()]))} "
                    return tag[:start] + whole + self._swallow_conditions(tag[found.end() :])
        return tag
