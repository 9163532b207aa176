"""Units of figures, in headings and in cells: 流量(GB), 出账金额/分, 20GB. Plain values, exact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from core.identity import identity, without_invisible
from exchange.rules.traditional import simplified


class Measure(StrEnum):
    """What kind of thing a column's cells are, as far as a unit or a bracket could matter."""

    MONEY = "money"
    DATA = "data"
    TALK = "talk"
    DAYS = "days"
    COUNT = "count"
    CALENDAR = "calendar"
    DATE = "date"
    TEXT = "text"


WITH_FIGURES = (Measure.MONEY, Measure.DATA, Measure.TALK, Measure.DAYS, Measure.COUNT)


@dataclass(frozen=True)
class UnitOfMeasure:
    """One unit: how many of the product's own unit of its kind it is, and how it is written.

    The product keeps yuan, MB (1 GB is 1024 MB), minutes, days and single pieces.
    """

    code: str
    measure: Measure
    times: Fraction
    spellings: tuple[str, ...]


def _unit(code: str, measure: Measure, times: str, *spellings: str) -> UnitOfMeasure:
    return UnitOfMeasure(code, measure, Fraction(times), spellings)


UNITS: tuple[UnitOfMeasure, ...] = (
    _unit("yuan", Measure.MONEY, "1", "元", "圆", "块", "人民币", "人民币元", "元人民币"),
    _unit("yuan", Measure.MONEY, "1", "yuan", "rmb", "cny", "¥", "￥", "rmb yuan", "cny yuan"),
    _unit("jiao", Measure.MONEY, "1/10", "角", "jiao"),
    _unit("fen", Measure.MONEY, "1/100", "分", "分钱", "人民币分", "fen", "cent", "cents"),
    _unit("li", Measure.MONEY, "1/1000", "厘", "li"),
    _unit("hundred_yuan", Measure.MONEY, "100", "百元"),
    _unit("thousand_yuan", Measure.MONEY, "1000", "千元", "thousand yuan"),
    _unit(
        "ten_thousand_yuan",
        Measure.MONEY,
        "10000",
        "万元",
        "萬元",
        "万",
        "ten thousand yuan",
        "wan",
    ),
    _unit("byte", Measure.DATA, "1/1048576", "字节", "byte", "bytes", "b"),
    _unit("KB", Measure.DATA, "1/1024", "kb", "k", "kib", "kbyte", "kbytes", "千字节", "kilobytes"),
    _unit(
        "MB", Measure.DATA, "1", "mb", "m", "mib", "mbyte", "mbytes", "兆", "兆字节", "megabytes"
    ),
    _unit("GB", Measure.DATA, "1024", "gb", "g", "gib", "gbyte", "gbytes", "吉字节", "gigabytes"),
    _unit("TB", Measure.DATA, "1048576", "tb", "t", "tib", "tbyte", "太字节", "terabytes"),
    _unit("second", Measure.TALK, "1/60", "秒", "秒钟", "秒数"),
    _unit("second", Measure.TALK, "1/60", "s", "sec", "secs", "second", "seconds"),
    _unit("minute", Measure.TALK, "1", "分钟", "分鐘", "分", "分钟数"),
    _unit("minute", Measure.TALK, "1", "min", "mins", "minute", "minutes"),
    _unit("hour", Measure.TALK, "60", "小时", "时", "钟头", "小时数"),
    _unit("hour", Measure.TALK, "60", "h", "hr", "hrs", "hour", "hours"),
    _unit("day", Measure.DAYS, "1", "天", "日", "天数", "日数", "d", "day", "days"),
    _unit("week", Measure.DAYS, "7", "周", "星期", "周数", "week", "weeks"),
    _unit("hours", Measure.DAYS, "1/24", "小时", "小时数", "h", "hour", "hours"),
    _unit("one", Measure.COUNT, "1", "条", "次", "个", "件", "笔", "通", "条数", "次数", "个数"),
    _unit("one", Measure.COUNT, "1", "time", "times", "count", "piece", "pieces", "pcs"),
    _unit("hundred", Measure.COUNT, "100", "百条", "百次"),
    _unit("thousand", Measure.COUNT, "1000", "千条", "千次", "千", "thousand"),
    _unit("ten_thousand", Measure.COUNT, "10000", "万条", "万次", "万"),
    _unit("solar", Measure.CALENDAR, "1", "公历", "阳历", "新历", "西历", "国历"),
    _unit("solar", Measure.CALENDAR, "1", "solar", "gregorian"),
    _unit("lunar", Measure.CALENDAR, "1", "农历", "阴历", "旧历", "lunar"),
)
"""Every unit that is understood. A code has several rows where it is written in two languages."""

USUAL: Mapping[Measure, str] = {
    Measure.MONEY: "yuan",
    Measure.DATA: "MB",
    Measure.TALK: "minute",
    Measure.DAYS: "day",
    Measure.COUNT: "one",
    Measure.CALENDAR: "solar",
}
"""The unit of a figure of which nobody says another."""

_BY_CODE: Mapping[tuple[Measure, str], UnitOfMeasure] = {
    (unit.measure, unit.code): unit for unit in UNITS
}
_BY_SPELLING: Mapping[tuple[Measure, str], str] = {
    (unit.measure, identity(spelling)): unit.code for unit in UNITS for spelling in unit.spellings
}
# What stands in brackets and says nothing about the figures.
_NOTES = {
    identity(note)
    for note in (
        *(
            "必填",
            "必填项",
            "选填",
            "可选",
            "可空",
            "可为空",
            "非必填",
            "数字",
            "数值",
            "整数",
            "小数",
        ),
        *(
            "保留两位小数",
            "两位小数",
            "含税",
            "不含税",
            "含优惠",
            "合计",
            "总计",
            "当月",
            "本月",
            "每月",
        ),
        *("月", "上月", "按月", "required", "optional", "number", "total", "monthly", "per month"),
        *("*", "a month", "this month"),
    )
}

_OPENS, _CLOSES = "([{【〔〖《〈「『", ")]}】〕〗》〉」』"
_BRACKET = re.compile(
    rf"[{re.escape(_OPENS)}]([^{re.escape(_CLOSES)}]*)(?:[{re.escape(_CLOSES)}]|$)"
)
_SAYS_UNIT = re.compile(r"^(?:计量)?(?:单位|units|unit|in)\s*[:=为是]?\s*", re.IGNORECASE)
_A_MONTH = re.compile(r"(?:/|每|per\s*)(?:月|个月|month|mon)$|^每月", re.IGNORECASE)
_PARTS = re.compile(r"[,;、，；|]")


def normal(text: str) -> str:
    """Return a heading or a bracket in one width and script, without what nobody sees."""
    return without_invisible(simplified(unicodedata.normalize("NFKC", without_invisible(text))))


def brackets_of(heading: str) -> list[str]:
    """Return what stands in each bracket of a heading, of whatever shape; unclosed ones too."""
    return [found.strip() for found in _BRACKET.findall(normal(heading))]


def without_brackets(heading: str) -> str:
    """Return a heading without its brackets."""
    return _BRACKET.sub("", normal(heading)).strip()


def without_month(text: str) -> str:
    """Return ``text`` without "a month" at its end, which every figure here is of."""
    return _A_MONTH.sub("", text).strip()


def unit_named(text: str, measure: Measure) -> str | None:
    """Return the code of the unit that ``text`` names ("GB", "单位：元/月"), None where none."""
    words = _A_MONTH.sub("", _SAYS_UNIT.sub("", normal(text))).strip()
    return _BY_SPELLING.get((measure, identity(words)))


def is_note(text: str) -> bool:
    """Say whether a bracket says nothing about the figures under it."""
    return identity(normal(text)) in _NOTES or not normal(text)


def names_any_unit(text: str) -> bool:
    """Say whether ``text`` is a unit of any kind."""
    return any(unit_named(text, measure) is not None for measure in USUAL)


def units_for(measure: Measure) -> list[str]:
    """Return the codes of the units of one kind, in the order in which they are offered."""
    return list(dict.fromkeys(unit.code for unit in UNITS if unit.measure is measure))


@dataclass(frozen=True)
class Said:
    """What a heading says of its column's unit: its code, or a bracket that nobody understands."""

    unit: str = ""
    doubt: str = ""


NOTHING_SAID = Said()


def said_in_brackets(heading: str, measure: Measure) -> Said:
    """Return what the brackets of a heading say of the unit of a column of this kind.

    Of figures every bracket counts that is no mere note. Of dates and texts only one that is a
    unit of something else: dates in days cannot be read. Two units at once are a doubt.
    """
    found: dict[str, str] = {}
    for part in _parts(heading):
        code = unit_named(part, measure)
        if code is not None:
            found.setdefault(code, part)
        elif _is_doubtful(part, measure):
            return Said(doubt=part)
    if len(found) > 1:
        return Said(doubt=" / ".join(found.values()))
    return Said(unit=next(iter(found), ""))


def _parts(heading: str) -> Iterator[str]:
    for bracket in brackets_of(heading):
        for part in _PARTS.split(bracket):
            if part.strip():
                yield part.strip()


def _is_doubtful(part: str, measure: Measure) -> bool:
    if measure in WITH_FIGURES:
        return not is_note(part)
    if measure in (Measure.DATE, Measure.CALENDAR):
        return any(unit_named(part, kind) is not None for kind in WITH_FIGURES)
    return False


# --- Cells ------------------------------------------------------------------------------------

_FIGURE = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<money>[¥$]?)\s*(?P<sign_too>[+-]?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<rest>\.\d+)?\s*(?P<unit>[^\d\s.,+-].*)?"
)
_MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63", "-"))
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d)")
_SPOKEN = re.compile(r"(?:(\d+)小时)?(?:(\d+)分钟?)?(?:(\d+)秒)?")


def figure_of(text: str, measure: Measure, unit: str = "") -> Fraction | None:
    """Return a cell's figure in the product's own unit, None where it is none that is understood.

    ``unit`` is the column's; a unit in the cell itself ("20GB", "¥188", "1小时30分", "1:30:00")
    goes before it. Exact: nothing is rounded. Groups of digits are of three.
    """
    plain = normal(text).translate(_MINUS)
    if measure is Measure.TALK and (talked := _talked(plain)) is not None:
        return talked
    found = _FIGURE.fullmatch(plain)
    if found is None or (found["sign"] and found["sign_too"]):
        return None
    code = _unit_in_cell(found, measure, unit or USUAL[measure])
    if code is None:
        return None
    figure = Fraction(found["digits"].replace(",", "") + (found["rest"] or ""))
    negative = "-" in (found["sign"], found["sign_too"])
    return (-figure if negative else figure) * _BY_CODE[measure, code].times


def _unit_in_cell(found: re.Match[str], measure: Measure, code: str) -> str | None:
    """Return the unit that a cell says, ``code`` where it says none, None where it cannot be."""
    if found["money"]:
        if found["money"] == "$" or measure is not Measure.MONEY:
            return None
        code = "yuan"
    return code if found["unit"] is None else unit_named(found["unit"], measure)


def _talked(text: str) -> Fraction | None:
    """Return the minutes of 1:30:00 or 1小时30分20秒, None for other texts."""
    found = _CLOCK.fullmatch(text) or _SPOKEN.fullmatch(text.replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return Fraction(hours * 3600 + minutes * 60 + seconds, 60)


def rounded(figure: Fraction, places: int = 0) -> Fraction:
    """Return ``figure`` with so many decimals, rounded half up: away from zero at the half."""
    scale = 10**places
    size = (abs(figure) * scale + Fraction(1, 2)) // 1
    return Fraction(-size if figure < 0 else size, scale)
