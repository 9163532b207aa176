"""After the closing: the call-back within its days, and the judgement (article 21)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from complaints.models import Cause, ComplaintReview
from complaints.rules.states import Move
from complaints.services.moving import move
from complaints.services.writing import locked
from contacts.models import ContactRecord, Outcome, Source
from contacts.services.records import Contact, log_contact
from core import audit, clock
from core.models import AuditEntry
from core.texts import restored_values
from customers.models import Channel
from staff.models import StaffUser

JUDGED = (
    "is_justified",
    "responsibility",
    "cause_id",
    "cause_note",
    "prevention",
    "clumsy_contact_id",
)

VERSION_VERBS = ("complaint.called_back", "complaint.judged")
"""The audit entries of which each makes another version of a review."""


class Answer(StrEnum):
    """What the customer said when called back."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Judgement:
    """Whether a complaint was justified, whose it was, why, and what prevents it."""

    is_justified: bool
    responsibility: str = ""
    cause: Cause | None = None
    cause_note: str = ""
    prevention: str = ""
    clumsy_contact: ContactRecord | None = None


class ReviewChangedError(Exception):
    """Somebody else judged meanwhile; ``review`` is how it is now."""

    def __init__(self, review: ComplaintReview) -> None:
        super().__init__(review.pk)
        self.review = review


@transaction.atomic
def call_back(
    *,
    actor: StaffUser,
    review: ComplaintReview,
    answer: Answer,
    note: str = "",
    reopens: bool = False,
    submission_key: UUID | None = None,
    again: bool = True,
    called_by: StaffUser | None = None,
    source: Source = Source.MANUAL,
) -> ComplaintReview:
    """Note the call-back after a closing, with its contact record; reopen where that is wanted.

    Who was not reached is still to be called. ``reopens``: of an unsatisfied customer; ``note``
    is the reason. ``called_by``: who called, where another system (``source``) tells of it.
    ``again`` as in ``log_contact``. Raises ValidationError for a review that was dropped, and
    without words where the customer is not satisfied. Safe to run twice: who was called back stays
    so.
    """
    complaint = locked(review.complaint)
    review = ComplaintReview.objects.select_for_update().get(pk=review.pk)
    review.complaint = complaint
    if review.called_at is not None:
        return review
    if review.dropped_at is not None:
        raise ValidationError(_("The complaint was reopened; nobody is to be called back."))
    if answer is Answer.UNSATISFIED and not note.strip():
        raise ValidationError({"note": _("Say what the customer is not satisfied with.")})
    reached = answer is not Answer.NO_ANSWER
    record = log_contact(
        actor=actor,
        customer=complaint.customer,
        contact=Contact(
            channel=Channel.PHONE,
            outcome=Outcome.REACHED if reached else Outcome.NO_ANSWER,
            summary=note.strip(),
        ),
        submission_key=submission_key,
        again=again,
        source=source,
        made_by=called_by,
    )
    if not reached:
        return review
    now = clock.now()
    review.called_at, review.called_by = now, called_by or actor
    review.contact_record = record
    review.is_satisfied, review.note = answer is Answer.SATISFIED, note.strip()
    _save(review)
    audit.record(
        actor=actor,
        verb="complaint.called_back",
        obj=review,
        changes={"is_satisfied": [None, review.is_satisfied], "note": ["", review.note]},
        customer_id=complaint.customer_id,
    )
    if reopens and answer is Answer.UNSATISFIED:
        move(actor=actor, complaint=complaint, move=Move.REOPEN, reason=note)
    return review


@transaction.atomic
def judge(
    *, actor: StaffUser, review: ComplaintReview, judgement: Judgement, version: int
) -> ComplaintReview:
    """Judge a closed complaint: justified or not, whose responsibility, why, what prevents it.

    A justified one wants responsibility and root cause. Raises ValidationError without them, for
    a complaint that is not closed or a review of an earlier closing, and a contact of another
    customer; ReviewChangedError where somebody judged since ``version``. Sent twice with what
    stands already it changes nothing.
    """
    complaint = locked(review.complaint)
    review = ComplaintReview.objects.select_for_update().get(pk=review.pk)
    _refuse_judgement(complaint, review, judgement)
    given: dict[str, Any] = {
        "is_justified": judgement.is_justified,
        "responsibility": judgement.responsibility,
        "cause_id": judgement.cause.pk if judgement.cause else None,
        "cause_note": judgement.cause_note.strip(),
        "prevention": judgement.prevention.strip(),
        "clumsy_contact_id": judgement.clumsy_contact.pk if judgement.clumsy_contact else None,
    }
    given = restored_values(review, given)
    changes = audit.difference({name: getattr(review, name) for name in JUDGED}, given)
    if not changes:
        return review
    if review.version != version:
        raise ReviewChangedError(review)
    for name, value in given.items():
        setattr(review, name, value)
    review.judged_at, review.judged_by = clock.now(), actor
    _save(review)
    audit.record(
        actor=actor,
        verb="complaint.judged",
        obj=review,
        changes=changes,
        customer_id=complaint.customer_id,
    )
    return review


def changes_since(review: ComplaintReview, version: int) -> list[dict[str, Any]]:
    """Return what was noted and judged since ``version``, the latest first. One statement."""
    count = review.version - version if 0 < version < review.version else 0
    entries = AuditEntry.objects.filter(
        object_type=review._meta.label_lower, object_id=review.pk, verb__in=VERSION_VERBS
    )
    return list(audit.changes_told(entries, count))


def _save(review: ComplaintReview) -> None:
    review.version += 1
    review.updated_at = clock.now()
    review.save()


def _refuse_judgement(complaint: Any, review: ComplaintReview, judgement: Judgement) -> None:
    if complaint.is_open or review.round != complaint.reopened or review.dropped_at is not None:
        raise ValidationError(_("Only a closed complaint is judged."))
    if judgement.is_justified and not judgement.responsibility:
        raise ValidationError({"responsibility": _("Say whose responsibility it was.")})
    if judgement.is_justified and judgement.cause is None:
        raise ValidationError({"cause": _("Choose the root cause.")})
    contact = judgement.clumsy_contact
    if contact is not None and (contact.customer_id != complaint.customer_id or contact.is_voided):
        raise ValidationError({"clumsy_contact": _("Choose a contact of this customer.")})
