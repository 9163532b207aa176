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
    ],
)
def test_a_mobile_number_is_read_in_every_way_of_writing_it(cell: Any) -> None:
    assert values.read_phone(cell) == "13812340020"


@pytest.mark.parametrize(
    "cell", ["1380013800", "12812340020", "138123400200", "0571-88001234", "abc", 1.5]
)
def test_what_is_no_mobile_number_is_refused(cell: Any) -> None:
    with pytest.raises(CellRejectedError) as caught:
        values.read_phone(cell)
    assert caught.value.reason == Reason.NOT_A_MOBILE_NUMBER


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
