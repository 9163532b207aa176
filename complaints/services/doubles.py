"""Double reports made one, and taken apart again (article 21)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint, ComplaintMerge, State
from complaints.models.complaints import StepKind
from complaints.services.writing import locked, write_step
from core import clock
from staff.models import StaffUser


@transaction.atomic
def merge_doubles(
    *, actor: StaffUser, first: Complaint, second: Complaint, reason: str = ""
) -> ComplaintMerge:
    """Make two open reports of one customer one: the earlier stays, so that no time is lost.

    Both rows and all that belongs to them stay; the double is closed and points at the other.
    Raises ValidationError for reports of two customers and for one that is closed. Safe to run
    twice: what is merged stays so.
    """
    low, high = sorted((first.pk, second.pk))
    if low == high:
        raise ValidationError(_("Choose another report."))
    one, two = locked(Complaint.objects.get(pk=low)), locked(Complaint.objects.get(pk=high))
    if one.customer_id != two.customer_id:
        raise ValidationError(_("These are reports of two customers."))
    survivor, absorbed = sorted((one, two), key=lambda c: (c.received_at, c.pk))
    standing = ComplaintMerge.objects.standing().filter(absorbed=absorbed).first()
    if standing is not None and standing.survivor_id == survivor.pk:
        return standing
    if not (survivor.is_open and absorbed.is_open):
        raise ValidationError(_("One of the reports is closed. Only open ones are merged."))
    merge = ComplaintMerge.objects.create(
        survivor=survivor,
        absorbed=absorbed,
        state=absorbed.state,
        reason=reason.strip(),
        merged_by=actor,
    )
    write_step(
        actor=actor,
        complaint=absorbed,
        kind=StepKind.MERGED,
        to_state=State.CLOSED,
        reason=reason,
        details={"survivor": [None, survivor.pk]},
        fields={"merged_into": survivor},
    )
    write_step(
        actor=actor,
        complaint=survivor,
        kind=StepKind.NOTED,
        reason=reason,
        details={"double": [None, absorbed.pk]},
    )
    return merge


@transaction.atomic
def undo_merge(*, actor: StaffUser, merge: ComplaintMerge) -> ComplaintMerge:
    """Take a double report apart: it stands where it stood, no time is lost. Safe to run twice."""
    absorbed = locked(Complaint.objects.get(pk=merge.absorbed_id))
    merge = ComplaintMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    merge.undone_at, merge.undone_by = clock.now(), actor
    merge.save(update_fields=["undone_at", "undone_by"])
    write_step(
        actor=actor,
        complaint=absorbed,
        kind=StepKind.UNMERGED,
        to_state=merge.state,
        details={"survivor": [merge.survivor_id, None]},
        fields={"merged_into": None},
    )
    return merge
