"""Double reports made one, and taken apart again (article 21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from complaints.models import (
    Complaint,
    ComplaintMerge,
    ComplaintNotice,
    Severity,
    State,
)
from complaints.models.complaints import StepKind
from complaints.rules.clocks import ABOVE, ESCALATED, round_of
from complaints.services.writing import locked, refuse_merged, write_step
from core import audit, clock
from staff.models import StaffUser


@transaction.atomic
def merge_doubles(
    *, actor: StaffUser, first: Complaint, second: Complaint, reason: str = ""
) -> ComplaintMerge:
    """Make two open reports of one customer one: the earlier stays, so that no time is lost.

    What is strongest of the two holds for the one that stays: an appeal, the higher severity, the
    earlier day by law, and who was told that the time is over. Both rows and all that belongs to
    them stay; the double is closed and points at the other.
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
    changed = audit.difference(_strength(survivor), _strongest([survivor, absorbed]))
    merge.before = {**_strength(survivor), "notices": _bring_notices(survivor, absorbed)}
    merge.save(update_fields=["before"])
    write_step(
        actor=actor,
        complaint=survivor,
        kind=StepKind.NOTED,
        reason=reason,
        details={"double": [None, absorbed.pk], **changed},
        fields={name: new for name, (_old, new) in changed.items()},
    )
    return merge


@transaction.atomic
def undo_merge(*, actor: StaffUser, merge: ComplaintMerge) -> ComplaintMerge:
    """Take a double report apart: it stands where it stood, no time is lost.

    The one that went on gives back what it had of this double alone; what a person has changed
    there meanwhile stays. Raises ValidationError where it was merged on into a third report.
    Safe to run twice.
    """
    low, high = sorted((merge.survivor_id, merge.absorbed_id))
    rows = {pk: locked(Complaint.objects.get(pk=pk)) for pk in (low, high)}
    survivor, absorbed = rows[merge.survivor_id], rows[merge.absorbed_id]
    merge = ComplaintMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    refuse_merged(survivor)
    changed = _given_back(survivor, merge)
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
    ComplaintNotice.objects.filter(
        complaint=survivor, pk__in=merge.before.get("notices", [])
    ).delete()
    write_step(
        actor=actor,
        complaint=survivor,
        kind=StepKind.NOTED,
        details={"double": [absorbed.pk, None], **changed},
        fields={name: new for name, (_old, new) in changed.items()},
    )
    return merge


def _strength(complaint: Complaint) -> dict[str, Any]:
    """What of a report the one that it is merged into takes over where it is stronger."""
    return {"is_appeal": complaint.is_appeal, "severity": complaint.severity}


def _strongest(complaints: Sequence[Complaint]) -> dict[str, Any]:
    """An appeal where one is, and the highest severity."""
    return _strongest_of([_strength(one) for one in complaints])


def _strongest_of(strengths: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "is_appeal": any(one["is_appeal"] for one in strengths),
        "severity": max((one["severity"] for one in strengths), key=Severity.values.index),
    }


def _given_back(survivor: Complaint, merge: ComplaintMerge) -> dict[str, list[Any]]:
    """Return what changes of ``survivor`` when the double of ``merge`` goes.

    What it was by itself is kept with the first merge that stands; where that one is undone, the
    next one keeps it. A value that is not what the merges made of it was changed by a person.
    """
    merges = list(
        ComplaintMerge.objects.standing()
        .filter(survivor=survivor)
        .select_related("absorbed")
        .order_by("pk")
    )
    own = {name: merges[0].before[name] for name in _strength(survivor)}
    others = [one for one in merges if one.pk != merge.pk]
    if others and merges[0].pk == merge.pk:
        others[0].before |= own
        others[0].save(update_fields=["before"])
    with_it = _strongest_of([own, *(_strength(one.absorbed) for one in merges)])
    without = _strongest_of([own, *(_strength(one.absorbed) for one in others)])
    now = _strength(survivor)
    return audit.difference(
        now, {name: without[name] for name in now if now[name] == with_it[name]}
    )


def _bring_notices(survivor: Complaint, absorbed: Complaint) -> list[int]:
    """Let who was told that the double's time is over be told of the survivor; return the ids.

    Nobody sees notices of a closed report any more. Who was told of the survivor already is not
    told again.
    """
    told: set[tuple[str, str, int, int | None]] = set(
        survivor.notices.values_list("of_clock", "level", "round", "person_id")
    )
    copies = []
    for notice in absorbed.notices.filter(level__in=[ESCALATED, ABOVE]).order_by("pk"):
        turn = round_of(notice.of_clock, survivor.reopened)
        about = (notice.of_clock, notice.level, turn, notice.person_id)
        is_of_this_round = notice.round == round_of(notice.of_clock, absorbed.reopened)
        if is_of_this_round and about not in told:
            told.add(about)
            copies.append(
                ComplaintNotice(
                    complaint=survivor,
                    person_id=notice.person_id,
                    of_clock=notice.of_clock,
                    level=notice.level,
                    round=turn,
                    at=notice.at,
                    seen_at=notice.seen_at,
                )
            )
    for copy in copies:
        copy.save(force_insert=True)
    return [copy.pk for copy in copies]
