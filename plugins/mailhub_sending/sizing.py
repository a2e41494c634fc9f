"""How large the HTML of a mail is: programs that cut it off are told of before it leaves."""

from collections.abc import Mapping

from mailhub.delivery.freezing import load_content
from mailhub.errors import Sentence
from mailhub.messages import Content
from mailhub_sending.checking import NAMES

CLIPPED = 102
"""KB (of 1,024 bytes) of HTML that Gmail shows of a mail."""


def find_clipped(content: Content) -> list[Sentence]:
    """A warning for each language of a frozen content that Gmail would cut off."""
    frozen = load_content(content)
    return warn({language: compiled.html for language, compiled in frozen.languages.items()})


def warn(pages: Mapping[str, str]) -> list[Sentence]:
    """A warning for each language whose HTML is too large for Gmail."""
    sizes = {language: kilobytes(html) for language, html in pages.items()}
    return [
        Sentence(
            "The mail in {language} has {size} KB of HTML: Gmail cuts off what goes beyond {most} KB, and the "
            "unsubscribe link with it. Shorten it.",
            language=NAMES[language],
            size=size,
            most=CLIPPED,
        )
        for language, size in sizes.items()
        if size > CLIPPED
    ]


def kilobytes(html: str) -> int:
    """The size of `html` in KB, rounded up."""
    return -(-len(html.encode("utf-8", "replace")) // 1024)
