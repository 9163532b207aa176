"""Exemptions: asked for by who serves the customer, decided by a supervisor."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from contacts.models import Cadence, Exemption
from contacts.services.flags import settle_flags_of
from core import audit, clock
from customers.models import Customer, ServiceStandard
from customers.rules import Cadence as CadenceCode
from customers.rules import Figure
from customers.services.standing import excuse, lock
from staff.models import StaffUser

DECISION = ("state", "decision_note", "decided_by_id", "decided_at")


@transaction.atomic
def request_exemption(
    *,
    actor: StaffUser,
    customer: Customer,
    cadence: Cadence,
    reason: Exemption.Reason,
    ends_on: date,
    note: str = "",
) -> Exemption:
    """Ask that ``customer`` be excused from ``cadence`` from today until ``ends_on``, included.

    Raises ValidationError for a past day, more than the standard allows (90 days), a missing
    note for *other*, or a request that waits already (so it is safe to send twice).
    """
    customer = lock(customer.pk)
    today = clock.today(customer.unit.time_zone)
    _refuse_days(today, ends_on)
    if reason == Exemption.Reason.OTHER and not note.strip():
        raise ValidationError({"note": _("Say why in a few words.")})
    exemption = Exemption(
        customer=customer,
        cadence=cadence,
        reason=reason,
        note=note.strip(),
        starts_on=today,
        ends_on=ends_on,
        requested_by=actor,
    )
    exemption.full_clean()
    exemption.save()
    audit.record(
        actor=actor,
        verb="exemption.requested",
        obj=exemption,
        changes={"cadence": [None, cadence], "ends_on": [None, ends_on], "reason": [None, reason]},
        customer_id=customer.pk,
    )
    return exemption


@transaction.atomic
def decide_exemption(
    *, actor: StaffUser, exemption: Exemption, approve: bool, note: str = ""
) -> Exemption:
    """Approve or refuse a request. Approved: it holds from today, its flag closes.

    Of several exemptions the latest end holds: a shorter one cuts no longer one.

    Raises PermissionDenied for who supervises no unit of the customer, ValidationError where its
    last day has passed. Safe to run twice: a decided request stays as it is.
    """
    customer = lock(exemption.customer_id)
    exemption = Exemption.objects.select_for_update().get(pk=exemption.pk)
    if not (actor.scope.unit_path and customer.unit.path.startswith(actor.scope.unit_path)):
        raise PermissionDenied
    if exemption.state != Exemption.State.REQUESTED:
        return exemption
    today = clock.today(customer.unit.time_zone)
    if approve:
        _refuse_days(today, exemption.ends_on)
        exemption.starts_on = today
    exemption.state = Exemption.State.APPROVED if approve else Exemption.State.REFUSED
    exemption.decided_by, exemption.decided_at = actor, clock.now()
    exemption.decision_note = note.strip()
    exemption.save()
    audit.record(
        actor=actor,
        verb="exemption.approved" if approve else "exemption.refused",
        obj=exemption,
        changes={"state": [Exemption.State.REQUESTED, exemption.state]},
        customer_id=customer.pk,
    )
    if approve:
        _follow(actor, customer, exemption.cadence, today)
    return exemption


@transaction.atomic
def undo_decision(*, actor: StaffUser, exemption: Exemption) -> Exemption:
    """Let a decided request wait again; what the approval excused is due as before.

    Raises PermissionDenied for who supervises no unit of the customer, ValidationError once
    somebody acted on the decision: ended it, asked anew, or its last day has passed. Safe to run
    twice: a request that waits stays as it is.
    """
    customer = lock(exemption.customer_id)
    exemption = Exemption.objects.select_for_update().get(pk=exemption.pk)
    if not (actor.scope.unit_path and customer.unit.path.startswith(actor.scope.unit_path)):
        raise PermissionDenied
    if exemption.state == Exemption.State.REQUESTED:
        return exemption
    today = clock.today(customer.unit.time_zone)
    _refuse_acted_on(exemption, today)
    before = {name: getattr(exemption, name) for name in DECISION}
    exemption.state, exemption.decision_note = Exemption.State.REQUESTED, ""
    exemption.decided_by = exemption.decided_at = None
    exemption.save(update_fields=["state", "decision_note", "decided_by", "decided_at"])
    audit.record(
        actor=actor,
        verb="exemption.decision_undone",
        obj=exemption,
        changes=audit.difference(before, {name: getattr(exemption, name) for name in DECISION}),
        customer_id=customer.pk,
    )
    if before["state"] == Exemption.State.APPROVED:
        others = Exemption.objects.filter(customer=customer, cadence=exemption.cadence)
        until = others.filter(state=Exemption.State.APPROVED, ends_on__gte=today).aggregate(
            until=Max("ends_on")
        )["until"]
        cadence = CadenceCode(exemption.cadence)
        settle_flags_of(excuse(actor=actor, customer=customer, cadence=cadence, until=until))
    return exemption


def _refuse_acted_on(exemption: Exemption, today: date) -> None:
    if exemption.state not in (Exemption.State.APPROVED, Exemption.State.REFUSED):
        raise ValidationError(_("The request was withdrawn meanwhile."))
    if exemption.ends_on < today:
        raise ValidationError(_("The exemption has ended. There is nothing to undo."))
    since = Exemption.objects.filter(customer=exemption.customer_id, cadence=exemption.cadence)
    if since.filter(pk__gt=exemption.pk).exclude(state=Exemption.State.WITHDRAWN).exists():
        raise ValidationError(_("An exemption was asked for anew since. Decide about that one."))


@transaction.atomic
def end_exemption(*, actor: StaffUser, exemption: Exemption) -> Exemption:
    """End an exemption early, or withdraw a request; another one that holds goes on.

    Safe to run twice.
    """
    customer = lock(exemption.customer_id)
    exemption = Exemption.objects.select_for_update().get(pk=exemption.pk)
    today = clock.today(customer.unit.time_zone)
    before = {"state": exemption.state, "ends_on": exemption.ends_on}
    if exemption.state == Exemption.State.REQUESTED:
        exemption.state = Exemption.State.WITHDRAWN
    elif _holds(exemption, today):
        exemption.ends_on = max(exemption.starts_on, today - timedelta(days=1))
        exemption.ended_at = clock.now()
    else:
        return exemption
    exemption.save(update_fields=["state", "ends_on", "ended_at"])
    if exemption.ended_at is not None:
        _follow(actor, customer, exemption.cadence, today)
    audit.record(
        actor=actor,
        verb="exemption.ended",
        obj=exemption,
        changes=audit.difference(before, {"state": exemption.state, "ends_on": exemption.ends_on}),
        customer_id=customer.pk,
    )
    return exemption


def _holds(exemption: Exemption, today: date) -> bool:
    """Whether the exemption was granted, is not over and was not ended."""
    granted = exemption.state == Exemption.State.APPROVED and exemption.ended_at is None
    return granted and exemption.ends_on >= today


def _follow(actor: StaffUser, customer: Customer, cadence: str, today: date) -> None:
    """Bring the customer's excuse and flags in line with the exemptions that hold."""
    until = Exemption.objects.latest_end(customer.pk, cadence, today)
    settle_flags_of(
        excuse(actor=actor, customer=customer, cadence=CadenceCode(cadence), until=until)
    )


def _refuse_days(today: date, ends_on: date) -> None:
    longest = ServiceStandard.objects.load().value(Figure.EXEMPTION_MAX_DAYS, today)
    if ends_on < today:
        raise ValidationError({"ends_on": _("That day is over. Choose a later one.")})
    if ends_on > today + timedelta(days=longest - 1):
        raise ValidationError(
            {
                "ends_on": _("An exemption lasts at most %(days)s days: until %(last)s.")
                % {"days": longest, "last": today + timedelta(days=longest - 1)}
            }
        )
