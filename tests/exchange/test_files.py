"""Files of every kind are opened as one table, or refused with a clear problem."""

from __future__ import annotations

import codecs
import os
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.rules import spreadsheets
from exchange.rules.headings import Cell, RosterField
from exchange.rules.reasons import CellRejectedError, Reason
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.values import read_name
from exchange.services.files import FileRejectedError, Sheet, open_roster
from exchange.services.texts import problem_text
from tests.exchange.rosters import HEADINGS, ROSTER, Rows, row_of

Write = Callable[..., Path]


def rows_in(path: Path) -> list[tuple[int, list[Cell]]]:
    with open_roster(path) as table:
        return list(table.rows)


def problem_of(path: Path) -> FileProblem:
    with pytest.raises(FileRejectedError) as caught:
        rows_in(path)
    return caught.value.problem


def csv_file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def with_parts(source: Path, path: Path, **parts: str) -> Path:
    """Copy a workbook and put other text into some of its parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            stem = Path(name).stem
            new.writestr(name, parts[stem] if stem in parts else old.read(name))
    return path


# --- Workbooks --------------------------------------------------------------------------------


def test_rows_carry_the_numbers_that_the_spreadsheet_shows() -> None:
    with open_roster(ROSTER) as table:
        assert table.sheet == "VIP客户清单"
        assert table.header.row_number == 2
        rows = list(table.rows)
    assert (len(rows), rows[0][0], rows[-1][0]) == (1200, 3, 1202)
    assert rows[20 - 3][1][table.header.mapping[RosterField.PHONE]] == "1380013800"


def test_the_roster_may_stand_on_any_sheet(workbook: Write) -> None:
    path = workbook([HEADINGS, row_of("B1")], sheets=[[["说明"], ["姓名"]], []])
    with open_roster(path) as table:
        assert table.sheet == "Sheet3"
        assert [number for number, _ in table.rows] == [2]


def test_empty_rows_and_columns_before_the_table_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "away.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(4, 3, ["客户编号", "姓名"])
        sheet.write_row(7, 3, ["B1", "王"])
    with open_roster(path) as table:
        assert table.header.row_number == 5
        assert table.header.mapping[RosterField.NUMBER] == 3
        filled = [(number, cells) for number, cells in table.rows if any(cells)]
    assert filled == [(8, ["", "", "", "B1", "王"])]


def test_a_formula_is_its_value_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "formulas.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["客户编号", "姓名"])
        sheet.write_formula(1, 0, '="B"&1', None, "B1")
        sheet.write_string(1, 1, "=cmd|' /C calc'!A0")
    assert rows_in(path) == [(2, ["B1", "=cmd|' /C calc'!A0"])]


def test_a_cell_at_the_far_end_of_the_sheet_is_refused(workbook: Write, tmp_path: Path) -> None:
    far = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>客户编号</t></is></c></row>'
        '<row r="1048576"><c s="0" r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    path = with_parts(workbook([HEADINGS]), tmp_path / "far.xlsx", sheet1=far)
    assert problem_of(path) == FileProblem.TOO_MANY_COLUMNS
    wide = far.replace("1048576", "9")
    path = with_parts(workbook([HEADINGS]), tmp_path / "wide.xlsx", sheet1=wide)
    assert problem_of(path) == FileProblem.TOO_MANY_COLUMNS


def test_cells_without_names_cannot_reach_the_far_end_either(
    workbook: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_READER_MEMORY", 400 * spreadsheets.MEBIBYTE)
    nameless = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1">{"<c/>" * 16000}<c><v>1</v></c></row>'
        f"{'<row/>' * 100000}<row><c><v>1</v></c></row></sheetData></worksheet>"
    )
    path = with_parts(workbook([HEADINGS]), tmp_path / "nameless.xlsx", sheet1=nameless)
    assert problem_of(path) == FileProblem.TOO_MANY_COLUMNS


def test_a_zip_bomb_is_refused_before_it_is_read(workbook: Write, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    piece = b" " * (1 << 20)
    with (
        zipfile.ZipFile(workbook([HEADINGS, row_of("B1")])) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        with new.open("xl/media/image1.png", "w") as stream:
            for _ in range(spreadsheets.MAX_UNPACKED_BYTES // len(piece) + 1):
                stream.write(piece)
    assert path.stat().st_size < spreadsheets.MEBIBYTE
    assert problem_of(path) == FileProblem.UNPACKS_TOO_LARGE


def test_a_part_that_lies_about_its_size_is_refused(
    workbook: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = workbook([HEADINGS, row_of("B1")])
    path = with_parts(honest, tmp_path / "liar.xlsx", styles=" " * 10_000_000)
    told = path.read_bytes().replace((10_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(told)
    assert problem_of(path) == FileProblem.DAMAGED


def test_the_reader_is_stopped_at_its_memory_limit(
    workbook: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<si><t>客户编号</t></si>{''.join(f'<si><t>{n:9}</t></si>' for n in range(200_000))}</sst>"
    )
    path = with_parts(workbook([["客户编号"]]), tmp_path / "many.xlsx", sharedStrings=many)
    assert rows_in(path) == []
    monkeypatch.setattr(spreadsheets, "MAX_READER_MEMORY", 30 * spreadsheets.MEBIBYTE)
    assert problem_of(path) == FileProblem.UNPACKS_TOO_LARGE


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [
        ("MAX_ROWS", 1000, FileProblem.TOO_MANY_ROWS),
        ("MAX_COLUMNS", 20, FileProblem.TOO_MANY_COLUMNS),
        ("MAX_AREA", 10_000, FileProblem.TOO_MANY_ROWS),
        ("MAX_UNPACKED_BYTES", 100_000, FileProblem.UNPACKS_TOO_LARGE),
        ("MAX_ZIP_MEMBERS", 5, FileProblem.UNPACKS_TOO_LARGE),
        ("MAX_UPLOAD_BYTES", 100_000, FileProblem.TOO_LARGE),
    ],
)
def test_each_limit_has_its_clear_problem(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, problem: FileProblem
) -> None:
    assert len(rows_in(ROSTER)) == 1200
    monkeypatch.setattr(spreadsheets, limit, value)
    assert problem_of(ROSTER) == problem


def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    stream = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + stream + bytes(5000))
    assert problem_of(path) == FileProblem.PASSWORD


def test_a_workbook_of_an_excel_before_5_says_so(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\x09\x04\x06\x00\x00\x00\x10\x00" + bytes(600))
    assert problem_of(path) == FileProblem.OLD_EXCEL


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 \xe2\xe3",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    ],
)
def test_what_is_no_spreadsheet_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(content)
    assert problem_of(path) == FileProblem.NOT_A_SPREADSHEET


def test_an_archive_without_a_workbook_says_so(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert problem_of(path) == FileProblem.NOT_A_SPREADSHEET


def test_a_workbook_cut_off_in_the_middle_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "half.xlsx"
    path.write_bytes(ROSTER.read_bytes()[: ROSTER.stat().st_size // 2])
    assert problem_of(path) == FileProblem.DAMAGED


def test_an_empty_file_and_one_without_headings_say_so(tmp_path: Path, workbook: Write) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert problem_of(empty) == FileProblem.EMPTY
    assert problem_of(csv_file(tmp_path, "\n \n")) == FileProblem.EMPTY
    assert problem_of(workbook([])) == FileProblem.EMPTY
    assert problem_of(csv_file(tmp_path, "a\n1\n")) == FileProblem.NO_HEADINGS
    assert problem_of(workbook([["a"], ["b"]])) == FileProblem.NO_HEADINGS


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_where_no_heading_is_known_the_first_row_with_two_texts_is_the_header(
    tmp_path: Path, delimiter: str
) -> None:
    text = "清单\n用户标识,机主; 号码\nA1,冯一; 13900005131\nA2,冯二;\n"
    text = text.replace("; ", ",").replace(";", ",").replace(",", delimiter)
    with open_roster(csv_file(tmp_path, text)) as table:
        assert (table.header.row_number, table.header.known, table.sheets) == (2, 0, ())
        assert [column.heading for column in table.header.columns] == ["用户标识", "机主", "号码"]
        assert [cells[0] for _, cells in table.rows] == ["A1", "A2"]


def test_a_workbook_without_known_headings_is_read_from_its_first_sheet_with_rows(
    workbook: Write,
) -> None:
    path = workbook([["甲", "乙"], ["1", "2"]], sheets=[[], [["用户标识", "机主"], ["A1", "冯一"]]])
    with open_roster(path) as table:
        assert (table.sheet, table.header.row_number, table.header.known) == ("Sheet2", 1, 0)
        assert list(table.rows) == [(2, ["A1", "冯一"])]


def test_every_sheet_is_named_and_can_be_chosen_the_hidden_ones_too(tmp_path: Path) -> None:
    path = tmp_path / "sheets.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("名单").write_column(0, 0, ["客户编号", "B1"])
        book.add_chartsheet("图")
        old = book.add_worksheet("旧表")
        old.write_row(0, 0, ["客户编号", "姓名"])
        old.write_row(1, 0, ["B2", "王"])
        old.hide()
    with open_roster(path) as table:
        assert table.sheet == "名单"
        assert table.sheets == (
            Sheet("名单", hidden=False, rows=2),
            Sheet("旧表", hidden=True, rows=2),
        )
        assert list(table.rows) == [(2, ["B1"])]
    with open_roster(path, "旧表") as table:
        assert list(table.rows) == [(2, ["B2", "王"])]
    with pytest.raises(FileRejectedError) as caught, open_roster(path, "没有"):
        pass
    assert caught.value.problem == FileProblem.NO_SUCH_SHEET


def test_leaving_a_workbook_half_read_leaves_no_process_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []

    class Noted(subprocess.Popen[str]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self.pid)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    with open_roster(ROSTER) as table:
        assert next(table.rows)[0] == 3
    (reader,) = started
    # Other children of this process are other tests': a browser, say.
    with pytest.raises(ChildProcessError):
        os.waitpid(reader, os.WNOHANG)


# --- CSV --------------------------------------------------------------------------------------

CSV = "客户清单\n\n客户编号,姓名\nB1,王小明\nB2,镕𠮷\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_the_encodings_of_chinese_offices(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path, CSV, encoding)
    assert rows_in(path) == [(4, ["B1", "王小明"]), (5, ["B2", "镕𠮷"])]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = csv_file(tmp_path, CSV.replace(",", delimiter))
    assert rows_in(path)[0] == (4, ["B1", "王小明"])


@pytest.mark.parametrize("headings", ["客戶編號,姓名", "用戶標識,機主", "customer number,name"])
def test_big5_is_refused_in_words_whatever_its_headings(tmp_path: Path, headings: str) -> None:
    people = "".join(f"B{n},{name}\n" for n, name in enumerate(["王小明", "陳建華", "林志偉"]))
    assert problem_of(csv_file(tmp_path, f"{headings}\n{people}", "big5")) == FileProblem.ENCODING


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_traditional_headings_mean_the_same(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path, "客戶編號,客戶姓名,手機號碼\nB1,陳建華,\n", encoding)
    with open_roster(path) as table:
        assert list(table.header.mapping) == ["number", "name", "phone"]
        assert list(table.rows) == [(2, ["B1", "陳建華", ""])]


def test_text_in_no_known_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes("客户编号,姓名\n".encode() + b"B1,\xff\xff\n")
    assert problem_of(path) == FileProblem.ENCODING


def test_a_line_break_within_quotes_is_one_row_as_the_spreadsheet_counts(tmp_path: Path) -> None:
    path = csv_file(tmp_path, '客户编号,家庭住址\nB1,"一号楼\n二单元"\nB2,三号楼\n')
    assert rows_in(path) == [(2, ["B1", "一号楼\n二单元"]), (3, ["B2", "三号楼"])]


def test_a_field_beyond_all_measure_is_damage(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "客户编号,姓名\nB1," + "王" * 200_000)
    assert problem_of(path) == FileProblem.DAMAGED


def test_a_row_of_more_columns_than_are_read_is_refused_before_it_is_looked_at(
    tmp_path: Path,
) -> None:
    path = csv_file(tmp_path, "客户编号,姓名\nB1" + "," * 300_000 + "\n")
    assert rows_in(path) == [(2, ["B1"])]
    assert problem_of(csv_file(tmp_path, ",".join("abc" * 100_000))) == "too_many_columns"


# --- Text: quotation marks --------------------------------------------------------------------

BROKEN = [
    # A field that is never closed, whatever column it stands in.
    ('B1,王,"一号\nB2,李,二号\nB3,赵,三号\n', 2),
    ('B1,王,一号\nB2,李,"二号\nB3,赵,三号\n', 3),
    ('B1,王,一号\nB2,李,二号\n"B3,赵,三号\n', 4),
    ('B1,王,"' + "一" * 200_000, 2),
    ('B1,王,"一号""\nB2,李,二号\n', 2),
    # Closed far below: by the mark that opens another field, or by one that stands there alone.
    ('B1,王,"一号\nB2,李,二号\nB3,赵,"三号"\n', 2),
    ('B1,王,"一号\nB2,李,二号"\nB3,赵,三号\n', 2),
    ('B1,王,"一号\nB2,李,",二号\n', 2),
    ('"B1","王","一号\n"B2","李","二号"\n', 2),
    ('"B1,王\nB2",李,二号\n', 2),
    # Not all columns of what was swallowed: the number stands where this row's does.
    ('王,13900005101,"一号\n李,13900005102"\n赵,13900005103,三号\n', 2),
    # Within one row: fields made one.
    ('B1,"王,13900005101,"一号",x\n', 2),
]


@pytest.mark.parametrize(("rows", "row_number"), BROKEN)
@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_a_quotation_mark_that_swallows_rows_or_fields_refuses_the_file_and_names_the_row(
    tmp_path: Path, rows: str, row_number: int, delimiter: str
) -> None:
    text = f"客户编号,姓名,家庭住址\n{rows}".replace(",", delimiter)
    with pytest.raises(FileRejectedError) as caught:
        rows_in(csv_file(tmp_path, text))
    assert caught.value.kept == f"open_quote:{row_number}"
    assert f" {row_number} " in problem_text(caught.value.kept)


def test_a_quotation_mark_in_the_headings_is_named_too(tmp_path: Path) -> None:
    path = csv_file(tmp_path, '客户编号,"姓名,家庭住址\nB1,王,一号\n')
    with pytest.raises(FileRejectedError) as caught:
        rows_in(path)
    assert caught.value.kept == "open_quote:1"


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('B1,王,"一号楼\n二单元"', ["B1", "王", "一号楼\n二单元"]),
        ('B1,王,"1号楼,2单元\r\n3层,左"', ["B1", "王", "1号楼,2单元\r\n3层,左"]),
        ('"B1","王","他说""好""，\n走了"', ["B1", "王", '他说"好"，\n走了']),
        ('B1,13900005101,"一号楼\n5,301"', ["B1", "13900005101", "一号楼\n5,301"]),
        ('B1,王,5"管', ["B1", "王", '5"管']),
        ('B1,王,管5"', ["B1", "王", '管5"']),
        ('B1,王,"一号"旁', ["B1", "王", "一号旁"]),
        ('B1,王,""', ["B1", "王", ""]),
        (
            'B1,"王, 小明","Room 5, Block 3\nRenmin Road"',
            ["B1", "王, 小明", "Room 5, Block 3\nRenmin Road"],
        ),
    ],
)
def test_a_quoted_value_of_several_lines_is_one_value(
    tmp_path: Path, row: str, cells: list[str]
) -> None:
    path = csv_file(tmp_path, f"客户编号,姓名,家庭住址\n{row}\nB2,李,二号\n")
    assert rows_in(path) == [(2, cells), (3, ["B2", "李", "二号"])]


# --- Text: characters -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode("utf-16"),
        codecs.BOM_UTF16_BE + CSV.encode("utf-16-be"),
        CSV.encode("utf-16-le"),
        CSV.encode("utf-16-be"),
        CSV.replace(",", "\t").encode("utf-16"),
        CSV.encode() + bytes(16),
        CSV.encode("gb18030") + bytes(7) + b"\x1a",
        CSV.encode() + b"\x1a",
        CSV.replace(",", "\0\0,").encode("gb18030"),
        CSV.encode("utf-16") + bytes(6),
        f"sep=;\n{CSV}".replace(",", ";").encode(),
    ],
)
def test_text_is_read_as_spreadsheet_programs_read_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roster.txt"
    path.write_bytes(content)
    filled = [cells for _number, cells in rows_in(path) if any(cells)]
    assert filled == [["B1", "王小明"], ["B2", "镕𠮷"]]


def test_the_euro_of_windows_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes("客户编号,套餐\nB1,".encode("gbk") + b"\x80" + "5套餐\n".encode("gbk"))
    assert rows_in(path) == [(2, ["B1", "€5套餐"])]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_last_character_that_is_cut_off_is_told_in_its_row(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes("客户编号,姓名\nB1,王\nB2,李小明".encode(encoding)[:-1])
    assert rows_in(path) == [(2, ["B1", "王"]), (3, ["B2", "李小\ufffd"])]
    with pytest.raises(CellRejectedError) as caught:
        read_name("李小\ufffd")
    assert caught.value.reason == Reason.LOST_CHARACTER


@pytest.mark.parametrize(
    "binary", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"MZ\x90\0\3\0\0\0\4", b"{\\rtf1"]
)
def test_what_is_binary_is_no_text_with_zeros(tmp_path: Path, binary: bytes) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(binary + bytes(100))
    assert problem_of(path) == FileProblem.NOT_A_SPREADSHEET


# --- Anything at all --------------------------------------------------------------------------

fuzz = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_or_refuse(path: Path) -> None:
    """Anything but rows or FileRejectedError fails the test by itself."""
    with suppress(FileRejectedError):
        assert isinstance(rows_in(path), list)


@fuzz
@given(content=st.binary(max_size=2000))
def test_any_bytes_are_a_table_or_a_clear_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    read_or_refuse(path)


@fuzz
@given(content=st.text(max_size=500))
def test_any_text_below_headings_is_rows_or_a_clear_problem(tmp_path: Path, content: str) -> None:
    path = tmp_path / "any.csv"
    path.write_text(f"客户编号,姓名\n{content}", encoding="utf-8", errors="surrogatepass")
    read_or_refuse(path)


@settings(fuzz, max_examples=25)
@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_workbook_with_some_bytes_changed_is_rows_or_a_clear_problem(
    tmp_path: Path, places: list[tuple[float, int]]
) -> None:
    content = bytearray(small_workbook(tmp_path).read_bytes())
    for place, byte in places:
        content[int(place * (len(content) - 1))] = byte
    path = tmp_path / "changed.xlsx"
    path.write_bytes(content)
    read_or_refuse(path)


def small_workbook(tmp_path: Path) -> Path:
    path = tmp_path / "small.xlsx"
    if not path.exists():
        rows: Rows = [HEADINGS, row_of("B1")]
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            for place, cells in enumerate(rows):
                sheet.write_row(place, 0, cells)
    return path


def test_every_problem_has_a_text(settings: Any) -> None:
    assert all(problem_text(problem) for problem in FileProblem)
