"""One row of a file with monthly usage (article 17): cells in, plain values or reasons out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from typing import Any

from exchange.rules.headings import Cell, Headings
from exchange.rules.measures import Measure, figure_of, rounded
from exchange.rules.reasons import CellRejectedError, Reason
from exchange.rules.values import check_cell, read_date, read_number, read_text

LONGEST_PLAN = 80
LONGEST_NUMBER = 32
MOST_ROAMING_DAYS = 31
MOST_SMALL = 32_767
MOST_COUNT = 2**31 - 1
MOST_AMOUNT = Fraction("99999999.99")
"""Yuan."""


class UsageField(StrEnum):
    """What a column of a usage file can say; the values are the names of the figures."""

    NUMBER = "number"
    MONTH = "month"
    BILL = "bill"
    VOICE_MINUTES = "voice_minutes"
    DATA_MB = "data_mb"
    SMS_COUNT = "sms_count"
    ROAMING_DAYS = "roaming_days"
    BALANCE = "balance"
    DAYS_WITHOUT_USE = "days_without_use"
    PLAN = "plan"
    CONTRACT_END = "contract_end"
    SUSPENSIONS = "suspensions"
    CARE_CALLS = "care_calls"


ALIASES: Mapping[UsageField, Sequence[str]] = {
    UsageField.NUMBER: ("客户编号", "客户编码", "编号", "customer number", "number"),
    UsageField.MONTH: ("月份", "账期", "统计月份", "帐期", "month", "billing month"),
    UsageField.BILL: (
        *("账单金额", "月账单", "消费金额", "出账金额", "账单", "金额", "话费"),
        *("ARPU", "bill", "monthly bill", "bill amount"),
    ),
    UsageField.VOICE_MINUTES: (
        *("语音分钟", "通话分钟", "语音时长", "通话时长", "通话", "语音"),
        *("voice minutes", "voice", "talk time"),
    ),
    UsageField.DATA_MB: ("流量MB", "流量", "上网流量", "data MB", "data in MB", "data"),
    UsageField.SMS_COUNT: ("短信条数", "短信", "SMS count", "SMS"),
    UsageField.ROAMING_DAYS: ("漫游天数", "roaming days"),
    UsageField.BALANCE: ("余额", "账户余额", "balance"),
    UsageField.DAYS_WITHOUT_USE: (
        *("未使用天数", "零使用天数", "未使用时长", "未使用"),
        *("days without use", "without use"),
    ),
    UsageField.PLAN: ("套餐", "套餐名称", "plan"),
    UsageField.CONTRACT_END: ("合约到期", "合约到期日", "合同到期日", "contract end"),
    UsageField.SUSPENSIONS: ("停机次数", "suspensions"),
    UsageField.CARE_CALLS: ("客服来电", "客服热线次数", "calls to the care line", "care calls"),
}

MEASURES: Mapping[UsageField, Measure] = {
    UsageField.MONTH: Measure.DATE,
    UsageField.BILL: Measure.MONEY,
    UsageField.VOICE_MINUTES: Measure.TALK,
    UsageField.DATA_MB: Measure.DATA,
    UsageField.SMS_COUNT: Measure.COUNT,
    UsageField.ROAMING_DAYS: Measure.DAYS,
    UsageField.BALANCE: Measure.MONEY,
    UsageField.DAYS_WITHOUT_USE: Measure.DAYS,
    UsageField.CONTRACT_END: Measure.DATE,
    UsageField.SUSPENSIONS: Measure.COUNT,
    UsageField.CARE_CALLS: Measure.COUNT,
}

recognise_usage = Headings(ALIASES, MEASURES)
"""The headings of a usage file."""

_MONTH = re.compile(r"(20\d{2})[-/.年]?(\d{1,2})月?")


@dataclass(frozen=True)
class UsageLine:
    """One readable row: customer number, the month's first day, and the figures that it holds."""

    row_number: int
    number: str
    month: date
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """One row that cannot be taken: field, what is wrong, and what stands there."""

    row_number: int
    reasons: Sequence[tuple[str, Reason, str]]


def read_month(cell: Cell) -> date:
    """Return the first day of a month (2026-10, 202610, 2026年10月, any day of it)."""
    found = _MONTH.fullmatch(read_text(cell))
    if found is None:
        return read_date(cell).replace(day=1)
    try:
        return date(int(found[1]), int(found[2]), 1)
    except ValueError as error:
        raise CellRejectedError(Reason.NO_SUCH_DATE) from error


def read_amount(cell: Cell, unit: str = "") -> Decimal:
    """Return yuan, rounded half up to the fen; ``unit`` is what the column says it holds."""
    figure = rounded(_figure(cell, Measure.MONEY, unit), places=2)
    if abs(figure) > MOST_AMOUNT:
        raise CellRejectedError(Reason.NOT_A_NUMBER)
    return Decimal(int(figure * 100)).scaleb(-2)


def read_positive_amount(cell: Cell, unit: str = "") -> Decimal:
    """Return yuan of zero or more."""
    amount = read_amount(cell, unit)
    if amount < 0 or _figure(cell, Measure.MONEY, unit) < 0:
        raise CellRejectedError(Reason.NOT_A_NUMBER)
    return amount


def whole_number(most: int, measure: Measure) -> Callable[[Cell, str], int]:
    """Return what reads a whole number from 0 to ``most``; decimals are rounded half up."""

    def read(cell: Cell, unit: str = "") -> int:
        figure = _figure(cell, measure, unit)
        whole = int(rounded(figure))
        if figure < 0 or whole > most:
            raise CellRejectedError(Reason.NOT_A_NUMBER)
        return whole

    return read


def _figure(cell: Cell, measure: Measure, unit: str) -> Fraction:
    figure = figure_of(read_number(cell), measure, unit)
    if figure is None:
        raise CellRejectedError(Reason.NOT_A_NUMBER)
    return figure


def short_text(longest: int) -> Callable[[Cell, str], str]:
    """Return what reads a text of at most so many characters."""

    def read(cell: Cell, _unit: str = "") -> str:
        text = read_text(cell)
        if len(text) > longest:
            raise CellRejectedError(Reason.TOO_LONG)
        return text

    return read


def _day(cell: Cell, _unit: str = "") -> date:
    return read_date(cell)


READERS: Mapping[UsageField, Callable[[Cell, str], Any]] = {
    UsageField.BILL: read_positive_amount,
    UsageField.VOICE_MINUTES: whole_number(MOST_COUNT, Measure.TALK),
    UsageField.DATA_MB: whole_number(MOST_COUNT, Measure.DATA),
    UsageField.SMS_COUNT: whole_number(MOST_COUNT, Measure.COUNT),
    UsageField.ROAMING_DAYS: whole_number(MOST_ROAMING_DAYS, Measure.DAYS),
    UsageField.BALANCE: read_amount,
    UsageField.DAYS_WITHOUT_USE: whole_number(MOST_SMALL, Measure.DAYS),
    UsageField.PLAN: short_text(LONGEST_PLAN),
    UsageField.CONTRACT_END: _day,
    UsageField.SUSPENSIONS: whole_number(MOST_SMALL, Measure.COUNT),
    UsageField.CARE_CALLS: whole_number(MOST_SMALL, Measure.COUNT),
}


def read_usage_row(
    row_number: int,
    cells: Sequence[Cell],
    places: Mapping[UsageField, int],
    last_month: date,
    *,
    units: Mapping[UsageField, str] | None = None,
    month_of_all: date | None = None,
) -> UsageLine | Unreadable:
    """Read one row; ``last_month``: the first day of the last month that can be told of.

    A blank cell or a missing column is a figure that is not known. ``units``: in what a column's
    figures are; ``month_of_all``: the month of rows that name none.
    """
    reasons: list[tuple[str, Reason, str]] = []

    def value(field: UsageField, read: Callable[[Cell], Any]) -> Any:
        place = places.get(field)
        cell = cells[place] if place is not None and place < len(cells) else None
        if (text := read_text(cell)) == "":
            return None
        try:
            check_cell(cell, text)
            return read(cell)
        except CellRejectedError as rejected:
            reasons.append((field.value, rejected.reason, text[:64]))
            return None

    number = value(UsageField.NUMBER, read_number)
    month = value(UsageField.MONTH, read_month) or (None if reasons else month_of_all)
    unit_of = units or {}
    found = {
        field.value: value(field, partial(_read_in, read, unit_of.get(field, "")))
        for field, read in READERS.items()
    }
    for field, held in ((UsageField.NUMBER, number), (UsageField.MONTH, month)):
        if held is None and not any(name == field.value for name, _reason, _text in reasons):
            reasons.append((field.value, Reason.EMPTY, ""))
    if month is not None and month > last_month:
        reasons.append((UsageField.MONTH.value, Reason.IN_THE_FUTURE, f"{month:%Y-%m}"))
    if reasons or month is None:
        return Unreadable(row_number, reasons)
    figures = {name: held for name, held in found.items() if held is not None}
    return UsageLine(row_number, number, month, figures)


def _read_in(read: Callable[[Cell, str], Any], unit: str, cell: Cell) -> Any:
    return read(cell, unit)
