"""Submitting: what was taken is kept whole, in one page or not at all."""

import pytest

from mailhub import outbox
from mailhub.address import address_key
from mailhub.db import bulk
from mailhub.hub import Hub
from mailhub.messages import Queued, Source
from mailhub.outbox import submitting
from mailhub.testing import make_owner, make_source
from mailhub.vocabulary import Recipient


def test_a_recipient_becomes_a_queue_row(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])
    with bulk():
        taken = outbox.submit(core, source, [Recipient(7, " Zoé@EXÄMPLE.org ", "fr")], content_id=3, envelope_from="")
    row = Queued.get()
    assert taken == (1, 0, range(row.id, row.id + 1))
    assert (row.source_id, row.recipient_key, row.language, row.content_id) == (source.id, 7, "fr", 3)
    assert (row.address, row.domain) == ("Zoé@xn--exmple-cua.org", "xn--exmple-cua.org")
    assert row.address_key == address_key("zoé@exämple.org")
    assert (row.attempts, row.holder, row.envelope_from) == (0, None, "")
    assert row.due_at == row.first_at
    assert row.due_at <= core.ms()


def test_ids_follow_the_recipients(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])
    with bulk():
        taken = outbox.submit(core, source, [Recipient(key, f"u{key}@example.com") for key in range(2000)])
    rows = Queued.select(Queued.id, Queued.recipient_key).order_by(Queued.id).tuples()
    assert list(rows) == list(zip(taken.ids, range(2000), strict=True))
    assert Source.get_by_id(source.id).submitted == 2000


def test_an_empty_page_is_no_fault(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])
    with bulk():
        assert outbox.submit(core, source, [])[:2] == (0, 0)


def test_a_crash_takes_nothing_in(core: Hub) -> None:
    source = make_source(core, make_owner(core)[0], [])

    def crash() -> None:
        with bulk():
            outbox.submit(core, source, [Recipient(1, "a@example.com")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert Queued.select().count() == 0
    assert Source.get_by_id(source.id).submitted == 0


def test_a_source_looks_ahead_only_so_far(core: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "LOOK_AHEAD", 3)
    account, _, _ = make_owner(core)
    source = make_source(core, account, ["a@example.com", "b@example.com"])
    make_source(core, account, ["c@example.com"])
    assert outbox.room_left(source) == 1
    with bulk():
        outbox.submit(core, source, [Recipient(0, "d@example.com"), Recipient(0, "e@example.com")])
    assert outbox.room_left(source) == 0
