"""Sheets in XML as Excel 2003 wrote them."""

from pathlib import Path

import pytest

from mailhub.errors import UserError
from mailhub_contacts.sheets import open_sheet

BOOK = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="Vide"><Table/></Worksheet><Worksheet ss:Name="Membres"><Table>
<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">Courriel</Data></Cell><Cell><Data ss:Type="String">Née</Data></Cell></Row>
<Row ss:Index="4"><Cell><Data ss:Type="String">a@b.ca</Data></Cell><Cell><Data ss:Type="Number">12.0</Data></Cell>
<Cell><Data ss:Type="DateTime">2024-02-29T00:00:00.000</Data></Cell><Cell ss:Index="6"><Data ss:Type="Boolean">1</Data></Cell>
<Cell><Data ss:Type="DateTime">2024-02-29T13:05:06.000</Data></Cell><Cell><Data ss:Type="DateTime">1899-12-31T08:30:00.000</Data>
</Cell><Cell><Data ss:Type="Error">#N/A</Data></Cell><Cell/></Row></Table></Worksheet></Workbook>"""


def test_values_places_and_pages(tmp_path: Path) -> None:
    path = tmp_path / "base.xls"
    path.write_text(BOOK)
    sheet = open_sheet(path)
    assert (sheet.kind, sheet.sheet, sheet.others, sheet.header) == (
        "xml",
        "Membres",
        ("Vide",),
        ["Courriel", "", "Née"],
    )
    (batch,) = sheet.batches()
    row = ["a@b.ca", "12", "2024-02-29", "", "", "true", "2024-02-29T13:05:06", "08:30:00", "#N/A"]
    assert list(batch.numbered()) == [(4, row)]


@pytest.mark.parametrize(
    "content",
    [
        BOOK[:700],
        BOOK.replace("<Workbook", '<!DOCTYPE x [<!ENTITY a "aaaa">]><Workbook'),
        BOOK.replace('ss:Index="4"', 'ss:Index="four"'),
    ],
)
def test_what_is_not_well_formed_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "base.xls").write_text(content)
    with pytest.raises(UserError, match="base.xls is damaged"):
        open_sheet(tmp_path / "base.xls")


def test_a_book_without_rows_is_empty(tmp_path: Path) -> None:
    (tmp_path / "base.xls").write_text(BOOK[: BOOK.index('<Worksheet ss:Name="Membres">')] + "</Workbook>")
    with pytest.raises(UserError, match="base.xls is empty"):
        open_sheet(tmp_path / "base.xls")
