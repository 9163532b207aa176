"""Service requests: what was promised to a customer (服务请求, article 20)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.complaints import Complaint
from complaints.querysets import ServiceRequestQuerySet
from contacts.models import ContactRecord
from core import clock, texts
from customers.models import Customer
from staff.models import StaffUser, Unit


class ServiceRequest(models.Model):
    """One promise to a customer: what, by when, by whom (article 20).

    ``unit`` and ``manager`` are the customer's at the time. ``remind_at`` and ``escalate_at`` are
    when the responsible person is to be reminded and the supervisor told; ``reminded_at`` and
    ``escalated_at`` when that was. ``broken_at``: when it was found not done in time; it is still
    to be done. ``complaint``: what the broken promise became. ``contact_record``: in which it was
    made; ``told_record``: in which the customer heard that it is done.
    """

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", pgettext_lazy("service request", "Open")
        DONE = "done", pgettext_lazy("service request", "Done, the customer not told yet")
        TOLD = "told", pgettext_lazy("service request", "Done and told")
        BROKEN = "broken", pgettext_lazy("service request", "Not kept, became a complaint")
        CANCELLED = "cancelled", pgettext_lazy("service request", "Called off")

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="service_requests",
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
    contact_record = models.ForeignKey(
        ContactRecord,
        verbose_name=_("contact record"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="service_requests",
    )
    what = texts.FreeCharField(_("what was promised"), max_length=300)
    due_at = models.DateTimeField(_("due"))
    promised_at = models.DateTimeField(_("promised at"), default=clock.now)
    promised_by = models.ForeignKey(
        StaffUser, verbose_name=_("promised by"), on_delete=models.PROTECT, related_name="+"
    )
    responsible = models.ForeignKey(
        StaffUser,
        verbose_name=_("responsible"),
        on_delete=models.PROTECT,
        related_name="service_requests",
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    told_at = models.DateTimeField(_("customer told at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("ended by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    note = texts.FreeCharField(_("remark"), max_length=300, blank=True)
    told_record = models.ForeignKey(
        ContactRecord,
        verbose_name=_("told in this contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    remind_at = models.DateTimeField(_("to remind at"))
    escalate_at = models.DateTimeField(_("to escalate at"))
    broken_at = models.DateTimeField(_("not kept in time since"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    complaint = models.ForeignKey(
        Complaint,
        verbose_name=_("complaint"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="service_requests",
    )
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = ServiceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("service request")
        verbose_name_plural = _("service requests")
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="complaints_request_says_what"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "told", "broken", "cancelled"]),
                name="complaints_request_state",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "told"]) | Q(done_at__isnull=False),
                name="complaints_request_done_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="told") | Q(told_at__isnull=False),
                name="complaints_request_told_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "done"], ended_at__isnull=True)
                | Q(state__in=["told", "broken", "cancelled"], ended_at__isnull=False),
                name="complaints_request_ended_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="complaints_request_due",
                condition=Q(state__in=["open", "done"]),
            ),
            models.Index(
                fields=["responsible", "due_at", "id"],
                name="complaints_request_person",
                condition=Q(state__in=["open", "done"]),
            ),
            models.Index(
                fields=["unit", "due_at", "id"],
                name="complaints_request_unit",
                condition=Q(state__in=["open", "done"]),
            ),
            models.Index(
                fields=["remind_at"],
                name="complaints_request_remind",
                condition=Q(state="open", reminded_at__isnull=True),
            ),
            models.Index(
                fields=["due_at"],
                name="complaints_request_late",
                condition=Q(state="open", broken_at__isnull=True),
            ),
            models.Index(
                fields=["escalate_at"],
                name="complaints_request_above",
                condition=Q(state="open", escalated_at__isnull=True),
            ),
            models.Index(fields=["customer", "-promised_at"], name="complaints_request_history"),
            models.Index(fields=["-due_at", "-id"], name="complaints_request_newest"),
            models.Index(fields=["updated_at", "id"], name="complaints_request_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.what}"

    @property
    def is_open(self) -> bool:
        """Whether the promise is not kept to its end: done, and the customer told."""
        return self.state in (self.State.OPEN, self.State.DONE)
