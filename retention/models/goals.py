"""The goals of article 1, and the frozen base that a year's churn is counted from."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from customers.models import Customer, Tier
from retention.querysets import (
    ChurnBaseCountQuerySet,
    ChurnBaseMemberQuerySet,
    EditableByHeadOfficeQuerySet,
)
from staff.models import StaffUser, Unit


class TierGroup(models.TextChoices):
    """Whose churn a goal speaks of (article 1)."""

    ALL = "all", _("All VIP customers")
    TOP = "top", _("Diamond and gold")


class ChurnGoal(models.Model):
    """Under so many percent of the base leave in a year (article 1).

    It holds for ``from_year`` and every later one until a later row. Without a ``unit`` it holds
    for the whole company; a unit's own goal comes before it, for the unit and all below.
    """

    from_year = models.PositiveSmallIntegerField(
        _("from year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    tier_group = models.CharField(_("customers"), max_length=3, choices=TierGroup)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty: the whole company."),
    )
    percent = models.DecimalField(
        _("under … percent leave"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )
    set_by = models.ForeignKey(
        StaffUser, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(_("set at"), default=clock.now)

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("churn goal")
        verbose_name_plural = _("churn goals")
        ordering = ["-from_year", "tier_group", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["from_year", "tier_group", "unit"],
                nulls_distinct=False,
                name="retention_goal_once",
                violation_error_message=_("There is a goal of that kind already."),
            ),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100), name="retention_goal_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_year} {self.tier_group} {self.percent} %"


class ChurnBaseYear(models.Model):
    """The base of one year was frozen (article 1); then nothing in it changes any more.

    ``members`` is empty while it is being frozen, which no other transaction ever sees.

    ``is_rebuilt``: worked out afterwards from the roster and a file of departures, in the first
    year; shown with every figure that stands on it.
    """

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    frozen_at = models.DateTimeField(_("frozen at"), default=clock.now)
    frozen_by = models.ForeignKey(
        StaffUser, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_rebuilt = models.BooleanField(_("rebuilt afterwards"), default=False)
    members = models.PositiveIntegerField(_("customers"), null=True)

    objects = EditableByHeadOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen base")
        verbose_name_plural = _("frozen bases")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class ChurnBaseMember(models.Model):
    """One customer who was VIP at the start of 1 January, as of that day; never changed."""

    base = models.ForeignKey(ChurnBaseYear, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(_("tier"), max_length=7, choices=Tier)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    manager = models.ForeignKey(StaffUser, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ChurnBaseMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer of a frozen base")
        verbose_name_plural = _("customers of frozen bases")
        constraints = [
            models.UniqueConstraint(fields=["base", "customer"], name="retention_in_base_once"),
        ]
        indexes = [
            models.Index(fields=["base", "unit", "manager"], name="retention_base_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.base_id} #{self.customer_id}"


class ChurnBaseCount(models.Model):
    """How many customers of a frozen base one manager of one unit had in one tier.

    Counted once when the base is frozen: a page adds up some rows, not a million members.
    """

    base = models.ForeignKey(ChurnBaseYear, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    manager = models.ForeignKey(StaffUser, null=True, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(_("tier"), max_length=7, choices=Tier)
    customers = models.PositiveIntegerField(_("customers"))

    objects = ChurnBaseCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("size of a frozen base")
        verbose_name_plural = _("sizes of frozen bases")
        constraints = [
            models.UniqueConstraint(
                fields=["base", "unit", "manager", "tier"],
                nulls_distinct=False,
                name="retention_base_counted_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base_id} {self.tier} {self.customers}"
