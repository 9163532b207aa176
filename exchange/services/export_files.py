"""Files that a list is written into, row by row, in memory that stays flat."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from core.workbooks import new_workbook
from exchange.rules.cells import CellValue, csv_text

MOST_XLSX_ROWS = 1_048_575
"""What a sheet holds below its headings."""

COLUMN_WIDTH = 18


class RowFile(Protocol):
    """A file that takes rows; only one that was finished is whole."""

    def write(self, row: Sequence[CellValue]) -> None:
        """Add a row."""

    def finish(self) -> None:
        """Write what is left and close the file."""

    def drop(self) -> None:
        """Close without finishing; the folder it was written in goes with it."""


class CsvFile:
    """UTF-8 with a byte order mark, by which Excel knows it; lines end as Excel ends them."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        self._stream: IO[str] = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(headings)

    def write(self, row: Sequence[CellValue]) -> None:
        """Add a row."""
        self._writer.writerow([csv_text(value) for value in row])

    def finish(self) -> None:
        """Close the file."""
        self._stream.close()

    def drop(self) -> None:
        """Close what is there of it."""
        self._stream.close()


class XlsxFile:
    """A workbook of one sheet: text is text, days are days, nothing is a formula or a link."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        self._book = new_workbook(path, constant_memory=True, tmpdir=str(path.parent))
        self._sheet = self._book.add_worksheet()
        self._formats: dict[type, Any] = {
            date: self._book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        bold = self._book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(len(headings) - 1, 0), COLUMN_WIDTH)
        for place, heading in enumerate(headings):
            self._sheet.write_string(0, place, heading, bold)
        self._next = 1

    def write(self, row: Sequence[CellValue]) -> None:
        """Add a row."""
        for place, value in enumerate(row):
            if isinstance(value, str):
                self._sheet.write_string(self._next, place, value)
            elif isinstance(value, date):
                self._sheet.write_datetime(self._next, place, value, self._formats[type(value)])
            elif value is not None:
                self._sheet.write_number(self._next, place, value)
        self._next += 1

    def finish(self) -> None:
        """Put the workbook together from its parts."""
        self._book.use_zip64()
        self._book.close()

    def drop(self) -> None:
        """Leave it as it is: its parts lie in the folder that goes."""
        self._book.fileclosed = True
        self._sheet.row_data_fh.close()


def open_file(file_format: str, path: Path, headings: Sequence[str]) -> RowFile:
    """Open a new file of a format, its headings written."""
    return XlsxFile(path, headings) if file_format == "xlsx" else CsvFile(path, headings)
