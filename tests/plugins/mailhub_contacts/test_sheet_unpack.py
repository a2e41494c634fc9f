"""Workbook cells as text, pages in their order, and a reader's process that dies within its bounds."""

import datetime
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mailhub_contacts import sheet_unpack
from mailhub_contacts.sheet_unpack import DAMAGED, EMPTY, MAX_CELL, text_of, unpack
from mailhub_contacts.sheet_workbook import _SCRIPT


def unpacked(workbook: openpyxl.Workbook) -> tuple[dict[str, Any], list[str]]:
    packed, flat = io.BytesIO(), io.BytesIO()
    workbook.save(packed)
    packed.seek(0)
    assert unpack(packed, flat) == 0
    told, *lines = flat.getvalue().decode().splitlines()
    return json.loads(told), lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\0b", "ab"),
        ("x" * (MAX_CELL + 5), "x" * MAX_CELL),
        (12.0, "12"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (5145551234.0, "5145551234"),
        (-0.0, "0"),
        (1e300, "1e+300"),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (datetime.datetime(2024, 1, 2, 3, 4, 5, 999_600), "2024-01-02T03:04:06"),
        (datetime.time(3, 4), "03:04:00"),
        (datetime.timedelta(hours=30, seconds=5), "30:00:05"),
        (datetime.timedelta(minutes=-90), "-1:30:00"),
    ],
)
def test_cells(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_places_are_those_the_person_sees() -> None:
    workbook = openpyxl.Workbook()
    workbook.active["C3"] = "a@b.ca"
    workbook.active["D3"] = "merged"
    workbook.active.merge_cells("D3:E4")
    workbook.active["C6"] = "x;y"
    told, lines = unpacked(workbook)
    assert lines == ["", "", ";;a@b.ca;merged", "", "", ';;"x;y"']
    assert told == {"sheet": "Sheet", "others": [], "rows": 6}


def test_hidden_pages_come_last_and_blank_ones_never() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["hidden"])
    workbook.active.sheet_state = "hidden"
    workbook.create_sheet("Blank").append([" "])
    workbook["Blank"]["A1"].number_format = "0"
    workbook["Blank"]["A1"] = None
    workbook.create_sheet("Seen").append(["seen"])
    told, lines = unpacked(workbook)
    assert (told["sheet"], told["others"], lines) == ("Seen", ["Sheet", "Blank"], ["seen"])


def test_formulas_give_their_last_value_and_errors_their_name() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["a@b.ca", "=1+1", "#N/A", "z"])
    assert unpacked(workbook)[1] == ["a@b.ca;;#N/A;z"]


def test_no_rows() -> None:
    packed = io.BytesIO()
    openpyxl.Workbook().save(packed)
    packed.seek(0)
    assert unpack(packed, io.BytesIO()) == EMPTY


def test_run_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Python's own exit codes 1 and 2 stay free."""
    source, target = tmp_path / "a.xlsx", tmp_path / "flat"
    openpyxl.Workbook().save(source)
    root = str(Path(sheet_unpack.__file__).parents[1])
    command = [sys.executable, "-I", "-c", _SCRIPT, root, str(source), str(target)]
    assert subprocess.run(command, check=False).returncode == EMPTY
    source.write_bytes(b"PK")
    assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == DAMAGED
