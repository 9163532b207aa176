"""What every change of a complaint shares: the lock, the step, the clocks, the customer's mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint, ComplaintStep
from complaints.models.complaints import StepKind
from complaints.rules.clocks import (
    ABOVE,
    ESCALATED,
    RESOLUTION,
    RESPONSE,
    STATUTORY,
    WARNED,
    Clocks,
    Deadlines,
    Event,
    clocks_of,
    round_of,
)
from contacts.models import ContactRecord
from core import audit, clock
from core.refusals import stands
from customers.models import ServiceStandard
from customers.rules import Figure
from customers.services.standing import lock, mark_complaint
from staff.models import StaffUser

ALARM_COLUMNS = {
    "response_warn_at": (RESPONSE, WARNED),
    "response_escalate_at": (RESPONSE, ESCALATED),
    "response_above_at": (RESPONSE, ABOVE),
    "warn_at": (RESOLUTION, WARNED),
    "escalate_at": (RESOLUTION, ESCALATED),
    "above_at": (RESOLUTION, ABOVE),
    "statutory_warn_at": (STATUTORY, WARNED),
}
"""Of which clock and level each stored moment is; the law's own end is ``statutory_due_at``."""


def locked(complaint: Complaint) -> Complaint:
    """Return the complaint with its customer's row and its own locked, in this order."""
    lock(complaint.customer_id)
    rows = Complaint.objects.select_for_update(of=("self",)).select_related(
        "unit", "customer__unit", "category", "handler"
    )
    return rows.get(pk=complaint.pk)


def refuse_merged(complaint: Complaint) -> None:
    """Raise ValidationError for a double report: its other one goes on."""
    if complaint.merged_into_id is not None:
        raise stands(
            _("This report was merged into #%(number)s. Take it apart first.")
            % {"number": complaint.merged_into_id}
        )


def promise_columns(deadlines: Deadlines) -> dict[str, int]:
    """Return the columns that keep what was promised at the registration."""
    return {f"promised_{name}": value for name, value in asdict(deadlines).items()}


def promised(complaint: Complaint) -> Deadlines:
    """Return what was promised when ``complaint`` was registered."""
    names = [one.name for one in fields_of(Deadlines)]
    return Deadlines(**{name: getattr(complaint, f"promised_{name}") for name in names})


def clocks_from_steps(complaint: Complaint) -> Clocks:
    """Return the clocks as the steps tell them, by what was promised. Two statements.

    What is stored is the same; a test holds the two together.
    """
    zone = clock.zone_info(complaint.unit.time_zone)
    steps = ComplaintStep.objects.filter(complaint=complaint).order_by("pk")
    # A contact that was voided answered nothing.
    steps = steps.exclude(kind=StepKind.RESPONDED, contact_record__voided_at__isnull=False)
    events = [Event(kind, at) for kind, at in steps.values_list("kind", "at")]
    doubles = Complaint.objects.filter(merged_into=complaint)
    earliest = doubles.aggregate(at=Min("statutory_due_at"))["at"]
    return clocks_of(complaint.received_at, events, promised(complaint), zone, of_doubles=earliest)


def columns_of(clocks: Clocks) -> dict[str, Any]:
    """Return the stored columns of ``clocks``."""
    alarms = {name: clocks.alarm_at(*about) for name, about in ALARM_COLUMNS.items()}
    return {
        "response_due_at": clocks.response_due_at,
        "resolution_due_at": clocks.resolution_due_at,
        "statutory_due_at": clocks.statutory_due_at,
        "due_at": clocks.due_at,
        "responded_at": clocks.responded_at,
        "paused_since": clocks.paused_since,
        "paused_seconds": int(clocks.paused.total_seconds()),
        "resolved_at": clocks.resolved_at,
        "closed_at": clocks.closed_at,
        "reopened": clocks.reopened,
        **alarms,
    }


def next_notice(complaint: Complaint, clocks: Clocks) -> datetime | None:
    """Return when the next person is to be told that has not been in this round. One statement."""
    if not clocks.alarms:
        return None
    notices = complaint.notices.values_list("of_clock", "level", "round")
    return clocks.next_alarm(
        (about, level) for about, level, turn in notices if turn == round_of(about, clocks.reopened)
    )


def write_step(
    *,
    actor: StaffUser | None,
    complaint: Complaint,
    kind: StepKind,
    to_state: str | None = None,
    reason: str = "",
    at: datetime | None = None,
    contact_record: ContactRecord | None = None,
    details: Mapping[str, Any] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> ComplaintStep:
    """Add a step to the locked ``complaint`` and bring its columns, the trail and the mark along.

    ``fields``: other columns that change with it.
    """
    before = complaint.state
    step = ComplaintStep(
        complaint=complaint,
        kind=kind,
        at=at or clock.now(),
        actor=actor,
        from_state=before,
        to_state=to_state or before,
        reason=reason.strip(),
        contact_record=contact_record,
        details=dict(details or {}),
    )
    step.save(force_insert=True)
    for name, value in (fields or {}).items():
        setattr(complaint, name, value)
    complaint.state = step.to_state
    settle(complaint)
    changes: dict[str, Any] = {**(details or {}), "step": [None, kind.value]}
    if step.to_state != before:
        changes["state"] = [before, step.to_state]
    if step.reason:
        changes["reason"] = [None, step.reason]
    audit.record(
        actor=actor,
        verb="complaint.moved",
        obj=complaint,
        changes=changes,
        customer_id=complaint.customer_id,
    )
    mark_customer(actor, complaint)
    return step


def settle(complaint: Complaint) -> None:
    """Work out the clocks of the locked ``complaint`` from its steps and save it."""
    clocks = clocks_from_steps(complaint)
    was_closed = complaint.closed_at
    for name, value in columns_of(clocks).items():
        setattr(complaint, name, value)
    complaint.next_notice_at = next_notice(complaint, clocks)
    if complaint.closed_at != was_closed or complaint.closed_at is None:
        complaint.seen_until = _seen_until(complaint)
    complaint.version += 1
    complaint.updated_at = clock.now()
    complaint.save()


def mark_customer(actor: StaffUser | None, complaint: Complaint) -> None:
    """Bring the customer's mark in line with whether any complaint is open."""
    others = Complaint.objects.open().filter(customer=complaint.customer_id)
    is_open = complaint.is_open or others.exists()
    if complaint.customer.has_open_complaint != is_open:
        marked = mark_complaint(actor=actor, customer=complaint.customer, is_open=is_open)
        complaint.customer.has_open_complaint = marked.has_open_complaint


def _seen_until(complaint: Complaint) -> datetime | None:
    if complaint.closed_at is None:
        return None
    standards = ServiceStandard.objects.load()
    on = clock.local_date(complaint.closed_at, complaint.unit.time_zone)
    days = standards.value(Figure.COMPLAINT_SEEN_DAYS, on, complaint.tier)
    return complaint.closed_at + timedelta(days=days)
