"""Inspections: a supervisor looks whether plans, logs and records are true (article 6)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import clock, texts
from staff.models import StaffUser, Unit
from workplans.models.logs import WorkLog
from workplans.models.plans import WorkPlan
from workplans.querysets import (
    FindingQuerySet,
    InspectedItemQuerySet,
    InspectionPlanLineQuerySet,
    InspectionPlanQuerySet,
    InspectionQuerySet,
)


class Inspection(models.Model):
    """A supervisor inspects one manager's records, plans and logs of some days (检查, article 6).

    The sample is drawn at random from ``seed``: the same seed over the same records draws the
    same ones. ``population``: how many records the period held when it was drawn.
    """

    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.PROTECT,
        related_name="inspections",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    inspector = models.ForeignKey(
        StaffUser, verbose_name=_("inspector"), on_delete=models.PROTECT, related_name="+"
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    seed = texts.TechnicalField(_("seed"), max_length=32, editable=False)
    population = models.PositiveIntegerField(_("records in the period"), default=0)
    opened_at = models.DateTimeField(_("opened at"), default=clock.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    conclusion = texts.FreeTextField(_("conclusion"), max_length=2000, blank=True)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="workplans_inspection_in_order",
                violation_error_message=_("The last day is before the first day."),
            ),
            models.CheckConstraint(
                condition=~Q(manager=F("inspector")),
                name="workplans_nobody_inspects_oneself",
            ),
        ]
        indexes = [
            models.Index(fields=["manager", "-ends_on"], name="workplans_inspected"),
            models.Index(fields=["-opened_at", "-id"], name="workplans_inspection_new"),
            models.Index(fields=["updated_at", "id"], name="workplans_inspection_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.starts_on}–{self.ends_on}"

    @property
    def is_open(self) -> bool:
        """Whether it is still walked through."""
        return self.closed_at is None


class InspectedItem(models.Model):
    """One contact record, plan or log drawn for an inspection, and what the inspector found."""

    class Verdict(models.TextChoices):
        """Whether it is true."""

        GENUINE = "genuine", _("Genuine")
        UNVERIFIED = "unverified", _("Could not be verified")
        NOT_GENUINE = "not_genuine", _("Not genuine")

    class CallBack(models.TextChoices):
        """What the customer said when called back."""

        CONFIRMED = "confirmed", _("The customer confirms it")
        DENIED = "denied", _("The customer knows nothing of it")
        NOT_REACHED = "not_reached", _("The customer was not reached")

    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("place in the sample"))
    record = models.ForeignKey(
        ContactRecord,
        verbose_name=_("contact record"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="inspected",
    )
    plan = models.ForeignKey(
        WorkPlan,
        verbose_name=_("work plan"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="inspected",
    )
    log = models.ForeignKey(
        WorkLog,
        verbose_name=_("work log"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="inspected",
    )
    verdict = models.CharField(_("verdict"), max_length=11, choices=Verdict, blank=True)
    call_back = models.CharField(_("call-back"), max_length=11, choices=CallBack, blank=True)
    quality = models.PositiveSmallIntegerField(_("quality"), null=True, blank=True)
    remark = texts.FreeCharField(_("remark"), max_length=500, blank=True)
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)
    judged_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("judged by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = InspectedItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspected item")
        verbose_name_plural = _("inspected items")
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(record__isnull=False, plan__isnull=True, log__isnull=True)
                | Q(record__isnull=True, plan__isnull=False, log__isnull=True)
                | Q(record__isnull=True, plan__isnull=True, log__isnull=False),
                name="workplans_inspected_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["inspection", "position"], name="workplans_inspected_in_order"
            ),
            models.UniqueConstraint(
                fields=["inspection", "record"], name="workplans_record_drawn_once"
            ),
            models.CheckConstraint(
                condition=Q(quality__isnull=True) | Q(quality__range=(1, 5)),
                name="workplans_quality_in_range",
                violation_error_message=_("Quality is from 1 to 5."),
            ),
            models.CheckConstraint(
                condition=Q(verdict="", judged_at__isnull=True)
                | ~Q(verdict="") & Q(judged_at__isnull=False),
                name="workplans_judged_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.inspection_id} {self.position}"


class Finding(models.Model):
    """What an inspection found: answered by the manager by a day, settled by the supervisor.

    The manager sees it once the inspection is closed. ``note``: what the supervisor says to the
    answer; asked for again (``reopened_at``), it waits for another answer.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="findings")
    item = models.ForeignKey(
        InspectedItem, null=True, blank=True, on_delete=models.CASCADE, related_name="findings"
    )
    text = texts.FreeCharField(_("what was found"), max_length=1000)
    due_on = models.DateField(_("to be answered by"))
    made_by = models.ForeignKey(
        StaffUser, verbose_name=_("written by"), on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("written at"), default=clock.now)
    answer = texts.FreeCharField(_("answer"), max_length=1000, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    note = texts.FreeCharField(_("to the answer"), max_length=500, blank=True)
    reopened_at = models.DateTimeField(_("asked again at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("settled by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="workplans_finding_says_what"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | ~Q(answer="") & Q(answered_at__isnull=False),
                name="workplans_answer_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                name="workplans_finding_open",
                condition=Q(closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.inspection_id} {self.due_on}"

    @property
    def is_open(self) -> bool:
        """Whether it is not settled."""
        return self.closed_at is None

    @property
    def wants_answer(self) -> bool:
        """Whether it waits for the manager: not answered, or not since it was asked again."""
        answered, again = self.answered_at, self.reopened_at
        return self.is_open and (answered is None or (again is not None and again > answered))


class InspectionPlan(models.Model):
    """Whom a unit means to inspect in one month (article 6). ``month``: its first day."""

    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="inspection_plans"
    )
    month = models.DateField(_("month"))
    made_by = models.ForeignKey(
        StaffUser, verbose_name=_("made by"), on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("made at"), default=clock.now)

    objects = InspectionPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection plan")
        verbose_name_plural = _("inspection plans")
        constraints = [
            models.UniqueConstraint(fields=["unit", "month"], name="workplans_one_inspection_plan"),
        ]

    def __str__(self) -> str:
        return f"#{self.unit_id} {self.month:%Y-%m}"


class InspectionPlanLine(models.Model):
    """One manager in a unit's monthly inspection plan, and by which day."""

    plan = models.ForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="lines")
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.PROTECT,
        related_name="planned_inspections",
    )
    planned_on = models.DateField(_("planned for"))

    objects = InspectionPlanLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned inspection")
        verbose_name_plural = _("planned inspections")
        ordering = ["planned_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "manager"], name="workplans_inspected_once_planned"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.planned_on}"
