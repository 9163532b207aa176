"""Headings are found and understood, however an office writes them."""

from __future__ import annotations

import pytest

from exchange.rules.headings import (
    ALIASES,
    HEADER_SEARCH_ROWS,
    RosterField,
    best_sheet,
    find_header,
    heading_key,
    read_header,
    recognise_heading,
)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("客户编号", RosterField.NUMBER),
        (" 客户 编号 ", RosterField.NUMBER),
        ("Customer Number", RosterField.NUMBER),
        ("customer_number", RosterField.NUMBER),
        ("手机号码*", RosterField.PHONE),
        ("VIP级别", RosterField.TIER),
        ("ＶＩＰ级别", RosterField.TIER),
        ("vip级别（钻卡/金卡/银卡）", RosterField.TIER),
        ("出生日期(年-月-日)", RosterField.BIRTHDAY),
        ("客户经理姓名", RosterField.MANAGER_NAME),
        ("客户经理工号", RosterField.MANAGER),
        ("Last contact date", RosterField.LAST_CONTACT),
    ],
)
def test_a_heading_is_known_in_every_way_of_writing_it(heading: str, field: RosterField) -> None:
    assert recognise_heading(heading) == field


@pytest.mark.parametrize("heading", ["备注", "", "VIP客户清单", "12", "（）"])
def test_other_texts_are_no_headings(heading: str) -> None:
    assert recognise_heading(heading) is None


def test_no_alias_belongs_to_two_fields() -> None:
    keys = [heading_key(alias) for aliases in ALIASES.values() for alias in aliases]
    assert set(ALIASES) == set(RosterField)
    assert len(keys) == len(set(keys))


def test_the_header_is_found_under_title_rows_in_any_order_of_columns() -> None:
    rows = [
        ["滨江市分公司VIP客户清单"],
        [],
        ["", "备注", "VIP级别", "客户编号"],
        ["", "好", "金卡", "1"],
    ]
    header = find_header(rows, recognise_heading)
    assert header is not None
    assert header.row_number == 3
    assert header.mapping == {RosterField.TIER: 2, RosterField.NUMBER: 3}
    assert [column.heading for column in header.unknown] == ["备注"]


def test_the_row_with_most_known_headings_is_the_header() -> None:
    rows = [["姓名"], ["客户编号", "姓名", "级别"], ["姓名", "客户编号"]]
    header = find_header(rows, recognise_heading)
    assert header is not None
    assert header.row_number == 2


def test_a_header_further_down_than_the_first_rows_is_not_looked_for() -> None:
    rows = [[""]] * HEADER_SEARCH_ROWS + [["客户编号"]]
    assert find_header(rows, recognise_heading) is None
    assert find_header(rows[1:], recognise_heading) is not None


def test_a_field_named_twice_belongs_to_its_first_column() -> None:
    header = read_header(1, ["手机", "手机号码"], recognise_heading)
    assert header.mapping == {RosterField.PHONE: 0}
    assert [column.index for column in header.unknown] == [1]


def test_the_first_sheet_with_most_known_headings_is_read() -> None:
    poor, rich = (
        read_header(1, ["姓名"], recognise_heading),
        read_header(1, ["姓名", "客户编号"], recognise_heading),
    )
    assert best_sheet([None, poor, rich, rich]) == 2
    assert best_sheet([None, None]) is None
