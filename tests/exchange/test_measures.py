"""Units in headings and in cells are converted exactly, or asked about; never passed over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from exchange.rules.departure_rows import DepartureField, recognise_departure
from exchange.rules.headings import RosterField, find_header, recognise_heading
from exchange.rules.measures import (
    Measure,
    Said,
    figure_of,
    names_any_unit,
    rounded,
    units_for,
)
from exchange.rules.reasons import CellRejectedError
from exchange.rules.usage_rows import (
    READERS,
    Unreadable,
    UsageField,
    UsageLine,
    read_usage_row,
    recognise_usage,
)

BILL, TALK, DATA = UsageField.BILL, UsageField.VOICE_MINUTES, UsageField.DATA_MB
IDLE, BALANCE = UsageField.DAYS_WITHOUT_USE, UsageField.BALANCE


@pytest.mark.parametrize(
    ("heading", "field", "unit"),
    [
        ("流量", DATA, ""),
        ("流量(GB)", DATA, "GB"),
        ("流量（ＧＢ）", DATA, "GB"),
        ("流量（TB）", DATA, "TB"),
        ("流量[KB]", DATA, "KB"),
        ("流量【MB】", DATA, "MB"),
        ("流量〔G〕", DATA, "GB"),
        ("流量｛兆｝", DATA, "MB"),
        ("流量(字节)", DATA, "byte"),
        ("流量(GB", DATA, "GB"),
        ("流量KB", DATA, "KB"),
        ("流量GB", DATA, "GB"),
        ("流量/GB", DATA, "GB"),
        ("流量_gb", DATA, "GB"),
        ("流量-GB", DATA, "GB"),
        ("流量 单位：GB", DATA, "GB"),
        ("流量（单位：GB/月）", DATA, "GB"),
        ("流量(必填)(GB)", DATA, "GB"),
        ("流量(必填，GB)", DATA, "GB"),
        ("流\u200b量(G\u00adB)", DATA, "GB"),
        ("data (GB)", DATA, "GB"),
        ("Data in GB", DATA, "GB"),
        ("data_gb", DATA, "GB"),
        ("data MB", DATA, "MB"),
        ("出账金额(元)", BILL, "yuan"),
        ("出账金额(分)", BILL, "fen"),
        ("出账金额（万元）", BILL, "ten_thousand_yuan"),
        ("账单金额（元/月）", BILL, "yuan"),
        ("账单金额元/月", BILL, "yuan"),
        ("金额_分", BILL, "fen"),
        ("出账金额(厘)", BILL, "li"),
        ("余额(角)", BALANCE, "jiao"),
        ("bill (fen)", BILL, "fen"),
        ("bill in yuan", BILL, "yuan"),
        ("出账金额(必填)", BILL, ""),
        ("通话时长(秒)", TALK, "second"),
        ("通话时长(分)", TALK, "minute"),
        ("通话时长(分钟)", TALK, "minute"),
        ("通话时长(小时)", TALK, "hour"),
        ("通话秒数", TALK, "second"),
        ("voice seconds", TALK, "second"),
        ("语音分钟", TALK, "minute"),
        ("未使用时长(天)", IDLE, "day"),
        ("未使用时长(小时)", IDLE, "hours"),
        ("流量(單位:GB)", DATA, "GB"),
        ("通話時長(分鐘)", TALK, "minute"),
        ("未使用天数", IDLE, "day"),
        ("未使用时长(周)", IDLE, "week"),
        ("短信(百条)", UsageField.SMS_COUNT, "hundred"),
        ("合约到期(YYYYMMDD)", UsageField.CONTRACT_END, ""),
        ("账期(YYYYMM)", UsageField.MONTH, ""),
    ],
)
def test_a_unit_is_understood_however_it_is_written(
    heading: str, field: UsageField, unit: str
) -> None:
    assert recognise_usage(heading) == field
    assert recognise_usage.said(heading, field) == Said(unit=unit)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("流量(PB)", DATA),
        ("未使用天数(周)", IDLE),
        ("流量(秒)", DATA),
        ("流量(Mbps)", DATA),
        ("流量MB(GB)", DATA),
        ("流量(GB)(MB)", DATA),
        ("流量(GB/天)", DATA),
        ("出账金额(美元)", BILL),
        ("出账金额(GB)", BILL),
        ("出账金额(元/年)", BILL),
        ("通话时长(时:分:秒)", TALK),
        ("未使用天数(月)(季)", IDLE),
        ("合约到期(天)", UsageField.CONTRACT_END),
        ("合约到期(月数)(小时)", UsageField.CONTRACT_END),
    ],
)
def test_a_bracket_that_could_be_a_unit_and_is_not_known_is_a_doubt(
    heading: str, field: UsageField
) -> None:
    assert recognise_usage(heading) == field
    assert recognise_usage.said(heading, field).doubt


@pytest.mark.parametrize(
    ("heading", "field", "said"),
    [
        ("月租费/分", BILL, Said(unit="fen")),
        ("上网量GB", DATA, Said(unit="GB")),
        ("usage kb", DATA, Said(unit="KB")),
        ("时长秒", TALK, Said(doubt="秒")),
        ("积分", BILL, Said(doubt="分")),
        ("月租费", BILL, Said()),
    ],
)
def test_headings_of_others_say_their_unit_too(heading: str, field: UsageField, said: Said) -> None:
    assert recognise_usage(heading) is None
    assert recognise_usage.said(heading, field) == said


@pytest.mark.parametrize(
    "heading",
    [
        "手机号码(必填)", "VIP级别(钻/金/银)", "入网日期(YYYYMMDD)", "所属单位(全称)",
        "客户编号(元)", "家庭住址(分)", "生日(年-月-日)",
    ],
)  # fmt: skip
def test_a_bracket_that_cannot_be_a_unit_is_left_alone(heading: str) -> None:
    field = recognise_heading(heading)
    assert field is not None
    assert recognise_heading.said(heading, field) == Said()


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("出生日期(农历)", Said(unit="lunar")),
        ("生日（阴历）", Said(unit="lunar")),
        ("农历生日", Said(unit="lunar")),
        ("birthday (lunar)", Said(unit="lunar")),
        ("出生日期（公历）", Said(unit="solar")),
        ("出生日期（公历/农历）", Said()),
        ("出生日期(公历，农历)", Said(doubt="公历 / 农历")),
    ],
)
def test_a_birthdays_heading_says_its_calendar(heading: str, said: Said) -> None:
    assert recognise_heading(heading) == RosterField.BIRTHDAY
    assert recognise_heading.said(heading, RosterField.BIRTHDAY) == said


def test_dates_of_departures_in_days_are_a_doubt() -> None:
    said = recognise_departure.said("离网时间(天)", DepartureField.LEFT_ON)
    assert said == Said(doubt="天")
    assert recognise_departure.said("离网时间(必填)", DepartureField.LEFT_ON) == Said()


def test_what_stands_above_the_headings_about_units_counts() -> None:
    rows = [["6月消费清单"], ["", "单位：万元、GB"], ["客户编号", "出账金额", "流量", "余额(分)"]]
    header = find_header(rows, recognise_usage)
    assert header is not None
    units = [
        recognise_usage.said(column.heading, column.field, header.note).unit
        for column in header.columns
        if column.field
    ]
    assert units == ["", "ten_thousand_yuan", "GB", "fen"]


def test_a_title_that_names_an_organisation_is_no_unit() -> None:
    header = find_header([["单位：滨江市分公司"], ["客户编号", "流量"]], recognise_usage)
    assert header is not None
    assert recognise_usage.said("流量", DATA, header.note) == Said()


# --- Cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "cell", "unit", "value"),
    [
        (DATA, 20, "GB", 20480),
        (DATA, 0.5, "TB", 524288),
        (DATA, 1048576, "byte", 1),
        (DATA, 1536, "KB", 2),
        (DATA, "20GB", "", 20480),
        (DATA, "20GB", "KB", 20480),
        (DATA, "1.5 g", "", 1536),
        (DATA, "20,480 MB", "", 20480),
        (DATA, "20480.75", "", 20481),
        (DATA, 20480.5, "", 20481),
        (DATA, 20480.49, "", 20480),
        (DATA, "２０", "GB", 20480),
        (BILL, 18800, "fen", Decimal("188.00")),
        (BILL, "1.88", "ten_thousand_yuan", Decimal("18800.00")),
        (BILL, "188元", "", Decimal("188.00")),
        (BILL, "¥188", "fen", Decimal("188.00")),
        (BILL, "￥1,288.505", "", Decimal("1288.51")),
        (BILL, 188.2, "", Decimal("188.20")),
        (BILL, 5, "li", Decimal("0.01")),
        (BALANCE, "-12.3", "", Decimal("-12.30")),
        (BALANCE, "−1230", "fen", Decimal("-12.30")),
        (BALANCE, "-¥5", "", Decimal("-5.00")),
        (TALK, 7200, "second", 120),
        (TALK, "120分钟", "second", 120),
        (TALK, "120.5", "", 121),
        (TALK, "2小时", "", 120),
        (TALK, "1小时30分", "", 90),
        (TALK, "1:30:00", "", 90),
        (TALK, 90, "second", 2),
        (IDLE, 36, "hours", 2),
        (IDLE, "3天", "", 3),
        (UsageField.SMS_COUNT, "1.2", "hundred", 120),
        (UsageField.SMS_COUNT, "36条", "", 36),
    ],
)
def test_figures_are_converted_exactly_and_rounded_half_up(
    field: UsageField, cell: Any, unit: str, value: Any
) -> None:
    assert READERS[field](cell, unit) == value


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        (DATA, "20元"),
        (DATA, "20Mbps"),
        (DATA, "20%"),
        (DATA, "-1"),
        (DATA, -0.4),
        (DATA, "很多"),
        (DATA, "1,2"),
        (DATA, "20 480"),
        (DATA, "188,5"),
        (DATA, "1e3"),
        (DATA, "¥20"),
        (DATA, 2**31),
        (DATA, "3000TB"),
        (BILL, "188美元"),
        (BILL, "$188"),
        (BILL, "18.8GB"),
        (BILL, "-1"),
        (BILL, -0.001),
        (BILL, 100_000_000),
        (TALK, "2:30"),
        (TALK, "1:75:00"),
        (IDLE, "3个月"),
        (UsageField.ROAMING_DAYS, 31.5),
    ],
)
def test_what_cannot_be_understood_is_never_guessed(field: UsageField, cell: Any) -> None:
    with pytest.raises(CellRejectedError):
        READERS[field](cell, "")


def test_halves_go_away_from_zero_and_nothing_is_lost_on_the_way() -> None:
    assert [rounded(Fraction(n, 2)) for n in (1, -1, 3)] == [1, -1, 2]
    assert figure_of("1", Measure.TALK, "second") == Fraction(1, 60)
    assert figure_of("0.1", Measure.DATA, "GB") == Fraction(1024, 10)


def test_a_row_is_read_in_the_units_of_its_columns_and_the_month_of_all() -> None:
    places = {UsageField.NUMBER: 0, DATA: 1, BILL: 2}
    row = read_usage_row(
        2,
        ["V1", 20, 18800],
        places,
        date(2026, 11, 1),
        units={DATA: "GB", BILL: "fen"},
        month_of_all=date(2026, 6, 1),
    )
    assert isinstance(row, UsageLine)
    assert (row.month, row.figures) == (
        date(2026, 6, 1), {"data_mb": 20480, "bill": Decimal("188.00")}
    )  # fmt: skip
    places[UsageField.MONTH] = 3
    wrong = read_usage_row(
        2, ["V1", 20, 1, "六月"], places, date(2026, 11, 1), month_of_all=date(2026, 6, 1)
    )
    assert isinstance(wrong, Unreadable)


@pytest.mark.parametrize(
    ("figure", "places", "expected"),
    [
        ("121.4", 0, "121"),
        ("121.5", 0, "122"),
        ("-0.5", 0, "-1"),
        ("-0.4", 0, "0"),
        ("0", 0, "0"),
        ("188.005", 2, "188.01"),
        ("188.0049", 2, "188"),
    ],
)
def test_a_figure_is_rounded_half_away_from_zero(figure: str, places: int, expected: str) -> None:
    assert rounded(Fraction(figure), places) == Fraction(expected)


def test_a_clock_says_hours_minutes_and_seconds() -> None:
    assert figure_of("1:30:20", Measure.TALK) == 90 + Fraction(1, 3)
    assert figure_of("10:00:00", Measure.TALK) == 600
    assert figure_of("2小时5分6秒", Measure.TALK) == 125 + Fraction(1, 10)


def test_each_kind_offers_its_own_units_and_a_word_is_a_unit_or_none() -> None:
    assert units_for(Measure.DATA) == ["byte", "KB", "MB", "GB", "TB"]
    assert names_any_unit("ＧＢ")
    assert names_any_unit("单位：元/月")
    assert not names_any_unit("国内")
