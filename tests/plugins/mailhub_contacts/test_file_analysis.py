"""Whatever bytes a file holds: an answer in which every row is accounted for, or one sentence."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailhub.errors import UserError
from mailhub_contacts.file_analysis import ALL, analyse_file
from mailhub_contacts.tallies import FATES
from mailhub_contacts.weighing import NoBase

QUICK = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
PIECES = [
    b"a@b.ca",
    b'"',
    b'""',
    b";",
    b",",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xe9",
    b"\xc3\xa9",
    b"\xff\xfe",
    b"sep=;",
]
TEXT = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=40).map(b"".join)
CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85"), max_size=8
) | st.sampled_from(["a@b.ca", 'x"y', "a;b", "l1\nl2", "'0612", ""])


def told(path: Path) -> dict[str, object] | None:
    try:
        found: dict[str, object] = json.loads("".join(analyse_file(path, NoBase(), rows=ALL).json()))
    except UserError:
        return None
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert sum(counts[fate] for fate in FATES) == counts["rows"]
    return found


@QUICK
@given(TEXT)
@example(b'"a@b.ca\n' * 3)
@example(b"\xff\xfea")
def test_any_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    told(tmp_path / "a.csv")


@QUICK
@given(st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=6), st.sampled_from([";", ",", "\t"]))
def test_any_table_comes_back_cell_by_cell(tmp_path: Path, table: list[list[str]], separator: str) -> None:
    """Below a header and an address, which tell separator and encoding."""
    rows = [["Courriel", "Nom", "Ville"], ["first@example.com", "Zoé", "Nîmes"], *table]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    (tmp_path / "a.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    found = told(tmp_path / "a.csv")
    assert found
    read = found["rows"]
    assert isinstance(read, list)
    width = max(map(len, read))
    want = [row + [""] * (width - len(row)) for row in rows[1:] if any(map(str.strip, row))]
    assert [row + [""] * (width - len(row)) for row in read] == want


def workbook(kind: str, path: Path) -> bytes:
    rows = [["Courriel", "Nom"], ["a@b.ca", "Zoé"], ["b@b.ca", 12.5]]
    if kind == "xls":
        book = xlwt.Workbook()
        page = book.add_sheet("1")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write(at, column, cell)
        book.save(str(path))
    else:
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        made.save(path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
@settings(parent=QUICK, max_examples=12)
@given(st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6), st.floats(0.2, 1.4))
def test_any_damage(tmp_path: Path, kind: str, damage: list[tuple[float, int]], cut: float) -> None:
    content = bytearray(workbook(kind, tmp_path / f"whole.{kind}"))
    for place, byte in damage:
        content[int(place * len(content))] = byte
    (tmp_path / f"a.{kind}").write_bytes(content[: int(cut * len(content))])
    told(tmp_path / f"a.{kind}")
