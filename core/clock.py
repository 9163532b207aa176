"""The one place that knows what time it is, and which local date that makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

_lived: ContextVar[datetime | None] = ContextVar("lived", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _lived.get() or timezone.now()


@contextmanager
def lived_at(moment: datetime) -> Iterator[None]:
    """Take the past ``moment`` (aware) for the present, in this thread, inside of the block.

    Only for the simulator and the demonstration, which live invented histories through the
    services that write real ones. Raises ValueError for a moment in the future.
    """
    if moment > timezone.now():
        raise ValueError("What is to come cannot be lived yet.")
    token = _lived.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _lived.reset(token)


def today(zone: str | None = None) -> date:
    """Return today's date in ``zone`` (an IANA name; the product's default zone without one)."""
    return local_date(now(), zone)


def earliest_today() -> date:
    """Return the date of where on earth it is earliest: by then a day has begun everywhere."""
    return (now() - timedelta(hours=12)).date()


def latest_today() -> date:
    """Return the date of where on earth it is latest: a day after it has begun nowhere."""
    return (now() + timedelta(hours=14)).date()


def local_date(moment: datetime, zone: str | None = None) -> date:
    """Return the calendar date that ``moment`` (aware) falls on in ``zone``."""
    return moment.astimezone(zone_info(zone)).date()


def start_of_day(day: date, zone: str | None = None) -> datetime:
    """Return the aware moment at which ``day`` begins in ``zone``."""
    return datetime.combine(day, time.min, tzinfo=zone_info(zone))


def end_of_day(day: date, zone: str | None = None) -> datetime:
    """Return the first aware moment after ``day`` in ``zone``; its last one on the last day."""
    if day == date.max:
        return datetime.combine(day, time.max, tzinfo=zone_info(zone))
    return start_of_day(day + timedelta(days=1), zone)


def zone_info(zone: str | None = None) -> ZoneInfo:
    """Return the time zone called ``zone``, or the product's default zone."""
    return ZoneInfo(zone or settings.TIME_ZONE)
