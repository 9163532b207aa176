"""The one place that knows what time it is, and which local date that makes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return timezone.now()


def today(zone: str | None = None) -> date:
    """Return today's date in ``zone`` (an IANA name; the product's default zone without one)."""
    return local_date(now(), zone)


def local_date(moment: datetime, zone: str | None = None) -> date:
    """Return the calendar date that ``moment`` (aware) falls on in ``zone``."""
    return moment.astimezone(zone_info(zone)).date()


def start_of_day(day: date, zone: str | None = None) -> datetime:
    """Return the aware moment at which ``day`` begins in ``zone``."""
    return datetime.combine(day, time.min, tzinfo=zone_info(zone))


def end_of_day(day: date, zone: str | None = None) -> datetime:
    """Return the first aware moment after ``day`` in ``zone``."""
    return start_of_day(day + timedelta(days=1), zone)


def zone_info(zone: str | None = None) -> ZoneInfo:
    """Return the time zone called ``zone``, or the product's default zone."""
    return ZoneInfo(zone or settings.TIME_ZONE)
