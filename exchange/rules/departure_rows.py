"""One row of a file of departures (articles 1 and 19): cells in, plain values or reasons out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from core.identity import identity
from exchange.rules.headings import Cell, Headings
from exchange.rules.measures import Measure
from exchange.rules.reasons import CellRejectedError, Reason
from exchange.rules.traditional import simplified
from exchange.rules.values import (
    check_cell,
    check_past,
    read_date,
    read_name,
    read_number,
    read_text,
    read_tier,
    read_unit_name,
    read_yes_or_no,
)


class DepartureField(StrEnum):
    """What a column of a file of departures can say."""

    NUMBER = "number"
    LEFT_ON = "left_on"
    KIND = "kind"
    VOLUNTARY = "is_voluntary"
    COMPETITOR = "competitor"
    NOTE = "note"
    NAME = "name"
    TIER = "tier"
    UNIT = "unit"
    MANAGER = "manager"
    VIP_SINCE = "vip_since"


ALIASES: Mapping[DepartureField, Sequence[str]] = {
    DepartureField.NUMBER: ("客户编号", "客户编码", "编号", "customer number", "number"),
    DepartureField.LEFT_ON: ("离网日期", "离网时间", "销号日期", "left on", "date of leaving"),
    DepartureField.KIND: ("离网类型", "离网方式", "类型", "kind", "kind of departure"),
    DepartureField.VOLUNTARY: ("是否主动", "主动离网", "voluntary", "of their own will"),
    DepartureField.COMPETITOR: ("去向运营商", "携入运营商", "竞争对手", "competitor"),
    DepartureField.NOTE: ("备注", "离网备注", "note", "remark"),
    DepartureField.NAME: ("客户姓名", "客户名称", "姓名", "customer name", "name"),
    DepartureField.TIER: ("VIP级别", "级别", "客户级别", "tier", "VIP tier"),
    DepartureField.UNIT: ("所属单位", "单位", "所属分公司", "unit", "branch"),
    DepartureField.MANAGER: ("客户经理工号", "经理工号", "工号", "manager number", "staff number"),
    DepartureField.VIP_SINCE: ("成为VIP日期", "VIP日期", "VIP since", "VIP date"),
}

MEASURES: Mapping[DepartureField, Measure] = {
    DepartureField.LEFT_ON: Measure.DATE,
    DepartureField.VIP_SINCE: Measure.DATE,
}

recognise_departure = Headings(ALIASES, MEASURES)
"""The headings of a file of departures."""

NEEDED = (DepartureField.NUMBER, DepartureField.LEFT_ON, DepartureField.KIND)
NEEDED_BY_NEW = (DepartureField.NAME, DepartureField.TIER, DepartureField.UNIT)
"""What a row of a customer whom the roster no longer has must say as well."""

KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("销号", "销户", "拆机", "主动销号", "主动销户", "欠费销号", "欠费销户", "closed"), "closed"
    ),
    **dict.fromkeys(("携号转网", "携出", "携转", "转网", "portedout", "portout"), "ported_out"),
    **dict.fromkeys(("过户", "transfer", "transferred"), "transfer"),
    **dict.fromkeys(("死亡", "身故", "去世", "death"), "death"),
    **dict.fromkeys(("取消VIP", "失去VIP", "降级", "vipended", "nolongervip"), "vip_ended"),
}
_SIGNS = re.compile(r"[_\- ]")
_KIND_OF_KEY = {name.casefold(): kind for name, kind in KINDS.items()}

LONGEST = {
    DepartureField.NUMBER: 32,
    DepartureField.COMPETITOR: 60,
    DepartureField.NOTE: 300,
    DepartureField.NAME: 80,
    DepartureField.MANAGER: 20,
    DepartureField.UNIT: 400,
}


def read_kind(cell: Cell) -> str:
    """Return how a customer left."""
    key = _SIGNS.sub("", simplified(read_number(cell)).casefold())
    if key not in _KIND_OF_KEY:
        raise CellRejectedError(Reason.NO_SUCH_KIND)
    return _KIND_OF_KEY[key]


_READERS: Mapping[DepartureField, Callable[[Cell], Any]] = {
    DepartureField.NUMBER: read_number,
    DepartureField.LEFT_ON: read_date,
    DepartureField.KIND: read_kind,
    DepartureField.VOLUNTARY: read_yes_or_no,
    DepartureField.NAME: read_name,
    DepartureField.TIER: read_tier,
    DepartureField.UNIT: read_unit_name,
    DepartureField.MANAGER: read_number,
    DepartureField.VIP_SINCE: read_date,
}
_DAYS = (DepartureField.LEFT_ON, DepartureField.VIP_SINCE)

Why = tuple[str, Reason, str]
"""The field, what is wrong with it, and what stands there."""


@dataclass(frozen=True)
class DepartureLine:
    """One readable row: what it says, by field; what is blank is not there."""

    row_number: int
    values: Mapping[DepartureField, Any]

    def __getitem__(self, field: DepartureField) -> Any:
        """Return what the row says about ``field``, None where it says nothing."""
        return self.values.get(field)

    @property
    def number(self) -> str:
        """Return the customer number."""
        return str(self.values[DepartureField.NUMBER])

    @property
    def key(self) -> str:
        """Return the identity of the customer number."""
        return identity(self.number)


def read_departure_row(
    row_number: int, cells: Sequence[Cell], places: Mapping[DepartureField, int], today: date
) -> DepartureLine | list[Why]:
    """Read one row; every cell that cannot be is a reason, and then the row is none."""
    values: dict[DepartureField, Any] = {}
    reasons: list[Why] = []
    for field, index in places.items():
        text = read_text(cells[index]) if index < len(cells) else ""
        if not text:
            continue
        try:
            values[field] = _read(field, text, cells[index], today)
        except CellRejectedError as error:
            reasons.append((field.value, error.reason, text[:60]))
    wrong = {name for name, _reason, _text in reasons}
    reasons += [
        (field.value, Reason.EMPTY, "")
        for field in NEEDED
        if field not in values and field.value not in wrong
    ]
    return reasons or DepartureLine(row_number, values)


def _read(field: DepartureField, text: str, cell: Cell, today: date) -> Any:
    reader = _READERS.get(field)
    if reader is None:
        check_cell(cell, text)
    value: Any = text if reader is None else reader(cell)
    if field in LONGEST and len(value) > LONGEST[field]:
        raise CellRejectedError(Reason.TOO_LONG)
    if field in _DAYS:
        check_past(value, today)
    return value
