"""Bounces in sentences, as qmail, Exim, Sendmail, Exchange, Notes and many others write them: whom they name, and why.

A line that begins with an address, or has one behind a word such as `RCPT TO:`, names a recipient; what follows, up to
the next one, says why.
"""

import re
from dataclasses import dataclass, field, replace

from mailhub.bounces.addresses import FOUND, MOST, same, trimmed
from mailhub.bounces.judging import worded

STRONG, MEDIUM, WEAK = 3, 2, 1
LONGEST_REASON = 1500
MOST_LINES = 25
MOST_LOOKED_AT = 2000
"""Lines of a mail's own words that are looked at."""
_BULLETS = " \t*>-•·–—|'\"`“‘(<[{「【:="
_GENERATED = re.compile(
    r"(?:ultimately )?(?:generated|expanded) from:?\s*<?([^\s<>()]{1,100}@[\w.-]{1,190})", re.IGNORECASE
)
_LABELLED = re.compile(
    r"(?:rcpt\s?(?:to)?\s?[:=]|\bto\b|recipients?\b|address(?:es)?\b|\buser\b|mailbox\b|account\b|\bfor\b|mail\b|alias"
    r"|empfänger|adresse|destinataire|destinatari[oa]|ontvanger|宛先|あて先|アドレス|收件人|получател|адрес|odbiorc|mottagare"
    r"|modtager)[^@\n]{0,40}$",
    re.IGNORECASE,
)
_ABOUT_OTHERS = re.compile(
    r"contact|write to|reach|please (?:send|forward|call|e-?mail)|questions|assistance|help(?:desk)?|support"
    r"|report(?:ed)? (?:it )?to|kontaktieren|wenden sie sich|contatt|お問い合わせ|mail from:|message from|mailed by|sent by"
    r"|^\s*(?:from|sender|von|de|da|expéditeur|absender|reply-to|return-path|message-?id|subject|sujet|betreff|in-reply-to"
    r"|references|received|x-[\w-]{2,40}|差出人)\s*[:\uff1a]|your (?:e-?mail )?address|\bby\s*$|\bid\b\s*[:<]?\s*$|from\s*:?\s*<?$",
    re.IGNORECASE,
)
"""Words before an address that is nobody's recipient: whom to ask, who wrote."""
_QUOTED_FIELD = re.compile(
    r"(?:subject|from|to|cc|date|sent|sujet|objet|betreff|asunto|oggetto|件名|主题)\s*[:\uff1a]", re.IGNORECASE
)
_ADMINISTRATORS = (
    "postmaster@",
    "mailer-daemon@",
    "abuse@",
    "helpdesk@",
    "hostmaster@",
    "noc@",
    "mailerdaemon@",
    "postmast@",
)


@dataclass(frozen=True, slots=True)
class Mention:
    """An address in a line: the line's number, how surely it is a recipient, and what the line says after it."""

    address: str
    line: int
    strength: int
    after: str


@dataclass(slots=True)
class Named:
    """A recipient a bounce names, and the words that say why, nearest first. also: addresses that were made from it."""

    address: str
    words: list[str]
    also: list[str] = field(default_factory=list)


def named_in(text: str, expected: list[str], senders: list[str]) -> list[Named]:
    """The recipients that a bounce's own words name.

    expected: to whom the returned mail went, as far as is known; senders: addresses that are ours, none of which counts
    while another is named.
    """
    lines = text.split("\n")[:MOST_LOOKED_AT]
    mentions, made = _told_as_origin(_all_mentions(lines), lines)
    chosen = _chosen(mentions, expected, senders)
    addresses = list(dict.fromkeys(each.address for each in chosen))[:MOST]
    return [Named(each, _words(each, chosen, mentions, lines), made.get(each, [])) for each in addresses]


def names_surely(text: str) -> bool:
    """Whether a line of a text begins with an address, or has one where a server answers about it."""
    lines = text.split("\n")[:MOST_LOOKED_AT]
    return any(mention.strength == STRONG for mention in _all_mentions(lines))


def _all_mentions(lines: list[str]) -> list[Mention]:
    return [mention for number, line in enumerate(lines) if "@" in line for mention in _mentions(line, number, lines)]


def _told_as_origin(mentions: list[Mention], lines: list[str]) -> tuple[list[Mention], dict[str, list[str]]]:
    """An address that was made from another one stands for it: that one was written to."""
    origins = {
        number: found[1] for number, line in enumerate(lines) if "from" in line and (found := _GENERATED.search(line))
    }
    kept: list[Mention] = []
    made: dict[str, list[str]] = {}
    for mention in mentions:
        near = next((number for number in range(mention.line, mention.line + 4) if number in origins), None)
        origin = trimmed(origins[near]) if near is not None else ""
        if not origin or mention.strength != STRONG:
            kept.append(mention)
        elif not same(mention.address, origin):
            kept.append(replace(mention, address=origin))
            made.setdefault(origin, []).append(mention.address)
    return kept, made


def _mentions(line: str, number: int, lines: list[str]) -> list[Mention]:
    found: list[Mention] = []
    end = 0
    for match in list(FOUND.finditer(line))[:20]:
        if address := trimmed(match[0]):
            listed = bool(found) and not line[end : match.start()].strip(" ,;&<>\"'")
            strength = found[-1].strength if listed else _strength(line[: match.start()], number, lines)
            found.append(Mention(address, number, strength, line[match.end() :].lstrip("<>\"'.,:;)] \t")))
            end = match.end()
    return found


def _strength(before: str, number: int, lines: list[str]) -> int:
    previous = lines[number - 1].strip() if number else ""
    if not before.strip(_BULLETS):
        return WEAK if _ABOUT_OTHERS.search(previous[-60:]) and not previous.endswith(":") else STRONG
    if _ABOUT_OTHERS.search(before[-80:]):
        return WEAK
    low = before.lower()
    if "rcpt to" in low[-40:] or "rcpt=" in low[-20:]:
        return STRONG
    return MEDIUM if _LABELLED.search(before[-100:]) else WEAK


def _chosen(mentions: list[Mention], expected: list[str], senders: list[str]) -> list[Mention]:
    known = {address.casefold() for address in expected}
    ours = {address.casefold() for address in senders} - known
    for strength in (STRONG, MEDIUM, WEAK):
        found = [
            each
            for each in mentions
            if each.strength >= strength and not each.address.casefold().startswith(_ADMINISTRATORS)
        ]
        others = [each for each in found if each.address.casefold() not in ours]
        if wanted := [each for each in others if each.address.casefold() in known]:
            if strength == STRONG:
                return others
            return wanted
        if others and strength > WEAK:
            return others
    weak = [each for each in mentions if each.address.casefold() not in ours]
    if expected:
        return []
    return [each for each in weak if not _ABOUT_OTHERS.search(each.after[:1])][:1] or [
        each for each in mentions if each.strength == STRONG
    ]


def _words(address: str, chosen: list[Mention], mentions: list[Mention], lines: list[str]) -> list[str]:
    """What is said of an address: after each place that names it, then before the first, if that says more."""
    own = [each for each in mentions if same(each.address, address)]
    others = sorted({each.line for each in chosen if not same(each.address, address)})
    blocks = [_after(mention, others, lines) for mention in own[:8]]
    said = [block for block in blocks if len(block) > 3]
    if not any(worded(block) for block in said):
        place = own[0].line if own else 0
        said += _before(place, lines)
    return said


def _before(place: int, lines: list[str]) -> list[str]:
    """The paragraphs above a line, the nearest first, without what they quote of the mail's header."""
    above = [line.strip() for line in lines[max(0, place - MOST_LINES) : place]]
    text = "\n".join("" if _QUOTED_FIELD.match(line) else line for line in above)
    return [" ".join(each.split("\n")) for each in reversed(text.split("\n\n")) if each.strip()][:6]


def _after(mention: Mention, others: list[int], lines: list[str]) -> str:
    """The rest of the mention's line and the lines that follow, up to the next recipient; a list of them shares what follows."""
    kept, size = [lines[mention.line].strip()], 0
    started = bool(mention.after.strip(" ()<>:;,.'\""))
    skipped = set(others)
    for number in range(mention.line + 1, min(len(lines), mention.line + MOST_LINES)):
        line = lines[number].strip()
        if number in skipped:
            if started:
                break
            continue
        if not line:
            if started and len(kept) > 3:
                break
            continue
        kept.append(line)
        started = started or bool(line.strip(" -=_*()<>:;,.'\""))
        size += len(line)
        if size > LONGEST_REASON:
            break
    return " ".join(kept)[:LONGEST_REASON]
