"""Work logs: what a manager did and learnt on one day (article 5)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from staff.models import StaffUser
from workplans.querysets import LogRemarkQuerySet, WorkLogQuerySet


class WorkLog(models.Model):
    """The log of one manager for one day (工作日志, article 5).

    Contact records and the rest of the day come in by themselves and are not kept here; the
    columns hold what only the manager can say. Once submitted the day is signed: the text is
    locked, and records entered later show as late additions. ``due_at``: the moment until which
    it was to be submitted.
    """

    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.PROTECT,
        related_name="work_logs",
    )
    log_date = models.DateField(_("day"))
    learnt = texts.FreeTextField(_("what was learnt"), max_length=2000, blank=True)
    problems = texts.FreeTextField(_("problems"), max_length=2000, blank=True)
    help_needed = texts.FreeTextField(_("help needed"), max_length=2000, blank=True)
    tomorrow = texts.FreeTextField(_("for tomorrow"), max_length=2000, blank=True)
    due_at = models.DateTimeField(_("due at"))
    made_at = models.DateTimeField(_("made at"), default=clock.now)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    is_late = models.BooleanField(_("submitted late"), default=False)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True, editable=False)
    read_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("read by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = WorkLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("work log")
        verbose_name_plural = _("work logs")
        constraints = [
            models.UniqueConstraint(fields=["manager", "log_date"], name="workplans_one_log_a_day"),
            models.CheckConstraint(
                condition=Q(is_late=False) | Q(submitted_at__isnull=False),
                name="workplans_late_log_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-log_date", "-id"], name="workplans_log_day"),
            models.Index(fields=["updated_at", "id"], name="workplans_log_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.log_date}"

    @property
    def is_signed(self) -> bool:
        """Whether it was submitted, and with it locked."""
        return self.submitted_at is not None


class LogRemark(models.Model):
    """What a supervisor answers in a log, or the manager says to it."""

    log = models.ForeignKey(WorkLog, on_delete=models.CASCADE, related_name="remarks")
    author = models.ForeignKey(
        StaffUser, verbose_name=_("written by"), on_delete=models.PROTECT, related_name="+"
    )
    text = texts.FreeCharField(_("remark"), max_length=1000)
    at = models.DateTimeField(_("written at"), default=clock.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = LogRemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark on a log")
        verbose_name_plural = _("remarks on logs")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="workplans_log_remark_not_empty"),
        ]

    def __str__(self) -> str:
        return f"#{self.log_id} {self.at:%Y-%m-%d}"
