"""Work plans: what a manager means to do in a year, a month, a week (article 4)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Occasion
from core import clock, texts
from customers.models import Channel, Customer
from staff.models import StaffUser
from workplans.querysets import (
    LapseQuerySet,
    LapseWatchQuerySet,
    OfPlanQuerySet,
    PlanItemQuerySet,
    WorkPlanQuerySet,
)
from workplans.rules.calendar import Period
from workplans.rules.calendar import PlanKind as KindCode


class PlanKind(models.TextChoices):
    """The three kinds of plans."""

    YEAR = KindCode.YEAR.value, _("Year")
    MONTH = KindCode.MONTH.value, _("Month")
    WEEK = KindCode.WEEK.value, _("Week")


class WorkPlan(models.Model):
    """The plan of one manager for one year, month or week (服务计划, article 4).

    Both days are included; a week begins on Monday. ``due_at`` is the moment until which it was
    to be submitted, by the standard of the day it was made.
    """

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        RETURNED = "returned", _("Returned")
        APPROVED = "approved", _("Approved")

    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.PROTECT,
        related_name="work_plans",
    )
    kind = models.CharField(_("kind"), max_length=5, choices=PlanKind)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT)
    note = texts.FreeTextField(_("what matters in this period"), max_length=2000, blank=True)
    due_at = models.DateTimeField(_("due at"))
    made_at = models.DateTimeField(_("made at"), default=clock.now)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    is_late = models.BooleanField(_("submitted late"), default=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The version as the decision left it: a later one says that somebody acted on it.
    decided_version = models.PositiveIntegerField(null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = WorkPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("work plan")
        verbose_name_plural = _("work plans")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "kind", "starts_on"], name="workplans_one_plan_a_period"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="workplans_plan_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False),
                name="workplans_submitted_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "approved"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="workplans_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at"],
                name="workplans_plan_waiting",
                condition=Q(state="submitted"),
            ),
            models.Index(fields=["kind", "starts_on"], name="workplans_plan_period"),
            models.Index(fields=["updated_at", "id"], name="workplans_plan_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.kind} {self.starts_on}"

    @property
    def period(self) -> Period:
        """The plan's days as the rules see them."""
        return Period(KindCode(self.kind), self.starts_on, self.ends_on)

    @property
    def is_open(self) -> bool:
        """Whether the manager still writes it: a draft, or returned."""
        return self.state in (self.State.DRAFT, self.State.RETURNED)


class PlanTarget(models.Model):
    """How many of one kind of work a plan aims at; a year's rolls down to months and weeks."""

    class Kind(models.TextChoices):
        """What is counted."""

        CONTACTS_DIAMOND = "contacts_diamond", _("Contacts with diamond customers")
        CONTACTS_GOLD = "contacts_gold", _("Contacts with gold customers")
        CONTACTS_SILVER = "contacts_silver", _("Contacts with silver customers")
        VISITS = "visits", _("Face to face with key customers")
        PROFILES = "profiles", _("Profiles completed")
        OFFERS = "offers", _("Offers made")
        ACTIVITIES = "activities", _("Activities attended")

    plan = models.ForeignKey(WorkPlan, on_delete=models.CASCADE, related_name="targets")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    value = models.PositiveIntegerField(_("target"))

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("target of a plan")
        verbose_name_plural = _("targets of plans")
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind"], name="workplans_target_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.plan_id} {self.kind} {self.value}"


class PlanItem(models.Model):
    """One thing to do on one day of a plan, for a customer or as free text.

    Whether it is done is asked of the contact records (``PlanItemQuerySet.with_done``); only an
    item without a customer is ticked by hand, in ``done_at``. ``cancelled_at``: taken out after
    the plan was approved.
    """

    class Matter(models.TextChoices):
        """What it is about."""

        CONTACT = "contact", _("Contact")
        VISIT = "visit", _("Face to face")
        FOLLOW_UP = "follow_up", _("Promised follow-up")
        BIRTHDAY = "birthday", _("Birthday")
        RETENTION = "retention", _("Retention")
        PROFILE = "profile", _("Profile")
        OFFER = "offer", _("Offer")
        ACTIVITY = "activity", _("Activity")
        OTHER = "other", _("Other")

    class Origin(models.TextChoices):
        """How it came into the plan."""

        DRAFTED = "drafted", _("Drafted")
        CARRIED = "carried", _("From the last plan")
        BY_HAND = "by_hand", _("Entered by hand")

    plan = models.ForeignKey(WorkPlan, on_delete=models.CASCADE, related_name="items")
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="plan_items",
    )
    text = texts.FreeCharField(_("what"), max_length=200, blank=True)
    day = models.DateField(_("day"))
    position = models.PositiveSmallIntegerField(_("place in the day"), default=0)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=15)
    matter = models.CharField(_("about"), max_length=9, choices=Matter, default=Matter.CONTACT)
    needs_visit = models.BooleanField(_("only face to face completes it"), default=False)
    channel = models.CharField(_("channel"), max_length=9, choices=Channel, blank=True)
    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion, blank=True)
    purpose = texts.FreeCharField(_("purpose"), max_length=300, blank=True)
    origin = models.CharField(_("origin"), max_length=7, choices=Origin, default=Origin.BY_HAND)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("taken out at"), null=True, blank=True)
    submission_key = models.UUIDField(null=True, blank=True, editable=False)

    objects = PlanItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item of a plan")
        verbose_name_plural = _("items of plans")
        ordering = ["day", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | ~Q(text=""),
                name="workplans_item_says_what",
                violation_error_message=_("Choose a customer or write what is to be done."),
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(customer__isnull=True),
                name="workplans_contact_ticks_itself",
            ),
            models.UniqueConstraint(
                fields=["plan", "submission_key"],
                condition=Q(submission_key__isnull=False),
                name="workplans_item_once",
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "day", "position"], name="workplans_item_day"),
            models.Index(fields=["customer", "day"], name="workplans_item_customer"),
        ]

    def __str__(self) -> str:
        return f"#{self.plan_id} {self.day} {self.customer_id or self.text}"


class PlanRemark(models.Model):
    """What is said about a plan or one of its items, mostly by the supervisor who returns it."""

    plan = models.ForeignKey(WorkPlan, on_delete=models.CASCADE, related_name="remarks")
    item = models.ForeignKey(
        PlanItem, null=True, blank=True, on_delete=models.CASCADE, related_name="remarks"
    )
    author = models.ForeignKey(
        StaffUser, verbose_name=_("written by"), on_delete=models.PROTECT, related_name="+"
    )
    text = texts.FreeCharField(_("remark"), max_length=500)
    at = models.DateTimeField(_("written at"), default=clock.now)

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark on a plan")
        verbose_name_plural = _("remarks on plans")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="workplans_remark_not_empty"),
        ]

    def __str__(self) -> str:
        return f"#{self.plan_id} {self.at:%Y-%m-%d}"


class PlanStep(models.Model):
    """A plan was submitted, approved or returned: who and when."""

    plan = models.ForeignKey(WorkPlan, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(_("state"), max_length=9, choices=WorkPlan.State)
    actor = models.ForeignKey(
        StaffUser, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("at"), default=clock.now)

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a plan")
        verbose_name_plural = _("steps of plans")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"#{self.plan_id} {self.state} {self.at:%Y-%m-%d}"


class PlanChange(models.Model):
    """One change of a plan after it was approved: kept, and shown to the supervisor.

    ``before`` and ``after`` hold the item's day, channel, occasion, purpose and text.
    """

    class What(models.TextChoices):
        """What was done to the item."""

        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        REMOVED = "removed", _("Taken out")

    plan = models.ForeignKey(WorkPlan, on_delete=models.CASCADE, related_name="changes")
    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="changes")
    what = models.CharField(_("what"), max_length=7, choices=What)
    before = texts.FreeJSONField(default=dict)
    after = texts.FreeJSONField(default=dict)
    actor = models.ForeignKey(
        StaffUser, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("at"), default=clock.now)

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of an approved plan")
        verbose_name_plural = _("changes of approved plans")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"#{self.plan_id} {self.what} {self.at:%Y-%m-%d}"


class Lapse(models.Model):
    """A plan or a log that a manager did not hand in in time (articles 4 to 6).

    A job opens it once ``due_at`` is past; handing in closes it and leaves it as *late*.
    ``starts_on``: the first day of the plan's period, or the log's day.
    """

    class Subject(models.TextChoices):
        """What is missing."""

        YEAR = KindCode.YEAR.value, _("Year's plan")
        MONTH = KindCode.MONTH.value, _("Month's plan")
        WEEK = KindCode.WEEK.value, _("Week's plan")
        LOG = "log", _("Work log")

    class CloseReason(models.TextChoices):
        """Why it is not missing any more."""

        HANDED_IN = "handed_in", _("Handed in late")
        EXCUSED = "excused", _("On leave")

    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        on_delete=models.PROTECT,
        related_name="lapses",
    )
    subject = models.CharField(_("what"), max_length=5, choices=Subject)
    starts_on = models.DateField(_("of"))
    due_at = models.DateTimeField(_("was due at"))
    opened_at = models.DateTimeField(_("opened at"), default=clock.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    close_reason = models.CharField(
        _("why it was closed"), max_length=9, choices=CloseReason, blank=True
    )

    objects = LapseQuerySet.as_manager()

    class Meta:
        verbose_name = _("missing plan or log")
        verbose_name_plural = _("missing plans and logs")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "subject", "starts_on"], name="workplans_lapse_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, close_reason="")
                | Q(closed_at__isnull=False) & ~Q(close_reason=""),
                name="workplans_closed_lapse_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["manager", "due_at"],
                name="workplans_lapse_open",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(fields=["subject", "starts_on"], name="workplans_lapse_period"),
        ]

    def __str__(self) -> str:
        return f"#{self.manager_id} {self.subject} {self.starts_on}"


class LapseWatch(models.Model):
    """How far the job that finds missing plans and logs has come; there is one row.

    Nothing is asked for of periods that began before ``began_at``, the job's first run. What was
    due by ``judged_until`` has been looked at.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    began_at = models.DateTimeField(_("began at"), default=clock.now)
    judged_until = models.DateTimeField(_("judged until"), default=clock.now)

    objects = LapseWatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watch over plans and logs")
        verbose_name_plural = _("watch over plans and logs")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="workplans_one_watch"),
        ]

    def __str__(self) -> str:
        return f"{self.judged_until:%Y-%m-%d %H:%M}"
