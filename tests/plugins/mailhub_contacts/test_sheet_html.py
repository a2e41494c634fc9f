"""Tables in web pages, as programs write them for Excel."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub_contacts.sheet_html import longest, read_tables
from mailhub_contacts.sheets import open_sheet

PAGE = """<html><head><meta http-equiv=Content-Type content="text/html; charset=windows-1252">
<title>Base</title><style>td { mso: "<table>" }</style></head><body><table><tr><td>a frame</td></tr></table>
<table border=1><thead><tr><th>Courriel<th>Nom &amp; pr&eacute;nom<th colspan=2>Ville</thead>
<tr><td>a@b.ca</td><td>C\xf4t\xe9<br>Anne </td><td rowspan=2>Lyon\n  centre</td><td>2</td></tr>
<tr><td>c@d.ca<td>&nbsp;Roy<td>3</tr><tr></tr></table></body></html>"""
ROWS = [
    ["Courriel", "Nom & prénom", "Ville", ""], ["a@b.ca", "Côté\nAnne", "Lyon centre", "2"], ["c@d.ca", "Roy", "", "3"], [],
]  # fmt: skip


def test_the_longest_table_is_read_as_a_browser_shows_it() -> None:
    tables = read_tables(io.BytesIO(PAGE.encode("cp1252")))
    assert len(tables) == 2
    assert list(longest(tables)) == ROWS


def test_opened_as_any_sheet(tmp_path: Path) -> None:
    (tmp_path / "base.xls").write_text(PAGE, encoding="cp1252")
    sheet = open_sheet(tmp_path / "base.xls")
    assert (sheet.kind, sheet.encoding, sheet.header, sheet.sample) == ("html", "", ROWS[0][:3], ROWS[1:3])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_without_a_word_about_them(encoding: str) -> None:
    page = "<table><tr><td>Zoé<td>Œuvre</table>"
    assert read_tables(io.BytesIO(page.encode(encoding))) == [[["Zoé", "Œuvre"]]]


def test_a_table_within_a_table_is_one_of_its_own() -> None:
    page = b"<table><tr><td>x<table><tr><td>1<tr><td>2</table>y<td>z</table>"
    assert read_tables(io.BytesIO(page)) == [[["xy", "z"]], [["1"], ["2"]]]


@given(
    st.lists(
        st.sampled_from(["<table>", "</table>", "<tr>", "</tr>", "<td>", "<td colspan=9999999>", "</td>", "x", "&"])
    )
)
def test_any_order_of_tags_is_read(tags: list[str]) -> None:
    for table in read_tables(io.BytesIO("".join(tags).encode())):
        assert all(len(row) <= 16_384 * 9 for row in table)
