"""Inspections: drawn at random, judged one by one, closed (article 6)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from contacts.models import ContactRecord
from core import audit, clock, locks
from core.texts import restored
from customers.models import ServiceStandard
from customers.rules import Figure, Standards
from staff.models import Role, StaffUser
from workplans.models import InspectedItem, Inspection, WorkLog, WorkPlan
from workplans.rules.sampling import Candidate, draw, sample_size, weight_of
from workplans.services.findings import move_due_days

LONGEST_PERIOD = 92
"""Days: a quarter."""

JUDGEMENT = ("verdict", "call_back", "quality", "remark")


@transaction.atomic
def open_inspection(
    *,
    actor: StaffUser,
    manager: StaffUser,
    starts_on: date,
    ends_on: date,
    submission_key: UUID | None = None,
    seed: str = "",
) -> Inspection:
    """Draw what a supervisor looks at: records, plans and logs of one manager's days.

    Of the records that the manager entered of these days, about customers of the supervisor's
    unit; of the plans that meet the period and the logs in it, those that were handed in. Each
    sample is as large as the standard says. ``seed``: draws the same once more. Raises
    ValidationError for who is no manager of the actor's unit, a period that is not over or too
    long, where an inspection of the manager is open, and where there is nothing to look at. With
    a ``submission_key`` it may be sent twice: the second call returns the first inspection.
    """
    locks.hold(f"workplans.inspection.{manager.pk}")
    manager = _manager_of(actor, manager)
    if submission_key is not None:
        sent = Inspection.objects.filter(submission_key=submission_key, inspector=actor).first()
        if sent is not None:
            return sent
    _refuse_period(starts_on, ends_on, clock.today(manager.time_zone))
    if Inspection.objects.open().filter(manager=manager).exists():
        raise ValidationError(
            _("An inspection of %(manager)s is open. Close it before you open another one."),
            params={"manager": manager.name},
        )
    inspection = Inspection(
        manager=manager,
        unit=manager.unit,
        inspector=actor,
        starts_on=starts_on,
        ends_on=ends_on,
        seed=seed or secrets.token_hex(16),
        submission_key=submission_key,
    )
    drawn = _draw_all(actor, inspection)
    if not drawn:
        raise ValidationError(
            _("%(manager)s entered nothing in these days. Choose other days."),
            params={"manager": manager.name},
        )
    inspection.save(force_insert=True)
    for position, item in enumerate(drawn, start=1):
        item.inspection, item.position = inspection, position
    InspectedItem.objects.bulk_create(drawn)
    audit.record(
        actor=actor,
        verb="inspection.opened",
        obj=inspection,
        changes={
            "manager": [None, manager.pk],
            "starts_on": [None, starts_on],
            "ends_on": [None, ends_on],
            "population": [None, inspection.population],
            "drawn": [None, len(drawn)],
        },
    )
    return inspection


def _manager_of(actor: StaffUser, manager: StaffUser) -> StaffUser:
    people = StaffUser.objects.managers().visible_to(actor).exclude(pk=actor.pk)
    found = people.select_related("unit").filter(pk=manager.pk).first()
    if found is None or actor.role != Role.SUPERVISOR:
        raise ValidationError({"manager": _("Choose a customer manager of your unit.")})
    return found


def _refuse_period(starts_on: date, ends_on: date, today: date) -> None:
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day is before the first day.")})
    if ends_on > today:
        raise ValidationError({"ends_on": _("What is to come cannot be inspected.")})
    if (ends_on - starts_on).days >= LONGEST_PERIOD:
        raise ValidationError(
            {"starts_on": _("Choose at most %(days)s days.") % {"days": LONGEST_PERIOD}}
        )


# --- Drawing ------------------------------------------------------------------------------------


def _draw_all(actor: StaffUser, inspection: Inspection) -> list[InspectedItem]:
    """Draw records, plans and logs; note the population. A constant number of statements."""
    standards = ServiceStandard.objects.load()
    records = _record_candidates(actor, inspection)
    inspection.population = len(records)
    plans = [Candidate(pk) for pk in _plans_of(inspection).values_list("pk", flat=True)]
    logs = [Candidate(pk) for pk in _logs_of(inspection).values_list("pk", flat=True)]
    return [
        *(InspectedItem(record_id=pk) for pk in _sample(records, inspection, standards, "record")),
        *(InspectedItem(plan_id=pk) for pk in _sample(plans, inspection, standards, "plan")),
        *(InspectedItem(log_id=pk) for pk in _sample(logs, inspection, standards, "log")),
    ]


def _sample(
    candidates: Sequence[Candidate], inspection: Inspection, standards: Standards, of: str
) -> list[int]:
    day = inspection.ends_on
    size = sample_size(
        len(candidates),
        at_least=standards.value(Figure.INSPECTION_MIN_RECORDS, day),
        percent=standards.value(Figure.INSPECTION_PERCENT, day),
    )
    return draw(candidates, size=size, seed=f"{inspection.seed}:{of}")


def _record_candidates(actor: StaffUser, inspection: Inspection) -> list[Candidate]:
    records = ContactRecord.objects.visible_to(actor).standing()
    records = records.since(inspection.starts_on).until(inspection.ends_on)
    records = records.filter(recorded_by=inspection.manager, is_automatic=False)
    rows = records.order_by().annotate(signs=Count("signals"))
    return [
        Candidate(pk, weight_of(is_key=is_key, signals=signs))
        for pk, is_key, signs in rows.values_list("pk", "customer__is_key", "signs")
    ]


def _plans_of(inspection: Inspection) -> QuerySet[WorkPlan]:
    return WorkPlan.objects.filter(
        manager=inspection.manager,
        submitted_at__isnull=False,
        starts_on__lte=inspection.ends_on,
        ends_on__gte=inspection.starts_on,
    )


def _logs_of(inspection: Inspection) -> QuerySet[WorkLog]:
    days = (inspection.starts_on, inspection.ends_on)
    return WorkLog.objects.submitted().filter(manager=inspection.manager, log_date__range=days)


# --- Judging ------------------------------------------------------------------------------------


@transaction.atomic
def judge_item(
    *,
    actor: StaffUser,
    item: InspectedItem,
    verdict: str = "",
    call_back: str = "",
    quality: int | None = None,
    remark: str = "",
) -> InspectedItem:
    """Keep what the inspector found of one item; without a verdict it is not judged yet.

    Raises ValidationError where the inspection is closed, for a quality that is not 1 to 5, and
    for a call-back about a plan or a log. Safe to run twice: the same again changes nothing.
    """
    inspection = _lock_open(item.inspection_id)
    item = InspectedItem.objects.select_for_update().get(pk=item.pk)
    item.inspection = inspection
    before = {name: getattr(item, name) for name in JUDGEMENT}
    item.verdict, item.call_back = verdict, call_back
    item.quality, item.remark = quality, restored(remark.strip(), item.remark)
    if item.call_back and item.record_id is None:
        raise ValidationError({"call_back": _("Only about a contact a customer is called back.")})
    changes = audit.difference(before, {name: getattr(item, name) for name in JUDGEMENT})
    if not changes:
        return item
    item.judged_at = clock.now() if verdict else None
    item.judged_by = actor if verdict else None
    item.full_clean(exclude=["inspection", "record", "plan", "log", "judged_by"])
    item.save(update_fields=[*JUDGEMENT, "judged_at", "judged_by"])
    _touch(inspection)
    audit.record(actor=actor, verb="inspection.judged", obj=item, changes=changes)
    return item


@transaction.atomic
def close_inspection(
    *, actor: StaffUser, inspection: Inspection, conclusion: str = ""
) -> Inspection:
    """Close an inspection: the manager may see what was found from now on, and has time for it.

    Raises ValidationError where something is not judged and the conclusion does not say why.
    Safe to run twice: a closed inspection stays as it is.
    """
    inspection = Inspection.objects.select_for_update().get(pk=inspection.pk)
    if not inspection.is_open:
        return inspection
    conclusion = conclusion.strip()
    left = inspection.items.filter(verdict="").count()
    if left and not conclusion:
        text = ngettext_lazy(
            "%(left)s is not judged. Judge it, or say here why the inspection ends without.",
            "%(left)s are not judged. Judge them, or say here why the inspection ends without.",
            left,
        )
        raise ValidationError({"conclusion": text % {"left": left}})
    inspection.closed_at, inspection.conclusion = clock.now(), conclusion
    inspection.updated_at = inspection.closed_at
    inspection.save(update_fields=["closed_at", "conclusion", "updated_at"])
    move_due_days(inspection=inspection)
    audit.record(
        actor=actor,
        verb="inspection.closed",
        obj=inspection,
        changes={"conclusion": ["", conclusion], "not_judged": [None, left]},
    )
    return inspection


def _lock_open(pk: int) -> Inspection:
    inspection = Inspection.objects.select_for_update().get(pk=pk)
    if not inspection.is_open:
        raise ValidationError(_("The inspection is closed. What was judged stays as it is."))
    return inspection


def _touch(inspection: Inspection) -> None:
    inspection.updated_at = clock.now()
    inspection.save(update_fields=["updated_at"])


def figures_of(items: Sequence[InspectedItem]) -> dict[str, Any]:
    """Return what came out: how many of each verdict, the genuine share, the mean quality."""
    counts = dict.fromkeys(InspectedItem.Verdict.values, 0)
    for item in items:
        if item.verdict:
            counts[item.verdict] += 1
    judged = sum(counts.values())
    qualities = [item.quality for item in items if item.quality is not None]
    return {
        **counts,
        "drawn": len(items),
        "judged": judged,
        "left": len(items) - judged,
        "genuine_percent": counts["genuine"] * 100 // judged if judged else None,
        "mean_quality": sum(qualities) / len(qualities) if qualities else None,
        "called_back": sum(bool(item.call_back) for item in items),
    }
