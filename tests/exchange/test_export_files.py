"""What stands in the cells of exported files, and that nothing in them is a formula."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from core.columns import Kind
from exchange.rules.cells import Seen, cell_value, csv_text
from exchange.services.export_files import open_file

PHONE = "13812341234"
MOMENT = datetime.fromisoformat("2026-11-23T09:05")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.WORDS, Kind.PHONE])
def test_no_text_begins_like_a_formula(start: str, kind: Kind) -> None:
    value = cell_value(f"{start}1+1 的公式文字", kind, whole_numbers=True)
    assert str(value).startswith("'" + start)


@given(st.text(), st.sampled_from(list(Kind)), st.booleans())
def test_whatever_is_written_a_cell_never_begins_like_a_formula(
    text: str, kind: Kind, whole: bool
) -> None:
    assert not csv_text(cell_value(text, kind, whole_numbers=whole)).startswith(
        ("=", "+", "-", "@", "\t", "\r")
    )


def test_numbers_are_masked_unless_whole_ones_are_permitted() -> None:
    assert cell_value(PHONE, Kind.PHONE, whole_numbers=False) == "138****1234"
    assert cell_value(PHONE, Kind.PHONE, whole_numbers=True) == PHONE
    words = f"改打{PHONE}。"
    assert cell_value(words, Kind.WORDS, whole_numbers=False) == "改打138****1234。"
    assert cell_value(words, Kind.WORDS, whole_numbers=True) == words
    assert cell_value(PHONE, Kind.TEXT, whole_numbers=False) == PHONE


def test_nothing_is_nothing_and_days_stay_days() -> None:
    assert cell_value("", Kind.TEXT, whole_numbers=False) is None
    assert cell_value(None, Kind.PHONE, whole_numbers=False) is None
    day, moment = date(2026, 11, 23), MOMENT
    assert cell_value(day, Kind.MOMENT, whole_numbers=False) is day
    assert csv_text(day) == "2026-11-23"
    assert csv_text(moment) == "2026-11-23 09:05"


ROW: list[Any] = [
    "007",
    PHONE,
    "'=1+1",
    date(2026, 11, 23),
    MOMENT,
    12,
    None,
    "王,\n“芳”",
]
HEADINGS = [str(number) for number in range(len(ROW))]


def test_a_workbook_has_text_as_text_and_days_as_days(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    file = open_file("xlsx", path, HEADINGS)
    file.write(ROW)
    file.finish()
    rows = load_workbook(path).get_sheet_by_index(0).to_python()
    assert rows == [HEADINGS, [*ROW[:5], 12.0, "", ROW[7]]]
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def test_a_csv_file_begins_with_the_mark_by_which_excel_knows_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    file = open_file("csv", path, HEADINGS)
    file.write(ROW)
    file.finish()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream))[1] == [csv_text(value) for value in ROW]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_file_that_is_dropped_leaves_nothing_open(tmp_path: Path, file_format: str) -> None:
    file = open_file(file_format, tmp_path / "a", HEADINGS)
    file.write(ROW)
    file.drop()


@given(st.lists(st.integers(min_value=1, max_value=100_000)))
def test_an_id_is_new_once(numbers: list[int]) -> None:
    seen = Seen()
    assert [number for number in numbers if seen.add(number)] == list(dict.fromkeys(numbers))
    assert list(seen) == sorted(set(numbers))
