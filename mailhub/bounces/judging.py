"""What a server's answer means, by the table of rules: asked while mail is delivered, and of what comes back."""

from functools import lru_cache

from mailhub.bounces.codes import code_in, status_in
from mailhub.bounces.phrases import plain
from mailhub.bounces.reading import Class, Judgement
from mailhub.bounces.rules import SAME, UNDETERMINED, rules


def judge(code: int | None, status: str | None, text: str) -> Judgement:
    """What an answer means: its class and its reason (docs/bounces.md).

    code: of SMTP, None or 0 where there was none. status: as "5.1.1", None or "" where there was none; both are looked for
    in the text then. text: the server's words. An answer of class 4 is never hard.
    """
    before = " ".join(each for each in (str(code or ""), status or "") if each and each not in text)
    return _judged(code or None, status or None, plain(f"{before} {text}" if before else text))


@lru_cache(maxsize=4096)
def _judged(code: int | None, status: str | None, words: str) -> Judgement:
    reason = reason_of(code or code_in(words), status or status_in(words), words)
    return Judgement(class_of(reason, lasting(code, status, words)), reason)


def reason_of(code: int | None, status: str | None, words: str) -> str:
    """The reason for an answer; `words` are plain. What would be hard is doubted once."""
    reason = _named(code, status, words)
    table = rules()
    doubt = table.doubts.reason_in(words) if table.classes[reason] == "hard" else SAME
    return reason if doubt in (SAME, "") else doubt


def _named(code: int | None, status: str | None, words: str) -> str:
    table = rules()
    detail = status.partition(".")[2] if status else ""
    return (
        _strong(words)
        or table.statuses.get(detail)
        or table.weak.reason_in(words)
        or table.statuses.get(detail.partition(".")[0])
        or table.codes.get(str(code or ""))
        or table.codes.get(str(code or status or "5")[0])
        or UNDETERMINED
    )


def worded(text: str) -> str:
    """The reason a text's words alone name, or ""."""
    return _strong(plain(text))


@lru_cache(maxsize=4096)
def _strong(words: str) -> str:
    return rules().strong.reason_in(words)


def lasting(code: int | None, status: str | None, words: str) -> bool:
    """Whether an answer is for good: what its code says, else its status, else what its words say of them."""
    said = str(code or status or code_in(words) or status_in(words) or "5")
    return not said.startswith("4")


def class_of(reason: str, for_good: bool) -> Class:
    """A reason's class; nothing is hard that is not for good."""
    class_ = rules().classes[reason]
    return "soft" if class_ == "hard" and not for_good else class_
