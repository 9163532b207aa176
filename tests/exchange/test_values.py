"""Cells mean the same however an office writes them; what cannot be is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from borax.calendars.lunardate import LunarDate
from hypothesis import given
from hypothesis import strategies as st

from exchange.rules import values
from exchange.rules.reasons import CellRejectedError, Reason
from exchange.rules.spreadsheets import neutralise, restore
from exchange.rules.values import LUNAR, SOLAR, Birthday

TODAY = date(2026, 11, 23)

any_cell = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text("0123456789-/.年月日闰正一二三四五六七八九十初廿冬腊号 T:", max_size=14),
)
solar_dates = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    "cell",
    [
        "13812340020",
        13812340020.0,
        13812340020,
        "+86 138 1234 0020",
        "86-138-1234-0020",
        "008613812340020",
        "１３８１２３４００２０",
        " 138.1234.0020 ",
        "(138) 12340020",
        "13812340020.0",
        "'+8613812340020",
        "17951 138-1234-0020",
        "013812340020",
        "138–1234‑0020",
        "\u202a13812340020\u202c",
    ],
)
def test_a_phone_number_is_read_in_every_way_of_writing_it(cell: Any) -> None:
    assert values.read_phone(cell) == "13812340020"


@pytest.mark.parametrize(
    "cell", ["1380013800", "12812340020", "138123400200", "88001234", "abc", 1.5]
)
def test_what_is_no_phone_number_is_refused(cell: Any) -> None:
    with pytest.raises(CellRejectedError) as caught:
        values.read_phone(cell)
    assert caught.value.reason == Reason.NOT_A_PHONE_NUMBER


@pytest.mark.parametrize(
    ("cell", "tier"),
    [
        ("钻卡", "diamond"),
        ("钻石卡", "diamond"),
        ("钻", "diamond"),
        ("Diamond", "diamond"),
        ("金", "gold"),
        ("金卡 ", "gold"),
        ("Silver", "silver"),
        ("SILVER", "silver"),
        ("银卡", "silver"),
    ],
)
def test_a_tier_is_known_in_chinese_and_english(cell: str, tier: str) -> None:
    assert values.read_tier(cell) == tier


def test_an_unknown_tier_is_refused() -> None:
    with pytest.raises(CellRejectedError) as caught:
        values.read_tier("铜卡")
    assert caught.value.reason == Reason.NO_SUCH_TIER


@pytest.mark.parametrize("cell", ["是", "Y", "yes", 1.0, 1, True, "true", "1", "√"])
def test_yes_in_every_way_of_writing_it(cell: Any) -> None:
    assert values.read_yes_or_no(cell) is True


@pytest.mark.parametrize("cell", ["否", "n", "No", 0.0, 0, False, "FALSE", "0", "×"])
def test_no_in_every_way_of_writing_it(cell: Any) -> None:
    assert values.read_yes_or_no(cell) is False


@pytest.mark.parametrize(
    ("cell", "channel"),
    [
        ("电话", "phone"),
        ("短信", "sms"),
        ("彩信", "mms"),
        ("登门拜访", "visit"),
        ("接待", "reception"),
        ("微信", "im"),
        ("WeCom", "im"),
        ("Home visit", "visit"),
    ],
)
def test_channels_are_known(cell: str, channel: str) -> None:
    assert values.read_channel(cell) == channel


@pytest.mark.parametrize("cell", ["公历", "阳历", "solar"])
def test_the_solar_calendar_has_several_names(cell: str) -> None:
    assert values.read_calendar(cell) == SOLAR


@pytest.mark.parametrize("cell", ["农历", "阴历", "Lunar"])
def test_the_lunar_calendar_has_several_names(cell: str) -> None:
    assert values.read_calendar(cell) == LUNAR


@pytest.mark.parametrize(
    "reader", [values.read_gender, values.read_calendar, values.read_channel, values.read_tier]
)
@given(cell=any_cell)
def test_a_word_that_nobody_knows_is_refused_and_nothing_else_happens(
    reader: Any, cell: Any
) -> None:
    with suppress(CellRejectedError):
        assert isinstance(reader(cell), str)


@pytest.mark.parametrize(
    "write",
    [
        lambda d: d.isoformat(),
        lambda d: f"{d.year}/{d.month}/{d.day}",
        lambda d: f"{d.year}.{d.month:02}.{d.day:02}",
        lambda d: f"{d.year}年{d.month}月{d.day}日",
        lambda d: f"{d.year} 年 {d.month} 月 {d.day} 日",
        lambda d: f"{d:%Y%m%d}",
        lambda d: float(f"{d:%Y%m%d}"),
        lambda d: datetime(d.year, d.month, d.day).isoformat(),  # noqa: DTZ001
        lambda d: f"{d} 08:30",
    ],
)
@given(day=solar_dates)
def test_a_date_is_read_in_every_way_of_writing_it(write: Any, day: date) -> None:
    assert values.read_date(write(day)) == day


@given(day=st.dates(date(1927, 5, 18), date(2100, 12, 31)))
def test_a_number_that_excel_meant_as_a_date_is_that_date(day: date) -> None:
    assert values.read_date(float((day - date(1899, 12, 30)).days)) == day


@pytest.mark.parametrize(
    "cell", ["1980-13-45", "1980-02-30", "2100-02-29", "80-1-2", "0000-01-01", "3月15日", "x", True]
)
def test_what_is_no_date_is_refused(cell: Any) -> None:
    with pytest.raises(CellRejectedError) as caught:
        values.read_date(cell)
    assert caught.value.reason == Reason.NO_SUCH_DATE


@given(cell=any_cell)
def test_any_cell_is_a_date_or_is_refused(cell: Any) -> None:
    with suppress(CellRejectedError):
        assert values.FIRST_YEAR <= values.read_date(cell).year <= values.LAST_YEAR


@given(cell=any_cell, calendar=st.sampled_from([SOLAR, LUNAR]))
def test_any_cell_is_a_birthday_of_its_calendar_or_is_refused(cell: Any, calendar: str) -> None:
    try:
        said = values.read_birthday(cell)
        values.check_birthday(said, calendar, TODAY)
    except CellRejectedError:
        return
    assert 1 <= said.month <= 12
    assert 1 <= said.day <= 31


@pytest.mark.parametrize(
    ("cell", "birthday"),
    [
        ("03-15", Birthday(None, 3, 15)),
        ("3月15日", Birthday(None, 3, 15)),
        ("3/15", Birthday(None, 3, 15)),
        ("闰4月2日", Birthday(None, 4, 2, is_leap_month=True)),
        ("1980年四月初二", Birthday(1980, 4, 2)),
        ("2020年闰四月初二", Birthday(2020, 4, 2, is_leap_month=True)),
        ("腊月廿三", Birthday(None, 12, 23)),
        ("正月十五", Birthday(None, 1, 15)),
        ("冬月三十", Birthday(None, 11, 30)),
    ],
)
def test_birthdays_without_a_year_and_in_lunar_words(cell: str, birthday: Birthday) -> None:
    assert values.read_birthday(cell) == birthday


@given(day=st.dates(date(1901, 1, 1), TODAY))
def test_every_lunar_day_up_to_today_is_a_lunar_birthday(day: date) -> None:
    lunar = LunarDate.from_solar(day)
    birthday = Birthday(lunar.year, lunar.month, lunar.day, is_leap_month=bool(lunar.leap))
    values.check_birthday(birthday, LUNAR, TODAY)


@pytest.mark.parametrize(
    "birthday",
    [
        Birthday(1980, 2, 30),  # the second lunar month of 1980 has 29 days
        Birthday(1980, 4, 2, is_leap_month=True),  # 1980 has no leap month
        Birthday(1980, 13, 1),
        Birthday(None, 1, 31),
        Birthday(1850, 1, 1),
    ],
)
def test_a_day_that_the_lunar_calendar_lacks_is_refused(birthday: Birthday) -> None:
    with pytest.raises(CellRejectedError) as caught:
        values.check_birthday(birthday, LUNAR, TODAY)
    assert caught.value.reason == Reason.NO_SUCH_DATE


def test_the_calendar_decides_whether_a_day_exists() -> None:
    values.check_birthday(Birthday(1980, 1, 31), SOLAR, TODAY)
    values.check_birthday(Birthday(1981, 2, 30), LUNAR, TODAY)
    values.check_birthday(Birthday(None, 2, 29), SOLAR, TODAY)
    with pytest.raises(CellRejectedError):
        values.check_birthday(Birthday(1980, 1, 31), LUNAR, TODAY)
    with pytest.raises(CellRejectedError):
        values.check_birthday(Birthday(1981, 2, 30), SOLAR, TODAY)


@pytest.mark.parametrize("calendar", [SOLAR, LUNAR])
def test_nobody_is_born_in_the_future(calendar: str) -> None:
    with pytest.raises(CellRejectedError) as caught:
        values.check_birthday(Birthday(2027, 5, 1), calendar, TODAY)
    assert caught.value.reason == Reason.IN_THE_FUTURE


def test_today_is_not_the_future() -> None:
    values.check_past(TODAY, TODAY)
    with pytest.raises(CellRejectedError):
        values.check_past(TODAY + timedelta(days=1), TODAY)


def test_names_lose_the_spaces_between_chinese_characters_only() -> None:
    assert values.read_name("  王\u3000小明  ") == "王小明"
    assert values.read_name("买买提· 艾力") == "买买提·艾力"
    assert values.read_name(" Anna  Maria 李 ") == "Anna Maria 李"


def test_a_customer_number_is_trimmed_and_loses_the_point_of_excel() -> None:
    assert values.read_number("  BJ70000001\t") == "BJ70000001"
    assert values.read_number(70000001.0) == "70000001"
    assert values.read_number("70000001.0") == "70000001"
    assert values.read_number("V1.0") == "V1.0"


@given(st.text())
def test_text_never_holds_what_a_database_refuses(text: str) -> None:
    read = values.read_text(text)
    assert "\0" not in read
    assert read == read.strip()
    assert "\n" not in read


@pytest.mark.parametrize("name", ["", "/", "城东区分公司/", "a//b", "a/" * 9 + "a", "字" * 81])
def test_a_unit_name_has_no_empty_nor_endless_part(name: str) -> None:
    with pytest.raises(CellRejectedError):
        values.read_unit_name(name)


def test_a_unit_name_is_the_full_name_from_the_top() -> None:
    assert values.read_unit_name(" 滨江市分公司 ／ 城东区分公司 ") == "滨江市分公司/城东区分公司"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_are_neutralised_on_the_way_out_and_restored_on_the_way_in(text: str) -> None:
    assert neutralise(text) == f"'{text}"
    assert restore(f"'{text}") == text


@given(st.one_of(st.integers(), st.floats(), st.booleans(), st.none()))
def test_numbers_leave_as_they_are(value: Any) -> None:
    assert neutralise(value) is value


@given(st.text())
def test_what_leaves_and_comes_back_means_the_same(text: str) -> None:
    assert restore(str(neutralise(text))) == restore(text)


# --- What is no value -------------------------------------------------------------------------


def reason_of(reader: Any, cell: Any) -> Reason | None:
    try:
        reader(cell)
    except CellRejectedError as error:
        return error.reason
    return None


READERS = (values.read_number, values.read_name, values.read_tier, values.read_date)


@pytest.mark.parametrize(
    ("reason", "cells"),
    [
        (
            Reason.LOST_DIGITS,
            [
                1.10101198001021e17,
                110101198001025678,
                10**15,
                -1000000000000000.0,
                1e300,
                "1.39E+10",
                "1.10101198001E+17",
                "1E+5",
                "1.1010119800102123E+17",
                "3e+08",
                "1.2E-05",
            ],
        ),
        (
            Reason.FORMULA_ERROR,
            [
                "#N/A",
                "#REF!",
                "#VALUE!",
                "#DIV/0!",
                "#NAME?",
                "#NULL!",
                "#NUM!",
                "#GETTING_DATA",
                "#n/a",
                " #N/A ",
                "＃N/A",
                "#SPILL!",
                "########",
                "Err:502",
                "#N／A",
                "#N/A N/A",
                "#ERROR!",
                "#WERT!",
                "#VALEUR!",
                "#NOM ?",
                "#DIV/0 !",
                "Error 2042",
                "1.#INF",
                "-1.#IND00",
            ],
        ),
        (
            Reason.NO_VALUE,
            [
                "NULL",
                "null",
                "\\N",
                "(null)",
                "<null>",
                "[NULL]",
                "NaN",
                "nan",
                "None",
                "NaT",
                "N/A",
                "ＮＵＬＬ",
                "'NULL",
                "（空白）",
                "(blank)",
                "undefined",
            ],
        ),
        (Reason.FORMULA_WITHOUT_VALUE, [{"formula": "A1&B1"}, {"formula": ""}]),
        (Reason.LOST_CHARACTER, ["王\ufffd", "\ufffd"]),
    ],
)
def test_an_error_is_never_a_value_of_any_field(reason: Reason, cells: list[Any]) -> None:
    for cell in cells:
        assert [reason_of(reader, cell) for reader in READERS] == [reason] * len(READERS), cell
        with pytest.raises(CellRejectedError) as caught:
            values.check_cell(cell, values.read_text(cell))
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "Nullson",
        "NULL先生",
        "王NULL",
        "N",
        "#1楼",
        "#楼N/A",
        "Nan Li",
        "Errol",
        "E502",
        "#1!",
        "(空军)",
    ],
)
def test_a_text_that_only_contains_such_a_word_is_itself(text: str) -> None:
    assert values.read_name(text) == text


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("'0012341", "0012341"),
        ("‘0012341", "0012341"),
        ("’0012341", "0012341"),
        ("＇0012341", "0012341"),
        ("\t0012342", "0012342"),
        ("'\t0012342", "0012342"),
        ('="001234"', "001234"),
        ('\'="001234"', "001234"),
        ('="00""1"', '00"1'),
        ("'0012341'", "0012341"),
        (999_999_999_999_999, "999999999999999"),
        (13812340020.0, "13812340020"),
        ("1.3912345678E+10", "13912345678"),
        ("1.3912345678E10", "13912345678"),
        ("12E5", "12E5"),
        ("1E5", "1E5"),
        ({"number": 27760, "system": 1904}, "27760"),
        ("\u202dCX00002\u202c", "CX00002"),
        ("CX\u00ad00\ufe0f0\u200d02\ufeff", "CX00002"),
    ],
)
def test_marks_of_text_are_no_part_of_a_number(cell: Any, number: str) -> None:
    assert values.read_number(cell) == number


def test_a_number_of_sixteen_digits_is_none_wherever_its_point_stands() -> None:
    assert reason_of(values.read_number, 1234567890123.4567) == Reason.LOST_DIGITS
    assert values.read_number(999999999999999.0) == "999999999999999"
    assert reason_of(values.read_number, 13812340020.5) is None


@pytest.mark.parametrize("text", ["‘红旗’渠", "'Abd al'Aziz", "O'Brien", "'"])
def test_an_apostrophe_that_belongs_to_a_word_stays(text: str) -> None:
    assert values.read_name(text) == text


def test_a_formula_is_never_a_number_or_a_name_but_a_note_may_look_like_one() -> None:
    for cell in ('="CX"&"00061"', "=A1", "'=A1", "=cmd|' /C calc'!A0"):
        assert reason_of(values.read_number, cell) == Reason.FORMULA_WITHOUT_VALUE
        assert reason_of(values.read_name, cell) == Reason.FORMULA_WITHOUT_VALUE
        assert values.read_text(cell).startswith("=")


@pytest.mark.parametrize(
    "text",
    [
        "1980/1/2 上午 12:00:00",
        "1980/1/2 上午12:00",
        "1980-01-02 下午3:20:11",
        "1980/1/2 12:00:00 AM",
        "1980-01-02T00:00:00+08:00",
        "1980-01-02T00:00:00+0800",
        "1980-01-02T00:00:00.000+08",
        "1980-01-02 00:00:00 +0800",
        "1980-01-01T16:00:00Z",
        "1980-01-01T16:00:00.000z",
        "1980-01-02Z",
        "1980-01-02+08:00",
        "1980-01-02 00:00:00.000",
        "1980-01-02T00:00:00.0000000",
        "1980年1月2日 星期三",
        "1980年1月2日 0时0分0秒",
        "1980-01-02 周三",
        "19800102000000",
        "198001020830",
        29222,
        29222.75,
        {"number": 27760, "system": 1904},
        {"number": 27760.75, "system": 1904},
    ],
)
def test_a_day_with_a_time_is_that_day(text: Any) -> None:
    assert values.read_date(text) == date(1980, 1, 2)


def test_a_moment_with_a_zone_is_its_day_in_china_in_its_summers_too() -> None:
    assert values.read_date("1980-01-01T15:59:59Z") == date(1980, 1, 1)
    assert values.read_date("1980-01-02T00:00:00-05:00") == date(1980, 1, 2)
    assert values.read_date("1980-01-02T13:00:00-05:00") == date(1980, 1, 3)
    assert values.read_date("1988-06-01T00:00:00+09:00") == date(1988, 6, 1)


@pytest.mark.parametrize(
    "text",
    [
        "29222",
        "27760",
        "1980-13-02T00:00:00Z",
        "1980-01-02T25:00:00Z",
        "1980-01-02T00:00:00+99:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "19800102250000",
        "1980-01-02Z+08:00",
    ],
)
def test_a_serial_number_as_text_and_a_moment_that_cannot_be_are_refused(text: str) -> None:
    assert reason_of(values.read_date, text) == Reason.NO_SUCH_DATE


def test_words_in_traditional_characters_are_known() -> None:
    assert (values.read_tier("鑽石卡"), values.read_tier("銀卡")) == ("diamond", "silver")
    assert (values.read_calendar("農曆"), values.read_channel("電話")) == (LUNAR, "phone")
