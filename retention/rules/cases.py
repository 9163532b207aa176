"""Retention cases (article 18): who approves what, who may have it, until when, and what follows.

Plain values in and out: no database, no clock, no settings. Money in yuan; dates are local dates
of the unit, moments aware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from customers.rules import add_months


class Approver(StrEnum):
    """Whose word a measure needs: the first who may grant its value."""

    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    ABOVE = "above"


def approver_of(value: Decimal, manager_limit: Decimal, supervisor_limit: Decimal) -> Approver:
    """Return who grants ``value``: limits are included; above both, the supervisor higher up."""
    if value <= manager_limit:
        return Approver.MANAGER
    return Approver.SUPERVISOR if value <= supervisor_limit else Approver.ABOVE


def approving_path(approver: Approver, unit_path: str) -> str | None:
    """Return the path of the unit whose supervisor approves; None where nobody has to.

    ``unit_path`` ("/1/4/") is the customer's unit. *Above* is the unit that holds it; at the root
    it is the root itself, for there is nobody higher.
    """
    if approver is Approver.MANAGER:
        return None
    ids = unit_path.strip("/").split("/")
    if approver is Approver.ABOVE and len(ids) > 1:
        ids = ids[:-1]
    return f"/{'/'.join(ids)}/"


def may_approve(supervised_path: str | None, needed_path: str) -> bool:
    """Say whether who supervises the unit at ``supervised_path`` approves for ``needed_path``.

    The unit's own supervisor, and those of every unit above it.
    """
    return supervised_path is not None and needed_path.startswith(supervised_path)


class Hindrance(StrEnum):
    """Why a customer may not have a measure."""

    NOT_IN_FORCE = "not_in_force"
    NOT_YET = "not_yet"
    OVER = "over"
    TIER = "tier"
    TOO_NEW = "too_new"


@dataclass(frozen=True)
class Terms:
    """For whom a measure is, and when. ``tiers`` empty: all. Days are included."""

    tiers: Sequence[str] = ()
    months_with_us: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    is_active: bool = True


def hindrance(terms: Terms, *, tier: str, with_us_since: date, on: date) -> Hindrance | None:
    """Return what speaks against a measure for one customer on a day; None where nothing does."""
    if not terms.is_active:
        return Hindrance.NOT_IN_FORCE
    if terms.valid_from is not None and on < terms.valid_from:
        return Hindrance.NOT_YET
    if terms.valid_until is not None and on > terms.valid_until:
        return Hindrance.OVER
    if terms.tiers and tier not in terms.tiers:
        return Hindrance.TIER
    if add_months(with_us_since, terms.months_with_us) > on:
        return Hindrance.TOO_NEW
    return None


# --- Until when ---------------------------------------------------------------------------------


def code_ends_at(given_at: datetime, life_minutes: int) -> datetime:
    """Return when an authorisation code that was given out at ``given_at`` is worth nothing."""
    return given_at + timedelta(minutes=life_minutes)


def deadline_of(
    said: datetime | None, code_given_at: datetime | None, life_minutes: int
) -> datetime | None:
    """Return by when a case is decided: the earlier of what was said and the end of the code."""
    ends = [moment for moment in (said,) if moment is not None]
    if code_given_at is not None:
        ends.append(code_ends_at(code_given_at, life_minutes))
    return min(ends, default=None)


# --- What follows -------------------------------------------------------------------------------


@dataclass(frozen=True)
class FollowUpFigures:
    """How long after the saving a customer is asked again: hours, days, days, months."""

    first_hours: int
    second_days: int
    third_days: int
    check_months: int


@dataclass(frozen=True)
class FollowUpDays:
    """The days on which a saved customer is asked again, and looked after at last."""

    day: date
    week: date
    month: date
    quarter: date


def follow_up_days(saved_at: datetime, zone: ZoneInfo, figures: FollowUpFigures) -> FollowUpDays:
    """Return the follow-ups of a customer saved at ``saved_at``, in the unit's ``zone``.

    After 24 hours is the local day on which they are over; days and months count from the local
    day of the saving, months clamped to their end.
    """
    saved_on = saved_at.astimezone(zone).date()
    # In UTC: 24 hours are 24 hours, also where the clock goes back.
    first = saved_at.astimezone(UTC) + timedelta(hours=figures.first_hours)
    return FollowUpDays(
        day=first.astimezone(zone).date(),
        week=saved_on + timedelta(days=figures.second_days),
        month=saved_on + timedelta(days=figures.third_days),
        quarter=add_months(saved_on, figures.check_months),
    )
