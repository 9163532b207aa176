"""A contact that answered a complaint and was voided since answers nothing (article 21).

Contacts know nothing of complaints, so the minute job looks. Whatever else changes the complaint
in between works its clocks out anew too, and leaves the voided contact out.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from complaints.models import Complaint, ComplaintStep
from complaints.models.complaints import StepKind
from complaints.querysets import ComplaintQuerySet
from complaints.querysets.complaints import not_forgotten
from complaints.services.writing import locked, write_step
from core import clock

ANSWERS = ComplaintStep.objects.filter(kind=StepKind.RESPONDED)


def take_back_answers() -> int:
    """Let the response clock run again where the contact that stopped it was voided.

    An earlier or later answer that stands counts instead. Of complaints that are open or not long
    closed; returns how many. One statement where there is none. Safe to run twice and side by
    side: each is judged again under its lock.
    """
    ids = _voided().filter(not_forgotten(clock.now())).order_by("pk").values_list("pk", flat=True)
    return sum(_take_back(pk) for pk in list(ids))


def _voided() -> ComplaintQuerySet:
    """The complaints whose answer, as it is kept, is that of a voided contact alone."""
    kept = ANSWERS.filter(complaint=OuterRef("pk"), at=OuterRef("responded_at"))
    voided = Exists(kept.filter(contact_record__voided_at__isnull=False))
    standing = Exists(kept.exclude(contact_record__voided_at__isnull=False))
    return Complaint.objects.filter(voided, ~standing, responded_at__isnull=False)


@transaction.atomic
def _take_back(pk: int) -> int:
    complaint = locked(Complaint.objects.get(pk=pk))
    if not _voided().filter(pk=pk).exists():
        return 0
    kept = ANSWERS.filter(complaint=complaint, at=F("complaint__responded_at"))
    record = kept.order_by("pk").values_list("contact_record", flat=True).first()
    write_step(
        actor=None,
        complaint=complaint,
        kind=StepKind.NOTED,
        details={"voided_contact": [record, None]},
    )
    return 1
