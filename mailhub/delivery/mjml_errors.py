"""What can be wrong with MJML, as sentences that begin small: `MJML, line 3: …` stands before them."""

from difflib import get_close_matches

from mailhub.delivery.mjml_elements import CHILDREN, KNOWN
from mailhub.errors import Invalid, Sentence


class MjmlError(Invalid):
    """MJML that cannot be laid out: `reason` is a sentence that begins small, `line` counts from 1."""

    def __init__(self, line: int, reason: Sentence) -> None:
        self.line = line
        self.reason = reason
        super().__init__(fields={"html": Sentence("MJML, line {line}: {reason}", line=line, reason=reason)})


def unclosed(name: str) -> Sentence:
    """An element without its end."""
    return Sentence("<{element}> is not closed: write </{element}> where it ends.", element=name)


def misplaced(name: str, parent: str) -> Sentence:
    """An element where it cannot stand: MJML's own elsewhere, HTML outside words, or one that does not exist."""
    if name == "mj-include":
        return Sentence("<mj-include> cannot read other files here: paste what it includes in its place.")
    if name not in KNOWN:
        return _unknown(name)
    if not parent:
        return Sentence("<{element}> stands outside <mjml>: put everything in <mjml>.", element=name)
    places = sorted(each for each, children in CHILDREN.items() if name in children and each != "mj-attributes")
    if not places or parent == "mj-attributes":
        return Sentence("<{element}> cannot stand in <{parent}>: move it.", element=name, parent=parent)
    wanted = ", ".join(f"<{each}>" for each in places) if places != [""] else ""
    if not wanted:
        return Sentence("<mjml> stands in <{parent}>: one <mjml> holds everything.", parent=parent)
    return Sentence(
        "<{element}> cannot stand in <{parent}>: put it in {places}.", element=name, parent=parent, places=wanted
    )


def _unknown(name: str) -> Sentence:
    close = get_close_matches(name.lower(), sorted(KNOWN), 1, 0.75)
    if close:
        return Sentence("there is no element <{element}>: did you mean <{near}>?", element=name, near=close[0])
    if name.lower().startswith("mj"):
        return Sentence("there is no element <{element}>: use those that MJML has.", element=name)
    return Sentence("<{element}> is HTML: put it in <mj-text>, <mj-table> or <mj-raw>.", element=name)


def misplaced_words(first: str, parent: str) -> Sentence:
    """Words between elements; `first` is their first character."""
    if first == "<":
        return Sentence("a mark that begins here is not closed: end it with >, and a comment with -->.")
    if not parent:
        return Sentence("words stand outside <mjml>: put everything in <mjml>.")
    return Sentence("words stand in <{parent}>, which shows none: put them in <mj-text>.", parent=parent)


def misplaced_tag(tag: str, parent: str) -> Sentence:
    """A template tag between elements, where MJML would lose it."""
    if tag.startswith("{{"):
        return Sentence("{tag} stands between elements: put it in <mj-text> or in a value.", tag=tag)
    return Sentence(
        "{tag} cannot stand in <{parent}>: put it around sections, columns or what a column holds.",
        tag=tag, parent=parent or "mjml",
    )  # fmt: skip


def unbalanced(tag: str, name: str) -> Sentence:
    """A condition or loop that begins in one element and ends in another."""
    return Sentence("{tag} begins or ends outside <{element}>: keep both ends in the same one.", tag=tag, element=name)


def too_long(attribute: str, name: str) -> Sentence:
    """An attribute that could be written into thousands of elements."""
    return Sentence("the {attribute} of <{element}> is too long: shorten it.", attribute=attribute, element=name)


def broken_attributes(name: str, by_tag: bool) -> Sentence:
    """What stands in an element and is no attribute; `by_tag` when a template tag is part of it."""
    if by_tag:
        return Sentence("a template tag stands among the attributes of <{element}>: put it in a value.", element=name)
    return Sentence('<{element}> has something that is not written name="value": correct it.', element=name)


def within_words(found: str, name: str) -> Sentence:
    """An element of MJML where there should be words: most often the one around it was not closed."""
    return Sentence(
        "<{found}> stands in <{element}>, which holds words and HTML only: close <{element}> before it.",
        found=found, element=name,
    )  # fmt: skip
