"""XLSX, XLSM and their like: parts of XML, read as a stream, only the filled cells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import IO, Any

from exchange.services.workbooks.formats import Format, format_of
from exchange.services.workbooks.packages import CHUNK, Package, local, read_xml, xml_parser
from exchange.services.workbooks.sheets import (
    Cells,
    Merge,
    Row,
    SheetInfo,
    Value,
    as_shown,
    number_of,
)

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|is|f)\b")
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=[\"']\$?([A-Za-z]{1,3})\$?(\d{1,7})"
    rb":\$?([A-Za-z]{1,3})\$?(\d{1,7})[\"']"
)
_OVERLAP = 4096
_LONGEST_ROW = 1 << 22


class Xlsx:
    """A workbook of XML parts."""

    def __init__(self, package: Package, workbook: str) -> None:
        self._package = package
        self._related = package.related(workbook)
        self._is_1904 = self._is_recalculated = False
        self.sheets: list[SheetInfo] = []
        self._parts: list[str] = []
        self._root = ""
        with package.open(workbook) as stream:
            read_xml(stream, self._see)
        self._surveys = [self._survey(part) for part in self._parts]
        for sheet, survey in zip(self.sheets, self._surveys, strict=True):
            sheet.rows = survey.rows
        self._strings: list[str] | None = None
        self._formats: list[Format] = []

    def _see(self, tag: str, attributes: dict[str, str]) -> None:
        """Look at an element of the workbook part; those of extensions do not count."""
        self._root = self._root or tag.removesuffix("workbook")
        name = tag.removeprefix(self._root)
        if name == "workbookPr":
            self._is_1904 = attributes.get("date1904") in {"1", "true"}
        elif name == "calcPr":
            self._is_recalculated = attributes.get("fullCalcOnLoad") in {"1", "true"}
        elif name == "sheet":
            pointer = next((attributes[a] for a in attributes if local(a) == "id"), "")
            kind, part = self._related.get(pointer, ("worksheet", pointer))
            if kind == "worksheet":
                hidden = attributes.get("state", "visible") != "visible"
                self.sheets.append(SheetInfo(attributes.get("name", ""), hidden))
                self._parts.append(part)

    def _survey(self, part: str) -> Survey:
        with self._package.open(part) as stream:
            return Survey(stream)

    def merges(self, place: int) -> Sequence[Merge]:
        """Return the merged areas of a sheet."""
        return self._surveys[place].merges

    def rows(self, place: int) -> Iterator[Row]:
        """Return the filled rows of a sheet."""
        if self._strings is None:
            self._strings = self._shared_strings()
            self._formats = self._cell_formats()
        with self._package.open(self._parts[place]) as stream:
            yield from self._rows(stream)

    def _rows(self, stream: IO[bytes]) -> Iterator[Row]:
        reader = SheetReader(self._strings or [], self._value)
        before = 0
        for number, cells in reader.read(stream):
            if number <= before:
                raise ValueError("rows out of order")
            before = number
            if cells:
                yield number, cells

    def _value(
        self, cell: dict[str, str], text: str, formula: str | None, has_value: bool
    ) -> Value:
        """Return what a cell holds, but for shared texts."""
        kind = cell.get("t", "n")
        if formula is not None and self._is_missing(kind, text, has_value):
            return {"formula": formula}
        if kind == "b":
            return text.strip() in {"1", "true"}
        if kind == "n":
            return self._number(text, cell.get("s", "")) if text else ""
        return unescaped(text)

    def _is_missing(self, kind: str, text: str, has_value: bool) -> bool:
        """Say whether a formula has no value that somebody worked out.

        An empty text is one. A zero is none where the file asks to be worked out when it is opened:
        programs that write formulas put it there.
        """
        if kind == "str":
            return not has_value
        return not text or (self._is_recalculated and kind == "n" and text == "0")

    def _number(self, text: str, style: str) -> Value:
        number = number_of(text, is_1904=self._is_1904)
        place = int(style) if style.isdigit() else -1
        shown = self._formats[place] if 0 <= place < len(self._formats) else None
        if shown is None or isinstance(number, str):
            return number
        return as_shown(number, shown, is_1904=self._is_1904)

    def _part_of(self, kind: str) -> str | None:
        return next((part for found, part in self._related.values() if found == kind), None)

    def _shared_strings(self) -> list[str]:
        part = self._part_of("sharedStrings")
        if part is None or part not in self._package:
            return []
        texts = SharedTexts()
        with self._package.open(part) as stream:
            read_xml(stream, texts.start, texts.end, texts.characters)
        return texts.found

    def _cell_formats(self) -> list[Format]:
        part = self._part_of("styles")
        if part is None or part not in self._package:
            return []
        codes: dict[int, str] = {}
        numbers: list[int] = []
        open_tags: list[str] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            name = local(tag)
            if name == "numFmt":
                codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
            elif name == "xf" and open_tags and open_tags[-1] == "cellXfs":
                numbers.append(int(attributes.get("numFmtId", "0")))
            open_tags.append(name)

        def end(_tag: str) -> None:
            open_tags.pop()

        with self._package.open(part) as stream:
            read_xml(stream, start, end)
        return [format_of(number, codes.get(number)) for number in numbers]


class SharedTexts:
    """Collects the shared texts of a workbook, their phonetic guides left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._taking = self._phonetic = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        """Note that an element begins."""
        name = local(tag)
        if name == "si":
            self._pieces.clear()
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._taking = not self._phonetic

    def end(self, tag: str) -> None:
        """Note that an element ends."""
        name = local(tag)
        if name == "si":
            self.found.append(unescaped("".join(self._pieces)))
        elif name == "rPh":
            self._phonetic = False
        elif name == "t":
            self._taking = False

    def characters(self, piece: str) -> None:
        """Note a piece of text."""
        if self._taking:
            self._pieces.append(piece)


class Survey:
    """What is to be known of a sheet before it is read: its filled rows and merged areas."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.rows = 0
        merges: set[Merge] = set()
        rest = b""
        while piece := stream.read(CHUNK * 16):
            *whole, rest = _ROW.split(rest + piece)
            self.rows += sum(1 for row in whole if _FILLED.search(row))
            if b"mergeCell" in rest:
                merges.update(_merge(found) for found in _MERGE.findall(rest))
                rest = rest[-_OVERLAP:]
            elif len(rest) > _LONGEST_ROW:
                rest = rest[-_OVERLAP:]
        merges.update(_merge(found) for found in _MERGE.findall(rest))
        self.rows += bool(_FILLED.search(rest.partition(b"sheetData>")[0]))
        self.merges = sorted(merges)


class SheetReader:
    """Reads the cells of one sheet as its XML comes in."""

    def __init__(self, strings: Sequence[str], value: Any) -> None:
        self._strings, self._value_of = strings, value
        self._ready: list[Row] = []
        self._columns: dict[str, int] = {}

    def read(self, stream: IO[bytes]) -> Iterator[Row]:
        """Return all rows in the order in which they stand there."""
        parser = self._parser()
        while piece := stream.read(CHUNK):
            parser.Parse(piece, False)
            yield from self._ready
            self._ready.clear()
        parser.Parse(b"", True)
        yield from self._ready

    def _parser(self) -> Any:  # noqa: C901 - one state for the handlers of one stream
        parser = xml_parser()
        strings, ready, value_of = self._strings, self._ready, self._value_of
        column_of = self._column
        c = v = t = f = row = phonetic_tag = ""
        cell: dict[str, str] = {}
        cells: Cells = {}
        text, formula = "", None
        taking = has_value = phonetic = False
        number, column = 0, -1

        def first(tag: str, _attributes: dict[str, str]) -> None:
            nonlocal c, v, t, f, row, phonetic_tag
            space = tag.removesuffix(local(tag))
            c, v, t, f = f"{space}c", f"{space}v", f"{space}t", f"{space}f"
            row, phonetic_tag = f"{space}row", f"{space}rPh"
            parser.StartElementHandler = start

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal cell, text, formula, taking, has_value, phonetic, cells, number, column
            if tag == c:
                cell, text, formula, has_value = attributes, "", None, False
                name = attributes.get("r")
                column = column_of(name) if name else column + 1
            elif tag in (v, t):
                taking = not phonetic
                has_value = True
            elif tag == f:
                formula = ""
            elif tag == row:
                cells, column = {}, -1
                number = int(attributes.get("r", number + 1))
            elif tag == phonetic_tag:
                phonetic = True

        def end(tag: str) -> None:
            nonlocal taking, phonetic
            if tag == c:
                if text and formula is None and cell.get("t") == "s":
                    cells[column] = strings[int(text)]
                elif text or formula is not None:
                    value = value_of(cell, text, formula, has_value)
                    if value != "":
                        cells[column] = value
            elif tag in (v, t):
                taking = False
            elif tag == row:
                ready.append((number, cells))
            elif tag == phonetic_tag:
                phonetic = False

        def characters(piece: str) -> None:
            nonlocal text, formula
            if taking:
                text += piece
            elif formula == "":
                formula = piece.strip()

        parser.StartElementHandler = first
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters
        return parser

    def _column(self, name: str) -> int:
        letters = name.rstrip("0123456789")
        place = self._columns.get(letters)
        if place is None:
            place = self._columns[letters] = column_number(letters.encode("ascii")) - 1
        return place


def unescaped(text: str) -> str:
    """Return text with the characters that XML cannot hold (_x000D_) in their place."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    if 0xD800 <= code <= 0xDFFF:
        return found[0]
    return chr(code) if code else ""


def column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _merge(found: tuple[bytes, bytes, bytes, bytes]) -> Merge:
    left, top, right, bottom = found
    return Merge(int(top), column_number(left) - 1, int(bottom), column_number(right) - 1)
