"""ODS, as LibreOffice and WPS write it: one part of XML, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from exchange.services.workbooks.packages import CHUNK, Package, local, read_xml, xml_parser
from exchange.services.workbooks.sheets import (
    Cells,
    LimitPassedError,
    Merge,
    Row,
    SheetInfo,
    Value,
    number_of,
)

CONTENT = "content.xml"
MANIFEST = "META-INF/manifest.xml"
_NUMBERS = {"float", "percentage", "currency"}
_CELLS = {"table-cell", "covered-table-cell"}
_ZERO_OF_1904 = "1904-01-01"

Attributes = Mapping[str, str]


class Ods:
    """An OpenDocument spreadsheet."""

    def __init__(self, package: Package, limits: Mapping[str, int]) -> None:
        self._package, self._limits = package, limits
        if MANIFEST in package:
            with package.open(MANIFEST) as stream:
                read_xml(stream, _refuse_encrypted)
        self.sheets: list[SheetInfo] = []
        self._merges: list[list[Merge]] = []
        self._zero = ""
        self._survey()

    def merges(self, place: int) -> Sequence[Merge]:
        """Return the merged areas of a sheet."""
        return self._merges[place]

    def rows(self, place: int) -> Iterator[Row]:
        """Return the filled rows of a sheet."""
        for found in self._read(ContentReader(self._limits, is_1904=self._is_1904)):
            if found.table == place:
                for number in range(found.first, found.first + found.alike):
                    yield number, dict(found.cells)
            elif found.table > place:
                return

    @property
    def _is_1904(self) -> bool:
        return self._zero == _ZERO_OF_1904

    def _survey(self) -> None:
        """Read the file through once: which sheets it has, their rows, which areas are merged."""
        reader = ContentReader(self._limits, is_1904=False)
        filled: dict[int, int] = {}
        for found in self._read(reader):
            filled[found.table] = filled.get(found.table, 0) + found.alike
        self._zero = reader.zero
        for place, (name, style) in enumerate(reader.tables):
            hidden = style in reader.hidden_styles
            self.sheets.append(SheetInfo(name, hidden, filled.get(place, 0)))
            self._merges.append(sorted(reader.merges.get(place, [])))

    def _read(self, reader: ContentReader) -> Iterator[Found]:
        parser = xml_parser()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.characters
        with self._package.open(CONTENT) as stream:
            while piece := stream.read(CHUNK):
                parser.Parse(piece, False)
                yield from reader.taken()
            parser.Parse(b"", True)
        yield from reader.taken()


class Found(NamedTuple):
    """Rows that are alike: the place of their table, the first one's number, how many, cells."""

    table: int
    first: int
    alike: int
    cells: Cells


class ContentReader:
    """Turns the elements of a content part into rows of filled cells."""

    def __init__(self, limits: Mapping[str, int], *, is_1904: bool) -> None:
        self._max_columns = limits["max_columns"]
        self._is_1904 = is_1904
        self.tables: list[tuple[str, str]] = []
        self.hidden_styles: set[str] = set()
        self.merges: dict[int, list[Merge]] = {}
        self.zero = ""
        self._ready: list[Found] = []
        self._style = ""
        self._row = self._rows_alike = 0
        self._cells: Cells = {}
        self._column = 0
        self._cell: Attributes = {}
        self._paragraphs: list[str] = []
        self._depth_of_text = self._depth_of_note = 0
        self._starts = {
            "style": self._start_style,
            "table-properties": self._start_properties,
            "null-date": self._start_zero,
            "table": self._start_table,
            "table-row": self._start_row,
            "table-cell": self._start_cell,
            "covered-table-cell": self._start_cell,
            "p": self._start_paragraph,
            "annotation": self._start_note,
            "s": self._spaces,
            "tab": self._spaces,
            "line-break": self._spaces,
        }

    def taken(self) -> list[Found]:
        """Return the rows that have come in since."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Note that an element begins."""
        act = self._starts.get(local(tag))
        if act is not None:
            act({local(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        """Note that an element ends."""
        name = local(tag)
        if name == "p":
            self._depth_of_text -= 1
        elif name == "annotation":
            self._depth_of_note -= 1
        elif name in _CELLS:
            self._end_cell(covered=name != "table-cell")
        elif name == "table-row":
            self._end_row()

    def characters(self, piece: str) -> None:
        """Note a piece of text."""
        if self._depth_of_text > 0 and not self._depth_of_note:
            self._paragraphs[-1] += piece

    def _start_style(self, attributes: Attributes) -> None:
        self._style = attributes.get("name", "")

    def _start_properties(self, attributes: Attributes) -> None:
        if attributes.get("display") == "false":
            self.hidden_styles.add(self._style)

    def _start_zero(self, attributes: Attributes) -> None:
        self.zero = attributes.get("date-value", "")

    def _start_table(self, attributes: Attributes) -> None:
        self.tables.append((attributes.get("name", ""), attributes.get("style-name", "")))
        self._row = 0

    def _start_row(self, attributes: Attributes) -> None:
        self._rows_alike = int(attributes.get("number-rows-repeated", 1))
        self._cells, self._column = {}, 0

    def _start_cell(self, attributes: Attributes) -> None:
        self._cell = attributes
        self._paragraphs = []

    def _start_paragraph(self, _attributes: Attributes) -> None:
        self._depth_of_text += 1
        if not self._depth_of_note:
            self._paragraphs.append("")

    def _start_note(self, _attributes: Attributes) -> None:
        self._depth_of_note += 1

    def _spaces(self, attributes: Attributes) -> None:
        if self._depth_of_text > 0 and not self._depth_of_note:
            self._paragraphs[-1] += " " * min(int(attributes.get("c", 1)), 1000)

    def _end_cell(self, *, covered: bool) -> None:
        alike = int(self._cell.get("number-columns-repeated", 1))
        value = "" if covered else self._value()
        if value != "":
            # One cell beyond what is allowed is enough to refuse the sheet.
            last = max(self._column + 1, min(self._column + alike, self._max_columns + 1))
            for place in range(self._column, last):
                self._cells[place] = value
        rows = int(self._cell.get("number-rows-spanned", 1))
        columns = int(self._cell.get("number-columns-spanned", 1))
        if rows * columns > 1:
            first, left = self._row + 1, self._column
            merge = Merge(first, left, first + rows - 1, left + columns - 1)
            self.merges.setdefault(len(self.tables) - 1, []).append(merge)
        self._column += alike

    def _end_row(self) -> None:
        if self._cells:
            found = Found(len(self.tables) - 1, self._row + 1, self._rows_alike, self._cells)
            self._ready.append(found)
        self._row += self._rows_alike

    def _value(self) -> Value:
        kind = self._cell.get("value-type", "")
        text = "\n".join(self._paragraphs)
        if kind in _NUMBERS:
            return number_of(self._cell.get("value", text), is_1904=self._is_1904)
        if kind in {"date", "time"}:
            return self._cell.get(f"{kind}-value", text)
        if kind == "boolean":
            return self._cell.get("boolean-value") == "true"
        if kind == "string" or not self._cell.get("formula"):
            return text or self._cell.get("string-value", "")
        return text or {"formula": _formula(self._cell["formula"])}


def _formula(text: str) -> str:
    """Return "A1" for "of:=A1"."""
    return text.partition("=")[2] or text


def _refuse_encrypted(tag: str, _attributes: dict[str, str]) -> None:
    if local(tag) == "encryption-data":
        raise LimitPassedError("password")
