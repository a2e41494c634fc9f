"""Our own header fields of a submitted mail: `X-MailHub-Tag` and `X-MailHub-Track`. They say something to us and never leave."""

from typing import NamedTuple

from mailhub import tags
from mailhub.errors import Invalid
from mailhub.inbound.fields import Field

PREFIX = "x-mailhub-"
_TRACKS = {"opens", "clicks"}


class Own(NamedTuple):
    """What a mail asks of us: its tag or "", and which of opens and clicks to count (None: as the account chose)."""

    tag: str = ""
    opens: bool | None = None
    clicks: bool | None = None


def read(fields: list[Field]) -> Own:
    """What the fields ask for. Raises `Invalid` for a field that is not known or says what cannot be understood."""
    found = [each for each in fields if each.name.startswith(PREFIX)]
    given = {each.name: each.value for each in found}
    for name in given:
        if (count := sum(each.name == name for each in found)) > 1:
            raise Invalid(
                "The mail has {count} headers {name}: send one, nobody can say which counts.", count=count, name=name
            )
    tag, track = given.pop(f"{PREFIX}tag", ""), given.pop(f"{PREFIX}track", None)
    if given:
        raise Invalid(
            "The header {name} is none of MailHub's: there are X-MailHub-Tag and X-MailHub-Track.",
            name=next(iter(given)),
        )
    if tag and not tags.FORM.fullmatch(tag):
        raise Invalid(
            "The header X-MailHub-Tag is {tag}: write 3 to 20 lower-case letters, digits, - or _.", tag=tag[:60]
        )
    return Own(tag, *_tracks(track))


def _tracks(text: str | None) -> tuple[bool | None, bool | None]:
    if text is None:
        return None, None
    words = {word.strip() for word in text.lower().split(",")}
    if words != {"none"} and not words <= _TRACKS:
        raise Invalid(
            "The header X-MailHub-Track is {text}: write opens, clicks, both with a comma between, or none.",
            text=text[:60],
        )
    return "opens" in words, "clicks" in words
