"""What is counted, kept as JSON and shown in part."""

from mailhub.address import address_key
from mailhub_contacts.mapping import BadCells, Row
from mailhub_contacts.tallies import COUNTS, FATES, LANGUAGES, Tally
from mailhub_contacts.weighing import NoBase, weigh


def rows(count: int, other: str = "") -> list[Row]:
    made = [(n, f"p{n}@example.com") for n in range(count)]
    return [Row(n, address, address_key(address), "", "", {}, other and f"{other}{n}") for n, address in made]


def test_a_tally_is_kept_as_json_and_shows_a_part() -> None:
    tally = Tally()
    found = weigh(NoBase(), "en", rows(12))
    bad = [BadCells(number, "empty", ["", "x"]) for number in range(150)]
    tally.add(found, bad, 3)
    tally.show(found)
    tally.show_bad(bad, 1)
    tally.show_duplicates([(row, 1) for row in rows(3)])
    again = Tally.of(tally.json())
    assert again == tally
    assert tuple(tally.json()["counts"]) == COUNTS
    assert (again.counts["rows"], again.counts["bad"], again.reasons["empty"]) == (165, 150, 150)
    assert sum(again.counts[fate] for fate in FATES) == again.counts["rows"]
    assert (len(again.bad), len(again.preview), again.bad[0]["value"], again.duplicates[2]["row"]) == (100, 10, "x", 2)


def test_only_so_many_languages_are_named() -> None:
    tally = Tally()
    tally.add(weigh(NoBase(), "en", rows(LANGUAGES + 5, "language")), [], 0)
    assert (tally.counts["other_language"], len(tally.languages)) == (LANGUAGES + 5, LANGUAGES)
