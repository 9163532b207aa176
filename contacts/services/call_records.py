"""The contact record that a call pre-fills: confirmed with one tap, or discarded with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    CallEvent,
    Confirmation,
    ContactRecord,
    Direction,
    DiscardReason,
    Occasion,
    Outcome,
    Source,
)
from contacts.rules.calls import outcome_of
from contacts.services import missed_calls
from contacts.services.records import Contact, log_contact
from core import audit, clock
from customers.models import Channel
from customers.services.standing import lock
from staff.models import StaffUser

NAMESPACE = UUID("6a4f3d2e-52f0-4f5e-9d0c-0a7b1c9e7d11")
NEAR = timedelta(minutes=15)
"""So long after a call its record may have been logged by hand."""


def prefilled(event: CallEvent) -> Contact:
    """Return the contact that a call becomes. Raises ValueError for a missed one."""
    outcome = outcome_of(event.direction, event.result)
    if outcome is None:
        raise ValueError("Nobody spoke in a missed call.")
    incoming = event.direction == Direction.INCOMING
    return Contact(
        channel=Channel.PHONE,
        outcome=Outcome(outcome),
        occasion=Occasion.CUSTOMER_QUESTION if incoming else Occasion.REGULAR,
        direction=Direction(event.direction),
        # The call centre's clock may be a little ahead; no record is of a time to come.
        happened_at=min(event.answered_at or event.started_at, clock.now()),
        duration_seconds=event.duration_seconds,
    )


@transaction.atomic
def confirm_call(*, actor: StaffUser, event: CallEvent) -> ContactRecord:
    """Make the contact record that the call pre-fills; clocks and missed calls follow.

    Where the person has logged this very call by hand already, that record is linked instead.
    Raises ValidationError for a call of somebody else, for one that is no contact and for a
    discarded one. Safe to run twice: the second call returns the first record.
    """
    event = _hold(actor, event)
    if event.contact_record is not None:
        return event.contact_record
    if event.confirmation != Confirmation.WAITING or event.customer is None:
        raise ValidationError(_("This call is no service contact."))
    record = _logged_by_hand(actor, event)
    if record is None:
        record = log_contact(
            actor=actor,
            customer=event.customer,
            contact=prefilled(event),
            submission_key=uuid5(NAMESPACE, str(event.pk)),
            source=Source.API,
        )
    _decide(actor, event, Confirmation.CONFIRMED, record=record)
    missed_calls.note_contact(record)
    return record


@transaction.atomic
def discard_call(
    *, actor: StaffUser, event: CallEvent, reason: DiscardReason, note: str = ""
) -> CallEvent:
    """Say that a call was no service contact; it counts neither as attempt nor as return.

    Raises ValidationError for a call of somebody else, a confirmed one, and without words where
    the reason is another one. Safe to run twice: a discarded call stays as it is.
    """
    event = _hold(actor, event)
    if event.confirmation == Confirmation.DISCARDED:
        return event
    if event.confirmation != Confirmation.WAITING or event.customer_id is None:
        raise ValidationError(_("This call has its contact record. Void that one instead."))
    if reason == DiscardReason.OTHER and not note.strip():
        raise ValidationError({"note": _("Say why in a few words.")})
    _decide(actor, event, Confirmation.DISCARDED, reason=reason, note=note.strip())
    missed_calls.settle({event.customer_id: event.started_at})
    return event


def _hold(actor: StaffUser, event: CallEvent) -> CallEvent:
    """Return the call, locked after its customer. Raises ValidationError for somebody else's."""
    if event.customer_id is None or event.handled_by_id != actor.pk:
        raise ValidationError(_("Only who had the call can say what it was."))
    customer = lock(event.customer_id)
    rows = CallEvent.objects.select_for_update(of=("self",)).select_related("contact_record")
    held = rows.get(pk=event.pk)
    if held.customer_id != customer.pk:
        raise ValidationError(_("The call has been moved meanwhile. Look for it again."))
    held.customer = customer
    return held


def _logged_by_hand(actor: StaffUser, event: CallEvent) -> ContactRecord | None:
    """Return the person's own record of this call, where there is one that no call became."""
    contact = prefilled(event)
    end = event.ended_at or event.answered_at or event.started_at
    rows = ContactRecord.objects.standing().filter(
        customer=event.customer,
        recorded_by=actor,
        channel=contact.channel,
        direction=contact.direction,
        outcome=contact.outcome,
        date_only=False,
        happened_at__range=(event.started_at, end + NEAR),
        call_event=None,
    )
    return rows.order_by("happened_at", "pk").first()


def _decide(
    actor: StaffUser,
    event: CallEvent,
    confirmation: Confirmation,
    *,
    record: ContactRecord | None = None,
    reason: str = "",
    note: str = "",
) -> None:
    event.confirmation, event.contact_record = confirmation, record
    event.discard_reason, event.discard_note = reason, note
    event.settled_by, event.settled_at = actor, clock.now()
    event.updated_at = event.settled_at
    event.save(
        update_fields=[
            "confirmation",
            "contact_record",
            "discard_reason",
            "discard_note",
            "settled_by",
            "settled_at",
            "updated_at",
        ]
    )
    changes: dict[str, list[Any]] = {
        "contact_record": [None, record.pk if record else None],
        "discard_reason": ["", reason],
    }
    audit.record(
        actor=actor,
        verb="call.confirmed" if confirmation == Confirmation.CONFIRMED else "call.discarded",
        obj=event,
        changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
        customer_id=event.customer_id,
    )
