"""The flags, exemptions and snoozes that come of a customer's cadence."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models.choices import Cadence
from contacts.querysets import CadenceFlagQuerySet, ExemptionQuerySet, SnoozeQuerySet
from core import clock, texts
from customers.models import Customer
from staff.models import StaffUser


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

    At most 90 days (data). It ends by itself; the due day stays and it is counted apart. Of
    several the latest end holds. ``ended_at``: when it was ended before its last day.
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
    note = texts.FreeCharField(_("note"), max_length=300, blank=True)
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
    decision_note = texts.FreeCharField(_("remark"), max_length=300, blank=True)
    ended_at = models.DateTimeField(_("ended early at"), null=True, blank=True, editable=False)

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
    reason = texts.FreeCharField(_("reason"), max_length=200)
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
