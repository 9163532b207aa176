"""Which column of a file means what, in Chinese and in English; the words of a roster."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from exchange.rules.measures import (
    NOTHING_SAID,
    USUAL,
    WITH_FIGURES,
    Measure,
    Said,
    normal,
    said_in_brackets,
    unit_named,
    without_brackets,
    without_month,
)
from exchange.rules.traditional import simplified

HEADER_SEARCH_ROWS = 30
LONGEST_HEADING = 200

Cell = str | int | float | bool | Mapping[str, Any] | None
"""What a cell holds, in memory as it is kept: text, number, truth value, or a mapping.

``{"number": 27760, "system": 1904}`` is a number that may be a day, in a workbook that counts its
days from 1904. ``{"formula": "A1&B1"}`` is a formula that nobody worked out: readers of values
refuse it, as they do the text of an error (#N/A).
"""

F = TypeVar("F", bound=StrEnum)

Recognise = Callable[[str], F | None]
"""Returns the field that a heading names, None where it names none."""


class RosterField(StrEnum):
    """What a column of a roster can say about a customer (articles 8, 9, 10, 12, 14, 16)."""

    NUMBER = "number"
    NAME = "name"
    GENDER = "gender"
    PHONE = "phone"
    TIER = "tier"
    IS_KEY = "is_key"
    UNIT = "unit"
    MANAGER = "manager"
    MANAGER_NAME = "manager_name"
    BIRTHDAY = "birthday"
    BIRTH_CALENDAR = "birth_calendar"
    ID_PROVINCE = "id_province"
    ADDRESS = "address"
    EMPLOYER = "employer"
    POSITION = "position"
    OCCUPATION = "occupation"
    CHARACTER = "character"
    SPORTS = "sports"
    REWARDS = "rewards"
    PREFERRED_CHANNEL = "preferred_channel"
    JOINED_ON = "joined_on"
    VIP_SINCE = "vip_since"
    LAST_CONTACT = "last_contact"
    LAST_CONTACT_CHANNEL = "last_contact_channel"
    SERVICE_POLICY = "service_policy"


ALIASES: Mapping[RosterField, Sequence[str]] = {
    RosterField.NUMBER: (
        "客户编号",
        "客户编码",
        "客户号",
        "编号",
        "customer number",
        "customer no",
        "customer id",
        "number",
    ),
    RosterField.NAME: ("客户姓名", "客户名称", "姓名", "customer name", "name"),
    RosterField.GENDER: ("性别", "gender", "sex"),
    RosterField.PHONE: (
        "手机号码",
        "手机号",
        "手机",
        "电话号码",
        "联系电话",
        "phone",
        "phone number",
        "mobile",
        "mobile number",
        "mobile phone",
    ),
    RosterField.TIER: (
        "VIP级别",
        "级别",
        "客户级别",
        "VIP等级",
        "客户等级",
        "卡级别",
        "tier",
        "VIP tier",
        "level",
        "VIP level",
    ),
    RosterField.IS_KEY: (
        "重要客户",
        "是否重要客户",
        "key customer",
        "is key",
        "key",
    ),
    RosterField.UNIT: ("所属单位", "单位", "所属分公司", "分公司", "unit", "branch"),
    RosterField.MANAGER: (
        "客户经理工号",
        "经理工号",
        "工号",
        "manager number",
        "manager staff number",
        "staff number",
        "manager",
    ),
    RosterField.MANAGER_NAME: ("客户经理姓名", "客户经理", "经理姓名", "manager name"),
    RosterField.BIRTHDAY: (
        "出生日期",
        "生日",
        "出生年月日",
        "birthday",
        "date of birth",
        "birth date",
    ),
    RosterField.BIRTH_CALENDAR: (
        "生日历法",
        "历法",
        "生日类型",
        "birthday calendar",
        "birth calendar",
        "calendar",
    ),
    RosterField.ID_PROVINCE: (
        "证件所在省",
        "证件省份",
        "身份证所在省",
        "id province",
        "province of id",
    ),
    RosterField.ADDRESS: ("家庭住址", "住址", "家庭地址", "地址", "address", "home address"),
    RosterField.EMPLOYER: ("工作单位", "就职单位", "employer", "company"),
    RosterField.POSITION: ("职务", "职位", "position", "job title"),
    RosterField.OCCUPATION: ("职业", "occupation", "profession"),
    RosterField.CHARACTER: ("性格", "character", "personality"),
    RosterField.SPORTS: ("喜欢的运动", "运动爱好", "sports", "favourite sports", "favorite sports"),
    RosterField.REWARDS: (
        "喜欢的回馈方式",
        "回馈方式偏好",
        "rewards",
        "favourite rewards",
        "favorite rewards",
    ),
    RosterField.PREFERRED_CHANNEL: (
        "沟通方式偏好",
        "偏好沟通方式",
        "喜欢的沟通方式",
        "preferred channel",
    ),
    RosterField.JOINED_ON: ("入网日期", "入网时间", "joined", "joined on", "join date"),
    RosterField.VIP_SINCE: (
        "成为VIP日期",
        "成为VIP时间",
        "VIP日期",
        "VIP since",
        "became VIP on",
        "VIP date",
    ),
    RosterField.LAST_CONTACT: (
        "最近沟通日期",
        "最近沟通时间",
        "上次沟通日期",
        "last contact",
        "last contact date",
        "last contacted",
    ),
    RosterField.LAST_CONTACT_CHANNEL: (
        "最近沟通方式",
        "上次沟通方式",
        "last contact channel",
        "last channel",
    ),
    RosterField.SERVICE_POLICY: (
        "VIP服务政策",
        "服务政策",
        "service policy",
        "VIP service policy",
    ),
}

MEASURES: Mapping[RosterField, Measure] = {
    RosterField.BIRTHDAY: Measure.CALENDAR,
    RosterField.JOINED_ON: Measure.DATE,
    RosterField.VIP_SINCE: Measure.DATE,
    RosterField.LAST_CONTACT: Measure.DATE,
}
"""What kind of thing a roster's columns are, where a unit could be said of it."""

_NOT_A_WORD = re.compile(r"[\W_]+")
# Units that an unknown heading ends with: after a sign, or Latin letters after Chinese ones.
_SET_OFF = re.compile(r"[\s/_\-:,]([^\s/_\-:,]+)$|(?<=[\u3400-\u9fff])([A-Za-z]+)$")
_NOTE_OF_UNITS = re.compile(r"单位\s*[:=]\s*(.+)|\bunits?\s*[:=]\s*(.+)", re.IGNORECASE)


# Columns of lists everywhere that say nothing which any file here could keep.
_OF_NO_USE = ("序号", "行号", "备注", "备注信息", "说明", "no.", "row", "remark", "remarks", "note")


def heading_key(text: str) -> str:
    """Return ``text`` as headings are compared: one width, case and script, no spaces or signs."""
    return _NOT_A_WORD.sub("", simplified(unicodedata.normalize("NFKC", text)).casefold())


def is_of_no_use(heading: str) -> bool:
    """Say whether an unknown heading is a row number or a remark: left out without asking."""
    return heading_key(without_brackets(heading)) in {heading_key(word) for word in _OF_NO_USE}


class Headings(Generic[F]):
    """What the headings of one kind of file mean: their fields, and the units they say.

    ``aliases`` names every heading of a field, ``measures`` what kind of thing its cells are.
    Calling it recognises a heading.
    """

    def __init__(
        self, aliases: Mapping[F, Sequence[str]], measures: Mapping[F, Measure] | None = None
    ) -> None:
        self.measures: Mapping[F, Measure] = measures or {}
        self._fields = {
            heading_key(alias): field for field, many in aliases.items() for alias in many
        }

    def __call__(self, text: str) -> F | None:
        """Return the field that a heading names, None where it names none.

        What stands in brackets may be left out, and a unit may follow: 流量(GB), 流量/GB, 流量GB.
        """
        if len(text) > LONGEST_HEADING:
            return None
        whole = self._fields.get(heading_key(normal(text)))
        return whole or self._base(text)[0]

    def measure_of(self, field: F) -> Measure:
        """Return what kind of thing the cells of a field are."""
        return self.measures.get(field, Measure.TEXT)

    def said(self, heading: str, field: F, note: str = "") -> Said:
        """Return what a heading says of the unit, where its column holds ``field``.

        ``note``: what stands above the headings about units ("单位：万元"). A heading's own unit
        goes before it; two units that differ are a doubt.
        """
        measure = self.measure_of(field)
        in_brackets = said_in_brackets(heading, measure)
        if measure not in USUAL or in_brackets.doubt:
            return in_brackets
        named, code = self._base(heading)
        said = Said(unit=code) if named == field else _at_the_end(heading, measure)
        if said.doubt or not in_brackets.unit:
            return said if said != NOTHING_SAID else _of_note(note, measure)
        if said.unit and said.unit != in_brackets.unit:
            return Said(doubt=heading)
        return in_brackets

    def _base(self, heading: str) -> tuple[F | None, str]:
        """Return the field that a heading names without its brackets, and the unit after it."""
        key = heading_key(without_month(without_brackets(heading)))
        for place in range(len(key) - 1, 0, -1):
            field, code = self._divided(key[:place], key[place:])
            if field is not None:
                return self._fields.get(key, field), code
        return self._fields.get(key), ""

    def _divided(self, head: str, tail: str) -> tuple[F | None, str]:
        field = self._fields.get(head)
        if field is not None and (code := unit_named(tail, self.measure_of(field))):
            return field, code
        field = self._fields.get(tail)
        if field is not None and self.measure_of(field) is Measure.CALENDAR:
            code = unit_named(head, Measure.CALENDAR)
            return (field, code) if code else (None, "")
        return None, ""


def _at_the_end(heading: str, measure: Measure) -> Said:
    """Return the unit that a heading ends with which is not one of ours: 月租费/分, 上网量GB.

    A Chinese unit that is not set off (时长秒, 积分) may be part of the word: a doubt.
    """
    base = without_month(without_brackets(heading))
    found = _SET_OFF.search(base)
    if found and (code := unit_named(found[1] or found[2], measure)):
        return Said(unit=code)
    if measure not in WITH_FIGURES:
        return NOTHING_SAID
    ends = (base[place:] for place in range(1, len(base)))
    end = next((end for end in ends if unit_named(end, measure) is not None), "")
    return Said(doubt=end) if end and not end.isascii() else NOTHING_SAID


def _of_note(note: str, measure: Measure) -> Said:
    for found in _NOTE_OF_UNITS.finditer(normal(note)):
        for part in re.split(r"[,;、()\s]+", found[1] or found[2]):
            if code := unit_named(part, measure):
                return Said(unit=code)
    return NOTHING_SAID


recognise_heading = Headings(ALIASES, MEASURES)
"""The headings of a roster."""


@dataclass(frozen=True)
class Column(Generic[F]):
    """One column under the header row: its place (from 0), heading and meaning, if known."""

    index: int
    heading: str
    field: F | None


@dataclass(frozen=True)
class Header(Generic[F]):
    """The header row of a table: its row number (from 1) and the columns that have a heading.

    ``note``: what the rows above it say about units.
    """

    row_number: int
    columns: tuple[Column[F], ...]
    note: str = ""

    @property
    def known(self) -> int:
        """Return how many columns are understood."""
        return sum(column.field is not None for column in self.columns)

    @property
    def unknown(self) -> tuple[Column[F], ...]:
        """Return the columns whose meaning a person must give."""
        return tuple(column for column in self.columns if column.field is None)

    @property
    def mapping(self) -> dict[F, int]:
        """Return the place of each field that was understood."""
        return {column.field: column.index for column in self.columns if column.field}


def read_header(row_number: int, cells: Sequence[Cell], recognise: Recognise[F]) -> Header[F]:
    """Read one row as headings. A field named twice belongs to its first column."""
    taken: set[F] = set()
    columns: list[Column[F]] = []
    for index, cell in enumerate(cells):
        heading = cell.strip() if isinstance(cell, str) else ""
        if not heading:
            continue
        field = recognise(heading)
        if field in taken:
            field = None
        if field:
            taken.add(field)
        columns.append(Column(index=index, heading=heading, field=field))
    return Header(row_number=row_number, columns=tuple(columns))


def find_header(rows: Iterable[Sequence[Cell]], recognise: Recognise[F]) -> Header[F] | None:
    """Return the header among the first rows of a sheet: the row with most known headings.

    Title rows above it have none. The first such row wins; None where no row has any.
    """
    best: Header[F] | None = None
    notes: list[str] = []
    for row_number, cells in enumerate(rows, start=1):
        if row_number > HEADER_SEARCH_ROWS:
            break
        header = read_header(row_number, cells, recognise)
        if header.known > (best.known if best else 0):
            best = replace(header, note=" ".join(notes))
        texts = (cell for cell in cells if isinstance(cell, str))
        notes += [text.strip() for text in texts if _NOTE_OF_UNITS.search(normal(text))]
    return best


def first_row_as_header(
    rows: Iterable[Sequence[Cell]], recognise: Recognise[F]
) -> Header[F] | None:
    """Return the first row with at least two texts as a header of which a person must say all.

    For a table where ``find_header`` finds none. None where no such row is among the first ones.
    """
    for row_number, cells in enumerate(rows, start=1):
        if row_number > HEADER_SEARCH_ROWS:
            break
        header = read_header(row_number, cells, recognise)
        if len(header.columns) > 1:
            return header
    return None


def with_groups(
    head: list[list[Cell]], groups: Iterable[tuple[int, int, int, str]], recognise: Recognise[F]
) -> list[list[Cell]]:
    """Return the first rows with headings of two storeys joined, where that names a field.

    A group is a heading over several columns: the row below it (from 1), its first and last column
    (from 0) and its text. "客户经理" over "工号" and "姓名" says whose number and name they are.
    """
    for below, first, last, text in groups:
        row = head[below - 1] if below <= len(head) else []
        for place in range(first, min(last + 1, len(row))):
            cell = row[place]
            if isinstance(cell, str) and cell and recognise(joined := f"{text}{cell}"):
                row[place] = joined
    return head


def best_sheet(headers: Sequence[Header[F] | None]) -> int | None:
    """Return the place of the sheet to read: the first with most known headings, if any has."""
    known = [header.known if header else 0 for header in headers]
    return known.index(max(known)) if any(known) else None
