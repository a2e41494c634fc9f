import pytest

from mailhub.inbound import silences
from mailhub.inbound.silences import Silences


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_domain_is_remembered_for_a_minute_whatever_was_asked_of_it() -> None:
    clock = Clock()
    kept = Silences(clock)
    kept.note("_dmarc.Silent.example")
    for name in ("silent.example", "s1._domainkey.silent.example", "_dmarc.silent.example."):
        assert kept.is_silent(name)
    assert not kept.is_silent("other.example")
    assert not kept.is_silent("below.silent.example")
    clock.now = silences.FOR
    assert not kept.is_silent("silent.example")


def test_several_below_one_organisation_are_all_of_them_but_not_itself() -> None:
    kept = Silences(Clock())
    for number in range(silences.WHOLE):
        kept.note("a0.silent.example")  # the same twice is one
        assert not kept.is_silent("new.silent.example")
        kept.note(f"a{number}.silent.example")
    assert kept.is_silent("new.silent.example")
    assert not kept.is_silent("silent.example")


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silences, "MOST", 2)
    kept = Silences(Clock())
    for name in ("one.example", "two.example", "three.example"):
        kept.note(name)
    assert [kept.is_silent(name) for name in ("one.example", "two.example", "three.example")] == [False, True, True]
