"""Churn warnings: who may leave, why, and what was found when somebody asked (article 17)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import clock, texts
from customers.models import Customer
from retention.models.risk import SignalVersion
from retention.models.usage import ChurnEvent
from retention.querysets import ChurnWarningQuerySet, OfWarningQuerySet
from staff.models import StaffUser, Unit


class ChurnWarning(models.Model):
    """One customer may be about to leave (离网预警); at most one is open per customer.

    A new reason updates the open one. ``manager`` and ``unit`` are those at the opening;
    whoever serves the customer now follows it up. ``follow_up_due_at``: opened plus 48 hours
    (data). ``low_since``: the first day of the present stretch far below the line; two months
    of it close the warning by itself. ``line`` and ``rank`` say why it was chosen.
    """

    class Result(models.TextChoices):
        """How it ended."""

        STAYS = "stays", _("Stays")
        UNFOUNDED = "unfounded", _("Never meant to leave")
        CASE = "case", _("Became a retention case")
        LEFT = "left", _("Left")
        FADED = "faded", _("Faded by itself")
        MERGED = "merged", _("Merged with another")

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="churn_warnings",
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("opened at"), default=clock.now)
    is_hard = models.BooleanField(_("hard trigger"), default=False)
    score = models.PositiveSmallIntegerField(_("risk"), default=0)
    line = models.PositiveSmallIntegerField(_("line at the time"), default=0)
    rank = models.DecimalField(_("risk × monthly bill"), max_digits=12, decimal_places=2, default=0)
    follow_up_due_at = models.DateTimeField(_("follow up by"))
    contacted_at = models.DateTimeField(_("followed up at"), null=True, blank=True)
    contacted_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("followed up by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    contact_record = models.ForeignKey(
        ContactRecord,
        verbose_name=_("contact record"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    found = texts.FreeTextField(_("what was found"), max_length=1000, blank=True)
    next_step = texts.FreeCharField(_("next step"), max_length=300, blank=True)
    next_step_on = models.DateField(_("next step on"), null=True, blank=True)
    snoozed_until = models.DateField(_("snoozed until"), null=True, blank=True)
    snooze_reason = texts.FreeCharField(_("why it is snoozed"), max_length=200, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    low_since = models.DateField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("closed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    result = models.CharField(_("result"), max_length=9, choices=Result, blank=True)
    close_note = texts.FreeCharField(_("remark"), max_length=300, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = ChurnWarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("churn warning")
        verbose_name_plural = _("churn warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(closed_at__isnull=True),
                name="retention_one_open_warning",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, result="")
                | Q(closed_at__isnull=False) & ~Q(result=""),
                name="retention_closed_has_result",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_until__isnull=True) | ~Q(snooze_reason=""),
                name="retention_snooze_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["follow_up_due_at", "id"],
                name="retention_warning_open",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["follow_up_due_at"],
                name="retention_warning_escalate",
                condition=Q(
                    closed_at__isnull=True, contacted_at__isnull=True, escalated_at__isnull=True
                ),
            ),
            models.Index(fields=["customer", "-opened_at"], name="retention_warning_history"),
            models.Index(fields=["-opened_at", "-id"], name="retention_warning_newest"),
            models.Index(fields=["updated_at", "id"], name="retention_warning_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.opened_at:%Y-%m-%d} {self.result or 'open'}"

    @property
    def is_open(self) -> bool:
        """Whether it still wants following up."""
        return self.closed_at is None


class WarningReason(models.Model):
    """Why a warning was opened or became more pressing: a signal's points, or an event."""

    warning = models.ForeignKey(ChurnWarning, on_delete=models.CASCADE, related_name="reasons")
    signal_version = models.ForeignKey(
        SignalVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    event = models.ForeignKey(
        ChurnEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    points = models.PositiveSmallIntegerField(_("points"), default=0)
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=2, null=True, blank=True)
    added_at = models.DateTimeField(_("added at"), default=clock.now)
    is_first = models.BooleanField(_("from the opening"), default=True)

    objects = OfWarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("reason of a warning")
        verbose_name_plural = _("reasons of warnings")
        ordering = ["-points", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signal_version__isnull=True, event__isnull=False)
                | Q(signal_version__isnull=False, event__isnull=True),
                name="retention_reason_of_one_kind",
            ),
            models.UniqueConstraint(
                fields=["warning", "signal_version"],
                condition=Q(signal_version__isnull=False),
                name="retention_reason_once",
            ),
            models.UniqueConstraint(
                fields=["warning", "event"],
                condition=Q(event__isnull=False),
                name="retention_event_reason_once",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.warning_id} {self.points}"


class WarningStep(models.Model):
    """One thing that happened to a warning: the page's timeline, which only grows."""

    class Kind(models.TextChoices):
        """What happened."""

        OPENED = "opened", _("Opened")
        REASON_ADDED = "reason_added", _("New reason")
        CONTACTED = "contacted", _("Followed up")
        SNOOZED = "snoozed", _("Snoozed")
        WOKEN = "woken", _("Shown again")
        ESCALATED = "escalated", _("Escalated")
        CLOSED = "closed", _("Closed")

    warning = models.ForeignKey(ChurnWarning, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("at"), default=clock.now)
    actor = models.ForeignKey(
        StaffUser, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = texts.FreeCharField(_("remark"), max_length=1000, blank=True)

    objects = OfWarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a warning")
        verbose_name_plural = _("steps of warnings")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"#{self.warning_id} {self.kind}"
