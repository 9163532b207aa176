"""Charts that every app's pages can show: one set of figures for picture, table and workbook.

A view makes a ``Chart`` and hands it to ``components/_chart.html``; ``static/js/charts.js`` draws
it with ECharts. ``docs/charts.md`` says how.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _

from core.unseen import starts_a_formula
from core.workbooks import new_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Number = int | float | Decimal | None


@dataclass(frozen=True)
class Series:
    """One row of numbers, one for each category; None leaves a gap.

    ``axis``: "left", or "right" for another unit. ``style``: "main" is the accent colour,
    "plain" a grey that stands back, "over" the colour of what went wrong. ``dashed``: of a line.
    """

    name: str
    values: Sequence[Number]
    kind: Literal["bar", "line"] = "bar"
    axis: Literal["left", "right"] = "left"
    style: Literal["main", "plain", "over"] = "main"
    unit: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """One chart: ``name`` is its id on the page and the file's name, ``summary`` says it in words.

    ``lying``: bars lie and the categories stand at the left, for long names. ``urls``: where each
    category's figure leads to, for the table beside it.
    """

    name: str
    title: str
    categories: Sequence[str]
    series: Sequence[Series]
    summary: str = ""
    heading: str = ""
    lying: bool = False
    urls: Sequence[str] = field(default=())

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws, as plain values."""
        return {
            "name": self.name,
            "title": str(self.title),
            "lying": self.lying,
            "categories": [str(name) for name in self.categories],
            "series": [
                {
                    "name": str(one.name),
                    "kind": one.kind,
                    "axis": one.axis,
                    "style": one.style,
                    "unit": one.unit,
                    "dashed": one.dashed,
                    "values": [None if v is None else float(v) for v in one.values],
                }
                for one in self.series
            ],
        }

    @property
    def data_id(self) -> str:
        """The id of the element that holds the data."""
        return f"{self.name}-data"

    @property
    def rows(self) -> list[tuple[str, str, list[tuple[Number, str]]]]:
        """The table: each category, where it leads to, and its values with their units."""
        urls = [*self.urls, *[""] * (len(self.categories) - len(self.urls))]
        return [
            (str(name), urls[place], [(one.values[place], one.unit) for one in self.series])
            for place, name in enumerate(self.categories)
        ]


def workbook_of(chart: Chart) -> HttpResponse:
    """Return the chart's table as a workbook to download. Nothing in it is a formula."""
    stream = io.BytesIO()
    with new_workbook(stream, in_memory=True) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, len(chart.series), 16)
        headings = [chart.heading or _("Item")]
        headings += [
            f"{one.name} ({one.unit})" if one.unit else str(one.name) for one in chart.series
        ]
        for place, text in enumerate(headings):
            sheet.write_string(0, place, _plain(text), bold)
        for row, (name, _url, values) in enumerate(chart.rows, start=1):
            sheet.write_string(row, 0, _plain(name))
            for place, (value, _unit) in enumerate(values, start=1):
                if value is not None:
                    sheet.write_number(row, place, float(value))
    response = HttpResponse(stream.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{chart.name}.xlsx"'
    return response


def _plain(text: str) -> str:
    """Return ``text`` so that no spreadsheet program takes it for a formula later on."""
    return f"'{text}" if starts_a_formula(text) else text
