"""What was found out about who a mail is from, in the words of RFC 8601, and the header field that says so.

How it is found out is left to the rooms beside this one.
"""

import re
from typing import Any, NamedTuple

LONGEST_VALUE = 255
"""Characters of one value in the field, so that a sender's names cannot swell it."""

_WIDTH = 77

_token = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+").fullmatch
_unprintable = re.compile(r"[^ -~]")


class Spf(NamedTuple):
    """`result`: pass, fail, softfail, neutral, none, temperror or permerror; `domain` in lower case and A-labels where it
    has a form; `identity`: mailfrom, or helo when the return path is empty (RFC 7208 section 2.4)."""

    result: str
    domain: str
    identity: str
    reason: str = ""


class Dkim(NamedTuple):
    """One signature. `result`: pass, fail, policy, neutral, temperror or permerror; `domain`, `selector`, `algorithm`
    as the field gives them, "" where it does not; `start`: the first characters of b=, which tell two signatures of
    one domain apart (RFC 6008)."""

    result: str
    domain: str
    selector: str
    algorithm: str = ""
    start: str = ""
    reason: str = ""


class Arc(NamedTuple):
    """The chain as found here. `result`: none, pass or fail; `domain`: who sealed last; `sets`: how many ARC sets."""

    result: str
    domain: str = ""
    sets: int = 0
    reason: str = ""


class Dmarc(NamedTuple):
    """`result`: none, pass, fail, temperror or permerror; `domain`: that of the From field; `policy`: what its owner
    published for it (none where nothing is); `asked`: what is to be done with this mail after `pct`: none,
    quarantine or reject. `missing_from`: there is no From field, or none that names a domain."""

    result: str
    domain: str
    policy: str = "none"
    asked: str = "none"
    reason: str = ""
    missing_from: bool = False


class Verdicts(NamedTuple):
    """All that was found out about one mail. `dkim` has one entry for each signature, topmost first."""

    spf: Spf
    dkim: tuple[Dkim, ...]
    arc: Arc
    dmarc: Dmarc

    @property
    def policy_result(self) -> str:
        """What the domain's owner asks for this mail: none, quarantine or reject, its percentage counted in."""
        return self.dmarc.asked

    def told(self) -> dict[str, Any]:
        """The short form, as `mailhub mail check` prints it."""
        return {
            "spf": {"result": self.spf.result, "domain": self.spf.domain},
            "dkim": [{"result": each.result, "domain": each.domain, "selector": each.selector} for each in self.dkim],
            "arc": {"result": self.arc.result},
            "dmarc": {"result": self.dmarc.result, "domain": self.dmarc.domain, "policy": self.dmarc.policy},
        }

    def field(self, hostname: str) -> bytes:
        """The Authentication-Results field (RFC 8601 section 2.2), folded, with its CRLF; `hostname` is the authserv-id."""
        results = [
            self._spf(),
            *map(_dkim, self.dkim),
            *([] if self.dkim else ["dkim=none"]),
            self._arc(),
            self._dmarc(),
        ]
        lines = [f"Authentication-Results: {_value(hostname)}", *(f" {each}" for each in results)]
        return (";\r\n".join(lines) + "\r\n").encode("ascii")

    def _spf(self) -> str:
        return _result("spf", self.spf.result, self.spf.reason, [(f"smtp.{self.spf.identity}", self.spf.domain)])

    def _arc(self) -> str:
        return _result("arc", self.arc.result, self.arc.reason, [])

    def _dmarc(self) -> str:
        published = [("policy.dmarc", self.dmarc.policy)] if self.dmarc.result in ("pass", "fail") else []
        return _result("dmarc", self.dmarc.result, self.dmarc.reason, [*published, ("header.from", self.dmarc.domain)])


def _dkim(one: Dkim) -> str:
    properties = [("d", one.domain), ("s", one.selector), ("a", one.algorithm), ("b", one.start)]
    return _result("dkim", one.result, one.reason, [(f"header.{name}", value) for name, value in properties])


def _result(method: str, result: str, reason: str, properties: list[tuple[str, str]]) -> str:
    written = [f"{name}={_value(value)}" for name, value in properties if value]
    line, *others = [f"{method}={result}", *([f"reason={_quoted(reason)}"] if reason else []), *written]
    lines = list[str]()
    for part in others:
        if len(line) + len(part) >= _WIDTH:
            lines.append(line)
            line = ""
        line += f" {part}"
    return "\r\n ".join([*lines, line])


def _value(text: str) -> str:
    """A value as a token where it is one, else as a quoted string (RFC 2045 section 5.1)."""
    return text if _token(text) and len(text) <= LONGEST_VALUE else _quoted(text)


def _quoted(text: str) -> str:
    text = _unprintable.sub("?", text)[:LONGEST_VALUE]
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
