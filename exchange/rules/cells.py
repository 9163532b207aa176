"""What stands in the cells of an exported file: plain values in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from core.columns import Kind
from core.phones import mask_phone, mask_phones_in
from exchange.rules.spreadsheets import neutralise

CellValue = str | int | float | date | datetime | None


def cell_value(value: object, kind: Kind, *, whole_numbers: bool) -> CellValue:
    """Return a value as a file holds it: no formula, phone numbers masked unless ``whole_numbers``.

    Days and moments stay what they are, whole numbers too; everything else is text, and an empty
    text is nothing.
    """
    if value is None or value == "":
        return None
    if kind in (Kind.DATE, Kind.MOMENT) and isinstance(value, date):
        return value
    if kind is Kind.NUMBER and isinstance(value, int):
        return value
    text = str(value)
    if not whole_numbers:
        if kind is Kind.PHONE:
            text = mask_phone(text)
        elif kind is Kind.WORDS:
            text = mask_phones_in(text)
    return str(neutralise(text))


def returned_cell(cell: Any) -> object:
    """Return a cell of an imported file as a file of rejected rows holds it: no live formula.

    Sent again it means the same. A number of the 1904 system is the number itself: the workbook
    it goes into must be of that system (``is_of_1904``).
    """
    if isinstance(cell, Mapping):
        cell = cell["number"] if "number" in cell else f"={cell['formula']}"
    return neutralise(cell)


def is_of_1904(cell: Any) -> bool:
    """Say whether a cell comes from a workbook that counts its days from 1904, and may be one."""
    return isinstance(cell, Mapping) and cell.get("system") == 1904


def csv_text(value: CellValue) -> str:
    """Return a cell as it stands in a CSV file: days as 2026-11-23, moments with the minute."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


class Seen:
    """Which ids were met already, one bit each: a million take 125 kB."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> bool:
        """Note an id; say whether it is new."""
        byte, bit = number >> 3, 1 << (number & 7)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits)))
        is_new = not self._bits[byte] & bit
        self._bits[byte] |= bit
        return is_new

    def __iter__(self) -> Iterator[int]:
        for byte, bits in enumerate(self._bits):
            for place in range(8):
                if bits >> place & 1:
                    yield (byte << 3) + place
