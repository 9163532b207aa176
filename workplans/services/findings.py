"""Findings: written by the supervisor, answered by the manager, settled or asked again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, once
from core.models import AuditEntry
from customers.models import ServiceStandard
from customers.rules import Figure
from staff.models import StaffUser
from workplans.models import Finding, InspectedItem, Inspection

ASKED_AGAIN = ("note", "due_on", "reopened_at", "closed_at", "closed_by_id")
"""What settling and asking again change."""


@transaction.atomic
def add_finding(
    *,
    actor: StaffUser,
    inspection: Inspection,
    text: str,
    item: InspectedItem | None = None,
    due_on: date | None = None,
    submission_key: UUID | None = None,
    again: bool = True,
) -> Finding:
    """Write down what was found, for the manager to answer by ``due_on``.

    Without a day it is the standard's number of days from today; what is found while the
    inspection is open counts from the day it is closed. Raises ValidationError without a text,
    for a day in the past, and for an item of another inspection. With a ``submission_key`` it may
    be sent twice: the second call returns the first finding. ``again`` False: the same words of
    minutes ago are asked about (SentBeforeError).
    """
    inspection = Inspection.objects.select_for_update().get(pk=inspection.pk)
    rows = Finding.objects.filter(inspection=inspection)
    sent = rows.filter(submission_key=submission_key).first() if submission_key else None
    same = {"text": text.strip(), "item": item}
    once.ask(rows.filter(made_by=actor), sent=sent, same=same, at="made_at", again=again)
    if sent is not None:
        return sent
    today = clock.today(inspection.unit.time_zone)
    if not text.strip():
        raise ValidationError({"text": _("Say what you found.")})
    if due_on is not None and due_on < today:
        raise ValidationError({"due_on": _("The day has passed. Choose a later day.")})
    if item is not None and item.inspection_id != inspection.pk:
        raise ValidationError({"item": _("This is of another inspection.")})
    finding = Finding(
        inspection=inspection,
        item=item,
        text=text.strip(),
        due_on=due_on or usual_due_day(today),
        made_by=actor,
        submission_key=submission_key,
    )
    finding.full_clean(exclude=["inspection", "item", "made_by"])
    finding.save(force_insert=True)
    _touch(inspection)
    audit.record(
        actor=actor,
        verb="finding.made",
        obj=finding,
        changes={"text": ["", finding.text], "due_on": [None, finding.due_on]},
    )
    return finding


def usual_due_day(today: date) -> date:
    """Return by when a finding of ``today`` is to be answered."""
    days = ServiceStandard.objects.load().value(Figure.FINDING_DUE_DAYS, today)
    return today + timedelta(days=days)


def move_due_days(*, inspection: Inspection) -> int:
    """Give the manager the whole time for what was found while the inspection was open.

    Part of the closing, which carries the audit entry. Safe to run twice.
    """
    due_on = usual_due_day(clock.today(inspection.unit.time_zone))
    return inspection.findings.filter(due_on__lt=due_on).update(due_on=due_on)


@transaction.atomic
def answer_finding(*, actor: StaffUser, finding: Finding, answer: str) -> Finding:
    """Keep the manager's answer; until the finding is settled it may be written anew.

    Raises ValidationError for who is not the inspected manager, without an answer, before the
    inspection is closed and after the finding is settled. Safe to run twice.
    """
    finding = _lock(finding)
    if finding.inspection.manager_id != actor.pk or finding.inspection.is_open:
        raise ValidationError(_("Only the inspected manager answers, after the inspection."))
    if not answer.strip():
        raise ValidationError({"answer": _("Write your answer.")})
    if not finding.is_open:
        raise ValidationError(_("The finding is settled already."))
    if finding.answer == answer.strip() and not finding.wants_answer:
        return finding
    before, finding.answer = finding.answer, answer.strip()
    finding.answered_at = clock.now()
    finding.full_clean(exclude=["inspection", "item", "made_by"])
    finding.save(update_fields=["answer", "answered_at"])
    _touch(finding.inspection)
    audit.record(
        actor=actor,
        verb="finding.answered",
        obj=finding,
        changes={"answer": [before, finding.answer]},
    )
    return finding


@transaction.atomic
def settle_finding(*, actor: StaffUser, finding: Finding, note: str = "") -> Finding:
    """Settle a finding. Raises ValidationError where nobody has answered and no note says why.

    Safe to run twice: a settled finding stays as it is.
    """
    finding = _lock(finding)
    if not finding.is_open:
        return finding
    if finding.wants_answer and not note.strip():
        raise ValidationError({"note": _("It has no answer. Say why it is settled without one.")})
    before = {name: getattr(finding, name) for name in ASKED_AGAIN}
    finding.closed_at, finding.closed_by = clock.now(), actor
    finding.note = note.strip()
    finding.save(update_fields=["closed_at", "closed_by", "note"])
    _touch(finding.inspection)
    audit.record(
        actor=actor,
        verb="finding.settled",
        obj=finding,
        changes=audit.difference(before, {name: getattr(finding, name) for name in ASKED_AGAIN}),
    )
    return finding


@transaction.atomic
def reopen_finding(*, actor: StaffUser, finding: Finding, note: str) -> Finding:
    """Ask the manager again, settled or not, with a new day to answer by.

    Raises ValidationError without a word why. Safe to run twice: what waits for an answer stays
    as it is.
    """
    finding = _lock(finding)
    if finding.wants_answer:
        return finding
    if not note.strip():
        raise ValidationError({"note": _("Say what is missing in the answer.")})
    before = {name: getattr(finding, name) for name in ASKED_AGAIN}
    finding.closed_at = finding.closed_by = None
    finding.reopened_at, finding.note = clock.now(), note.strip()
    finding.due_on = usual_due_day(clock.today(finding.inspection.unit.time_zone))
    fields = ["closed_at", "closed_by", "reopened_at", "note", "due_on"]
    finding.save(update_fields=fields)
    _touch(finding.inspection)
    audit.record(
        actor=actor,
        verb="finding.reopened",
        obj=finding,
        changes=audit.difference(before, {name: getattr(finding, name) for name in ASKED_AGAIN}),
    )
    return finding


@transaction.atomic
def undo_decision(*, actor: StaffUser, finding: Finding) -> Finding:
    """Take back that a finding was settled, or that the manager was asked again.

    Raises ValidationError where neither was done last, and once the manager has answered anew.
    Safe to run twice: what was taken back already stays as it is.
    """
    finding = _lock(finding)
    last = AuditEntry.objects.filter(object_type=Finding._meta.label_lower, object_id=finding.pk)
    done = last.order_by("-pk").first()
    if done is not None and done.verb == "finding.decision_undone":
        return finding
    if done is None or done.verb not in ("finding.settled", "finding.reopened"):
        raise ValidationError(_("The finding was answered meanwhile. Decide anew."))
    was = {name: old for name, (old, _new) in done.changes.items() if name in ASKED_AGAIN}
    before = {name: getattr(finding, name) for name in ASKED_AGAIN}
    for name, old in was.items():
        column: Any = Finding._meta.get_field(name)
        setattr(finding, name, column.to_python(old))
    finding.save(update_fields=list(was))
    _touch(finding.inspection)
    audit.record(
        actor=actor,
        verb="finding.decision_undone",
        obj=finding,
        changes=audit.difference(before, {name: getattr(finding, name) for name in ASKED_AGAIN}),
    )
    return finding


def _lock(finding: Finding) -> Finding:
    """Lock the inspection, then the finding."""
    inspection = Inspection.objects.select_for_update().get(pk=finding.inspection_id)
    found = Finding.objects.select_for_update().get(pk=finding.pk)
    found.inspection = inspection
    return found


def _touch(inspection: Inspection) -> None:
    inspection.updated_at = clock.now()
    inspection.save(update_fields=["updated_at"])
