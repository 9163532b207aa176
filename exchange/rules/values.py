"""What one cell of a roster means, however an office writes it: plain values in and out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import TypeVar
from zoneinfo import ZoneInfo

from borax.calendars.lunardate import InvalidLunarDateError, LCalendars, LunarDate

from core.phones import NumberKind, kind_of, plain_number
from core.signs import NOBODY_SEES
from exchange.rules.headings import Cell
from exchange.rules.reasons import CellRejectedError, Reason
from exchange.rules.spreadsheets import MARKS, restore, without_text_mark
from exchange.rules.traditional import simplified

T = TypeVar("T")

SOLAR, LUNAR = "solar", "lunar"
FIRST_YEAR, LAST_YEAR = 1900, 2100
LONGEST_UNIT_NAME = 80
DEEPEST_UNIT = 8

# A day of which Excel counts the serial numbers that an unformatted date cell shows.
_SERIAL_ZERO = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_414
_DAYS_BETWEEN_SYSTEMS = 1462
_LEAP_YEAR = 2000
# A moment with a zone is the day that it is for the offices.
_ZONE = ZoneInfo("Asia/Shanghai")
# Excel keeps so many digits of a number.
_DIGITS_KEPT = 15
_FIRST_WITHOUT_ITS_DIGITS = 10**_DIGITS_KEPT

TIERS = {
    "钻卡": "diamond",
    "钻石卡": "diamond",
    "钻石": "diamond",
    "钻": "diamond",
    "diamond": "diamond",
    "金卡": "gold",
    "金": "gold",
    "gold": "gold",
    "银卡": "silver",
    "银": "silver",
    "silver": "silver",
}
GENDERS = {
    "男": "male",
    "男性": "male",
    "先生": "male",
    "m": "male",
    "male": "male",
    "女": "female",
    "女性": "female",
    "女士": "female",
    "f": "female",
    "female": "female",
}
CALENDARS = {
    "公历": SOLAR,
    "阳历": SOLAR,
    "新历": SOLAR,
    "solar": SOLAR,
    "gregorian": SOLAR,
    "农历": LUNAR,
    "阴历": LUNAR,
    "旧历": LUNAR,
    "lunar": LUNAR,
}
CHANNELS = {
    "电话": "phone",
    "通话": "phone",
    "phone": "phone",
    "call": "phone",
    "短信": "sms",
    "sms": "sms",
    "彩信": "mms",
    "mms": "mms",
    "登门拜访": "visit",
    "上门拜访": "visit",
    "上门": "visit",
    "拜访": "visit",
    "visit": "visit",
    "home visit": "visit",
    "接待": "reception",
    "reception": "reception",
    "微信": "im",
    "企业微信": "im",
    "wecom": "im",
    "wechat": "im",
    "im": "im",
}
YES_OR_NO = {
    "是": True,
    "y": True,
    "yes": True,
    "true": True,
    "1": True,
    "√": True,
    "否": False,
    "n": False,
    "no": False,
    "false": False,
    "0": False,
    "×": False,
}

# They come along when numbers are copied from telephones and pages.
_INVISIBLE = re.compile(f"[{NOBODY_SEES}]")
_SPACES = re.compile(r"\s+")
_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff·]"
_SPACE_BETWEEN_HAN = re.compile(rf"(?<={_HAN}) (?={_HAN})")
# A whole number that passed through a program which knows only decimals: 13812340020.0
_POINT_ZERO = re.compile(r"\d+\.0+")
_TIME_OF_DAY = re.compile(
    r"(?:[T ]+(?:(?:上午|下午|凌晨|中午|晚上|AM|PM) ?)?\d{1,2}(?::\d{2}){1,2}(?:[.,:]\d+)?"
    r"(?: ?[AP]M)?| ?\d{1,2}[时点](?:\d{1,2}分)?(?:\d{1,2}秒)?)$",
    re.IGNORECASE,
)
_DAY_OF_THE_WEEK = re.compile(r" ?\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_MOMENT_WITH_ZONE = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ] ?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?"
    r" ?(?:Z|([+-])(\d{2}):?(\d{2})?)",
    re.IGNORECASE,
)
_SCIENTIFIC = re.compile(r"[+-]?(\d)(?:\.(\d+))?[eE](\+?)(-?)(\d{1,3})")
_ERROR_OF_A_FORMULA = re.compile(
    # In every language of the program: #REF!, #NAME?, #VALEUR!, #BEZUG!, #NOM ?
    r"#(?:N/A(?: N/A)?|NV|GETTING_DATA|[^\W\d_]+(?:/0)? ?[!?]|#+)|Err:\d{3}|Error 20\d\d"
    r"|[+-]?1\.#(?:INF|IND|[QS]?NAN)\d*",
    re.IGNORECASE,
)
_BEGINS_AN_ERROR = frozenset("#＃eEｅＥ")
_ERROR_AMONG_DIGITS = ".#"
# What databases and programs write where they have nothing.
_NO_VALUES = frozenset(
    {"null", "(null)", "<null>", "[null]", "{null}", r"\n", "nan", "nat", "<na>", "none", "n/a"}
    | {"nil", "undefined", "(none)", "(blank)", "(空)", "(空白)", "<空>", "[空]"}
)
_BEGINS_NO_VALUE = frozenset("nNuU(<[{\\ｎＮｕＵ（＜［｛＼")
_WORTH_A_LOOK = _BEGINS_AN_ERROR | _BEGINS_NO_VALUE | frozenset("+-0123456789")
_DIGITS_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?")
_SPLIT_DATE = re.compile(
    r"(?:(?P<year>\d{4})[-/.年])?(?P<leap>闰)?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})[日号]?"
)
_LUNAR_WORDS_DATE = re.compile(
    r"(?:(?P<year>\d{4})年?)?(?P<leap>闰)?(?P<month>[正一二三四五六七八九十冬腊]{1,2})月"
    r"(?P<day>[初一二三四五六七八九十廿卅]{1,3})[日号]?"
)

_NUMERALS = "一二三四五六七八九十"
LUNAR_MONTHS: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_NUMERALS, start=1)},
    "正": 1,
    "十一": 11,
    "冬": 11,
    "十二": 12,
    "腊": 12,
}
LUNAR_DAYS: Mapping[str, int] = {
    **{f"初{word}": number for number, word in enumerate(_NUMERALS, start=1)},
    **{word: number for number, word in enumerate(_NUMERALS, start=1)},
    **{f"十{word}": 10 + number for number, word in enumerate(_NUMERALS[:9], start=1)},
    **{f"廿{word}": 20 + number for number, word in enumerate(_NUMERALS[:9], start=1)},
    **{f"二十{word}": 20 + number for number, word in enumerate(_NUMERALS[:9], start=1)},
    "二十": 20,
    "廿": 20,
    "三十": 30,
    "卅": 30,
}


@dataclass(frozen=True, slots=True)
class Birthday:
    """A birthday as written: the year may be unknown; lunar cells hold lunar numbers."""

    year: int | None
    month: int
    day: int
    is_leap_month: bool = False


def read_text(cell: Cell) -> str:
    """Return a cell as clean text on one line; whole numbers lose the point that Excel adds.

    What marks a cell as text (an apostrophe, ="001") is not part of it. Says what stands there even
    where no value can be read from it: that is for ``check_cell``.
    """
    if isinstance(cell, str):
        return _clean(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Mapping):
        return read_text(cell["number"]) if "number" in cell else f"={cell['formula']}"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    return str(cell)


def _clean(text: str) -> str:
    if "'" in text:
        text = restore(text)
    if " " in text or not text.isprintable() or _INVISIBLE.search(text):
        text = _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()
    return without_text_mark(text).strip() if text[:1] in MARKS else text


def check_cell(cell: Cell, text: str) -> None:
    """Raise ``CellRejectedError`` where a cell is an error, or a number that has lost digits.

    ``text`` is the cell as ``read_text`` gives it. Every reader of values asks this first.
    """
    if isinstance(cell, str):
        reason = _reason_of_text(text)
        if reason is not None:
            raise CellRejectedError(reason)
    elif isinstance(cell, Mapping) and "formula" in cell:
        raise CellRejectedError(Reason.FORMULA_WITHOUT_VALUE)
    elif isinstance(cell, int | float) and abs(cell) >= _FIRST_WITHOUT_ITS_DIGITS:
        raise CellRejectedError(Reason.LOST_DIGITS)


def _reason_of_text(text: str) -> Reason | None:
    if text[:1] in _WORTH_A_LOOK and (reason := _reason_of_word(text)):
        return reason
    return Reason.LOST_CHARACTER if "\ufffd" in text else None


def _reason_of_word(text: str) -> Reason | None:
    first = text[0]
    may_be_an_error = first in _BEGINS_AN_ERROR or _ERROR_AMONG_DIGITS in text
    if may_be_an_error and _ERROR_OF_A_FORMULA.fullmatch(_one_width(text)):
        return Reason.FORMULA_ERROR
    if first in _BEGINS_NO_VALUE and _one_width(text).casefold() in _NO_VALUES:
        return Reason.NO_VALUE
    if (found := _scientific(text)) and _has_lost_digits(found):
        return Reason.LOST_DIGITS
    return None


def _scientific(text: str) -> re.Match[str] | None:
    return _SCIENTIFIC.fullmatch(text) if "E" in text or "e" in text else None


def _one_width(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _has_lost_digits(found: re.Match[str]) -> bool:
    """Say whether 1.39E+10 is a program's short way of writing a number, with digits left out.

    1.3912345678E+10 has them all. 12E5 without point and plus may be a number of an office.
    """
    whole, part, plus, minus, power = found.groups(default="")
    if not (part or plus or minus):
        return False
    digits = len(whole + part)
    return bool(minus) or not digits - 1 == int(power) <= 14


def read_name(cell: Cell) -> str:
    """Return a name without the spaces that people put between Chinese characters."""
    text = read_text(cell)
    check_cell(cell, text)
    return _SPACE_BETWEEN_HAN.sub("", _no_formula(text))


def read_number(cell: Cell) -> str:
    """Return a customer or staff number, trimmed, in one width; never a formula."""
    is_part = isinstance(cell, float) and not cell.is_integer()
    if is_part and sum(map(str.isdigit, repr(cell))) > _DIGITS_KEPT:
        raise CellRejectedError(Reason.LOST_DIGITS)
    return _no_formula(_plain_text(cell))


def _no_formula(text: str) -> str:
    if text.startswith("="):
        raise CellRejectedError(Reason.FORMULA_WITHOUT_VALUE)
    return text


def read_phone(cell: Cell) -> str:
    """Return a phone number as it is kept, or raise ``CellRejectedError``."""
    number = plain_number(_plain_text(cell))
    if kind_of(number) is NumberKind.UNKNOWN:
        raise CellRejectedError(Reason.NOT_A_PHONE_NUMBER)
    return number


def read_tier(cell: Cell) -> str:
    """Return diamond, gold or silver, or raise ``CellRejectedError``."""
    return _look_up(TIERS, cell, Reason.NO_SUCH_TIER)


def read_gender(cell: Cell) -> str:
    """Return male or female, or raise ``CellRejectedError``."""
    return _look_up(GENDERS, cell, Reason.NO_SUCH_GENDER)


def read_calendar(cell: Cell) -> str:
    """Return solar or lunar, or raise ``CellRejectedError``."""
    return _look_up(CALENDARS, cell, Reason.NO_SUCH_CALENDAR)


def read_channel(cell: Cell) -> str:
    """Return a channel's name (article 10), or raise ``CellRejectedError``."""
    return _look_up(CHANNELS, cell, Reason.NO_SUCH_CHANNEL)


def read_yes_or_no(cell: Cell) -> bool:
    """Return a truth value, or raise ``CellRejectedError``."""
    return _look_up(YES_OR_NO, cell, Reason.NOT_YES_OR_NO)


def read_unit_name(cell: Cell) -> str:
    """Return a unit's full name, "city/district", or raise ``CellRejectedError``."""
    parts = [part.strip() for part in re.split(r"[/／]", read_name(cell))]
    too_long = len(parts) > DEEPEST_UNIT or max(map(len, parts)) > LONGEST_UNIT_NAME
    if too_long or not all(parts):
        raise CellRejectedError(Reason.NO_SUCH_UNIT_NAME)
    return "/".join(parts)


def read_date(cell: Cell) -> date:
    """Return a date of the solar calendar, or raise ``CellRejectedError``."""
    written = read_birthday(cell)
    if written.year is None or written.is_leap_month:
        raise CellRejectedError(Reason.NO_SUCH_DATE)
    return _solar(written.year, written.month, written.day)


def read_birthday(cell: Cell) -> Birthday:
    """Return the numbers of a birthday, not yet held against a calendar.

    Accepts 1980-01-02, 1980/1/2, 1980.1.2, 19800102, 1980年1月2日, the same without a year,
    闰 before a lunar leap month, 四月初二, each with a time of day, and a number that Excel meant
    as a date, in the date system of its workbook. A moment with a zone is its day in China.
    """
    if day := _day_of_serial(cell):
        return Birthday(day.year, day.month, day.day)
    text = _plain_text(cell)
    if found := _MOMENT_WITH_ZONE.fullmatch(text):
        day = _day_of_moment(found)
        return Birthday(day.year, day.month, day.day)
    text = _TIME_OF_DAY.sub("", _DAY_OF_THE_WEEK.sub("", text).strip()).replace(" ", "")
    if found := _DIGITS_DATE.fullmatch(text):
        year, month, day_number = found.groups()
        return Birthday(int(year), int(month), int(day_number))
    if found := _SPLIT_DATE.fullmatch(text):
        return _birthday(found, int(found["month"]), int(found["day"]))
    if found := _LUNAR_WORDS_DATE.fullmatch(text):
        return _birthday(found, LUNAR_MONTHS.get(found["month"]), LUNAR_DAYS.get(found["day"]))
    raise CellRejectedError(Reason.NO_SUCH_DATE)


def _day_of_serial(cell: Cell) -> date | None:
    if isinstance(cell, Mapping) and "number" in cell:
        cell = cell["number"] + _DAYS_BETWEEN_SYSTEMS
    if isinstance(cell, int | float) and _FIRST_SERIAL <= cell <= _LAST_SERIAL:
        return _SERIAL_ZERO + timedelta(days=int(cell))
    return None


def _day_of_moment(found: re.Match[str]) -> date:
    """Return the day in China of a moment with its zone; a day with a zone is that day."""
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    written = _solar(int(year), int(month), int(day))
    if hour is None:
        return written
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime.combine(written, time(int(hour), int(minute), int(second or 0)), zone)
    except ValueError as error:
        raise CellRejectedError(Reason.NO_SUCH_DATE) from error
    return moment.astimezone(_ZONE).date()


def check_birthday(birthday: Birthday, calendar: str, today: date) -> None:
    """Raise ``CellRejectedError`` where ``calendar`` has no such day, or it is after ``today``."""
    born = _lunar_birth(birthday) if calendar == LUNAR else _solar_birth(birthday)
    if born is not None and born > today:
        raise CellRejectedError(Reason.IN_THE_FUTURE)


def check_past(day: date, today: date) -> None:
    """Raise ``CellRejectedError`` where ``day`` is after ``today``."""
    if day > today:
        raise CellRejectedError(Reason.IN_THE_FUTURE)


def _plain_text(cell: Cell) -> str:
    text = read_text(cell)
    check_cell(cell, text)
    text = _one_width(text)
    if (found := _scientific(text)) and (found[2] or found[3]):
        return f"{found[1]}{found[2] or ''}"
    return text.rstrip("0").removesuffix(".") if _POINT_ZERO.fullmatch(text) else text


def _look_up(words: Mapping[str, T], cell: Cell, reason: Reason) -> T:
    text = simplified(_plain_text(cell)).casefold()
    value = words.get(text)
    if value is None:
        raise CellRejectedError(reason)
    return value


def _birthday(found: re.Match[str], month: int | None, day: int | None) -> Birthday:
    if month is None or day is None:
        raise CellRejectedError(Reason.NO_SUCH_DATE)
    year = int(found["year"]) if found["year"] else None
    return Birthday(year, month, day, is_leap_month=bool(found["leap"]))


def _solar(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellRejectedError(Reason.NO_SUCH_DATE)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise CellRejectedError(Reason.NO_SUCH_DATE) from error


def _solar_birth(birthday: Birthday) -> date | None:
    if birthday.is_leap_month:
        raise CellRejectedError(Reason.NO_SUCH_DATE)
    born = _solar(birthday.year or _LEAP_YEAR, birthday.month, birthday.day)
    return born if birthday.year else None


def _lunar_birth(birthday: Birthday) -> date | None:
    year, month, day, leap = birthday.year, birthday.month, birthday.day, birthday.is_leap_month
    if not (1 <= month <= 12 and 1 <= day <= 30):
        raise CellRejectedError(Reason.NO_SUCH_DATE)
    if year is None:
        return None
    try:
        if day > LCalendars.ndays(year, month, int(leap)):
            raise CellRejectedError(Reason.NO_SUCH_DATE)
        born: date = LunarDate(year, month, day, int(leap)).to_solar_date()
    except InvalidLunarDateError as error:
        raise CellRejectedError(Reason.NO_SUCH_DATE) from error
    return born
