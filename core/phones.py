"""Phone numbers: the one way to read them and the one way to hide them. Plain values, no rows.

A number is kept the way it is dialled inside the country, in digits: 13812345678, 057187654321,
4008123456, 10086, 1064812345678; another country's behind 00: 0085291234567. An extension stands
behind a dash: 057187654321-123. The library `phonenumbers` knows which area codes and foreign
numbers there are; it is loaded with the first number that needs it (1.5 MB, 25 ms), for mobile
numbers never. The prefixes that are dialled before a number are kept here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from core.signs import CONTROLS, INVISIBLE

LONGEST_WRITTEN = 40
"""Characters of a number with its signs, as a form takes it."""

SHORTEST = 5
"""Digits of what can be a number at all, without its extension."""

LONGEST_KEPT = 20
"""Characters of a number as it is kept, with its extension."""


class NumberKind(StrEnum):
    """What a number is by the plan of numbers."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    SERVICE = "service"
    """Of an office and not of a person: 10086, 95588, 96166, 400 and 800 numbers, 106 senders."""
    THINGS = "things"
    """The 13 digits of a device (物联网卡)."""
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    """No number of the plan: too short, too long, or without its area code."""


# --- The signs between digits ------------------------------------------------------------------

# A keycap is written over a digit and hides nothing but its frame.
_INVISIBLE = f"{INVISIBLE}\u20e3"
_UNSEEN = re.compile(f"[{CONTROLS}{_INVISIBLE}]")
_SPACES = "\\s\u180e\u2800"
_DASHES = (
    "\\-\u058a\u05be\u1400\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2796\u2e17\u2e1a\u2e3a"
    "\u2e3b\u2e40\u301c\u3030\u30a0\u30fc\ufe31\ufe32\ufe58\ufe63\uff0d\uff70"
)
_DOTS = ".\u00b7\u2022\u2024\u2027\u2219\u22c5\u3002\u30fb\uff0e\uff61\uff65"
_SLASHES = "/\\\\\u2044\u2215\uff0f\uff3c"
_BRACKETS = (
    "()\\[\\]{}<>\u2018\u2019\u3008-\u3011\u3014-\u301b\ufe59-\ufe5e\uff08\uff09\uff1c\uff1e"
    "\uff3b\uff3d\uff5b\uff5d"
)
_LOOSE = ",:;|_~\u3001\uff0c\uff1a\uff1b\uff3f\uff5c\uff5e"
"""Signs that part numbers, and at times the groups of one; a number as such has none of them."""

_SIGN_CLASSES = ((_SPACES, " "), (_DASHES, "-"), (_DOTS, "."), (_SLASHES, "/"), (_BRACKETS, "("))
_SIGN_PATTERNS = tuple((re.compile(f"[{members}]"), sign) for members, sign in _SIGN_CLASSES)
_LOOSE_SIGN = re.compile(f"[{_LOOSE}]")
_PLUS = "+\u207a\uff0b\ufe62\u2795"


NO_DIGIT = "?"


@lru_cache(maxsize=4096)
def _plainly(character: str) -> str:
    """Return what a character says in a number: a digit, ``+``, a sign, "" or itself."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if _UNSEEN.match(character):
        return ""
    if character in _PLUS:
        return "+"
    for pattern, sign in _SIGN_PATTERNS:
        if pattern.match(character):
            return sign
    if _LOOSE_SIGN.match(character):
        return ","
    said = unicodedata.normalize("NFKC", character).casefold()
    # A circled or a raised digit beside others is a bullet or a footnote, no digit of the number.
    return NO_DIGIT if any(map(str.isdecimal, said)) else said


# --- The plan of numbers -----------------------------------------------------------------------

MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"0(?:(?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7})", re.ASCII)
_SERVICE = re.compile(
    r"(?:400|800)\d{7}|106\d{5,17}|(?:0(?:10|2\d|[3-9]\d\d))?"
    r"(?:95\d{3,6}|96\d{3,4}|1(?:0[01]|1[0-9]|2[0-9])\d{2,3})",
    re.ASCII,
)
_FREE = re.compile(r"[48]00\d{7}", re.ASCII)
_THINGS = re.compile(r"1064\d{9}|14\d{11}", re.ASCII)
_FOREIGN = re.compile(r"00[1-9]\d{5,14}", re.ASCII)

_DIAL_PREFIX = r"(?:179\d\d|12593|12520|10193|11808|12583\d?|19[0367])"
"""What is dialled before a number for a cheaper line, or to show another number."""

_PREFIXED = re.compile(rf"{_DIAL_PREFIX}(?P<rest>(?:0|1[3-9])\d+)", re.ASCII)
_COUNTRY = "86"
_SHORTEST_WHOLE = 8


def kind_of(number: str) -> NumberKind:
    """Return what a kept number is. A landline's area code and a foreign number are looked up."""
    dialled = without_extension(number)
    if MOBILE.fullmatch(dialled):
        return NumberKind.MOBILE
    if _THINGS.fullmatch(dialled):
        return NumberKind.THINGS
    if _SERVICE.fullmatch(dialled):
        return NumberKind.SERVICE
    if _LANDLINE.fullmatch(dialled):
        return NumberKind.LANDLINE if _is_in_plan(dialled) else NumberKind.UNKNOWN
    if _FOREIGN.fullmatch(dialled):
        return NumberKind.FOREIGN if _is_in_plan(dialled) else NumberKind.UNKNOWN
    return NumberKind.UNKNOWN


def whole_number(text: str) -> str:
    """Return the number that ``text`` as a whole is, as it is kept; "" where it is none.

    Of the plan, and nobody's by its shortness: 10086 or a few digits are no whole number.
    """
    if sum(map(str.isdecimal, text)) < _SHORTEST_WHOLE:
        return ""
    number = plain_number(text)
    return "" if kind_of(number) is NumberKind.UNKNOWN else number


def without_extension(number: str) -> str:
    """Return a kept number as the network knows it: without what is dialled after it answers."""
    return number.partition("-")[0]


def same_line(one: str, other: str) -> bool:
    """Say whether two kept numbers ring at one place: only two extensions tell them apart."""
    first, _dash, inside = one.partition("-")
    second, _dash, elsewhere = other.partition("-")
    return first == second and (not inside or not elsewhere or inside == elsewhere)


@lru_cache(maxsize=1024)
def _is_in_plan(number: str) -> bool:
    # Loaded late: most processes never meet a number that needs it.
    import phonenumbers

    try:
        read = phonenumbers.parse(f"+{number[2:]}" if number.startswith("00") else number, "CN")
    except phonenumbers.NumberParseException:
        return False
    if number.startswith("00"):
        # By length alone: a country opens new blocks before we hear of them.
        return bool(phonenumbers.is_possible_number(read))
    return bool(phonenumbers.is_valid_number(read))


# --- Reading -----------------------------------------------------------------------------------

_TITLE = re.compile(
    r"[☎☏✆📞📱]\W{0,2}|(?:tel|phone|mobile|mob|cell|sms|m(?=\W)|callto|wechat|微信|"
    r"联系电话|电话|手机号?码?|座机)\W{0,3}"
)
# 139 0000 5101 (微信同号): words in brackets before or behind, and what is often written without.
_NOTE = re.compile(r"^\([^\d(+]+\(|[ ,]*\([^\d(]+\(?$|[ ,(]*(?:微信同号|同微信|微信|本人)[ (]*$")
_POINT_ZERO = re.compile(r"(?P<number>\d{5,})\.0+")
"""A number that passed through a program which knows only decimals."""
_ISDN_CONTEXT = re.compile(r",phone-context=[^,]*")
_EXTENSION = re.compile(
    r"[ ,(]*(?:总机)?(?:转|轉|分机|分機|内线|extension|extn|ext|x|#|\*|,)(?:号|号码)?"
    r"[ .,:=-]*(\d{1,6})[ (]*"
)
_BEHIND_A_DASH = re.compile(r"(?P<number>.*\d[ (]*)(?:-+|\()[ (]*(?P<extension>\d{1,6})[ (]*")
_SIGNS = re.compile(r"[ \-./(]")
_AROUND = " ,'\"`"
_USUAL_SIGNS = str.maketrans("", "", " -()")


def plain_number(text: str) -> str:
    """Return a number as it is kept and dialled; "" where ``text`` is no number.

    Signs, widths and what nobody sees go, and so do +86, 0086, 86, the 0 that callers of another
    city dial before a mobile number, and the prefixes of cheaper lines: +86 138-1234-5678 and
    1795113812345678 are 13812345678, +86 10 6512 3456 is 01065123456. Another country's number
    keeps its code behind 00. What comes out need not be in the plan: ``kind_of`` says so.
    """
    if len(text) <= LONGEST_WRITTEN and text.isascii():
        # Most numbers of a file of 100,000.
        usual = text.translate(_USUAL_SIGNS)
        if MOBILE.fullmatch(usual):
            return usual
    if len(text) > 200:
        return ""
    read = "".join(map(_plainly, text)).strip(_AROUND)
    read = _NOTE.sub("", _ISDN_CONTEXT.sub("", read))
    if titled := _TITLE.match(read):
        read = read[titled.end() :]
    if decimal := _POINT_ZERO.fullmatch(read):
        read = decimal["number"]
    number, extension = _parted(read)
    kept = f"{number}-{extension}" if extension else number
    return kept if len(number) >= SHORTEST and len(kept) <= LONGEST_KEPT else ""


def _parted(read: str) -> tuple[str, str]:
    """Return the number and the extension behind it, "" without one."""
    base, extension = read, ""
    if (found := _extension_in(read)) is not None:
        base, extension = read[: found.start()], found[1]
    elif (found := _BEHIND_A_DASH.fullmatch(read)) is not None:
        whole, shorter = _dialled(read), _dialled(found["number"])
        if _answers(shorter) and not (MOBILE.fullmatch(shorter) and _answers(whole)):
            return shorter, found["extension"]
    return _dialled(base), extension


def _extension_in(read: str) -> re.Match[str] | None:
    """Return the extension behind a word or sign, as a match to the end of the text."""
    for found in _EXTENSION.finditer(read, SHORTEST):
        return found if found.end() == len(read) else None
    return None


def _answers(number: str) -> bool:
    """Say whether somebody or a switchboard can answer ``number``, and take an extension."""
    return bool(
        MOBILE.fullmatch(number)
        or _LANDLINE.fullmatch(number)
        or (number[:3] in {"400", "800"} and len(number) == 10)
    )


def _dialled(read: str) -> str:
    """Return the digits as they are dialled inside the country; "" for what is no number."""
    bare = _SIGNS.sub("", read)
    is_international = bare.startswith("+")
    digits = bare[1:] if is_international else bare
    if not (digits.isascii() and digits.isdigit()):
        return ""
    if not is_international and digits.startswith("00"):
        is_international, digits = True, digits[2:]
    return _from_abroad(digits) if is_international else _from_inside(digits)


def _from_abroad(digits: str) -> str:
    if digits.startswith("00"):
        digits = digits[2:]
    if not digits.startswith(_COUNTRY):
        return "" if digits.startswith("0") else f"00{digits}"
    return _inside_china(digits[2:])


def _inside_china(digits: str) -> str:
    """Return what stands behind +86 the way it is dialled inside the country."""
    if _LANDLINE.fullmatch(f"0{digits}") and not _FREE.fullmatch(digits):
        return f"0{digits}"
    inside = _from_inside(digits)
    if inside.startswith("0") or _in_own_right(inside):
        return inside
    return f"0{inside}"


def _in_own_right(digits: str) -> bool:
    """Say whether a number is dialled without an area code."""
    return bool(MOBILE.fullmatch(digits) or _THINGS.fullmatch(digits) or _SERVICE.fullmatch(digits))


def _from_inside(digits: str) -> str:
    """Return ``digits`` without 86, the 0 before a mobile number and the prefixes of lines."""
    if _in_own_right(digits):
        return digits
    if digits.startswith("0") and (MOBILE.fullmatch(digits, 1) or _FREE.fullmatch(digits, 1)):
        return digits[1:]
    if digits.startswith(_COUNTRY):
        rest = _inside_china(digits[2:])
        if _in_own_right(rest) or _LANDLINE.fullmatch(rest):
            return rest
    if prefixed := _PREFIXED.fullmatch(digits):
        rest = prefixed["rest"]
        rest = _from_abroad(rest[2:]) if rest.startswith("00") else _from_inside(rest)
        if MOBILE.fullmatch(rest) or _LANDLINE.fullmatch(rest) or _FOREIGN.fullmatch(rest):
            return rest
    return digits


# --- Hiding ------------------------------------------------------------------------------------

HIDDEN = "****"


def mask_phone(number: str) -> str:
    """Return ``number`` with its middle hidden: 138****1234; shorter ones keep their ends."""
    if len(number) >= 11:
        dialled, dash, extension = number.partition("-")
        return f"{dialled[:3]}{HIDDEN}{dialled[-4:]}{dash}{extension}"
    return f"{number[:1]}{HIDDEN}{number[-2:]}" if len(number) > 4 else HIDDEN


_BETWEEN = "".join(
    (_INVISIBLE, _SPACES, _DASHES, _DOTS, _SLASHES, _BRACKETS, _LOOSE, "\x00-\x08\x0e-\x1f")
)
_NUMERALS = {
    **dict(zip("〇零○Ｏ一二三四五六七八九", "0000123456789", strict=True)),
    **dict(zip("幺壹贰叁肆伍陆柒捌玖两", "11234567892", strict=True)),
    **dict(zip("⓪①②③④⑤⑥⑦⑧⑨⓿❶❷❸❹❺❻❼❽❾", "01234567890123456789", strict=True)),
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789", strict=True)),
}
_NUMERAL = "".join(_NUMERALS)
# Rows of digits that may hold a number. Digits and signs exclude each other: time is linear.
_ROW = re.compile(rf"\d(?:[{_BETWEEN}]*+\d){{6,}}")
_SPOKEN_ROW = re.compile(rf"[\d{_NUMERAL}](?:[{_BETWEEN}]*+[\d{_NUMERAL}]){{10,}}")
_BEFORE = re.compile(rf"[{_PLUS}][{_BETWEEN}]{{0,3}}$")
_ASCII_SIGNS = str.maketrans("\t\n\r\v\f\\)[]{}<>:;|_~", "     /(((((((,,,,,")
_WHOLE_DATE = re.compile(r"(?:19|20)\d\d(?P<sign>[\-./]?)\d{1,2}(?P=sign)\d{1,2}(?: \d\d)?")
_SHORTEST_HIDDEN = 9
_MASKED = re.compile(r"(?<!\d)\d{1,10}\*{4}\d{2,4}(?!\d)")
_GAP = r"[ \-./(,]{0,3}"
_AREA = r"(?:10|2\d|[3-9]\d\d)"
_SUBSCRIBER = rf"[2-9](?:{_GAP}\d){{6,7}}"
# Each alternative is of bounded length, so a long row costs time in proportion to its length.
_IN_A_ROW = re.compile(
    rf"(?<!\d)(?:(?:\+|00){_GAP}86{_GAP}|86{_GAP})?(?:{_DIAL_PREFIX}{_GAP})?(?:"
    rf"0?{_GAP}(?P<mobile>1{_GAP}[3-9](?:{_GAP}\d){{9}})"
    rf"|(?P<things>1064(?:{_GAP}\d){{9}}|14(?:{_GAP}\d){{11}})"
    rf"|(?P<landline>0{_AREA}{_GAP}{_SUBSCRIBER})"
    rf")(?!\d)"
    rf"|(?<!\d)(?:\+|00){_GAP}86{_GAP}(?P<abroad>{_AREA}{_GAP}{_SUBSCRIBER})(?!\d)"
    rf"|(?<!\d)86{_GAP}(?P<bare>{_AREA}{_GAP}{_SUBSCRIBER})(?!\d)"
    rf"|(?:\+{_GAP}|(?<!\d)00{_GAP})(?P<foreign>[1-9](?:{_GAP}\d){{8,14}})(?!\d)"
)
_SPELT_OUT = re.compile(r"(?<!\d)\d(?:[ \-./(,]{1,3}\d){9,}(?!\d)")
"""Single digits, each parted from the next: 1 3 8 1 2 …"""

_DATE = re.compile(
    r"(?<![\d\-./])(?:19|20)\d\d(?P<sign>[\-./])(?:0?[1-9]|1[0-2])(?P=sign)"
    r"(?:0?[1-9]|[12]\d|3[01])(?!\d)"
)
_PARTS = re.compile(r"\d+")
_USUAL_PARTS = frozenset(
    {(11,), (3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5), (5, 6), (6, 5)}
)
_MOST_PARTS = 6
_CUE = re.compile(r"(?:电话|座机|固话|宅电|[Tt][Ee][Ll]|[Pp]hone)[:： ]{0,2}$")
_LOCAL = re.compile(r"[2-8]\d{2,3}[ \-]?\d{4}")


def holds_digits(text: str) -> bool:
    """Say whether part of a number can stand in ``text``, in digits or in Chinese numerals."""
    return any(character.isdecimal() or character in _NUMERALS for character in text)


def mask_phones_in(text: str) -> str:
    """Return ``text`` with every person's number in it masked, however it is written.

    Whatever ``plain_number`` reads as a mobile number, a landline with its area code, a number of
    another country or of a device is hidden, also in Chinese numerals. Not hidden: service
    numbers (10086, 95588, 400), dates, amounts, and seven or eight digits alone, which may be
    anything, unless a word for telephone stands before them. Masking twice changes nothing.
    """
    if _ROW.search(text) is None and (text.isascii() or _SPOKEN_ROW.search(text) is None):
        return text
    if HIDDEN not in text:
        return _masked(text)
    pieces: list[str] = []
    end = 0
    for done in _MASKED.finditer(text):
        pieces += (_masked(text[end : done.start()]), done.group())
        end = done.end()
    return "".join((*pieces, _masked(text[end:])))


def _masked(text: str) -> str:
    text = _written_over(text, _ROW)
    return text if text.isascii() else _written_over(text, _SPOKEN_ROW)


def _written_over(text: str, rows: re.Pattern[str]) -> str:
    pieces: list[str] = []
    end = 0
    for row in rows.finditer(text):
        for start, stop, hidden in _hidden_in(row, text):
            pieces += (text[end:start], hidden)
            end = stop
    return "".join((*pieces, text[end:])) if pieces else text


def _hidden_in(row: re.Match[str], text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the places of ``row`` to be hidden: start and end in the text, and what to write."""
    start, stop = row.span()
    if _WHOLE_DATE.fullmatch(text, start, stop):
        return
    if before := _BEFORE.search(text, max(0, start - 4), start):
        start = before.start()
    elif text[start - 1 : start] in ("(", "（", "[", "【"):
        start -= 1
    read, places = _read_row(text[start:stop])
    if len(read) < _SHORTEST_HIDDEN or _LOCAL.fullmatch(read):
        if _LOCAL.fullmatch(read) and _CUE.search(text, max(0, start - 8), start):
            yield start, stop, mask_phone(_SIGNS.sub("", read))
        return
    for first, last in _numbers_in(read):
        hidden = mask_phone("".join(filter(str.isdigit, read[first:last])))
        yield start + places[first], start + places[last - 1] + 1, hidden


def _read_row(written: str) -> tuple[str, Sequence[int]]:
    """Return a row in plain digits and signs, and where each of them stands in ``written``."""
    if written.isascii() and written.isprintable():
        return written.translate(_ASCII_SIGNS), range(len(written))
    signs: list[str] = []
    places: list[int] = []
    for place, character in enumerate(written):
        if said := _NUMERALS.get(character) or _plainly(character):
            signs.append(said[0])
            places.append(place)
    return "".join(signs), places


def _numbers_in(read: str) -> Iterator[tuple[int, int]]:
    """Yield where the numbers of a row in plain digits and signs begin and end."""
    end = 0
    for spelt in _SPELT_OUT.finditer(read):
        yield from _grouped(read, end, spelt.start())
        yield from _spelt(read, spelt.start(), spelt.end())
        end = spelt.end()
    yield from _grouped(read, end, len(read))


def _spelt(read: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the numbers of a row of single digits."""
    places = [place for place in range(start, stop) if read[place].isdigit()]
    digits = "".join(read[place] for place in places)
    for first, last in _grouped(digits, 0, len(digits)):
        yield places[first], places[last - 1] + 1


def _grouped(read: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    while (found := _IN_A_ROW.search(read, start, stop)) is not None:
        name = found.lastgroup or ""
        first, last = found.span(name)
        if _is_number(name, read, first, last):
            opened = first > start and read[first - 1] == "(" and "(" in read[first:last]
            yield first - opened, last
            start = last
        else:
            start = found.start() + 1


def _is_number(name: str, read: str, first: int, last: int) -> bool:
    """Say whether the digits stand together as those of one number, and not of a date."""
    written = read[first:last]
    if written.isdigit():
        return True
    parts = tuple(len(part.group()) for part in _PARTS.finditer(written))
    if name == "mobile" and parts in _USUAL_PARTS:
        return _DATE.search(written) is None
    between = set(_PARTS.sub("", written))
    if between & set(".,/"):
        return name not in {"mobile", "things"} and len(between) == 1 and len(parts) <= 4
    return len(parts) <= _MOST_PARTS and _DATE.search(written) is None


__all__ = [
    "HIDDEN",
    "LONGEST_KEPT",
    "LONGEST_WRITTEN",
    "MOBILE",
    "NumberKind",
    "holds_digits",
    "kind_of",
    "mask_phone",
    "mask_phones_in",
    "plain_number",
    "same_line",
    "whole_number",
    "without_extension",
]
