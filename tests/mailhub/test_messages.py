"""The tables and the values that travel between them keep the same shape."""

from mailhub.hub import Hub
from mailhub.messages import EVENT_KINDS, OUTCOMES, SOURCE_STATES, Message, Outcome, Queued, Source, Waiting
from mailhub.outbox import claims
from mailhub.testing import make_owner, make_source


def test_a_claim_reads_exactly_what_travels() -> None:
    assert tuple(claims._COLUMNS.split(", ")) == Waiting._fields
    assert set(Waiting._fields) <= {field.column_name for field in Queued._meta.sorted_fields}


def test_an_outcome_has_its_place_in_the_ledger() -> None:
    renamed = {"attempt": "attempts", "kind": "outcome", "at": "settled_at"}
    columns = {renamed.get(name, name) for name in Outcome._fields} - {"due_at"}
    assert columns <= set(Message._meta.fields)


def test_ids_of_64_bits_are_kept_whole(core: Hub) -> None:
    make_source(core, make_owner(core)[0], ["a@example.com"])
    largest = 2**63 - 1
    Queued.update(id=largest, address_key=-(2**63), recipient_key=largest).execute()
    row = Queued.get()
    assert (row.id, row.address_key, row.recipient_key) == (largest, -(2**63), largest)


def test_states_and_outcomes_are_each_there_once() -> None:
    assert len(set(SOURCE_STATES)) == len(SOURCE_STATES) == 5
    assert set(OUTCOMES) < set(EVENT_KINDS)
    assert "deferred" not in OUTCOMES
    assert Source.state.default in SOURCE_STATES
