"""Numbers written short."""

from hypothesis import given
from hypothesis import strategies as st

from mailhub_contacts.spans import pack, unpack


def test_runs_are_two_numbers() -> None:
    assert pack([7, 5, 6, 9]) == [5, 7, 9, 9]
    assert len(pack(range(1000))) == 2


@given(st.sets(st.integers(min_value=1, max_value=200)))
def test_they_come_back(numbers: set[int]) -> None:
    assert unpack(pack(numbers)) == sorted(numbers)
