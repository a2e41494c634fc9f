"""Whom a refusal is about: us, so that all mail on the same way fares alike, or one message, its sender or its recipient.

Lanes slow down and stand still for the first alone: what is about one account's mail must not hold up that of others.
"""

import re

_OURS = re.compile(
    r"""
    \b(?: ips? | ipv[46] | mtas? | ptr | rdns | netblocks? | subnets? | networks? | helo | ehlo | rbls? | dnsbls? )\b
    | (?<![\w.]) \d{1,3} (?: \. \d{1,3} ){3} (?! \.? \w)
    | (?<![\w:]) [0-9a-f]{1,4} (?: : [0-9a-f]{1,4} ){1,6} :: | (?<![\w:]) (?: [0-9a-f]{1,4} : ){4}
    | \b (?: your | sending | connecting | remote | source | client | sender ) \s
      (?: (?: smtp | e?-?mail | public | outgoing ) \s ){0,2} (?: server | host | relay | machine )s? \b
    | \b adresse \s ip \b | \b reverse \s (?: dns | host | name | lookup )
    | \b (?: connections? | sessions? ) \b
    | \b (?: spamhaus | spamcop | sorbs | barracuda (?: central | networks | \s reputation ) | uceprotect | njabl | abuseat
      | surriel | invaluement | mailspike | senderscore | spfbl | abusix | brbl | cloudmark ) (?![a-z])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_THEIRS = re.compile(
    r"""
    \b (?: sending | senders? (?:'s)? | from | your | dkim | spf | header | envelope | author (?:'s)? ) \s (?: e?-?mail \s )?
      (?: domain | address (?! \s \[? \d ) ) s? \b (?! \s ip )
    | \b domains? \s (?: in \s | is \s | was \s | has \s | reputation | present )
    | \b (?: having | contains? | containing | with ) \s (?: an? \s )? (?: \w+ \s )? (?: domain | url | uri | link ) s? \b
    | \b (?: urls? | uris? | links? ) \s (?: in | within | is | are | was | contained | found | listed | block ) \b
    | \b (?: surbl | uribl | dbl | rhsbl ) \b
    | \b (?: body | contents? | attachments? | subject ) \b
    """,
    re.IGNORECASE | re.VERBOSE,
)
DOUBTFUL = frozenset(("greylisted", "rate_limited", "blocked", "reputation", "reverse_dns"))
"""Reasons whose words are said of us, and of single messages and mailboxes as well."""
_OF_MAILBOX = re.compile(r"[45]\.[12]\.\d")


def is_about_us(text: str) -> bool:
    """Whether the words of an answer (without addresses in them) name our IP address, host, network or connections, or a
    list of such; and neither the sender's domain nor what the mail contains."""
    return _OURS.search(text) is not None and _THEIRS.search(text) is None


def is_about_mail(text: str) -> bool:
    """Whether the words of an answer (without addresses in them) name the sender's domain or what the mail contains."""
    return _THEIRS.search(text) is not None


def borne(reason: str, action: str, code: int, enhanced: str, text: str) -> str:
    """What is left to be done of a reason's action (see shaping.toml) after an answer with these words, without addresses.

    Greylisting is for now (4xx). A lane stops only for what is about us; it slows down for that too, and for whatever else
    is for now and about no mailbox and no sender's domain.
    """
    if reason not in DOUBTFUL:
        return action
    if action == "soon":
        return action if code < 500 else ""
    if action not in ("slow", "stop") or is_about_us(text):
        return action
    if action == "stop" or code >= 500 or _OF_MAILBOX.match(enhanced) or _THEIRS.search(text):
        return ""
    return action
