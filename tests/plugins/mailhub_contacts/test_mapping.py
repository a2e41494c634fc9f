"""Columns and fields: what is guessed, what a person chooses, how rows are read."""

import pytest

from mailhub.address import address_key
from mailhub.errors import Invalid
from mailhub_contacts.columns import guess
from mailhub_contacts.mapping import BadCells, Row, check_columns, choose, clean, describe, find_address, reader, safe

HEADER = ["Courriel", "Langue", "Affichage", "Taille"]
SAMPLE = [["", "FR", "Madame Côté", "M"], ["a@example.com", "EN", "John", "L"]]


def columns() -> list[dict[str, object]]:
    return describe(guess(HEADER, SAMPLE), SAMPLE)


def test_columns_are_described_with_their_first_cell() -> None:
    assert columns()[0] == {"index": 0, "name": "Courriel", "field": "address", "sample": "a@example.com"}
    assert [each["field"] for each in columns()] == ["address", "language", "display", "custom:taille"]


def test_the_column_with_most_addresses_is_taken_when_none_was_guessed() -> None:
    sample = [["x", "a@example.com"], ["y", "?"], ["z", "?"], ["z", "?"]]
    found = [{"index": 0, "field": "custom:a"}, {"index": 1, "field": "custom:b"}]
    find_address(found, sample)
    assert [each["field"] for each in found] == ["custom:a", "address"]


def test_columns_are_chosen_by_name_and_by_number() -> None:
    chosen = choose(columns(), {"Taille": "company", "3": "ignore"})
    assert [each["field"] for each in chosen] == ["address", "language", "ignore", "company"]


def test_a_field_given_to_another_column_leaves_the_first() -> None:
    assert [each["field"] for each in choose(columns(), {"4": "display"})][2:] == ["ignore", "display"]


def test_a_custom_field_is_written_as_its_slug() -> None:
    assert choose(columns(), {"4": "custom:Pointure d’été"})[3]["field"] == "custom:pointure_dete"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"9": "company"}, "There is no column 9"),
        ({"4": "colour"}, "colour is no field"),
        ({"1": "ignore"}, "No column holds e-mail addresses"),
        ({"3": "company", "4": "company"}, "Two columns fill company"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        choose(columns(), given)


def test_at_most_twenty_columns_are_filled() -> None:
    many = [{"index": at, "name": "", "field": f"custom:f{at}"} for at in range(20)]
    with pytest.raises(Invalid, match="21 columns are chosen"):
        check_columns([{"index": 20, "name": "", "field": "address"}, *many])


def test_rows_are_read() -> None:
    read = reader(columns())
    assert read(7, [" <A@Example.COM> ", "français", " John ", ""]) == Row(
        7, "A@example.com", address_key("a@example.com"), "fr", "John", {}
    )
    assert read(8, ["b@example.com"]) == Row(8, "b@example.com", address_key("b@example.com"), "", "", {})
    assert read(9, ["b@", "FR", "", ""]) == BadCells(9, "bad-domain", ["b@", "FR", "", ""])
    assert read(10, ["c@example.com", "DE", "", "M"]).fields == {"taille": "M"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@cmd", "'@cmd"), ("+33 6 12", "+33 6 12"), ("-x", "'-x"), ("Anne", "Anne"), ("", "")],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert safe(cell) == written
    assert clean(written) == cell


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("'0612", "0612"), ("' 12", "' 12"), ("'t Hooft", "'t Hooft"), ("#N/A", ""), ("#REF!", ""), ("#name?", ""),
        ("#1", "#1"), (" x ", "x"), ("'", "'"), ("", ""),
    ],
)  # fmt: skip
def test_what_a_cell_says(cell: str, said: str) -> None:
    assert clean(cell) == said


def test_a_table_without_addresses_is_bad_row_by_row() -> None:
    assert reader([{"index": 0, "field": "city"}])(3, ["Lyon"]) == BadCells(3, "empty", ["Lyon"])
