"""Departures and what was learnt of each (article 19)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from customers.models import Customer, Tier
from retention.models.risk import in_language
from retention.models.usage import Source
from retention.querysets import (
    DepartureCauseQuerySet,
    DepartureQuerySet,
    OfDepartureQuerySet,
)
from retention.rules.churn import COUNTED_KINDS
from staff.models import StaffUser, Unit


class Departure(models.Model):
    """A customer left, or is no VIP any more (离网, articles 1 and 19).

    ``tier``, ``manager`` and ``unit`` are those of that day. Whether it counts against the goal
    follows from ``kind``: closed and ported out do; a transfer to another person, a death and
    the end of VIP status do not. A wrong one is taken back, never deleted. ``returned_on``: the
    day on which a customer who had really left was a VIP again; the departure stands.
    """

    class Kind(models.TextChoices):
        """What happened."""

        CLOSED = "closed", _("Number closed")
        PORTED_OUT = "ported_out", _("Ported out")
        TRANSFER = "transfer", _("Transferred to another person")
        DEATH = "death", _("Death")
        VIP_ENDED = "vip_ended", _("No longer VIP")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="departures"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    left_on = models.DateField(_("left on"))
    is_voluntary = models.BooleanField(_("of their own will"), default=True)
    tier = models.CharField(_("tier"), max_length=7, choices=Tier)
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    competitor = texts.FreeCharField(_("competitor"), max_length=60, blank=True)
    monthly_bill = models.DecimalField(
        _("monthly bill"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    note = texts.FreeCharField(_("note"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=9, choices=Source, default=Source.MANUAL)
    reported_at = models.DateTimeField(_("reported at"), default=clock.now)
    reported_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("reported by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    external_id = texts.CodeField(_("id in the other system"), max_length=64, blank=True)
    review_due_on = models.DateField(_("review due on"), null=True, blank=True)
    returned_on = models.DateField(_("came back on"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    cancelled_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("taken back by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancel_reason = texts.FreeCharField(_("why it was taken back"), max_length=200, blank=True)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = DepartureQuerySet.as_manager()

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "left_on"],
                condition=Q(cancelled_at__isnull=True),
                name="retention_departure_once",
            ),
            models.UniqueConstraint(
                fields=["reported_by", "external_id"],
                condition=~Q(external_id=""),
                name="retention_departure_sent_once",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | ~Q(cancel_reason=""),
                name="retention_cancelled_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(returned_on__isnull=True) | Q(returned_on__gt=models.F("left_on")),
                name="retention_returned_later",
            ),
        ]
        indexes = [
            models.Index(fields=["-left_on", "-id"], name="retention_departure_newest"),
            models.Index(fields=["unit", "-left_on"], name="retention_departure_unit"),
            models.Index(fields=["customer", "left_on"], name="retention_departure_history"),
            models.Index(fields=["updated_at", "id"], name="retention_departure_updated"),
            models.Index(
                fields=["review_due_on"],
                name="retention_review_due",
                condition=Q(review_due_on__isnull=False, cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.kind} {self.left_on}"

    @property
    def is_counted(self) -> bool:
        """Whether it counts against the goal: closed or ported out, and not taken back."""
        return self.kind in COUNTED_KINDS and self.cancelled_at is None

    @property
    def is_simulated(self) -> bool:
        """Whether the simulator made it; said wherever it is shown."""
        return self.source == Source.SIMULATED


class DepartureCause(models.Model):
    """A coded cause of leaving, on two levels: "price" › "a cheaper plan elsewhere"."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    name_en = texts.FreeCharField(_("English name"), max_length=80)
    name_zh = texts.FreeCharField(_("Chinese name"), max_length=80)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = DepartureCauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("cause of leaving")
        verbose_name_plural = _("causes of leaving")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_en, self.name_zh)


class DepartureReview(models.Model):
    """What was learnt of one departure, within 15 days of it (article 19)."""

    class Foreseeable(models.TextChoices):
        """Could we have known?"""

        YES = "yes", _("Yes, and we were warned")
        MISSED = "missed", _("Yes, but nobody saw it")
        NO = "no", _("No")

    departure = models.OneToOneField(
        Departure, on_delete=models.CASCADE, primary_key=True, related_name="review"
    )
    cause = models.ForeignKey(
        DepartureCause, verbose_name=_("cause"), on_delete=models.PROTECT, related_name="reviews"
    )
    competitor = texts.FreeCharField(_("competitor"), max_length=60, blank=True)
    foreseeable = models.CharField(_("could we have known?"), max_length=6, choices=Foreseeable)
    lesson = texts.FreeTextField(_("lesson"), max_length=2000)
    win_back_on = models.DateField(_("try to win back on"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        StaffUser, verbose_name=_("reviewed by"), on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), default=clock.now)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = OfDepartureQuerySet.as_manager()

    class Meta:
        verbose_name = _("departure review")
        verbose_name_plural = _("departure reviews")
        indexes = [
            models.Index(fields=["reviewed_at", "departure"], name="retention_review_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.departure_id} {self.cause}"
