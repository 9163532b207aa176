"""Complaints, every change of them, who was told, and doubles made one (article 21)."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.catalogue import Category
from complaints.querysets import (
    ComplaintMergeQuerySet,
    ComplaintNoticeQuerySet,
    ComplaintQuerySet,
    ComplaintStepQuerySet,
)
from contacts.models import ContactRecord
from core import clock, texts
from core.querysets import AppendOnlyError
from customers.models import Customer, Tier
from staff.models import StaffUser, Unit


class State(models.TextChoices):
    """Where a complaint stands. It moves only as ``rules.states`` allows."""

    REGISTERED = "registered", pgettext_lazy("complaint", "Registered")
    ACCEPTED = "accepted", pgettext_lazy("complaint", "Accepted")
    IN_WORK = "in_work", pgettext_lazy("complaint", "In work")
    WAITING = "waiting", pgettext_lazy("complaint", "Waiting for the customer")
    RESOLVED = "resolved", pgettext_lazy("complaint", "Resolved")
    CLOSED = "closed", pgettext_lazy("complaint", "Closed")


class Severity(models.TextChoices):
    """How serious it is."""

    LOW = "low", pgettext_lazy("severity", "Low")
    NORMAL = "normal", pgettext_lazy("severity", "Normal")
    HIGH = "high", pgettext_lazy("severity", "High")
    CRITICAL = "critical", pgettext_lazy("severity", "Critical")


class Source(models.TextChoices):
    """How the complaint came in."""

    MANAGER = "manager", _("Told a person who serves the customer")
    HOTLINE = "hotline", _("Hotline or call centre")
    COUNTER = "counter", _("Shop counter")
    ONLINE = "online", _("App or web site")
    REGULATOR = "regulator", _("The regulator")
    REQUEST = "request", _("A promise not kept")
    OTHER = "other", _("Other")


class StepKind(models.TextChoices):
    """What a step was."""

    REGISTERED = "registered", pgettext_lazy("complaint step", "Registered")
    ACCEPTED = "accepted", pgettext_lazy("complaint step", "Accepted")
    STARTED = "started", pgettext_lazy("complaint step", "Work begun")
    RESPONDED = "responded", pgettext_lazy("complaint step", "Contacted the customer")
    WAITING = "waiting", pgettext_lazy("complaint step", "Waiting for the customer")
    RESUMED = "resumed", pgettext_lazy("complaint step", "Work resumed")
    RESOLVED = "resolved", pgettext_lazy("complaint step", "Resolved")
    CLOSED = "closed", pgettext_lazy("complaint step", "Closed")
    REOPENED = "reopened", pgettext_lazy("complaint step", "Reopened")
    REASSIGNED = "reassigned", pgettext_lazy("complaint step", "Handed to another person")
    CHANGED = "changed", pgettext_lazy("complaint step", "Details changed")
    NOTED = "noted", pgettext_lazy("complaint step", "Note")
    MERGED = "merged", pgettext_lazy("complaint step", "Merged as a double report")
    UNMERGED = "unmerged", pgettext_lazy("complaint step", "Taken apart again")


OPEN = ~Q(state="closed")
"""Not closed: the customer still waits. What was merged into another report is closed."""

RUNNING = Q(state__in=["registered", "accepted", "in_work", "waiting"])
"""Not resolved yet."""


class Complaint(models.Model):
    """One complaint of one customer, from the registration to the closing (投诉, article 21).

    ``tier``, ``unit`` and ``manager`` are those of the registration, and so are the deadlines.
    The columns of the clocks are what ``rules.clocks`` makes of the steps; they are stored so
    that lists and the minute job read only what is due. ``due_at`` is the nearest deadline that
    runs; ``next_notice_at`` when somebody is to be told next (None: nobody). While the customer
    is waited for, ``resolution_due_at`` is as it was when the pause began. ``paused_seconds``
    counts ended pauses. ``seen_until``: how long a handler sees a closed complaint.
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="complaints"
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    tier = models.CharField(_("tier"), max_length=7, choices=Tier)
    subject = texts.FreeCharField(_("subject"), max_length=120)
    description = texts.FreeTextField(_("what happened"), max_length=4000, blank=True)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="complaints"
    )
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity, default=Severity.NORMAL
    )
    wish = texts.FreeCharField(_("what the customer wants"), max_length=500, blank=True)
    source = models.CharField(_("source"), max_length=9, choices=Source, default=Source.MANAGER)
    external_id = texts.CodeField(_("id in the other system"), max_length=64, blank=True)
    is_appeal = models.BooleanField(_("appeal to the regulator"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REGISTERED)
    handler = models.ForeignKey(
        StaffUser,
        verbose_name=_("handler"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="complaints_handled",
        help_text=_("Empty: nobody was found; the unit's supervisor assigns it."),
    )
    registered_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("registered by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    registered_at = models.DateTimeField(_("registered at"), default=clock.now)
    received_at = models.DateTimeField(_("received at"))
    response_due_at = models.DateTimeField(_("first response due"))
    resolution_due_at = models.DateTimeField(_("resolution due"))
    statutory_due_at = models.DateTimeField(_("statutory answer due"))
    response_warn_at = models.DateTimeField(null=True, blank=True, editable=False)
    response_escalate_at = models.DateTimeField(null=True, blank=True, editable=False)
    response_above_at = models.DateTimeField(null=True, blank=True, editable=False)
    warn_at = models.DateTimeField(null=True, blank=True, editable=False)
    escalate_at = models.DateTimeField(null=True, blank=True, editable=False)
    above_at = models.DateTimeField(null=True, blank=True, editable=False)
    statutory_warn_at = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(_("due"))
    next_notice_at = models.DateTimeField(null=True, blank=True, editable=False)
    responded_at = models.DateTimeField(_("first response"), null=True, blank=True)
    paused_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    paused_seconds = models.PositiveIntegerField(_("waited for the customer"), default=0)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    seen_until = models.DateTimeField(null=True, blank=True, editable=False)
    resolution = texts.FreeTextField(_("how it was resolved"), max_length=2000, blank=True)
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="doubles",
    )
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.UniqueConstraint(
                fields=["registered_by", "external_id"],
                condition=~Q(external_id=""),
                name="complaints_external_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="complaints_state_known"
            ),
            models.CheckConstraint(condition=~Q(subject=""), name="complaints_has_subject"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | ~Q(state="closed") & Q(closed_at__isnull=True),
                name="complaints_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", paused_since__isnull=False)
                | ~Q(state="waiting") & Q(paused_since__isnull=True),
                name="complaints_waiting_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="resolved") | Q(resolved_at__isnull=False),
                name="complaints_resolved_has_time",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | (Q(state="closed") & ~Q(merged_into=F("id"))),
                name="complaints_merged_is_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="complaints_open_due", condition=OPEN),
            models.Index(
                fields=["handler", "due_at", "id"], name="complaints_handler_due", condition=OPEN
            ),
            models.Index(
                fields=["unit", "due_at", "id"], name="complaints_unit_due", condition=OPEN
            ),
            models.Index(
                fields=["next_notice_at", "id"],
                name="complaints_next_notice",
                condition=Q(next_notice_at__isnull=False),
            ),
            models.Index(fields=["customer", "-received_at"], name="complaints_history"),
            models.Index(fields=["-received_at", "-id"], name="complaints_newest"),
            models.Index(fields=["unit", "-received_at", "-id"], name="complaints_unit_newest"),
            models.Index(fields=["category", "-received_at"], name="complaints_by_category"),
            models.Index(fields=["updated_at", "id"], name="complaints_updated"),
            models.Index(fields=["seen_until"], name="complaints_seen_until"),
            models.Index(fields=["closed_at"], name="complaints_closed"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.state != State.CLOSED

    @property
    def is_forgotten(self) -> bool:
        """Whether a handler sees it no more: it is long closed (``not_forgotten``)."""
        return self.seen_until is not None and self.seen_until <= clock.now()

    @property
    def is_running(self) -> bool:
        """Whether it is not resolved yet."""
        return self.state not in (State.RESOLVED, State.CLOSED)


class ComplaintStep(models.Model):
    """One change of a complaint: when, who, from which state to which, why. Only ever added.

    From the steps the clocks can be computed anew; nothing else is needed. ``at`` is when it
    happened. ``contact_record``: the contact that reached the customer. ``details``: what changed,
    field by field, or the handler before and after.
    """

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("what"), max_length=10, choices=StepKind)
    at = models.DateTimeField(_("at"), default=clock.now)
    actor = models.ForeignKey(
        StaffUser,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    from_state = models.CharField(_("from"), max_length=10, choices=State, blank=True)
    to_state = models.CharField(_("to"), max_length=10, choices=State)
    reason = texts.FreeCharField(_("reason"), max_length=500, blank=True)
    contact_record = models.ForeignKey(
        ContactRecord, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    details = texts.FreeJSONField(default=dict, blank=True)

    objects = ComplaintStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a complaint")
        verbose_name_plural = _("steps of complaints")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["waiting", "reopened", "reassigned"]) | ~Q(reason=""),
                name="complaints_step_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["complaint", "at", "id"], name="complaints_steps")]

    def __str__(self) -> str:
        return f"#{self.complaint_id} {self.kind} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the step; refuse to change one that is there."""
        if not self._state.adding:
            raise AppendOnlyError("Steps of a complaint are never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: the clocks are computed from the steps."""
        raise AppendOnlyError("Steps of a complaint are never deleted.")


class ComplaintNotice(models.Model):
    """Somebody was told of a complaint: who, when, of which clock, at which level.

    ``round`` is how often the complaint had been reopened. ``person`` empty: there was nobody to
    tell. Once each: the database refuses a second.
    """

    class Clock(models.TextChoices):
        """Of which clock."""

        NONE = "none", "—"
        RESPONSE = "response", _("First response")
        RESOLUTION = "resolution", _("Resolution")
        STATUTORY = "statutory", _("Statutory answer")

    class Level(models.TextChoices):
        """Why."""

        ASSIGNED = "assigned", pgettext_lazy("notice", "Assigned")
        UNASSIGNED = "unassigned", pgettext_lazy("notice", "Nobody handles it")
        WARNED = "warned", pgettext_lazy("notice", "Time is running out")
        ESCALATED = "escalated", pgettext_lazy("notice", "Overdue")
        ABOVE = "above", pgettext_lazy("notice", "Far overdue")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="notices")
    person = models.ForeignKey(
        StaffUser,
        verbose_name=_("who was told"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    of_clock = models.CharField(_("clock"), max_length=10, choices=Clock, default=Clock.NONE)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    round = models.PositiveSmallIntegerField(_("round"), default=0)
    at = models.DateTimeField(_("at"), default=clock.now)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)

    objects = ComplaintNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a complaint")
        verbose_name_plural = _("notices of complaints")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "of_clock", "level", "round", "person"],
                condition=~Q(level="assigned"),
                name="complaints_told_once",
            ),
            models.UniqueConstraint(
                fields=["complaint", "of_clock", "level", "round"],
                condition=Q(person__isnull=True),
                name="complaints_told_nobody_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "-at"],
                name="complaints_unseen",
                condition=Q(seen_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.complaint_id} {self.of_clock} {self.level}"


class ComplaintMerge(models.Model):
    """A report was found to be the same as an earlier one. Both rows stay; it can be undone.

    ``state`` is where the double stood before.
    """

    survivor = models.ForeignKey(
        Complaint, verbose_name=_("stays"), on_delete=models.CASCADE, related_name="merges"
    )
    absorbed = models.ForeignKey(
        Complaint, verbose_name=_("double"), on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(_("state before"), max_length=10, choices=State)
    reason = texts.FreeCharField(_("reason"), max_length=200, blank=True)
    merged_at = models.DateTimeField(_("merged at"), default=clock.now)
    merged_by = models.ForeignKey(
        StaffUser, verbose_name=_("merged by"), on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("undone by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = ComplaintMergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of complaints")
        verbose_name_plural = _("merges of complaints")
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"],
                condition=Q(undone_at__isnull=True),
                name="complaints_merged_once",
            ),
            models.CheckConstraint(
                condition=~Q(survivor=F("absorbed")), name="complaints_not_into_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.absorbed_id} → #{self.survivor_id}"
