"""Birthdays by the solar and the lunar calendar: when they are kept (article 14)."""

from __future__ import annotations

import calendar as solar
from datetime import date, timedelta

from borax.calendars.lunardate import InvalidLunarDateError, LCalendars, LunarDate

from customers.models import BirthCalendar, Customer
from customers.rules import BirthdayKey, LunarDay, lunar_keys, solar_keys

FIRST_YEAR, LAST_YEAR = 1900, 2100
_LEAP_YEAR = 2000


class NoSuchDayError(ValueError):
    """No calendar has the day that was given as a birthday."""


def lunar_day(day: date) -> LunarDay:
    """Return ``day`` (1900 to 2100) in the lunar calendar, with what its month and year have."""
    lunar = LunarDate.from_solar_date(day.year, day.month, day.day)
    leap_month = LCalendars.leap_month(lunar.year)
    return LunarDay(
        month=lunar.month,
        day=lunar.day,
        leap=bool(lunar.leap),
        month_days=LCalendars.ndays(lunar.year, lunar.month, lunar.leap),
        leap_month_of_year=leap_month,
        leap_month_days=LCalendars.ndays(lunar.year, leap_month, 1) if leap_month else 0,
    )


def birthday_keys(first: date, last: date) -> list[BirthdayKey]:
    """Return every birthday that is kept on a day from ``first`` to ``last``, both included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    keys = [key for day in days for key in (*solar_keys(day), *lunar_keys(lunar_day(day)))]
    return list(dict.fromkeys(keys))


def next_birthday(customer: Customer, today: date) -> date | None:
    """Return the next day, today included, on which the birthday of ``customer`` is kept.

    None where the birthday is not known. 29 February, a 30th and a leap month that a year lacks
    are kept as ``customers.rules`` says.
    """
    month, day = customer.birth_month, customer.birth_day
    if month is None or day is None:
        return None
    if customer.birth_calendar == BirthCalendar.SOLAR:
        kept = [_kept_in_solar_year(year, month, day) for year in (today.year, today.year + 1)]
    else:
        year = LunarDate.from_solar_date(today.year, today.month, today.day).year
        leap = customer.birth_leap_month
        kept = [_kept_in_lunar_year(y, month, day, leap=leap) for y in (year, year + 1)]
    return min(found for found in kept if found >= today)


def born_on(
    calendar: str, year: int | None, month: int, day: int, *, leap_month: bool = False
) -> date | None:
    """Return the solar day of birth; None where the year is not known.

    Raises NoSuchDayError for a day that the calendar does not have (in that year, or in any).
    """
    try:
        if year is None:
            _refuse_never(calendar, month, day)
            return None
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise NoSuchDayError(f"{year} is outside the calendar.")
        if calendar == BirthCalendar.SOLAR:
            return date(year, month, day)
        born: date = LunarDate(year, month, day, int(leap_month)).to_solar_date()
    except (InvalidLunarDateError, ValueError) as error:
        raise NoSuchDayError(str(error)) from error
    return born


def _refuse_never(calendar: str, month: int, day: int) -> None:
    """Refuse a month and day that no year has."""
    if calendar == BirthCalendar.SOLAR:
        date(_LEAP_YEAR, month, day)
    elif not (1 <= month <= 12 and 1 <= day <= 30):
        raise NoSuchDayError(f"No lunar year has {month}-{day}.")


def _kept_in_solar_year(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, solar.monthrange(year, month)[1]))


def _kept_in_lunar_year(year: int, month: int, day: int, *, leap: bool) -> date:
    in_leap = int(leap and LCalendars.leap_month(year) == month)
    last = LCalendars.ndays(year, month, in_leap)
    kept: date = LunarDate(year, month, min(day, last), in_leap).to_solar_date()
    return kept
