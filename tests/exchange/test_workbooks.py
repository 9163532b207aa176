"""Workbooks of every kind and of every program are read exactly, or refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from exchange.rules import spreadsheets
from exchange.rules.headings import Cell
from exchange.rules.spreadsheets import FileProblem
from exchange.services.files import FileRejectedError, Sheet, open_roster
from tests.exchange import workbooks
from tests.exchange.rosters import DATA
from tests.exchange.workbooks import (
    ods_parts,
    ods_row,
    ods_table,
    packed,
    row,
    text,
    xlsb_parts,
    xlsb_sheet,
    xlsx_parts,
)

HEAD = row(1, "客户编号", "客户姓名", "出生日期")
DAYS = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs>'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.xlsx"


def rows_in(path: Path, sheet: str = "") -> list[tuple[int, list[Cell]]]:
    with open_roster(path, sheet) as table:
        return list(table.rows)


def problem_of(path: Path) -> FileProblem:
    with pytest.raises(FileRejectedError) as caught:
        rows_in(path)
    return caught.value.problem


# --- Parts and packages -----------------------------------------------------------------------


def renamed(parts: dict[str, str], how: Any) -> dict[str, str]:
    return {how(name): content for name, content in parts.items()}


@pytest.mark.parametrize(
    "how",
    [
        lambda name: name.replace("/", "\\") if name.startswith("xl") else name,
        lambda name: name.replace("/", "\\"),
        lambda name: f"/{name}",
        str.upper,
        lambda name: name.replace("xl/workbook", "XL/Workbook"),
        lambda name: name.replace("sheet1", "Sheet1"),
    ],
)
def test_parts_are_found_however_their_names_are_written(file: Path, how: Any) -> None:
    parts = xlsx_parts(HEAD + row(2, "B1", "王"))
    assert rows_in(packed(file, renamed(parts, how))) == [(2, ["B1", "王"])]


def test_parts_may_have_any_name_the_relationships_lead_to_them(file: Path) -> None:
    parts = xlsx_parts(HEAD + row(2, "B1", "王"))
    sheet, book = parts["xl/worksheets/sheet1.xml"], parts["xl/workbook.xml"]
    made = {
        "_rels/.rels": workbooks.relations({"a": ("officeDocument", "/office/book.xml")}),
        "office/book.xml": book,
        "office/_rels/book.xml.rels": workbooks.relations(
            {"rId1": ("worksheet", "../sheets/%E8%A1%A8.xml"), "x": ("sharedStrings", "no.xml")}
        ),
        "sheets/表.xml": sheet,
    }
    assert rows_in(packed(file, made)) == [(2, ["B1", "王"])]


def test_a_package_without_relations_of_its_own_is_read_where_its_book_always_is(
    file: Path,
) -> None:
    parts = xlsx_parts(HEAD + row(2, "B1", "王"))
    del parts["_rels/.rels"]
    assert rows_in(packed(file, parts)) == [(2, ["B1", "王"])]


def test_strict_namespaces_prefixes_and_utf_16_are_xml_as_well(file: Path) -> None:
    strict = xlsx_parts(
        HEAD + row(2, "B1", "王"), main=workbooks.STRICT, office=workbooks.STRICT_OFFICE
    )
    assert rows_in(packed(file, strict)) == [(2, ["B1", "王"])]
    parts = xlsx_parts(HEAD + row(2, "B1", "王"))
    sheet = parts["xl/worksheets/sheet1.xml"]
    for tag in ("worksheet", "sheetData", "row", "c", "is", "t"):
        sheet = sheet.replace(f"<{tag} ", f"<x:{tag} ").replace(f"<{tag}>", f"<x:{tag}>")
        sheet = sheet.replace(f"</{tag}>", f"</x:{tag}>")
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("xmlns=", "xmlns:x=")
    with open_roster(packed(file, parts)) as table:
        assert table.sheets == (Sheet("Sheet1", False, 2),)
        assert list(table.rows) == [(2, ["B1", "王"])]
    wide: dict[str, Any] = xlsx_parts(HEAD + row(2, "B1", "王"))
    wide["xl/worksheets/sheet1.xml"] = (
        f'<?xml version="1.0" encoding="UTF-16"?>{wide["xl/worksheets/sheet1.xml"]}'.encode(
            "utf-16"
        )
    )
    assert rows_in(packed(file, wide)) == [(2, ["B1", "王"])]


def test_a_document_type_is_refused(file: Path) -> None:
    parts = xlsx_parts(HEAD)
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    parts["xl/worksheets/sheet1.xml"] = bomb + parts["xl/worksheets/sheet1.xml"]
    assert problem_of(packed(file, parts)) == FileProblem.DAMAGED


def test_other_office_documents_say_what_they_are_not(file: Path) -> None:
    word = {
        "_rels/.rels": workbooks.relations({"a": ("officeDocument", "word/document.xml")}),
        "word/document.xml": "<w/>",
    }
    assert problem_of(packed(file, word)) == FileProblem.NOT_A_SPREADSHEET
    text_document = ods_parts("") | {"mimetype": "application/vnd.oasis.opendocument.text"}
    assert problem_of(packed(file, text_document)) == FileProblem.NOT_A_SPREADSHEET


# --- How far cells reach ----------------------------------------------------------------------


def test_empty_cells_with_a_format_do_not_count_however_far_they_reach(file: Path) -> None:
    styled = '<c r="XFD{0}" s="1"/><c r="ZZ{0}" s="1"><v></v></c>'
    rows = row(1, "客户编号", "客户姓名", styled.format(1)) + row(2, "B1", "王", styled.format(2))
    rows += "".join(
        f'<row r="{n}" s="1" customFormat="1">{styled.format(n)}</row>'
        for n in (*range(3, 2000), 1_048_575, 1_048_576)
    )
    with open_roster(packed(file, xlsx_parts(rows))) as table:
        assert len(table.header.columns) == 2
        assert list(table.rows) == [(2, ["B1", "王"])]
        assert table.sheets[0].rows < 5000


def test_a_value_in_the_last_row_is_a_row_and_one_in_the_last_column_is_refused(
    file: Path,
) -> None:
    rows = HEAD + row(2, "B1") + row(1_048_576, text("A1048576", "合计"))
    assert rows_in(packed(file, xlsx_parts(rows))) == [(2, ["B1"]), (1_048_576, ["合计"])]
    far = HEAD + row(1_048_576, text("XFD1048576", "x"))
    path = packed(file, xlsx_parts(far))
    assert path.stat().st_size < 6000
    assert problem_of(path) == FileProblem.TOO_MANY_COLUMNS


def test_merged_areas_cost_no_more_than_the_rows_that_are_filled(file: Path) -> None:
    everywhere = '<mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>'
    rows = HEAD + row(2, "B1") + row(3, text("B3", "王"))
    found = rows_in(packed(file, xlsx_parts(rows, after=everywhere)))
    assert [number for number, _cells in found] == [2, 3]
    assert found[1][1][:3] == ["B1", "王", "B1"]


def test_rows_out_of_order_are_damage_not_two_rows_of_one_number(file: Path) -> None:
    assert problem_of(packed(file, xlsx_parts(HEAD + row(3, "B1") + row(2, "B2")))) == "damaged"
    assert problem_of(packed(file, xlsx_parts(HEAD + row(2, "B1") + row(2, "B2")))) == "damaged"


def test_cells_and_rows_without_names_follow_each_other(file: Path) -> None:
    nameless = (
        "<row>" + "<c t='inlineStr'><is><t>客户编号</t></is></c>" * 1 + "<c><v>1</v></c></row>"
    )
    rows = f"{nameless}<row><c t='inlineStr'><is><t>B1</t></is></c><c/><c><v>7</v></c></row>"
    assert rows_in(packed(file, xlsx_parts(rows))) == [(2, ["B1", "", 7])]


# --- What a cell holds ------------------------------------------------------------------------


def cells_of(file: Path, *cells: str, **parts: Any) -> list[Cell]:
    """Return what is read from cells that stand below each other in column C."""
    rows = "".join(
        f'<row r="{n}">{text(f"A{n}", "B1")}{cell.replace("C2", f"C{n}")}</row>'
        for n, cell in enumerate(cells, start=2)
    )
    return [read[2] for _number, read in rows_in(packed(file, xlsx_parts(HEAD + rows, **parts)))]


CELLS: Mapping[str, Cell] = {
    '<c r="C2" t="e"><v>#N/A</v></c>': "#N/A",
    '<c r="C2" t="e"><f>A1</f><v>#REF!</v></c>': "#REF!",
    '<c r="C2"><v>13812340001</v></c>': 13812340001,
    '<c r="C2" t="n"><v>1.3812340001E10</v></c>': 13812340001,
    '<c r="C2"><v>110101198001025678</v></c>': 110101198001025678,
    '<c r="C2"><v>1.10101198001021E+17</v></c>': 1.10101198001021e17,
    '<c r="C2" t="str"><f>A1&amp;B1</f><v>B1王</v></c>': "B1王",
    '<c r="C2"><f>1+1</f><v>2</v></c>': 2,
    '<c r="C2"><f>A1&amp;"0"</f></c>': {"formula": 'A1&"0"'},
    '<c r="C2"><f>A1</f><v></v></c>': {"formula": "A1"},
    '<c r="C2"><f>A1</f><v/></c>': {"formula": "A1"},
    '<c r="C2" t="str"><f>A1</f></c>': {"formula": "A1"},
    '<c r="C2"><f t="shared" si="0"/></c>': {"formula": ""},
    '<c r="C2" t="b"><v>1</v></c>': True,
    '<c r="C2" t="d"><v>1980-01-02T00:00:00</v></c>': "1980-01-02T00:00:00",
    '<c r="C2" t="inlineStr"><is><r><t>王</t></r><r><t>明</t></r></is></c>': "王明",
    '<c r="C2" t="inlineStr"><is><t>王</t><rPh sb="0" eb="1"><t>wang</t></rPh></is></c>': "王",
    '<c r="C2" t="inlineStr"><is><t>a_x000D_x0041__xD800__x0000_</t></is></c>': "a\rx0041__xD800_",
    '<c r="C2"><v>NaN</v></c>': "NaN",
    f'<c r="C2"><v>{"9" * 60}</v></c>': 1e60,
    f'<c r="C2"><v>{"9" * 400}</v></c>': "9" * 400,
    f'<c r="C2"><v>{"9" * 5000}</v></c>': "9" * 5000,
    '<c r="C2" s="1"><v>29222</v></c>': "1980-01-02",
    '<c r="C2" s="1"><v>29222.5</v></c>': "1980-01-02T12:00:00",
    '<c r="C2" s="1"><v>59</v></c>': "1900-02-28",
    '<c r="C2" s="1"><v>0.5</v></c>': "12:00:00",
    '<c r="C2" s="1"><v>-1</v></c>': -1,
    '<c r="C2" s="1"><v>1e300</v></c>': 1e300,
    '<c r="C2" s="9"><v>29222</v></c>': 29222,
}


def test_a_cell_is_what_it_shows_or_says_what_it_is_not(file: Path) -> None:
    found = cells_of(file, *CELLS, styles=DAYS)
    assert dict(zip(CELLS, found, strict=True)) == CELLS
    assert [type(cell) is bool for cell in found] == [type(v) is bool for v in CELLS.values()]


def test_a_formula_that_gave_an_empty_text_is_empty(file: Path) -> None:
    rows = HEAD + row(2, "B1", "王", '<c r="C2" t="str"><f>IF(1,"")</f><v></v></c>')
    assert rows_in(packed(file, xlsx_parts(rows))) == [(2, ["B1", "王"])]


def test_a_zero_that_a_program_put_beside_its_formula_is_no_value(file: Path) -> None:
    cell = '<c r="C2"><f>A1</f><v>0</v></c>'
    assert cells_of(file, cell) == [0]
    written = '<calcPr calcId="124519" fullCalcOnLoad="1"/>'
    assert cells_of(file, cell, properties=written) == [{"formula": "A1"}]


FORMATS: Mapping[tuple[str, str], Cell] = {
    ("yyyy\\-mm\\-dd", "29222"): "1980-01-02",
    ("[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", "29222"): "1980-01-02",
    ("0000000", "12341"): "0012341",
    ("00000", "123456"): 123456,
    ("0.00_);[Red]\\(0.00\\)", "29222"): 29222,
    ("&quot;day&quot;0", "29222"): 29222,
    ("General", "29222"): 29222,
    ("[h]:mm:ss", "1.5"): "1 day, 12:00:00",
    ("#,##0", "29222"): 29222,
}


def test_a_number_format_makes_days_and_zeros(file: Path) -> None:
    numbers = list(enumerate(FORMATS, start=164))
    codes = "".join(f'<numFmt numFmtId="{n}" formatCode="{code}"/>' for n, (code, _) in numbers)
    formats = "".join(f'<xf numFmtId="{n}"/>' for n, _ in numbers)
    styles = f"<numFmts>{codes}</numFmts><cellXfs>{formats}</cellXfs>"
    cells = [f'<c r="C2" s="{s}"><v>{v}</v></c>' for s, (_code, v) in enumerate(FORMATS)]
    found = cells_of(file, *cells, styles=styles)
    assert dict(zip(FORMATS, found, strict=True)) == FORMATS


def test_a_bare_number_of_the_1904_system_says_so_and_its_days_are_days(file: Path) -> None:
    bare, day = '<c r="C2"><v>27760</v></c>', '<c r="C2" s="1"><v>27760</v></c>'
    phone = '<c r="C2"><v>13812340001</v></c>'
    found = cells_of(file, bare, day, phone, properties='<workbookPr date1904="1"/>', styles=DAYS)
    assert found == [{"number": 27760, "system": 1904}, "1980-01-02", 13812340001]
    elsewhere = '<extLst><ext><workbookPr xmlns="urn:x" date1904="1"/></ext></extLst>'
    assert cells_of(file, bare, properties=elsewhere) == [27760]


# --- Sheets and merged cells ------------------------------------------------------------------


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_only_where_none_is_visible(file: Path, state: str) -> None:
    old = row(1, "客户编号", "客户姓名", "出生日期", "性别") + row(2, "B9")
    parts = xlsx_parts(old, HEAD + row(2, "B1"), states={1: state})
    with open_roster(packed(file, parts)) as table:
        assert table.sheets == (Sheet("Sheet1", True, 2), Sheet("Sheet2", False, 2))
        assert (table.sheet, list(table.rows)) == ("Sheet2", [(2, ["B1"])])
    assert rows_in(file, "Sheet1") == [(2, ["B9"])]
    assert rows_in(packed(file, xlsx_parts(old, states={1: state}))) == [(2, ["B9"])]
    empty = xlsx_parts(old, "", states={1: state})
    assert rows_in(packed(file, empty)) == [(2, ["B9"])]


def test_a_hidden_sheet_is_not_read_instead_of_a_visible_one_without_headings(file: Path) -> None:
    parts = xlsx_parts(
        HEAD + row(2, "B9"), row(1, "甲", "乙") + row(2, "1", "2"), states={1: "hidden"}
    )
    with open_roster(packed(file, parts)) as table:
        assert (table.sheet, table.header.known) == ("Sheet2", 0)


def test_merged_cells_fill_down_and_across_but_no_empty_rows(file: Path) -> None:
    head = row(1, "VIP客户清单") + row(2, "客户编号", "客户姓名", "所属单位", "客户经理工号")
    rows = (
        row(3, "B1", "甲", "A/B", "M1")
        + row(4, "B2", "乙")
        + f'<row r="5">{text("A5", "B3")}{text("D5", "M2")}</row>'
        + row(6, "B4", "丙", "C")
    )
    areas = ("A1:D1", "C3:C5", "D3:D4", "C6:D6", "C20:C30", "A7:A9")
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    path = packed(file, xlsx_parts(head + rows, after=f"<mergeCells>{merged}</mergeCells>"))
    with open_roster(path) as table:
        assert table.header.row_number == 2
        assert list(table.rows) == [
            (3, ["B1", "甲", "A/B", "M1"]),
            (4, ["B2", "乙", "A/B", "M1"]),
            (5, ["B3", "", "A/B", "M2"]),
            (6, ["B4", "丙", "C", "C"]),
        ]


def test_headings_of_two_storeys_are_one_row_of_headings(file: Path) -> None:
    rows = (
        f'<row r="1">{text("A1", "客户编号")}{text("B1", "客户姓名")}{text("C1", "客户经理")}</row>'
        f'<row r="2">{text("C2", "工号")}{text("D2", "姓名")}</row>'
        + row(3, "B1", "王", "M1", "李")
    )
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in ("A1:A2", "B1:B2", "C1:D1"))
    with open_roster(
        packed(file, xlsx_parts(rows, after=f"<mergeCells>{merged}</mergeCells>"))
    ) as t:
        assert t.header.row_number == 2
        assert t.header.mapping == {"number": 0, "name": 1, "manager": 2, "manager_name": 3}
        assert list(t.rows) == [(3, ["B1", "王", "M1", "李"])]


# --- XLSB -------------------------------------------------------------------------------------

BINARY_HEAD: Mapping[int, object] = {0: "客户编号", 1: "客户姓名", 2: "出生日期", 16383: None}


def test_a_binary_workbook_is_read_like_any_other(tmp_path: Path) -> None:
    rows: dict[int, Mapping[int, object]] = {
        0: BINARY_HEAD,
        1: {0: "B1", 1: "王", 2: 29222},
        2: {0: b"\x2a", 2: 29222},
        3: {0: 110101198001021234, 1: True},
        4: {0: 13812340001.0, 2: 0.5},
        1_048_575: {5: None},
    }
    sheet = xlsb_sheet(rows, merges=[(1, 2, 1, 1)], styles={(1, 2): 1})
    hidden = xlsb_sheet({0: {0: "客户编号", 1: "姓名", 2: "生日", 3: "性别"}})
    path = packed(tmp_path / "b.xlsb", xlsb_parts(sheet, hidden, hidden=[2]))
    with open_roster(path) as table:
        assert table.sheets == (Sheet("Sheet1", False, 5), Sheet("Sheet2", True, 1))
        assert list(table.rows) == [
            (2, ["B1", "王", "1980-01-02"]),
            (3, ["#N/A", "王", 29222]),
            (4, [110101198001021232, True]),
            (5, [13812340001, "", 0.5]),
        ]
    far = xlsb_sheet({0: BINARY_HEAD, 1_048_575: {16383: "x"}})
    assert problem_of(packed(path, xlsb_parts(far))) == FileProblem.TOO_MANY_COLUMNS


def test_a_binary_workbook_knows_its_date_system(tmp_path: Path) -> None:
    sheet = xlsb_sheet(
        {0: BINARY_HEAD, 1: {0: "B1", 2: 27760}, 2: {0: "B2", 2: 27760}}, (), {(1, 2): 1}
    )
    path = packed(tmp_path / "b.xlsb", xlsb_parts(sheet, is_1904=True))
    days = [cells[2] for _number, cells in rows_in(path)]
    assert days == ["1980-01-02", {"number": 27760, "system": 1904}]


# --- XLS --------------------------------------------------------------------------------------


def test_a_workbook_of_excel_2003_is_read_like_any_other() -> None:
    with open_roster(DATA / "office-2003.xls") as table:
        assert table.sheets == (Sheet("名单", False, 7), Sheet("旧表", True, 2))
        assert (table.sheet, table.header.row_number) == ("名单", 2)
        unit = ["滨江市分公司/城东区分公司", "M1006"]
        assert list(table.rows) == [
            (3, ["CX00201", "王小明", 13812340001, "金卡", *unit, "1980-01-02"]),
            (4, [110101198001021232, "李四", "", "金卡", *unit]),
            (5, ["#N/A", "赵五"]),
            (6, ["#REF!"]),
            (7, ["CX00204", "", "", "", "", "", 29222]),
        ]
    assert rows_in(DATA / "office-2003.xls", "旧表") == [(2, ["CX00299"])]


def test_a_workbook_of_excel_2003_knows_its_date_system() -> None:
    days = [cells[2] for _number, cells in rows_in(DATA / "office-2003-mac.xls")]
    assert days == [{"number": 27760, "system": 1904}, "1980-01-02"]


def test_a_compound_file_without_a_workbook_or_with_a_password_says_so(tmp_path: Path) -> None:
    whole = (DATA / "office-2003.xls").read_bytes()
    path = tmp_path / "x.xls"
    path.write_bytes(whole.replace("Workbook".encode("utf-16-le"), "Document".encode("utf-16-le")))
    assert problem_of(path) == FileProblem.NOT_A_SPREADSHEET
    begin = whole.index(b"\x09\x08\x10\x00")
    password = begin + 20
    path.write_bytes(whole[:password] + b"\x2f\x00" + whole[password + 2 :])
    assert problem_of(path) == FileProblem.PASSWORD
    path.write_bytes(whole[: len(whole) // 2])
    assert problem_of(path) == FileProblem.DAMAGED


# --- ODS --------------------------------------------------------------------------------------


def test_a_workbook_of_libreoffice_is_read_like_any_other(tmp_path: Path) -> None:
    def number(value: str, attributes: str = "") -> str:
        kind = 'office:value-type="float"'
        return f'<table:table-cell {kind} office:value="{value}" {attributes}/>'

    day = '<table:table-cell office:value-type="date" office:date-value="1980-01-02"/>'
    error = (
        '<table:table-cell table:formula="of:=A1" office:value-type="string"'
        ' office:string-value=""><text:p>#N/A</text:p></table:table-cell>'
    )
    noted = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>秘密</text:p>'
        "</office:annotation><text:p>王<text:s/>明</text:p><text:p>二</text:p></table:table-cell>"
    )
    wide = (
        '<table:table-cell table:number-rows-spanned="2" office:value-type="string">'
        "<text:p>M1</text:p></table:table-cell>"
    )
    rows = (
        ods_row("VIP客户清单", '<table:table-cell table:number-columns-repeated="16383"/>')
        + ods_row("客户编号", "客户姓名", "出生日期", "客户经理工号")
        + ods_row("B1", noted, day, wide)
        + ods_row("B2", error, number("29222"), "<table:covered-table-cell/>")
        + ods_row(number("110101198001025678"), '<table:table-cell table:formula="of:=A1"/>')
        + ods_row(attributes='table:number-rows-repeated="1000"')
        + ods_row("B4", "<table:table-cell/>", attributes='table:number-rows-repeated="2"')
        + ods_row(attributes='table:number-rows-repeated="1047000"')
    )
    tables = ods_table("旧表", ods_row("客户编号", "姓名", "性别", "手机", "级别"), "ta2")
    path = packed(tmp_path / "a.ods", ods_parts(tables + ods_table("名单", rows)))
    with open_roster(path) as table:
        assert table.sheets == (Sheet("旧表", True, 1), Sheet("名单", False, 7))
        assert table.header.row_number == 2
        assert list(table.rows) == [
            (3, ["B1", "王 明\n二", "1980-01-02", "M1"]),
            (4, ["B2", "#N/A", 29222, "M1"]),
            (5, [110101198001025678, {"formula": "A1"}]),
            (1006, ["B4"]),
            (1007, ["B4"]),
        ]


def test_a_workbook_of_libreoffice_knows_its_date_system_and_its_limits(tmp_path: Path) -> None:
    zero = (
        '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/>'
        "</table:calculation-settings>"
    )
    number = '<table:table-cell office:value-type="float" office:value="27760"/>'
    rows = ods_row("客户编号", "出生日期") + ods_row("B1", number)
    path = packed(tmp_path / "a.ods", ods_parts(ods_table("a", rows), zero))
    assert rows_in(path) == [(2, ["B1", {"number": 27760, "system": 1904}])]
    everywhere = number.replace("/>", ' table:number-columns-repeated="16384"/>')
    bomb = rows + ods_row(everywhere, attributes='table:number-rows-repeated="1048576"')
    found = problem_of(packed(path, ods_parts(ods_table("a", bomb))))
    assert found in {FileProblem.TOO_MANY_COLUMNS, FileProblem.UNPACKS_TOO_LARGE}
    locked = "<m:file-entry><m:encryption-data/></m:file-entry>"
    assert problem_of(packed(path, ods_parts("", manifest=locked))) == FileProblem.PASSWORD


@pytest.mark.parametrize("kind", ["xlsx", "xlsb", "ods", "xls"])
def test_every_kind_of_workbook_is_read_under_the_same_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    books: dict[str, Mapping[str, str | bytes]] = {
        "xlsx": xlsx_parts(HEAD + "".join(row(n, f"B{n}") for n in range(2, 8))),
        "xlsb": xlsb_parts(xlsb_sheet({0: BINARY_HEAD, **{n: {0: f"B{n}"} for n in range(1, 7)}})),
        "ods": ods_parts(
            ods_table(
                "a", ods_row("客户编号", "姓名") + "".join(ods_row(f"B{n}") for n in range(6))
            )
        ),
    }
    path = DATA / "office-2003.xls"
    if kind != "xls":
        path = packed(tmp_path / f"a.{kind}", books[kind])
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 4)
    assert problem_of(path) == FileProblem.TOO_MANY_ROWS
