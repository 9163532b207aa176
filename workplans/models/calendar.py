"""On which days and in which hours a manager works, and the feed of what is planned."""

from __future__ import annotations

from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from core.unseen import validate_plain
from staff.models import StaffUser
from workplans.querysets import (
    CalendarFeedQuerySet,
    LeaveQuerySet,
    WorkdayExceptionQuerySet,
    WorkingHoursQuerySet,
)

MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5]
"""As ``date.isoweekday`` counts."""


FESTIVALS = {
    "New Year's Day": _("New Year's Day"),
    "Spring Festival": _("Spring Festival"),
    "Tomb-sweeping Day": _("Tomb-sweeping Day"),
    "Labour Day": _("Labour Day"),
    "Dragon Boat Festival": _("Dragon Boat Festival"),
    "Mid-autumn Festival": _("Mid-autumn Festival"),
    "National Day": _("National Day"),
    "Anti-Fascist 70th Day": _("Anti-Fascist 70th Day"),
}
"""The names in the announced calendar, in the reader's language."""


def usual_weekdays() -> list[int]:
    """Return the weekdays a manager works unless told otherwise."""
    return list(MONDAY_TO_FRIDAY)


def check_weekdays(days: object) -> None:
    """Refuse what is no list of different weekdays from 1 (Monday) to 7."""
    given = days if isinstance(days, list) else []
    known = [day for day in range(1, 8) if day in given]
    if not given or len(known) != len(given):
        raise ValidationError(_("Choose at least one day of the week."), code="weekdays")


class WorkdayException(models.Model):
    """One day that is not what its weekday says: a public holiday or a make-up workday (调休).

    Filled from the announced calendar of the State Council; an administrator may correct it, and
    what was entered by hand is not filled over.
    """

    day = models.DateField(_("day"), unique=True)
    is_workday = models.BooleanField(_("is worked"))
    name = texts.FreeCharField(_("name"), max_length=60, blank=True, validators=[validate_plain])
    by_hand = models.BooleanField(_("entered by hand"), default=True)

    objects = WorkdayExceptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("public holiday or make-up workday")
        verbose_name_plural = _("public holidays and make-up workdays")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.named}"

    @property
    def named(self) -> str:
        """The name in the reader's language, where it is one of the announced calendar's."""
        return str(FESTIVALS.get(self.name, self.name))


class WorkingHours(models.Model):
    """When one manager works: weekdays, hours of the day, and the break within them.

    Public holidays and make-up workdays come on top. Without a row: Monday to Friday, 9:00 to
    18:00 with an hour's break.
    """

    manager = models.OneToOneField(
        StaffUser,
        verbose_name=_("customer manager"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="working_hours",
    )
    weekdays = texts.TechnicalJSONField(
        _("weekdays"), default=usual_weekdays, validators=[check_weekdays]
    )
    starts_at = models.TimeField(_("from hour"), default=time(9))
    ends_at = models.TimeField(_("until hour"), default=time(18))
    break_minutes = models.PositiveSmallIntegerField(
        _("break in minutes"), default=60, validators=[MaxValueValidator(240)]
    )

    objects = WorkingHoursQuerySet.as_manager()

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="workplans_hours_in_order",
                violation_error_message=_("The working day ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class Leave(models.Model):
    """Days on which a manager does not work, both included. A cover is leave without a row here.

    No plan is drafted for them and no log is asked for. What was called off keeps its row.
    """

    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.PROTECT,
        related_name="leave",
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = texts.FreeCharField(_("reason"), max_length=200, blank=True)
    entered_by = models.ForeignKey(
        StaffUser, verbose_name=_("entered by"), on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(_("entered at"), default=clock.now, editable=False)
    cancelled_at = models.DateTimeField(_("called off at"), null=True, blank=True, editable=False)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leave")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="workplans_leave_in_order",
                violation_error_message=_("The last day is before the first day."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_on", "ends_on"],
                name="workplans_leave_standing",
                condition=Q(cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.starts_on}–{self.ends_on}"


class CalendarFeed(models.Model):
    """The secret address at which one manager's calendar program reads the plan (iCal).

    Only the hash of the address's key is kept. A new address takes the old one's place; a
    revoked one has no row. The feed holds no names, numbers or addresses of customers.
    """

    manager = models.OneToOneField(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.CASCADE,
        related_name="calendar_feed",
    )
    key_hash = texts.SecretField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.made_at:%Y-%m-%d}"
