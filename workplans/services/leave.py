"""Leave: the days on which a manager does not work, entered by a supervisor."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import audit, clock, locks
from core.refusals import stands
from staff.models import StaffUser
from workplans.models import Leave
from workplans.services.lapses import settle_lapses_of

BACK_DAYS = 31
"""A sick note may come late; what lies further back stays as it was judged."""

AHEAD_DAYS = 366


@transaction.atomic
def enter_leave(
    *, actor: StaffUser, manager: StaffUser, starts_on: date, ends_on: date, reason: str = ""
) -> Leave:
    """Enter days, both included, on which ``manager`` does not work; what they excuse is excused.

    Raises PermissionDenied for who does not supervise the manager; ValidationError for somebody
    who is no manager, days in the wrong order, long past or far ahead, and days that are leave
    already. The same leave sent twice is one.
    """
    leave, _is_new = enter_leave_once(
        actor=actor, manager=manager, starts_on=starts_on, ends_on=ends_on, reason=reason
    )
    return leave


@transaction.atomic
def enter_leave_once(
    *, actor: StaffUser, manager: StaffUser, starts_on: date, ends_on: date, reason: str = ""
) -> tuple[Leave, bool]:
    """Enter leave as ``enter_leave`` does, and say whether it is new. Safe to run twice.

    Raises PermissionDenied and ValidationError as that does.
    """
    _refuse_strangers(actor, manager)
    locks.hold(f"workplans.leave.{manager.pk}")
    standing = Leave.objects.standing().filter(manager=manager)
    same = standing.filter(starts_on=starts_on, ends_on=ends_on).first()
    if same is not None:
        return same, False
    leave = Leave(
        manager=manager,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
        entered_by=actor,
    )
    leave.full_clean()
    _refuse_days(leave, clock.today(manager.time_zone))
    other = standing.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).first()
    if other is not None:
        days = {"first": _day(other.starts_on), "last": _day(other.ends_on)}
        raise ValidationError(
            {"starts_on": stands(_("There is leave from %(first)s to %(last)s already.") % days)}
        )
    leave.save(force_insert=True)
    settle_lapses_of(manager=manager, first=starts_on, last=ends_on)
    audit.record(
        actor=actor,
        verb="leave.entered",
        obj=leave,
        changes={
            "manager_id": [None, manager.pk],
            "starts_on": [None, starts_on],
            "ends_on": [None, ends_on],
        },
    )
    return leave, True


@transaction.atomic
def call_off_leave(*, actor: StaffUser, leave: Leave, back_on: date | None = None) -> Leave:
    """Call leave off as if it had not been entered, or end it: ``back_on`` is the first day back.

    What is asked for again is flagged again. Raises PermissionDenied for who does not supervise
    the manager, ValidationError for a day that is not within the leave. Safe to run twice: leave
    that was called off stays as it is.
    """
    _refuse_strangers(actor, leave.manager)
    locks.hold(f"workplans.leave.{leave.manager_id}")
    leave = (
        Leave.objects.select_for_update(of=("self",))
        .select_related("manager__unit")
        .get(pk=leave.pk)
    )
    if leave.cancelled_at is not None or (back_on is not None and back_on > leave.ends_on):
        return leave
    if back_on is not None and back_on < leave.starts_on:
        raise ValidationError({"back_on": _("That is before the leave. Choose one of its days.")})
    first, last = leave.starts_on, leave.ends_on
    if back_on is None or back_on == leave.starts_on:
        leave.cancelled_at = clock.now()
        changes: dict[str, list[date | datetime | None]] = {
            "cancelled_at": [None, leave.cancelled_at]
        }
    else:
        changes = {"ends_on": [leave.ends_on, back_on - timedelta(days=1)]}
        leave.ends_on = back_on - timedelta(days=1)
    leave.save(update_fields=["ends_on", "cancelled_at"])
    settle_lapses_of(manager=leave.manager, first=first, last=last)
    audit.record(actor=actor, verb="leave.called_off", obj=leave, changes=changes)
    return leave


def _refuse_strangers(actor: StaffUser, manager: StaffUser) -> None:
    path = actor.scope.unit_path
    unit = manager.unit
    if path is None or unit is None or not unit.path.startswith(path) or actor.pk == manager.pk:
        raise PermissionDenied


def _refuse_days(leave: Leave, today: date) -> None:
    if not leave.manager.is_manager:
        raise ValidationError({"manager": _("Leave is entered for customer managers.")})
    earliest, latest = today - timedelta(days=BACK_DAYS), today + timedelta(days=AHEAD_DAYS)
    if leave.starts_on < earliest:
        text = _("That is too long ago. The earliest day is %(day)s.")
        raise ValidationError({"starts_on": text % {"day": _day(earliest)}})
    if leave.ends_on > latest:
        text = _("That is too far ahead. The latest day is %(day)s.")
        raise ValidationError({"ends_on": text % {"day": _day(latest)}})


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
