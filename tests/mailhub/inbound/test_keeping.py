from dataclasses import replace

import pytest

from mailhub.hub import Hub
from mailhub.inbound.arrivals import Arrival, ArrivedMail
from mailhub.inbound.keeping import DAY, REASONS, forget_old, subject_of
from mailhub.messages import NEVER, Content, Queued
from mailhub.testing import Clock, make_owner
from tests.mailhub.inbound.coming import come, work

LETTER = b"From: eve@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n"


def keep(hub: Hub, days: int, most: int) -> None:
    hub.config = replace(hub.config, inbound=replace(hub.config.inbound, kept_days=days, kept_most=most))


def test_what_is_kept_goes_by_age_and_by_number_and_what_waits_stays(core: Hub) -> None:
    make_owner(core)
    core.clock = Clock(1_800_000_000)
    for number in range(6):
        come(core, LETTER, f"postmaster@d{number}.example", "abuse")
        core.clock = Clock(core.clock() + DAY / 1000)
    work(core)
    come(core, LETTER, "postmaster")
    keep(core, 4, 100)
    forget_old(core)
    assert Arrival.select().where(Arrival.due_at == NEVER).count() == 8
    keep(core, 30, 3)
    forget_old(core)
    kept = [each.recipient for each in Arrival.select().where(Arrival.due_at == NEVER).order_by(Arrival.id)]
    assert kept == ["abuse", "postmaster@d5.example", "abuse"]
    assert (Arrival.select().count(), ArrivedMail.select().count()) == (4, 3)
    keep(core, 30, 0)
    forget_old(core)
    assert [each.recipient for each in Arrival.select()] == ["postmaster"]


def test_what_is_kept_is_bounded_in_size(core: Hub) -> None:
    make_owner(core)
    for number in range(4):
        come(core, LETTER + b"x" * 400_000, f"postmaster@d{number}.example")
    work(core)
    core.config = replace(core.config, inbound=replace(core.config.inbound, kept_megabytes=1))
    forget_old(core)
    assert [each.recipient for each in Arrival.select().order_by(Arrival.id)] == [
        "postmaster@d2.example", "postmaster@d3.example",
    ]  # fmt: skip
    assert ArrivedMail.select().count() == 2


def test_what_was_sent_on_and_comes_back_is_kept(core: Hub) -> None:
    make_owner(core)
    core.config = replace(core.config, inbound=replace(core.config.inbound, forward_to="op@example.com"))
    come(core, LETTER, "postmaster", sender="eve@example.org")
    work(core)
    for _ in range(3):
        come(core, bytes(Content.get().body), "postmaster", sender="op@example.com")
        work(core)
    assert Queued.select().count() == 1
    assert [(each.recipient, each.kept) for each in Arrival.select()] == [("postmaster", "staff")] * 3


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        (LETTER, "Hello"),
        (b"Subject: =?utf-8?q?Caf=C3=A9?=\r\n noir\r\n\r\nx", "Café noir"),
        (b"\0\0\0", ""),
        (b"", ""),
        (b"Subject: " + b"x" * 5000, "x" * 200),
    ],
)
def test_subjects(content: bytes, subject: str) -> None:
    assert subject_of(content) == subject


def test_every_reason_has_its_words() -> None:
    assert all(REASONS.values())
