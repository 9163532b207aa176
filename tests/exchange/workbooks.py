"""Workbooks written by hand, part by part, as programs write them that are not Excel."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def text(name: str, value: str) -> str:
    """Return a cell of XML with a text."""
    return f'<c r="{name}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, *cells: str) -> str:
    """Return a row of XML: cells, or texts from column A on."""
    made = [
        cell if cell.startswith("<") else text(f"{chr(65 + place)}{number}", cell)
        for place, cell in enumerate(cells)
    ]
    return f'<row r="{number}">{"".join(made)}</row>'


def relations(targets: Mapping[str, tuple[str, str]], office: str = OFFICE) -> str:
    """Return a part of relationships: by id, the kind and the target."""
    made = "".join(
        f'<Relationship Id="{pointer}" Type="{office}/{kind}" Target="{target}"/>'
        for pointer, (kind, target) in targets.items()
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">{made}</Relationships>'


def xlsx_parts(
    *sheets: str,
    after: str = "",
    main: str = MAIN,
    office: str = OFFICE,
    properties: str = "",
    styles: str = "",
    states: Mapping[int, str] | None = None,
) -> dict[str, str]:
    """Return the parts of a workbook whose sheets have these rows; ``after``: below each sheet's.

    ``states``: of sheets that are not visible, by their number from 1.
    """
    listed = "".join(
        f'<sheet name="Sheet{n}" sheetId="{n}" state="{(states or {}).get(n, "visible")}"'
        f' r:id="rId{n}"/>'
        for n in range(1, len(sheets) + 1)
    )
    targets = {
        f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)
    }
    parts = {
        "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.xml")}, office),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            targets | {"rId90": ("styles", "styles.xml")}, office
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{styles}</styleSheet>',
    }
    for n, rows in enumerate(sheets, start=1):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{after}</worksheet>'
        )
    return parts


def packed(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """Write parts as an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


# --- XLSB -------------------------------------------------------------------------------------


def record(kind: int, data: bytes = b"") -> bytes:
    """Return a record of a binary part."""
    return _varied(kind) + _varied(len(data)) + data


def _varied(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def wide(value: str) -> bytes:
    """Return a counted text."""
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def xlsb_cell(column: int, value: object, style: int = 0) -> bytes:
    """Return a cell; an error is its code in a one-byte ``bytes``, None is styled and empty."""
    start = struct.pack("<II", column, style)
    if value is None:
        return record(1, start)
    if isinstance(value, bytes):
        return record(3, start + value)
    if isinstance(value, bool):
        return record(4, start + bytes([value]))
    if isinstance(value, int) and abs(value) < 1 << 29:
        return record(2, start + struct.pack("<i", value << 2 | 2))
    if isinstance(value, int | float):
        return record(5, start + struct.pack("<d", value))
    return record(6, start + wide(str(value)))


def xlsb_sheet(
    rows: Mapping[int, Mapping[int, object]],
    merges: Iterable[tuple[int, int, int, int]] = (),
    styles: Mapping[tuple[int, int], int] | None = None,
) -> bytes:
    """Return the part of a sheet: rows and columns from 0, merges as top, bottom, left, right."""
    made = b""
    for number, cells in rows.items():
        made += record(0, struct.pack("<I", number) + bytes(13))
        for column, value in cells.items():
            made += xlsb_cell(column, value, (styles or {}).get((number, column), 0))
    return made + b"".join(record(176, struct.pack("<4I", *merge)) for merge in merges)


def xlsb_parts(
    *sheets: bytes, hidden: Iterable[int] = (), is_1904: bool = False
) -> dict[str, str | bytes]:
    """Return the parts of a binary workbook; its cell format 1 is a day."""
    numbers = range(1, len(sheets) + 1)
    listed = b"".join(
        record(156, struct.pack("<II", n in set(hidden), n) + wide(f"rId{n}") + wide(f"Sheet{n}"))
        for n in numbers
    )
    targets = {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.bin") for n in numbers}
    formats = (
        record(617) + record(47, bytes(16)) + record(47, struct.pack("<HH", 0, 14) + bytes(12))
    )
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.bin")}),
        "xl/workbook.bin": record(153, struct.pack("<I", is_1904) + bytes(8)) + listed,
        "xl/_rels/workbook.bin.rels": relations(targets | {"rId90": ("styles", "styles.bin")}),
        "xl/styles.bin": formats + record(618),
    }
    for n, sheet in zip(numbers, sheets, strict=True):
        parts[f"xl/worksheets/sheet{n}.bin"] = sheet
    return parts


# --- ODS --------------------------------------------------------------------------------------

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = "".join(
    f' xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def ods_parts(tables: str, settings: str = "", manifest: str = "") -> dict[str, str]:
    """Return the parts of an OpenDocument spreadsheet; tables of style "ta2" are hidden."""
    names = f'xmlns:m="{_ODF}:manifest:1.0"'
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f"<m:manifest {names}>{manifest}</m:manifest>",
        "content.xml": f"<office:document-content{_NAMES}><office:automatic-styles>"
        '<style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
        f"<office:body><office:spreadsheet>{settings}{tables}"
        "</office:spreadsheet></office:body></office:document-content>",
    }


def ods_table(name: str, rows: str, style: str = "ta1") -> str:
    """Return a table of an OpenDocument spreadsheet."""
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def ods_row(*cells: str, attributes: str = "") -> str:
    """Return a row: cells, or texts."""
    start, end = '<table:table-cell office:value-type="string">', "</table:table-cell>"
    made = [
        cell if cell.startswith("<") else f"{start}<text:p>{cell}</text:p>{end}" for cell in cells
    ]
    return f"<table:table-row {attributes}>{''.join(made)}</table:table-row>"
