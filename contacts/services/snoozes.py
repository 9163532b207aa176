"""Snoozing a row of My day."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts.models import Snooze
from core import audit, clock
from customers.models import Customer
from customers.services.standing import lock
from staff.models import StaffUser


@transaction.atomic
def snooze_row(
    *, actor: StaffUser, customer: Customer, subject: Snooze.Subject, until: date, reason: str
) -> Snooze:
    """Hide a row of My day until ``until`` (it shows again on that day); the flag stays.

    Raises ValidationError for a day that is not in the future or without a reason. Safe to run
    twice: the later call replaces the earlier.
    """
    customer = lock(customer.pk)
    if until <= clock.today(customer.unit.time_zone):
        raise ValidationError({"until": _("Choose a day after today.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why in a few words.")})
    before = Snooze.objects.filter(customer=customer, subject=subject).first()
    snooze, _made = Snooze.objects.update_or_create(
        customer=customer,
        subject=subject,
        defaults={
            "until": until,
            "reason": reason.strip(),
            "snoozed_by": actor,
            "snoozed_at": clock.now(),
        },
    )
    audit.record(
        actor=actor,
        verb="row.snoozed",
        obj=snooze,
        changes={"until": [before.until if before else None, until], "reason": [None, reason]},
        customer_id=customer.pk,
    )
    return snooze


@transaction.atomic
def wake_row(*, actor: StaffUser, snooze: Snooze) -> None:
    """Show a snoozed row again at once. Safe to run twice."""
    lock(snooze.customer_id)
    found = Snooze.objects.filter(pk=snooze.pk).first()
    if found is None:
        return
    audit.record(
        actor=actor,
        verb="row.woken",
        obj=found,
        changes={"until": [found.until, None]},
        customer_id=found.customer_id,
    )
    found.delete()
