"""Retention cases: a customer asks to leave; what is offered, and whether it holds (article 18)."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import clock, texts
from customers.models import Customer, Tier
from retention.models.risk import in_language
from retention.models.warnings import ChurnWarning
from retention.querysets import (
    CaseFollowUpQuerySet,
    EditableByHeadOfficeQuerySet,
    MeasureOfferQuerySet,
    RetentionCaseQuerySet,
)
from staff.models import StaffUser, Unit


class LeavingReason(models.TextChoices):
    """Why a customer says that they want to leave."""

    PRICE = "price", _("Price or plan")
    NETWORK = "network", _("Coverage or quality")
    SERVICE = "service", _("Service")
    BILLING = "billing", _("A dispute about the bill")
    COMPETITOR = "competitor", _("A competitor's offer")
    DEVICE = "device", _("Device or contract")
    MOVING = "moving", _("Moving away or abroad")
    EMPLOYER = "employer", _("The employer changes operator")
    OTHER = "other", _("Other")


class RetentionCase(models.Model):
    """A customer wants to leave, from the asking until it is decided (挽留, article 18).

    One open case per customer. ``manager`` and ``unit`` are those at the opening.
    ``code_received_at``: when an authorisation code was given out; it lives 60 minutes (data).
    ``deadline_at`` is the moment by which it is decided, as far as it is known.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("Open")
        SAVED = "saved", _("Saved")
        LOST = "lost", _("Lost")
        WITHDRAWN = "withdrawn", _("Opened by mistake")

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="retention_cases",
    )
    warning = models.ForeignKey(
        ChurnWarning,
        verbose_name=_("churn warning"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
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
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"), default=clock.now)
    opened_by = models.ForeignKey(
        StaffUser, verbose_name=_("opened by"), on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=10, choices=LeavingReason)
    reason_note = texts.FreeTextField(_("in the customer's words"), max_length=1000, blank=True)
    competitor = texts.FreeCharField(_("competitor"), max_length=60, blank=True)
    competitor_offer = texts.FreeCharField(_("the competitor's offer"), max_length=300, blank=True)
    code_received_at = models.DateTimeField(
        _("authorisation code given out at"), null=True, blank=True
    )
    deadline_at = models.DateTimeField(_("decided by"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    outcome_note = texts.FreeTextField(_("how it was decided"), max_length=1000, blank=True)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = RetentionCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("retention case")
        verbose_name_plural = _("retention cases")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state="open"),
                name="retention_one_open_case",
                violation_error_message=_("This customer has an open retention case."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | ~Q(state="open") & Q(decided_at__isnull=False),
                name="retention_decided_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at", "id"],
                name="retention_case_open",
                condition=Q(state="open"),
            ),
            models.Index(fields=["customer", "-opened_at"], name="retention_case_history"),
            models.Index(fields=["-opened_at", "-id"], name="retention_case_newest"),
            models.Index(fields=["updated_at", "id"], name="retention_case_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.opened_at:%Y-%m-%d} {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether nothing is decided yet."""
        return self.state == self.State.OPEN


class Measure(models.Model):
    """What can be offered to a customer who wants to leave: one entry of the catalogue.

    ``value`` in yuan. Up to ``manager_limit`` a manager grants it, up to ``supervisor_limit``
    the unit's supervisor; above that, the supervisor of a unit above. ``tiers`` empty: all.
    """

    class Kind(models.TextChoices):
        """The standard's two kinds."""

        MARKETING = "marketing", _("Marketing policy")
        SPECIAL_CARE = "special_care", _("Special care policy")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name_en = texts.FreeCharField(_("English name"), max_length=100)
    name_zh = texts.FreeCharField(_("Chinese name"), max_length=100)
    points_en = texts.FreeTextField(_("talking points in English"), max_length=1000, blank=True)
    points_zh = texts.FreeTextField(_("talking points in Chinese"), max_length=1000, blank=True)
    value = models.DecimalField(
        _("value"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)]
    )
    tiers = texts.TechnicalJSONField(_("tiers"), default=list, blank=True)
    months_with_us = models.PositiveSmallIntegerField(_("with us for at least … months"), default=0)
    manager_limit = models.DecimalField(
        _("a manager grants up to"), max_digits=10, decimal_places=2, default=0
    )
    supervisor_limit = models.DecimalField(
        _("the unit's supervisor grants up to"), max_digits=10, decimal_places=2, default=0
    )
    valid_from = models.DateField(_("from day"), null=True, blank=True)
    valid_until = models.DateField(_("until day"), null=True, blank=True)
    is_active = models.BooleanField(_("in force"), default=True)

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("retention measure")
        verbose_name_plural = _("retention measures")
        ordering = ["kind", "code"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_en, self.name_zh)

    @property
    def talking_points(self) -> str:
        """What to say, in the reader's language where it is there."""
        return in_language(self.points_en or self.points_zh, self.points_zh)

    def is_for(self, tier: str) -> bool:
        """Whether customers of ``tier`` may have it."""
        return not self.tiers or Tier(tier).value in self.tiers


class MeasureOffer(models.Model):
    """One measure in one case: approved where it must be, offered, and what the customer said.

    ``value`` is the measure's on the day it was chosen.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("Waiting for approval")
        REFUSED = "refused", _("Not approved")
        READY = "ready", _("May be offered")
        OFFERED = "offered", _("Offered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Taken back")

    case = models.ForeignKey(RetentionCase, on_delete=models.CASCADE, related_name="offers")
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, related_name="offers"
    )
    value = models.DecimalField(_("value"), max_digits=10, decimal_places=2)
    state = models.CharField(_("state"), max_length=9, choices=State)
    note = texts.FreeCharField(_("remark"), max_length=300, blank=True)
    chosen_by = models.ForeignKey(
        StaffUser, verbose_name=_("chosen by"), on_delete=models.PROTECT, related_name="+"
    )
    chosen_at = models.DateTimeField(_("chosen at"), default=clock.now)
    needs_unit = models.ForeignKey(
        Unit,
        verbose_name=_("approved by the supervisor of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("approved or refused by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("approved or refused at"), null=True, blank=True)
    decision_note = texts.FreeCharField(_("remark on the approval"), max_length=300, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = MeasureOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offered measure")
        verbose_name_plural = _("offered measures")
        ordering = ["chosen_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "measure"],
                condition=~Q(state__in=["refused", "declined", "withdrawn"]),
                name="retention_measure_once",
                violation_error_message=_("This measure is in the case already."),
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | Q(decided_by__isnull=False),
                name="retention_refused_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["chosen_at"],
                name="retention_offer_waiting",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.case_id} {self.measure} {self.state}"


class CaseFollowUp(models.Model):
    """After a customer was saved: ask after 24 hours, 7 and 30 days; look after 3 months."""

    class Kind(models.TextChoices):
        """Which of the four."""

        DAY = "day", _("After 24 hours")
        WEEK = "week", _("After 7 days")
        MONTH = "month", _("After 30 days")
        QUARTER = "quarter", _("After 3 months: still here?")

    class Result(models.TextChoices):
        """What was found."""

        CONTENT = "content", _("Content")
        WAVERING = "wavering", _("Wavering")
        LEFT = "left", _("Left")

    case = models.ForeignKey(RetentionCase, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    due_on = models.DateField(_("due on"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("done by"),
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
    result = models.CharField(_("result"), max_length=8, choices=Result, blank=True)
    note = texts.FreeCharField(_("remark"), max_length=300, blank=True)

    objects = CaseFollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up of a case")
        verbose_name_plural = _("follow-ups of cases")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "kind"], name="retention_follow_up_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, result="")
                | Q(done_at__isnull=False) & ~Q(result=""),
                name="retention_follow_up_has_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="retention_follow_up_due",
                condition=Q(done_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.case_id} {self.kind} {self.due_on}"
