"""What other systems tell of a customer: monthly usage, and events that cannot wait."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import clock, texts
from customers.models import Customer
from retention.querysets import ChurnEventQuerySet, UsageSnapshotQuerySet
from staff.models import StaffUser


class Source(models.TextChoices):
    """How a row came in. What is simulated is labelled wherever it is shown."""

    MANUAL = "manual", _("Entered by hand")
    IMPORT = "import", _("Imported")
    API = "api", _("From another system")
    SIMULATED = "simulated", _("Simulated")


class UsageSnapshot(models.Model):
    """One customer's usage and bill of one month (article 17).

    ``month`` is the month's first day. A blank figure is not known, which is its own case in the
    risk score. ``received_at``: when it came in or was last corrected; what a past day knew is
    told by it. Money is in yuan; ``balance`` below zero is arrears.
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="snapshots"
    )
    month = models.DateField(_("month"))
    bill = models.DecimalField(_("bill"), max_digits=10, decimal_places=2, null=True, blank=True)
    voice_minutes = models.PositiveIntegerField(_("voice minutes"), null=True, blank=True)
    data_mb = models.PositiveIntegerField(_("data in MB"), null=True, blank=True)
    sms_count = models.PositiveIntegerField(_("SMS"), null=True, blank=True)
    roaming_days = models.PositiveSmallIntegerField(_("roaming days"), null=True, blank=True)
    balance = models.DecimalField(
        _("balance"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    days_without_use = models.PositiveSmallIntegerField(
        _("days without use"), null=True, blank=True
    )
    plan = texts.FreeCharField(_("plan"), max_length=80, blank=True)
    contract_end = models.DateField(_("contract end"), null=True, blank=True)
    suspensions = models.PositiveSmallIntegerField(_("suspensions"), null=True, blank=True)
    care_calls = models.PositiveSmallIntegerField(
        _("calls to the care line"), null=True, blank=True
    )
    source = models.CharField(_("source"), max_length=9, choices=Source, default=Source.API)
    received_at = models.DateTimeField(_("received at"), default=clock.now)

    objects = UsageSnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage snapshot")
        verbose_name_plural = _("usage snapshots")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "month"],
                name="retention_one_snapshot_a_month",
                violation_error_message=_("This customer has a snapshot of that month already."),
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="retention_snapshot_of_a_month"),
            models.CheckConstraint(
                condition=Q(roaming_days__isnull=True) | Q(roaming_days__lte=31),
                name="retention_roaming_within_month",
            ),
        ]
        indexes = [
            models.Index(fields=["received_at", "id"], name="retention_snapshot_received"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.month:%Y-%m}"


class ChurnEvent(models.Model):
    """Something that says at once that a customer may leave, whatever the score (article 17).

    ``external_id`` is the sending system's own; with ``sent_by`` it makes sending twice safe.
    """

    class Kind(models.TextChoices):
        """What happened: each a hard trigger."""

        PORTABILITY_QUERY = "portability_query", _("Number-portability query")
        AUTHORISATION_CODE = "authorisation_code", _("Authorisation code asked for")
        PORT_OUT_STARTED = "port_out_started", _("Port-out started")
        ARREARS_CLEARED = "arrears_cleared", _("Arrears just cleared")
        CONTRACT_FREED = "contract_freed", _("Contract freed")
        SIM_RETURNED = "sim_returned", _("SIM returned")
        COMPETITOR_MENTIONED = "competitor_mentioned", _("Competitor's contract mentioned")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="churn_events"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    happened_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"), default=clock.now)
    competitor = texts.FreeCharField(_("competitor"), max_length=60, blank=True)
    note = texts.FreeCharField(_("note"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=9, choices=Source, default=Source.API)
    sent_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("sent by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    external_id = texts.CodeField(_("id in the other system"), max_length=64, blank=True)
    contact_record = models.OneToOneField(
        ContactRecord,
        verbose_name=_("contact record"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="churn_event",
    )
    judged_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ChurnEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("churn event")
        verbose_name_plural = _("churn events")
        constraints = [
            models.UniqueConstraint(
                fields=["sent_by", "external_id"],
                condition=~Q(external_id=""),
                name="retention_event_once",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at"], name="retention_events_of_customer"),
            models.Index(
                fields=["id"],
                name="retention_event_to_judge",
                condition=Q(judged_at__isnull=True),
            ),
            models.Index(fields=["received_at", "id"], name="retention_event_received"),
        ]

    def __str__(self) -> str:
        return f"#{self.customer_id} {self.kind} {self.happened_at:%Y-%m-%d}"
