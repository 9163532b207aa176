"""Handing customers over, and merging two who are one: what was decided, by whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from customers.models import Customer
from portfolio.querysets import (
    HandoverNoticeQuerySet,
    MergeQuerySet,
    ReassignedCustomerQuerySet,
    ReassignmentQuerySet,
)
from staff.models import StaffUser


class Reassignment(models.Model):
    """One handover: some customers go to ``manager`` from ``effective_on`` on.

    ``applied_at`` is empty while it waits for its day; until then it can be called off.
    ``counts`` is what the supervisor saw: customers by tier, open work and covers, as they were
    when the handover was made.
    """

    class State(models.TextChoices):
        """Whether its day has come."""

        WAITING = "waiting", _("waits for its day")
        IN_FORCE = "in_force", _("in force")
        CALLED_OFF = "called_off", _("called off")

    manager = models.ForeignKey(
        StaffUser, verbose_name=_("new manager"), on_delete=models.PROTECT, related_name="+"
    )
    effective_on = models.DateField(_("from day"))
    note = texts.FreeTextField(_("handover note"), max_length=2000, blank=True)
    counts = texts.TechnicalJSONField(_("counts"), default=dict)
    made_at = models.DateTimeField(_("made at"), default=clock.now)
    made_by = models.ForeignKey(
        StaffUser, verbose_name=_("made by"), on_delete=models.PROTECT, related_name="+"
    )
    applied_at = models.DateTimeField(_("in force since"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("called off at"), null=True, blank=True)
    submission_key = models.UUIDField(editable=False)

    objects = ReassignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["made_by", "submission_key"], name="portfolio_handover_once"
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="portfolio_handover_held_or_not",
            ),
        ]
        indexes = [
            models.Index(
                fields=["effective_on"],
                name="portfolio_handover_waiting",
                condition=Q(applied_at__isnull=True, cancelled_at__isnull=True),
            ),
            models.Index(fields=["-effective_on", "-id"], name="portfolio_handover_by_day"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.manager_id} {self.effective_on}"

    @property
    def state(self) -> State:
        """Whether its day has come, or it was called off before."""
        if self.cancelled_at is not None:
            return self.State.CALLED_OFF
        return self.State.WAITING if self.applied_at is None else self.State.IN_FORCE

    @property
    def is_waiting(self) -> bool:
        """Whether its day has not come and it was not called off."""
        return self.state == self.State.WAITING


class ReassignedCustomer(models.Model):
    """One customer of a handover, and whose the customer was when it was made.

    ``moved_at`` stays empty for who had left or had another manager by then.
    ``first_contact_due_on`` is the day by which the new manager makes the first contact.
    """

    reassignment = models.ForeignKey(
        Reassignment, on_delete=models.PROTECT, related_name="reassigned"
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="handovers")
    old_manager = models.ForeignKey(
        StaffUser, null=True, on_delete=models.PROTECT, related_name="+"
    )
    moved_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    first_contact_due_on = models.DateField(_("first contact due"))

    objects = ReassignedCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer handed over")
        verbose_name_plural = _("customers handed over")
        constraints = [
            models.UniqueConstraint(
                fields=["reassignment", "customer"], name="portfolio_handed_over_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.first_contact_due_on}"


class HandoverNotice(models.Model):
    """What one manager is told of a handover, on My day until it is dismissed.

    ``came``: the customers came to the reader from ``other`` (None: from the pool); otherwise
    they went to ``other``.
    """

    reassignment = models.ForeignKey(Reassignment, on_delete=models.PROTECT, related_name="notices")
    reader = models.ForeignKey(StaffUser, on_delete=models.PROTECT, related_name="handover_notices")
    other = models.ForeignKey(StaffUser, null=True, on_delete=models.PROTECT, related_name="+")
    came = models.BooleanField(_("came to the reader"))
    customers = models.PositiveIntegerField(_("customers"))
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)

    objects = HandoverNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("handover notice")
        verbose_name_plural = _("handover notices")
        constraints = [
            models.UniqueConstraint(
                fields=["reassignment", "reader", "other", "came"],
                name="portfolio_told_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reader"],
                name="portfolio_notice_to_read",
                condition=Q(dismissed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.reassignment_id} {self.reader_id} {self.customers}"


class Merge(models.Model):
    """Two customers who are one person were made one: ``absorbed`` answers with ``survivor``.

    ``choices`` says by entry from which of the two (an id) the value came. ``changes`` is what
    has to be put back to undo it, ``seal`` tells whether anything has come since.
    """

    survivor = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges_away")
    choices = texts.TechnicalJSONField(_("values that stayed"), default=dict)
    changes = texts.FreeJSONField(default=dict, editable=False)
    seal = texts.SecretField(max_length=64, editable=False)
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

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"],
                condition=Q(undone_at__isnull=True),
                name="portfolio_merged_once",
            ),
            models.CheckConstraint(
                condition=~Q(survivor=models.F("absorbed")), name="portfolio_merge_of_two"
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="portfolio_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.absorbed_id} → #{self.survivor_id}"
