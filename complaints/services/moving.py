"""A complaint goes on: accepted, worked on, waited for, resolved, closed, reopened, handed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint, ComplaintReview, State
from complaints.models.complaints import StepKind
from complaints.rules.states import REASONED, Move, after
from complaints.services.people import handles, who_may_handle
from complaints.services.registering import tell_assigned
from complaints.services.writing import locked, refuse_merged, write_step
from contacts.models import ContactRecord, Outcome
from contacts.rules import is_message_from_customer
from contacts.services.records import Contact, log_contact
from core import clock
from core.refusals import stands
from core.texts import restored
from customers.models import ServiceStandard
from customers.rules import Figure
from staff.models import ROLES_THAT_HANDLE, StaffUser

REACHED_STATE: Mapping[Move, str] = {
    Move.ACCEPT: State.ACCEPTED,
    Move.START: State.IN_WORK,
    Move.WAIT: State.WAITING,
    Move.RESUME: State.IN_WORK,
    Move.RESOLVE: State.RESOLVED,
    Move.CLOSE: State.CLOSED,
    Move.REOPEN: State.IN_WORK,
}


@transaction.atomic
def move(
    *, actor: StaffUser, complaint: Complaint, move: Move, reason: str = "", resolution: str = ""
) -> Complaint:
    """Move a complaint to where ``move`` leads; the clocks follow in the same transaction.

    Waiting and reopening want a ``reason``, resolving wants the ``resolution``. Raises
    ValidationError without them, for a double report and for a way that does not exist. Safe to
    run twice: a complaint that the same move has brought there stays as it is.
    """
    complaint = locked(complaint)
    refuse_merged(complaint)
    to_state = after(complaint.state, move)
    if to_state is None:
        if _was_last(complaint, move):
            return complaint
        raise stands(
            _("This complaint is “%(state)s”. That cannot be done from there.")
            % {"state": complaint.get_state_display()}
        )
    _refuse_without_words(complaint, move, reason, resolution)
    fields: dict[str, Any] = {}
    if resolution.strip() and move in (Move.RESOLVE, Move.CLOSE):
        fields["resolution"] = restored(resolution.strip(), complaint.resolution)
    if complaint.handler_id is None and move is Move.ACCEPT and actor.role in ROLES_THAT_HANDLE:
        fields["handler"] = actor
    write_step(
        actor=actor,
        complaint=complaint,
        kind=StepKind(move.value),
        to_state=to_state,
        reason=reason or (resolution[:500] if move is Move.RESOLVE else ""),
        fields=fields,
    )
    _follow(complaint, move)
    return complaint


@transaction.atomic
def reassign(
    *, actor: StaffUser, complaint: Complaint, handler: StaffUser, reason: str
) -> Complaint:
    """Hand the complaint to another handler, who is told.

    Raises ValidationError without a reason, for a double report, a closed one and who does not
    handle complaints of the unit. Safe to run twice: who has it keeps it.
    """
    complaint = locked(complaint)
    if complaint.handler_id == handler.pk:
        return complaint
    refuse_merged(complaint)
    if not complaint.is_open:
        raise ValidationError(_("This complaint is closed."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is handed over.")})
    if handler not in who_may_handle(complaint):
        raise ValidationError(
            {"handler": _("Choose a handler or supervisor of the unit or of one above it.")}
        )
    write_step(
        actor=actor,
        complaint=complaint,
        kind=StepKind.REASSIGNED,
        reason=reason,
        details={"handler": [complaint.handler_id, handler.pk]},
        fields={"handler": handler},
    )
    tell_assigned(complaint)
    return complaint


@transaction.atomic
def respond(
    *,
    actor: StaffUser,
    complaint: Complaint,
    contact: Contact,
    submission_key: UUID | None = None,
    again: bool = True,
) -> ContactRecord:
    """Record a contact of the handler with the complainant; one that reached stops the response.

    Raises ValidationError for who does not handle it, a contact before the complaint came in, and
    as ``log_contact`` does; ``again`` as there. With a ``submission_key`` it may be sent twice.
    """
    complaint = locked(complaint)
    refuse_merged(complaint)
    if not handles(actor, complaint):
        raise ValidationError(
            _("Only the handler's contact answers a complaint. Take it over first.")
        )
    if _was_before(contact, complaint):
        raise ValidationError(
            {"happened_at": _("That was before the complaint came in.")},
        )
    record = log_contact(
        actor=actor,
        customer=complaint.customer,
        contact=contact,
        submission_key=submission_key,
        again=again,
    )
    if complaint.steps.filter(contact_record=record).exists():
        return record
    # What the customer wrote is no contact by itself; the answer to it is.
    reached = record.outcome == Outcome.REACHED and not is_message_from_customer(
        record.channel, record.direction
    )
    write_step(
        actor=actor,
        complaint=complaint,
        kind=StepKind.RESPONDED if reached else StepKind.NOTED,
        reason=(record.summary or record.get_outcome_display())[:500],
        at=max(record.happened_at, complaint.received_at),
        contact_record=record,
    )
    return record


def _was_before(contact: Contact, complaint: Complaint) -> bool:
    """Whether the contact was before the receipt; where only the date is known, by the dates."""
    if contact.happened_at is None:
        return False
    if contact.date_only:
        zone = complaint.unit.time_zone
        days = [clock.local_date(at, zone) for at in (contact.happened_at, complaint.received_at)]
        return days[0] < days[1]
    return contact.happened_at < complaint.received_at


@transaction.atomic
def note(*, actor: StaffUser, complaint: Complaint, text: str) -> Complaint:
    """Add a remark to the complaint's story. Raises ValidationError without words.

    Safe to run twice: the same words of the same person, last written, are not written again.
    """
    if not text.strip():
        raise ValidationError({"text": _("Write something.")})
    complaint = locked(complaint)
    last = complaint.steps.order_by("-pk").first()
    if last is not None and (last.kind, last.actor_id, last.reason) == (
        StepKind.NOTED,
        actor.pk,
        text.strip(),
    ):
        return complaint
    write_step(actor=actor, complaint=complaint, kind=StepKind.NOTED, reason=text)
    return complaint


def _was_last(complaint: Complaint, move: Move) -> bool:
    """Whether the complaint stands where the same move has brought it: a form sent twice."""
    if complaint.state != REACHED_STATE[move]:
        return False
    moves = complaint.steps.filter(kind__in=[one.value for one in Move])
    return moves.order_by("-pk").values_list("kind", flat=True).first() == move.value


def _refuse_without_words(complaint: Complaint, move: Move, reason: str, resolution: str) -> None:
    if move in REASONED and not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if move is Move.RESOLVE and not resolution.strip():
        raise ValidationError({"resolution": _("Say how it was resolved.")})
    if move is Move.CLOSE and not (resolution or complaint.resolution).strip():
        raise ValidationError({"resolution": _("Say how it ended.")})


def _follow(complaint: Complaint, move: Move) -> None:
    """A closing wants a call-back; a reopening makes one that nobody made needless."""
    now = clock.now()
    if move is Move.CLOSE:
        on = clock.local_date(now, complaint.unit.time_zone)
        standards = ServiceStandard.objects.load()
        days = standards.value(Figure.COMPLAINT_CALL_BACK_DAYS, on, complaint.tier)
        ComplaintReview.objects.get_or_create(
            complaint=complaint,
            round=complaint.reopened,
            defaults={"call_back_due_on": on + timedelta(days=days)},
        )
    elif move is Move.REOPEN:
        complaint.reviews.filter(called_at=None, dropped_at=None).update(
            dropped_at=now, updated_at=now, version=F("version") + 1
        )
