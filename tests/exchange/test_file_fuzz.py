"""Whatever bytes of a good file are changed: rows come out, or a clear problem, never a crash."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exchange.services import files
from exchange.services.files import FileRejectedError, open_roster
from exchange.services.workbooks import process
from exchange.services.workbooks.sheets import LimitPassedError
from tests.exchange import workbooks
from tests.exchange.rosters import DATA

LIMITS = {**files.limits(), "head_rows": 30}
HEAD = workbooks.row(1, "客户编号", "客户姓名", "出生日期")
MERGES = '<mergeCells><mergeCell ref="A2:B3"/></mergeCells>'
FORMATS = '<numFmts><numFmt numFmtId="164" formatCode="yyyy"/></numFmts><cellXfs><xf/></cellXfs>'
ROWS = workbooks.row(2, "B1", "王", '<c r="C2" s="0"><v>29222</v></c>') + workbooks.row(3, "B2")
TWICE = 'table:number-rows-repeated="2"'
TABLE = workbooks.ods_table(
    "a", workbooks.ods_row("客户编号", "姓名") + workbooks.ods_row("B1", attributes=TWICE)
)
BINARY = workbooks.xlsb_sheet(
    {0: {0: "客户编号", 1: "姓名"}, 1: {0: "B1", 1: 7, 2: b"\x2a", 3: True, 4: 1.5}}, [(1, 2, 0, 1)]
)
KINDS: dict[str, dict[str, str | bytes]] = {
    "xlsx": {**workbooks.xlsx_parts(HEAD + ROWS, after=MERGES, styles=FORMATS)},
    "xlsb": workbooks.xlsb_parts(BINARY),
    "ods": {**workbooks.ods_parts(TABLE)},
}
CSV = '客户编号,姓名,家庭住址\nB1,王,"一号楼\n二单元"\nB2,李,"二""号"\n'
TEXTS = [CSV.encode(), CSV.encode("gb18030"), CSV.encode("utf-16"), CSV.replace(",", "|").encode()]

changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12)
fuzz = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


def changed(content: bytes, places: list[tuple[float, int]]) -> bytes:
    made = bytearray(content)
    for place, byte in places:
        made[int(place * (len(made) - 1))] = byte
    return bytes(made)


def read_here(path: Path) -> int:
    """Read all sheets of a workbook in this process; return how many rows there are."""
    read = 0
    known = (LimitPassedError, MemoryError, *process.UNREADABLE)
    with suppress(*known), process.opened(str(path), LIMITS) as book:
        for place in range(len(book.sheets)):
            read += sum(1 for _row in process.filled_rows(book, place, LIMITS, 1, False))
    return read


@pytest.mark.parametrize("kind", KINDS)
@settings(fuzz, max_examples=80)
@given(places=changes, seed=st.integers(0, 1000))
@example(places=[], seed=0)
def test_a_part_with_bytes_changed_is_rows_or_a_known_error(
    tmp_path: Path, kind: str, places: list[tuple[float, int]], seed: int
) -> None:
    parts = dict(KINDS[kind])
    name = random.Random(seed).choice(sorted(parts))
    content = parts[name]
    whole = content.encode() if isinstance(content, str) else content
    parts[name] = changed(whole, places)
    read = read_here(workbooks.packed(tmp_path / "changed", parts))
    assert places or read == (2 if kind == "xlsb" else 3)


@settings(fuzz, max_examples=10)
@given(places=changes)
@example(places=[])
def test_a_workbook_of_excel_2003_with_bytes_changed_is_rows_or_a_clear_problem(
    tmp_path: Path, places: list[tuple[float, int]]
) -> None:
    path = tmp_path / "changed.xls"
    path.write_bytes(changed((DATA / "office-2003.xls").read_bytes(), places))
    rows = -1
    with suppress(FileRejectedError), open_roster(path) as table:
        rows = len(list(table.rows))
    assert places or rows == 5


@pytest.mark.parametrize("text", TEXTS)
@settings(fuzz, max_examples=60)
@given(places=changes, cut=st.integers(0, 40))
@example(places=[], cut=0)
def test_a_text_with_bytes_changed_or_cut_is_rows_or_a_clear_problem(
    tmp_path: Path, text: bytes, places: list[tuple[float, int]], cut: int
) -> None:
    path = tmp_path / "changed.csv"
    path.write_bytes(changed(text, places)[: len(text) - cut])
    rows = -1
    with suppress(FileRejectedError), open_roster(path) as table:
        rows = len(list(table.rows))
    assert places or cut or rows == 2


@settings(fuzz, max_examples=150)
@given(text=st.text('ab1,"\n\r', max_size=60))
def test_a_text_of_marks_and_line_ends_loses_no_row(tmp_path: Path, text: str) -> None:
    """What is read without a complaint holds every letter and every row of numbers of the file."""
    path = tmp_path / "marks.csv"
    path.write_bytes(f"客户编号,姓名,家庭住址\n{text}".encode())
    with suppress(FileRejectedError), open_roster(path) as table:
        cells = [str(cell) for _number, cells in table.rows for cell in cells]
        assert [c for c in "".join(cells) if c in "ab1"] == [c for c in text if c in "ab1"]
        lines = [line for cell in cells for line in cell.splitlines()[1:]]
        assert not any(line.count(",") >= 2 for line in lines)
