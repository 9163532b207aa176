"""One row of a roster: from raw cells to what it says about a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.identity import identity
from exchange.rules.headings import Cell, RosterField
from exchange.rules.reasons import CellRejectedError, Reason, Rejection
from exchange.rules.values import (
    Birthday,
    check_birthday,
    check_cell,
    check_past,
    read_birthday,
    read_calendar,
    read_channel,
    read_date,
    read_gender,
    read_name,
    read_number,
    read_phone,
    read_text,
    read_tier,
    read_unit_name,
    read_yes_or_no,
)

LONGEST: Mapping[RosterField, int] = {
    RosterField.NUMBER: 32,
    RosterField.NAME: 80,
    RosterField.UNIT: 400,
    RosterField.MANAGER: 20,
    RosterField.MANAGER_NAME: 60,
    RosterField.ID_PROVINCE: 40,
    RosterField.ADDRESS: 300,
    RosterField.EMPLOYER: 150,
    RosterField.POSITION: 100,
    RosterField.OCCUPATION: 100,
    RosterField.CHARACTER: 100,
    RosterField.SPORTS: 200,
    RosterField.REWARDS: 200,
    RosterField.SERVICE_POLICY: 100,
}
"""Characters that fit, for every field that takes free text."""

_READERS: Mapping[RosterField, Callable[[Cell], Any]] = {
    RosterField.NUMBER: read_number,
    RosterField.NAME: read_name,
    RosterField.GENDER: read_gender,
    RosterField.PHONE: read_phone,
    RosterField.TIER: read_tier,
    RosterField.IS_KEY: read_yes_or_no,
    RosterField.UNIT: read_unit_name,
    RosterField.MANAGER: read_number,
    RosterField.MANAGER_NAME: read_name,
    RosterField.BIRTHDAY: read_birthday,
    RosterField.BIRTH_CALENDAR: read_calendar,
    RosterField.PREFERRED_CHANNEL: read_channel,
    RosterField.JOINED_ON: read_date,
    RosterField.VIP_SINCE: read_date,
    RosterField.LAST_CONTACT: read_date,
    RosterField.LAST_CONTACT_CHANNEL: read_channel,
}

_NEVER_IN_THE_FUTURE = (RosterField.JOINED_ON, RosterField.VIP_SINCE, RosterField.LAST_CONTACT)
_DATES = frozenset(_NEVER_IN_THE_FUTURE)


@dataclass(frozen=True)
class RosterRow:
    """What one row says. A field that is not in ``values`` was blank: it keeps what is known."""

    row_number: int
    values: Mapping[RosterField, Any]

    def __getitem__(self, field: RosterField) -> Any:
        """Return what the row says about ``field``, None where it says nothing."""
        return self.values.get(field)

    @property
    def number(self) -> str:
        """Return the customer number."""
        return str(self.values[RosterField.NUMBER])

    @property
    def key(self) -> str:
        """Return the identity of the customer number."""
        return identity(self.number)

    def filled(self, for_all: Mapping[RosterField, Any]) -> RosterRow:
        """Return the row with what was said for all rows that say nothing of a field."""
        if not for_all:
            return self
        return RosterRow(self.row_number, {**for_all, **self.values})

    def as_json(self) -> dict[str, Any]:
        """Return plain values to store between preview and import."""
        return {field.value: _plain(value) for field, value in self.values.items()}

    @classmethod
    def from_json(cls, row_number: int, stored: Mapping[str, Any]) -> RosterRow:
        """Return what ``as_json`` stored."""
        values = {RosterField(name): _rich(name, value) for name, value in stored.items()}
        return cls(row_number=row_number, values=values)


def is_blank(cells: Sequence[Cell]) -> bool:
    """Say whether a row has nothing in it; such rows are passed over."""
    return not any(
        cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in cells
    )


def read_row(
    row_number: int,
    cells: Sequence[Cell],
    columns: Mapping[RosterField, int],
    today: date,
    *,
    calendar_of_column: str = "",
) -> RosterRow | list[Rejection]:
    """Read one row; every cell that cannot be is a ``Rejection``, and then the row is none.

    ``columns`` gives each field's place from 0. A lunar birthday's cell holds the lunar year,
    month and day. ``today`` is the day on which the file is taken in; ``calendar_of_column`` what
    the heading of the birthdays says of rows without a calendar.
    """
    values: dict[RosterField, Any] = {}
    rejections: list[Rejection] = []
    for field, index in columns.items():
        text = read_text(cells[index]) if index < len(cells) else ""
        if not text:
            continue
        try:
            values[field] = _read(field, text, cells[index], today)
        except CellRejectedError as error:
            rejections.append(Rejection(field, error.reason, text[:60]))
    if RosterField.NUMBER not in values and not _has(rejections, RosterField.NUMBER):
        rejections.insert(0, Rejection(RosterField.NUMBER, Reason.EMPTY))
    if calendar_of_column and RosterField.BIRTHDAY in values:
        values.setdefault(RosterField.BIRTH_CALENDAR, calendar_of_column)
    birthday, calendar = values.get(RosterField.BIRTHDAY), values.get(RosterField.BIRTH_CALENDAR)
    if birthday and calendar:
        text = read_text(cells[columns[RosterField.BIRTHDAY]])
        rejections += birthday_rejections(birthday, calendar, today, text)
    return rejections or RosterRow(row_number, values)


def birthday_rejections(
    birthday: Birthday, calendar: str, today: date, text: str = ""
) -> list[Rejection]:
    """Return why ``calendar`` cannot have ``birthday``: nothing, or one rejection.

    A row without a calendar is held against the customer's own, which only the database knows.
    """
    try:
        check_birthday(birthday, calendar, today)
    except CellRejectedError as error:
        return [Rejection(RosterField.BIRTHDAY, error.reason, text[:60])]
    return []


def _read(field: RosterField, text: str, cell: Cell, today: date) -> Any:
    """Read a cell; ``text`` is what it holds, which is all that free text needs."""
    reader = _READERS.get(field)
    if reader is None:
        check_cell(cell, text)
    value: Any = text if reader is None else reader(cell)
    longest = LONGEST.get(field)
    if longest is not None and len(value) > longest:
        raise CellRejectedError(Reason.TOO_LONG)
    if field in _DATES:
        check_past(value, today)
    return value


def _has(rejections: Sequence[Rejection], field: RosterField) -> bool:
    return any(rejection.field == field for rejection in rejections)


def _plain(value: Any) -> Any:
    if isinstance(value, Birthday):
        return [value.year, value.month, value.day, value.is_leap_month]
    return value.isoformat() if isinstance(value, date) else value


def _rich(name: str, value: Any) -> Any:
    field = RosterField(name)
    if field == RosterField.BIRTHDAY:
        return Birthday(*value)
    return date.fromisoformat(value) if field in _DATES else value
