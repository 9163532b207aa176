"""After a complaint is closed: the call-back, and what was learnt (article 21)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.catalogue import Cause
from complaints.models.complaints import Complaint
from complaints.querysets import ComplaintReviewQuerySet
from contacts.models import ContactRecord
from core import clock, texts
from staff.models import StaffUser


class ComplaintReview(models.Model):
    """What follows one closing of a complaint: the call-back and the judgement.

    One a closing; ``round`` is how often the complaint had been reopened by then. ``dropped_at``:
    it was reopened before anybody had called back. ``is_justified`` None: not judged yet.
    ``clumsy_contact``: the contact that caused the complaint, where it was a clumsy one.
    """

    class Responsibility(models.TextChoices):
        """Whose fault it was."""

        MANAGER = "manager", pgettext_lazy("responsibility", "The customer manager")
        UNIT = "unit", pgettext_lazy("responsibility", "The unit")
        NETWORK = "network", pgettext_lazy("responsibility", "Network")
        BILLING = "billing", pgettext_lazy("responsibility", "Billing")
        PRODUCT = "product", pgettext_lazy("responsibility", "Product or tariff")
        PARTNER = "partner", pgettext_lazy("responsibility", "A partner")
        CUSTOMER = "customer", pgettext_lazy("responsibility", "The customer")
        NOBODY = "nobody", pgettext_lazy("responsibility", "Nobody")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="reviews")
    round = models.PositiveSmallIntegerField(_("round"), default=0)
    call_back_due_on = models.DateField(_("call back by"))
    called_at = models.DateTimeField(_("called back at"), null=True, blank=True)
    called_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("called back by"),
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
    is_satisfied = models.BooleanField(_("satisfied"), null=True, blank=True)
    note = texts.FreeCharField(_("what was said"), max_length=500, blank=True)
    is_justified = models.BooleanField(_("justified"), null=True, blank=True)
    responsibility = models.CharField(
        _("responsibility"), max_length=8, choices=Responsibility, blank=True
    )
    cause = models.ForeignKey(
        Cause,
        verbose_name=_("root cause"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reviews",
    )
    cause_note = texts.FreeCharField(_("the cause in words"), max_length=500, blank=True)
    prevention = texts.FreeCharField(_("what prevents it"), max_length=500, blank=True)
    clumsy_contact = models.ForeignKey(
        ContactRecord,
        verbose_name=_("caused by this contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)
    judged_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("judged by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=clock.now, editable=False)

    objects = ComplaintReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review of a complaint")
        verbose_name_plural = _("reviews of complaints")
        ordering = ["-round"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "round"], name="complaints_one_review_a_closing"
            ),
            models.CheckConstraint(
                condition=Q(is_satisfied__isnull=True) | Q(called_at__isnull=False),
                name="complaints_satisfied_when_called",
            ),
            models.CheckConstraint(
                condition=Q(is_justified__isnull=True, judged_at__isnull=True)
                | Q(is_justified__isnull=False, judged_at__isnull=False),
                name="complaints_judged_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["call_back_due_on"],
                name="complaints_call_back_due",
                condition=Q(called_at__isnull=True, dropped_at__isnull=True),
            ),
            models.Index(fields=["updated_at", "id"], name="complaints_review_updated"),
            models.Index(
                fields=["judged_at"],
                name="complaints_justified",
                condition=Q(is_justified=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.complaint_id} {self.call_back_due_on}"
