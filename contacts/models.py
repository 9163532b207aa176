"""Contacts with customers, and the flags, exemptions and snoozes that come of their cadence."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.querysets import (
    CadenceFlagQuerySet,
    ContactRecordQuerySet,
    ExemptionQuerySet,
    SnoozeQuerySet,
)
from core import clock
from customers.models import Channel, Customer
from customers.rules import Cadence as CadenceCode
from staff.models import StaffUser, Unit


class Direction(models.TextChoices):
    """Who began."""

    OUTGOING = "outgoing", _("To the customer")
    INCOMING = "incoming", _("From the customer")


class Outcome(models.TextChoices):
    """How it went. Only *reached* can be a contact (article 8)."""

    REACHED = "reached", _("Reached")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    REJECTED = "rejected", pgettext_lazy("outcome of a call", "Rejected")
    SWITCHED_OFF = "switched_off", _("Switched off")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    FAILED = "failed", _("Not delivered")
    NOT_MET = "not_met", _("Not met")


class Occasion(models.TextChoices):
    """What made it a good moment (沟通契机, article 11)."""

    REGULAR = "regular", _("Regular contact")
    CARE = "care", _("Birthday or care")
    SIM_REPLACEMENT = "sim_replacement", _("SIM replacement")
    CAMPAIGN = "campaign", _("Campaign")
    TARIFF_PROMOTION = "tariff_promotion", _("Tariff promotion")
    BRAND_PROMOTION = "brand_promotion", _("Brand promotion")
    GUARANTEED_HANDLING = "guaranteed_handling", _("Guaranteed handling")
    REWARD_ACTIVITY = "reward_activity", _("Reward activity")
    CUSTOMER_QUESTION = "customer_question", _("The customer's own question")
    FOLLOW_UP = "follow_up", _("Promised follow-up")
    OTHER = "other", _("Other")


class RecordedAs(models.TextChoices):
    """What the person who made the contact was to the customer."""

    MANAGER = "manager", _("Customer manager")
    COVER = "cover", _("Stand-in")
    SUPERVISOR = "supervisor", _("Supervisor")
    HANDLER = "handler", _("Complaint handler")
    IMPORT = "import", _("Imported")
    SYSTEM = "system", _("The system")


class Source(models.TextChoices):
    """How the record came in."""

    MANUAL = "manual", _("Entered by hand")
    IMPORT = "import", _("Imported")
    API = "api", _("From another system")


class Cadence(models.TextChoices):
    """Which of a customer's two clocks."""

    CONTACT = CadenceCode.CONTACT.value, _("Contact")
    VISIT = CadenceCode.VISIT.value, _("Face to face")


class ContactRecord(models.Model):
    """One contact with a customer, or one attempt at it (沟通记录, articles 8 to 11).

    Never deleted: a wrong one is voided with a reason. ``manager`` is the customer's manager at
    the time, ``recorded_by`` the person who made and entered it; under a cover the two differ.
    ``happened_on`` is the local date of the unit; where only the date is known ``date_only`` is
    set and ``happened_at`` is that day's beginning. ``is_counted`` is what
    ``contacts.rules.counts`` says of the row. ``mention_taken_at``: when a mentioned competitor
    was made a churn event of (article 17).
    """

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        db_index=False,
        on_delete=models.PROTECT,
        related_name="contact_records",
    )
    manager = models.ForeignKey(
        StaffUser,
        verbose_name=_("customer manager"),
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="contact_records",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("recorded by"),
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_as = models.CharField(_("recorded as"), max_length=10, choices=RecordedAs)
    source = models.CharField(_("source"), max_length=6, choices=Source, default=Source.MANUAL)
    channel = models.CharField(_("channel"), max_length=9, choices=Channel)
    direction = models.CharField(
        _("direction"), max_length=8, choices=Direction, default=Direction.OUTGOING
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    occasion = models.CharField(
        _("occasion"), max_length=20, choices=Occasion, default=Occasion.REGULAR
    )
    happened_at = models.DateTimeField(_("happened at"))
    happened_on = models.DateField(_("happened on"))
    date_only = models.BooleanField(_("only the date is known"), default=False)
    recorded_at = models.DateTimeField(_("recorded at"), default=clock.now)
    is_late = models.BooleanField(_("entered late"), default=False)
    duration_seconds = models.PositiveIntegerField(_("duration in seconds"), null=True, blank=True)
    summary = models.TextField(_("what was said"), max_length=2000, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    mentions_competitor = models.BooleanField(
        _("mentions a competitor's contract"), default=False, db_default=False
    )
    competitor = models.CharField(
        _("competitor"), max_length=60, blank=True, default="", db_default=""
    )
    mention_taken_at = models.DateTimeField(null=True, blank=True, editable=False)

    follow_up_on = models.DateField(_("promised to get back on"), null=True, blank=True)
    follow_up_closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    follow_up_closed_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="closed_follow_ups",
    )

    is_automatic = models.BooleanField(_("sent by the system"), default=False)
    is_broadcast = models.BooleanField(_("the same text to many"), default=False)
    is_counted = models.BooleanField(_("counts as a contact"), default=False)
    text_key = models.CharField(max_length=32, blank=True, editable=False)
    submission_key = models.UUIDField(null=True, blank=True, editable=False)

    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True, editable=False)
    voided_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("voided by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    void_reason = models.CharField(_("why it is void"), max_length=200, blank=True)
    updated_at = models.DateTimeField(
        _("updated at"), default=clock.now, db_default=Now(), editable=False
    )

    objects = ContactRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact record")
        verbose_name_plural = _("contact records")
        constraints = [
            models.UniqueConstraint(
                fields=["recorded_by", "submission_key"], name="contacts_sent_once"
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | (~Q(void_reason="") & Q(is_counted=False)),
                name="contacts_void_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_counted=False)
                | Q(
                    is_automatic=False,
                    is_broadcast=False,
                    outcome="reached",
                    voided_at__isnull=True,
                ),
                name="contacts_counted_by_rule",
            ),
            models.CheckConstraint(
                condition=Q(date_only=False) | Q(is_late=False), name="contacts_date_never_late"
            ),
            models.CheckConstraint(
                condition=Q(mentions_competitor=True) | Q(competitor=""),
                name="contacts_competitor_is_mentioned",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at", "-id"], name="contacts_timeline"),
            models.Index(fields=["manager", "-happened_at"], name="contacts_of_manager"),
            # Lists in the order of change. They also serve the foreign keys they begin with.
            models.Index(fields=["updated_at", "id"], name="contacts_updated"),
            models.Index(fields=["customer", "updated_at", "id"], name="contacts_updated_customer"),
            models.Index(fields=["manager", "updated_at", "id"], name="contacts_updated_manager"),
            models.Index(
                fields=["recorded_by", "updated_at", "id"], name="contacts_updated_person"
            ),
            # The list of contact records, newest first. Of channels, outcomes and occasions the
            # commonest is left out: walking the list meets it at once.
            models.Index(fields=["-happened_at", "-id"], name="contacts_newest"),
            models.Index(fields=["unit", "-happened_at", "-id"], name="contacts_of_unit"),
            models.Index(
                fields=["channel", "-happened_at", "-id"],
                name="contacts_by_channel",
                condition=~Q(channel="phone"),
            ),
            models.Index(
                fields=["outcome", "-happened_at", "-id"],
                name="contacts_by_outcome",
                condition=~Q(outcome="reached"),
            ),
            models.Index(
                fields=["occasion", "-happened_at", "-id"],
                name="contacts_by_occasion",
                condition=~Q(occasion="regular"),
            ),
            models.Index(
                fields=["-happened_at", "-id"],
                name="contacts_not_counted",
                condition=Q(is_counted=False),
            ),
            models.Index(
                fields=["-happened_at", "-id"], name="contacts_late", condition=Q(is_late=True)
            ),
            models.Index(
                fields=["-happened_at", "-id"],
                name="contacts_void",
                condition=Q(voided_at__isnull=False),
            ),
            models.Index(
                fields=["customer", "follow_up_on"],
                name="contacts_open_follow_up",
                condition=Q(
                    follow_up_on__isnull=False,
                    follow_up_closed_at__isnull=True,
                    voided_at__isnull=True,
                ),
            ),
            models.Index(
                fields=["recorded_by", "text_key", "happened_at"],
                name="contacts_same_text",
                condition=~Q(text_key=""),
            ),
            models.Index(
                fields=["id"],
                name="contacts_mention_to_take",
                condition=Q(
                    mentions_competitor=True,
                    mention_taken_at__isnull=True,
                    voided_at__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.channel} {self.outcome} {self.happened_on}"

    @property
    def is_voided(self) -> bool:
        """Whether the record was taken back."""
        return self.voided_at is not None

    @property
    def duration_minutes(self) -> int | None:
        """The duration in whole minutes, rounded up (None where it is not known)."""
        return None if self.duration_seconds is None else -(-self.duration_seconds // 60)


class CadenceFlag(models.Model):
    """A customer is overdue by one cadence (articles 8 and 9), from ``opened_on`` until closed.

    At most one is open per customer and cadence. ``due_on`` is the day that was missed.
    """

    class CloseReason(models.TextChoices):
        """Why a flag was closed."""

        MET = "met", _("Contacted or no longer due")
        EXEMPT = "exempt", _("Exempted")
        LEFT = "left", _("The customer left")
        MERGED = "merged", _("Merged with another one's flag")

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="cadence_flags",
    )
    cadence = models.CharField(_("cadence"), max_length=7, choices=Cadence)
    due_on = models.DateField(_("was due on"))
    opened_on = models.DateField(_("opened on"))
    opened_at = models.DateTimeField(_("opened at"))
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    close_reason = models.CharField(
        _("why it was closed"), max_length=6, choices=CloseReason, blank=True
    )

    objects = CadenceFlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("cadence flag")
        verbose_name_plural = _("cadence flags")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "cadence"],
                condition=Q(closed_at__isnull=True),
                name="contacts_one_open_flag",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, close_reason="")
                | Q(closed_at__isnull=False) & ~Q(close_reason=""),
                name="contacts_closed_flag_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_on"],
                name="contacts_flag_to_escalate",
                condition=Q(closed_at__isnull=True, escalated_at__isnull=True),
            ),
            models.Index(fields=["customer", "opened_at"], name="contacts_flag_history"),
            models.Index(
                fields=["customer"],
                name="contacts_flag_escalated",
                condition=Q(closed_at__isnull=True, escalated_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.cadence} {self.due_on}"


class Exemption(models.Model):
    """A customer excused from one cadence for some days, asked for with a reason.

    At most 90 days (data). It ends by itself; the due day stays and it is counted apart.
    """

    class Reason(models.TextChoices):
        """Why a customer is not to be contacted."""

        BEREAVEMENT = "bereavement", _("Bereavement")
        ABROAD = "abroad", _("Abroad")
        ASKED = "asked", _("Asked not to be contacted")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        """Where the request stands."""

        REQUESTED = "requested", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="exemptions"
    )
    cadence = models.CharField(_("cadence"), max_length=7, choices=Cadence)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    note = models.CharField(_("note"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.REQUESTED)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    requested_by = models.ForeignKey(
        StaffUser, verbose_name=_("asked by"), on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(_("asked at"), default=clock.now)
    decided_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_note = models.CharField(_("remark"), max_length=300, blank=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="contacts_exemption_in_order"
            ),
            models.UniqueConstraint(
                fields=["customer", "cadence"],
                condition=Q(state="requested"),
                name="contacts_one_exemption_request",
                violation_error_message=_("An exemption has been asked for already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "withdrawn"]) | Q(decided_by__isnull=False),
                name="contacts_exemption_decided_by",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-requested_at"], name="contacts_exemption_history"),
            models.Index(
                fields=["requested_at"],
                name="contacts_exemption_waiting",
                condition=Q(state="requested"),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.cadence} {self.starts_on}–{self.ends_on}"


class Snooze(models.Model):
    """One row of My day hidden until a day, with a reason; flag, figures, escalation stay."""

    class Subject(models.TextChoices):
        """Which row of the customer is hidden."""

        CONTACT = "contact", _("Contact")
        VISIT = "visit", _("Face to face")
        FOLLOW_UP = "follow_up", _("Promised follow-up")
        BIRTHDAY = "birthday", _("Birthday")
        RETENTION = "retention", _("Retention")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="snoozes"
    )
    subject = models.CharField(_("row"), max_length=9, choices=Subject)
    until = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    snoozed_by = models.ForeignKey(
        StaffUser, verbose_name=_("snoozed by"), on_delete=models.PROTECT, related_name="+"
    )
    snoozed_at = models.DateTimeField(_("snoozed at"), default=clock.now)

    objects = SnoozeQuerySet.as_manager()

    class Meta:
        verbose_name = _("snooze")
        verbose_name_plural = _("snoozes")
        constraints = [
            models.UniqueConstraint(fields=["customer", "subject"], name="contacts_snoozed_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="contacts_snooze_has_reason"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.subject} {self.until}"
