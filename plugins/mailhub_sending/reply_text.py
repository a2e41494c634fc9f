"""What a person wrote in a reply: its text, without what it quotes and how it is signed; and whether they ask to leave."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import unescape

from mailhub.parts import Part

LONGEST = 100_000
"""Characters of a reply that are looked at."""
OPENING = 200
"""Characters of its first line that a list shows."""
KEYWORDS = (
    "stop", "unsubscribe", "unsubscribe me", "remove", "remove me", "opt out", "optout", "cancel subscription",
    "désabonner", "me désabonner", "désabonnement", "désabonnez-moi", "désinscrire", "me désinscrire", "désinscription",
    "désinscrivez-moi", "arrêt", "arrêter",
)  # fmt: skip
"""What somebody writes who wants no more mail, in English and in French; accents and capitals do not matter."""

_POLITE = ("please", "thank you", "thanks", "merci", "svp", "stp", "s'il vous plait", "s'il te plait")
_GREETING = re.compile(
    r"(?:bonjour|bonsoir|salut|hello|hi|hey|good (?:morning|afternoon|evening)|madame|monsieur|madame, monsieur)"
    r"(?: (?:all|there|team|a tous))?"
)
_LEFT_OUT = re.compile(r"[^\w\s'-]+")

_SIGNED = re.compile(
    r"(?:-- ?|—|_{2,}|"
    r"(?:sent|envoyée?|enviado|inviato|gesendet|verzonden) "
    r"(?:from|via|de|depuis|à partir|avec|desde|da|von|mit|vanaf) .{0,80}|"
    r"(?:get|télécharger|obtenir|obtenez) outlook .{0,60}|von meinem \w+ gesendet|"
    r"provenance\s?: courrier pour windows.{0,20})",
    re.I,
)
"""A line that a signature begins with, or that a phone adds."""
_SEPARATOR = re.compile(
    r"\s*(?:[-_]{5,}|-{2,}\s*(?:original message|message d[’']origine|message original|message transféré|forwarded message|"
    r"ursprüngliche nachricht|mensaje original|messaggio originale)\s*-{2,}|"
    r"(?:begin forwarded message|début du message (?:réexpédié|transféré))\s*:)\s*",
    re.I,
)
_FROM = re.compile(r"\s*\**(?:from|de|von|da|van|expéditeur)\s?\**:\**\s?\S.*", re.I)
_SENT = re.compile(
    r"\s*\**(?:sent|date|envoyé|envoyé le|gesendet|datum|fecha|enviado|inviato|to|à|subject|objet)\s?\**:.*", re.I
)
_WROTE = re.compile(r"(?:wrote|a écrit|schrieb.{0,80}|escribió|ha scritto|schreef.{0,80})\s?:\s*", re.I)
_BEGINS = re.compile(r"\s*(?:on|le|am|el|il|op)\s|[^\n]{0,200}<[^<>\s]{3,100}@[^<>\s]{3,100}>", re.I)
_SPACES = re.compile(r"[^\S\n]+")

_TAG = re.compile(r"/?([a-z][a-z0-9]{0,20})")
_UNSEEN = frozenset(("style", "script", "head", "title", "template", "blockquote"))
_LINES = frozenset(("br", "p", "div", "tr", "li", "table", "ul", "ol", "h1", "h2", "h3", "hr", "blockquote"))
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")


def text_of(parts: Sequence[Part]) -> str:
    """The text of a mail: its plain part, else its HTML without marks and quotations; "" when it has neither."""
    for kind, read in (("text/plain", str), ("text/html", plain), ("text/html", _whole)):
        for part in parts:
            if part.kind == kind and not is_attached(part) and (text := read(part.text[:LONGEST]).strip()):
                return text
    return ""


def _whole(html: str) -> str:
    """HTML as text with its quotations: some programs put all of a mail into one."""
    return plain(html, _UNSEEN - {"blockquote"})


def is_attached(part: Part) -> bool:
    """Whether a part is a file beside the text, and not inside a mail that is itself one."""
    return bool(part.name) or part.header.get("content-disposition").lower().startswith("attachment") or part.within > 0


def plain(html: str, unseen: frozenset[str] = _UNSEEN) -> str:
    """HTML as text, in one pass however broken it is: marks gone, blocks on lines of their own, quotations left out."""
    pieces: list[str] = []
    hidden: list[str] = []
    at = 0
    while at < len(html):
        start = html.find("<", at)
        start = len(html) if start < 0 else start
        if not hidden:
            pieces.append(_SPACES.sub(" ", html[at:start].replace("\n", " ")))
        ending = "-->" if html.startswith("<!--", start) else ">"
        end = html.find(ending, start)
        if start == len(html) or end < 0:
            break
        _note(html[start + 1 : start + 30].lower(), unseen, hidden, pieces)
        at = end + len(ending)
    return _ENTITY.sub(lambda found: unescape(found[0]), "".join(pieces)).replace("\xa0", " ")


def _note(tag: str, unseen: frozenset[str], hidden: list[str], pieces: list[str]) -> None:
    """A tag hides what is in it, or begins a line."""
    found = _TAG.match(tag)
    if found is None:
        return
    name = found[1]
    if name in _LINES:
        pieces.append("\n")
    if name not in unseen:
        return
    if not tag.startswith("/"):
        hidden.append(name)
    elif name in hidden:
        del hidden[hidden.index(name) :]


def own_text(text: str) -> str:
    """What the reply's author wrote: without the quoted original, the line that leads to it, and the signature."""
    lines = text[:LONGEST].replace("\xa0", " ").replace("\u202f", " ").split("\n")
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if _SIGNED.fullmatch(line.strip()) or _SEPARATOR.fullmatch(line) or _heads(lines, number):
            break
        leading = _leads(lines, number)
        if leading and not _is_quoted(lines, number + leading):
            break
        if not leading and not line.startswith(">"):
            kept.append(line.strip())
        number += leading or 1
    return "\n".join(kept).strip()


def _heads(lines: list[str], number: int) -> bool:
    """Whether the header of the original begins at a line, as Outlook writes it: From, Sent, To."""
    return _FROM.fullmatch(lines[number][:500]) is not None and any(
        _SENT.fullmatch(each[:500]) for each in lines[number + 1 : number + 4]
    )


def _leads(lines: list[str], number: int) -> int:
    """How many lines say “On … Ada wrote:” from here on; programs break it at 72 characters. 0: none."""
    if not _BEGINS.match(lines[number][:500]):
        return 0
    joined = ""
    for count, each in enumerate(lines[number : number + 3], 1):
        joined = f"{joined} {each[:500].strip()}"
        if _WROTE.search(joined[-120:]) and joined.endswith(":"):
            return count
    return 0


def _is_quoted(lines: list[str], number: int) -> bool:
    """Whether what follows is marked line by line: then more of the author's own may come after it."""
    return next((each for each in lines[number : number + 5] if each.strip()), "").startswith(">")


def opening(own: str) -> str:
    """The first line that says something, a greeting only where there is nothing else, shortened."""
    lines = [each for each in own[:LONGEST].split("\n") if each.strip()]
    line = next((each for each in lines if not _GREETING.fullmatch(_bare(each))), lines[0] if lines else "")
    return line if len(line) <= OPENING else line[: OPENING - 1].rstrip() + "…"


def asks_to_leave(own: str, subject: str, original: str, keywords: Iterable[str]) -> bool:
    """Whether a reply is nothing but a request for no more mail: a keyword alone on the first line that says something
    besides a greeting, or alone as the subject.

    A subject that is the `original` one was not written by them. A sentence that holds the word is no request, nor is a
    subject with a word before it, such as “Re:”.
    """
    known = {_bare(each) for each in keywords} - {""}
    lines = [each for each in map(_bare, own.split("\n")) if each]
    first = next((each for each in lines if not _GREETING.fullmatch(each)), "")
    if first in known:
        return True
    return _bare(subject) in known and _bare(subject) != _bare(original)


def _bare(line: str) -> str:
    """A line without accents, capitals, signs around it and words of politeness."""
    line = unicodedata.normalize("NFKD", line[:OPENING].replace("’", "'"))
    line = "".join(each for each in line if not unicodedata.combining(each)).casefold()
    line = " ".join(_LEFT_OUT.sub(" ", line).replace("-", " ").split())
    for polite in _POLITE:
        line = line.removesuffix(f" {polite}").removeprefix(f"{polite} ")
    return line.strip(" '")
