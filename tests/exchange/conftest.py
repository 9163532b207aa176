"""Rosters as files, on the day that the expected figures speak of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import time_machine
import xlsxwriter

from tests.exchange.rosters import AS_OF, DATA, Rows


@pytest.fixture(autouse=True)
def _files_of_the_test(settings: Any, tmp_path: Path) -> None:
    """Uploaded files of a test go with it."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def expected() -> dict[str, Any]:
    """What must come out of the roster that offices send."""
    figures: dict[str, Any] = json.loads(
        (DATA / "roster-binjiang.expected.json").read_text(encoding="utf-8")
    )
    return figures


@pytest.fixture
def on_the_day() -> Iterator[time_machine.Traveller]:
    """Stop the clock at noon of the day that the expected figures speak of."""
    with time_machine.travel(AS_OF, tick=False) as traveller:
        yield traveller


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes rows as a workbook."""

    def write(rows: Rows, name: str = "roster.xlsx", sheets: Sequence[Rows] = ()) -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
            for of_sheet in (*sheets, rows):
                sheet = book.add_worksheet()
                for place, cells in enumerate(of_sheet):
                    sheet.write_row(place, 0, cells)
        return path

    return write
