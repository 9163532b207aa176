"""Quotation marks of a text file by rule: which quoted fields are values, which swallow rows."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.rules.quotes import is_broken

CELLS = st.text('张三A1"，, ;-', max_size=6)


@pytest.mark.parametrize(
    ("raw", "width"),
    [
        ('CX1,"楼 3\n4 层",王', 3),
        ('CX1,"a ""b"" c",d', 3),
        ('CX1,5" 屏,d', 3),
        ('CX1,"北京, ""东城""\n路",d', 3),
        ('CX1,"note\nsecond, line",d', 4),
        ('CX1,"一\nCX2",d', 3),
        ('CX1,"13900005101\n二",d', 3),
        ('"地址\n二,三",x', 5),
        ('"CX1","王","楼,3\n4层"', 3),
        ('CX1,"",""', 3),
        ('CX1,"一"', 2),
        ('CX1,"一"  ,二', 3),
        ("CX1,一,", 3),
        ('1,"一\n2. 二",三', 4),
        ('CX1,"a\nb,c"', 2),
        ('CX1,王,"a\n李,王",d', 9),
        ('CX1,13900005101,"a\n李,1390000",d', 9),
    ],
)
def test_a_value_of_several_lines_or_marks_is_one_value(raw: str, width: int) -> None:
    assert not is_broken(raw, ",", width)
    assert not is_broken(f"{raw}\r\n", ",", width)


@pytest.mark.parametrize(
    ("raw", "width"),
    [
        ('CX1,"地址\nCX2,张三,13900005102\n', 3),
        ('"CX1,张三', 3),
        ('CX1,"地址\nCX2,张三\nCX3,"李四",x', 3),
        ('CX1,"a\nb" c,d', 3),
        ('CX1,"a,b" c,d', 3),
        ('CX1,"a\nx,y,z",d', 3),
        ('CX1,"a\nCX2,y",d', 9),
        ('CX1,王,13900005101,"a\n李,x,13900005102",d', 9),
        ('"CX1,张\nCX2",x', 0),
    ],
)
def test_a_value_that_holds_rows_or_goes_on_behind_its_end_is_broken(raw: str, width: int) -> None:
    assert is_broken(raw, ",", width)


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from(",;\t|"))
def test_what_programs_write_in_one_line_is_whole(cells: list[str], sign: str) -> None:
    written = StringIO()
    csv.writer(written, delimiter=sign, quoting=csv.QUOTE_ALL).writerow(cells)
    assert not is_broken(written.getvalue(), sign, len(cells))
