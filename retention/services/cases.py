"""Retention cases: opened, measures offered and approved, decided, followed up (article 18)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import audit, clock
from core.models import AuditEntry
from core.texts import restored_values
from customers.models import Customer, ServiceStandard
from customers.rules import Figure, Standards
from customers.services.standing import lock
from retention.models import (
    CaseFollowUp,
    ChurnWarning,
    Measure,
    MeasureOffer,
    RetentionCase,
)
from retention.models.cases import LeavingReason
from retention.rules import cases as rules
from retention.services import warnings
from retention.services.measures import HINDRANCE_WORDS, terms_of
from staff.models import StaffUser, Unit

ANSWERS = (
    MeasureOffer.State.OFFERED,
    MeasureOffer.State.ACCEPTED,
    MeasureOffer.State.DECLINED,
    MeasureOffer.State.WITHDRAWN,
)
"""What can become of a measure that may be offered; a slip of the finger is put right again."""

SAID = (
    "reason",
    "reason_note",
    "competitor",
    "competitor_offer",
    "code_received_at",
    "deadline_at",
)
"""The columns that tell what the customer wants, as a person enters them."""


@dataclass(frozen=True)
class CaseRequest:
    """What a customer who wants to leave says.

    ``code_received_at``: when an authorisation code was given out; ``deadline_at``: by when the
    customer decides, where they said so. Moments aware.
    """

    reason: LeavingReason
    reason_note: str = ""
    competitor: str = ""
    competitor_offer: str = ""
    code_received_at: datetime | None = None
    deadline_at: datetime | None = None


class CaseChangedError(Exception):
    """Somebody else changed the case meanwhile; ``case`` is how it is now."""

    def __init__(self, case: RetentionCase) -> None:
        super().__init__(case.pk)
        self.case = case


@transaction.atomic
def open_case(
    *,
    actor: StaffUser,
    customer: Customer,
    request: CaseRequest,
    warning: ChurnWarning | None = None,
    submission_key: UUID | None = None,
) -> RetentionCase:
    """Open a case for a customer who wants to leave; an open warning goes with it and stays open.

    Raises ValidationError for a customer who has left or has an open case, and for moments that
    cannot be. With a ``submission_key`` it may be sent twice: the second returns the first case.
    """
    customer = lock(customer.pk)
    if submission_key is not None:
        sent = RetentionCase.objects.filter(submission_key=submission_key, opened_by=actor).first()
        if sent is not None:
            return sent
    if not customer.is_active:
        raise ValidationError(_("The customer has left already."))
    if warning is None or warning.customer_id != customer.pk:
        warning = ChurnWarning.objects.open().filter(customer=customer).first()
    now = clock.now()
    case = RetentionCase(
        customer=customer,
        warning=warning,
        manager_id=customer.manager_id,
        unit=customer.unit,
        opened_by=actor,
        opened_at=now,
        submission_key=submission_key,
        updated_at=now,
    )
    _take_down(case, request, ServiceStandard.objects.load())
    case.full_clean()
    case.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="case.opened",
        obj=case,
        changes=audit.difference({}, {name: getattr(case, name) or None for name in SAID}),
        customer_id=customer.pk,
    )
    return case


@transaction.atomic
def edit_case(
    *, actor: StaffUser, case: RetentionCase, request: CaseRequest, version: int
) -> RetentionCase:
    """Change what the customer said. ``version`` is that of the case as the person read it.

    Raises CaseChangedError where somebody else changed it since, ValidationError for moments that
    cannot be. Sent twice with what stands already it changes nothing.
    """
    case = _locked(case)
    before = {name: getattr(case, name) for name in SAID}
    _take_down(case, request, ServiceStandard.objects.load())
    changes = audit.difference(before, {name: getattr(case, name) for name in SAID})
    if not changes:
        return case
    if case.version != version:
        case.refresh_from_db()
        raise CaseChangedError(case)
    case.full_clean(validate_constraints=False)
    case.version += 1
    case.updated_at = clock.now()
    case.save(update_fields=[*changes, "version", "updated_at"])
    audit.record(
        actor=actor, verb="case.changed", obj=case, changes=changes, customer_id=case.customer_id
    )
    return case


@transaction.atomic
def offer_measure(
    *, actor: StaffUser, case: RetentionCase, measure: Measure, note: str = ""
) -> MeasureOffer:
    """Choose a measure: it may be offered at once, or waits for who must approve its value.

    Raises ValidationError for a decided case and a measure that is not for this customer. Safe to
    run twice: a measure that is in the case already stays as it is.
    """
    case = _locked(case)
    _refuse_decided(case)
    standing = case.offers.standing().filter(measure=measure).first()
    if standing is not None:
        return standing
    measure = Measure.objects.get(pk=measure.pk)
    customer = case.customer
    hindered = rules.hindrance(
        terms_of(measure),
        tier=customer.tier,
        with_us_since=customer.joined_on or customer.vip_since,
        on=clock.today(customer.unit.time_zone),
    )
    if hindered is not None:
        raise ValidationError(HINDRANCE_WORDS[hindered])
    needed = _needed_unit(measure, customer.unit)
    grants = needed is None or rules.may_approve(actor.scope.unit_path, needed.path)
    now = clock.now()
    offer = MeasureOffer(
        case=case,
        measure=measure,
        value=measure.value,
        state=MeasureOffer.State.READY if grants else MeasureOffer.State.WAITING,
        note=note.strip(),
        chosen_by=actor,
        chosen_at=now,
        needs_unit=needed,
    )
    if needed is not None and grants:
        offer.decided_by, offer.decided_at = actor, now
    offer.save(force_insert=True)
    _touch(case)
    audit.record(
        actor=actor,
        verb="measure.chosen",
        obj=offer,
        changes={
            "measure": [None, measure.code],
            "value": [None, measure.value],
            "state": [None, offer.state],
        },
        customer_id=case.customer_id,
    )
    return offer


@transaction.atomic
def decide_offer(
    *, actor: StaffUser, offer: MeasureOffer, approve: bool, note: str = ""
) -> MeasureOffer:
    """Approve or refuse a measure that waits.

    Raises PermissionDenied for who supervises neither the needed unit nor one above it. Safe to
    run twice: what was decided, or taken back meanwhile, stays as it is.
    """
    _locked(offer.case)
    offer = _locked_offer(offer)
    needed = offer.needs_unit
    if needed is None or not rules.may_approve(actor.scope.unit_path, needed.path):
        raise PermissionDenied
    if offer.state != MeasureOffer.State.WAITING:
        return offer
    offer.state = MeasureOffer.State.READY if approve else MeasureOffer.State.REFUSED
    offer.decided_by, offer.decided_at = actor, clock.now()
    offer.decision_note = note.strip()
    offer.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    _touch(offer.case)
    audit.record(
        actor=actor,
        verb="measure.approved" if approve else "measure.refused",
        obj=offer,
        changes={
            "state": [MeasureOffer.State.WAITING, offer.state],
            "decision_note": ["", offer.decision_note],
        },
        customer_id=offer.case.customer_id,
    )
    return offer


@transaction.atomic
def undo_offer_decision(*, actor: StaffUser, offer: MeasureOffer) -> MeasureOffer:
    """Let a decided measure wait again.

    Raises PermissionDenied as ``decide_offer`` does, ValidationError once somebody acted on the
    decision: the measure was offered or taken back, another was taken instead of a refused one,
    or the case was decided. Safe to run twice: a measure that waits stays as it is.
    """
    case = _locked(offer.case)
    offer = _locked_offer(offer)
    needed = offer.needs_unit
    if needed is None or not rules.may_approve(actor.scope.unit_path, needed.path):
        raise PermissionDenied
    if offer.state == MeasureOffer.State.WAITING:
        return offer
    _refuse_decided(case)
    if offer.state not in (MeasureOffer.State.READY, MeasureOffer.State.REFUSED):
        raise ValidationError(
            _("The measure is %(state)s meanwhile. It cannot be undone any more.")
            % {"state": offer.get_state_display()}
        )
    if case.offers.filter(pk__gt=offer.pk, chosen_at__gte=offer.decided_at).exists():
        raise ValidationError(_("Another measure was chosen since. It cannot be undone any more."))
    before, offer.state = offer.state, MeasureOffer.State.WAITING
    note, offer.decision_note = offer.decision_note, ""
    offer.decided_by = offer.decided_at = None
    offer.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    _touch(case)
    audit.record(
        actor=actor,
        verb="measure.decision_undone",
        obj=offer,
        changes={"state": [before, offer.state], "decision_note": [note, ""]},
        customer_id=case.customer_id,
    )
    return offer


@transaction.atomic
def note_answer(
    *, actor: StaffUser, offer: MeasureOffer, answer: MeasureOffer.State
) -> MeasureOffer:
    """Write down that a measure was offered, accepted, declined or taken back.

    Raises ValidationError for a decided case, one that is not approved, and one that is in the
    case again meanwhile. Safe to run twice.
    """
    case = _locked(offer.case)
    offer = _locked_offer(offer)
    if offer.state == answer:
        return offer
    _refuse_decided(case)
    waits = offer.state == MeasureOffer.State.WAITING
    known = offer.state in (MeasureOffer.State.READY, *ANSWERS) or (
        waits and answer == MeasureOffer.State.WITHDRAWN
    )
    if answer not in ANSWERS or not known:
        raise ValidationError(_("This measure is not approved. It cannot be offered."))
    before, offer.state = offer.state, answer
    offer.validate_constraints()
    is_answer = answer in (MeasureOffer.State.ACCEPTED, MeasureOffer.State.DECLINED)
    offer.answered_at = clock.now() if is_answer else None
    offer.save(update_fields=["state", "answered_at"])
    _touch(case)
    audit.record(
        actor=actor,
        verb="measure.answered",
        obj=offer,
        changes={"state": [before, answer]},
        customer_id=case.customer_id,
    )
    return offer


@transaction.atomic
def decide_case(
    *, actor: StaffUser | None, case: RetentionCase, saved: bool, note: str = ""
) -> RetentionCase:
    """Close a case as saved or lost; its warning closes too. Saved: the follow-ups are set.

    Raises ValidationError where it was decided the other way. Safe to run twice.
    """
    state = RetentionCase.State.SAVED if saved else RetentionCase.State.LOST
    case = _locked(case)
    if case.state == state:
        return case
    _close(actor, case, state, note)
    if saved:
        _set_follow_ups(case)
    # Not only the one it began with: another may have come while the customer was spoken with.
    warning = ChurnWarning.objects.open().filter(customer=case.customer).first()
    if warning is not None:
        ended = ChurnWarning.Result.STAYS if saved else ChurnWarning.Result.LEFT
        warnings.close(actor=actor, warning=warning, result=ended, note=note.strip()[:300])
    return case


@transaction.atomic
def withdraw_case(*, actor: StaffUser, case: RetentionCase, note: str = "") -> RetentionCase:
    """Close a case that was opened by mistake; a warning stays as it is. Safe to run twice.

    Raises ValidationError where it was decided.
    """
    case = _locked(case)
    if case.state != RetentionCase.State.WITHDRAWN:
        _close(actor, case, RetentionCase.State.WITHDRAWN, note)
    return case


@transaction.atomic
def do_follow_up(
    *,
    actor: StaffUser,
    follow_up: CaseFollowUp,
    result: CaseFollowUp.Result,
    note: str = "",
    contact_record: ContactRecord | None = None,
) -> CaseFollowUp:
    """Write down how a saved customer is. Who has left is not asked again: the rest closes too.

    Raises ValidationError for a contact of another customer. Safe to run twice: the first stays.
    """
    case = _locked(follow_up.case)
    follow_up = CaseFollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if follow_up.done_at is not None:
        return follow_up
    if contact_record is not None and contact_record.customer_id != case.customer_id:
        raise ValidationError(_("That contact was with another customer."))
    now = clock.now()
    follow_up.result, follow_up.note = result, note.strip()
    follow_up.done_at, follow_up.done_by = now, actor
    follow_up.contact_record = contact_record
    follow_up.save()
    if result == CaseFollowUp.Result.LEFT:
        case.follow_ups.open().update(result=result, done_at=now, done_by=actor)
    _touch(case)
    audit.record(
        actor=actor,
        verb="case.followed_up",
        obj=follow_up,
        changes={"kind": [None, follow_up.kind], "result": ["", result]},
        customer_id=case.customer_id,
    )
    return follow_up


def code_life_of(customer: Customer) -> int:
    """Return how many minutes an authorisation code of ``customer`` lives. One statement."""
    today = clock.today(customer.unit.time_zone)
    return ServiceStandard.objects.load().value(Figure.CODE_LIFE_MINUTES, today, customer.tier)


def last_changed_by(case: RetentionCase) -> str:
    """Return the name of who changed the case last; empty where nobody did. One statement."""
    entries = AuditEntry.objects.filter(
        object_type=RetentionCase._meta.label_lower, object_id=case.pk
    )
    last = entries.select_related("actor").order_by("-at", "-pk").first()
    return last.actor.name if last is not None and last.actor is not None else ""


def _locked(case: RetentionCase) -> RetentionCase:
    """The case with its customer's and its own row held; always in this order."""
    customer = lock(case.customer_id)
    rows = RetentionCase.objects.select_for_update(of=("self",)).select_related("warning")
    found = rows.get(pk=case.pk)
    found.customer = customer
    return found


def _locked_offer(offer: MeasureOffer) -> MeasureOffer:
    rows = MeasureOffer.objects.select_for_update(of=("self",))
    return rows.select_related("case", "measure", "needs_unit").get(pk=offer.pk)


def _take_down(case: RetentionCase, request: CaseRequest, standards: Standards) -> None:
    """Put what the customer said into the case; refuse moments that cannot be."""
    now = clock.now()
    given = request.code_received_at
    if given is not None and given > now:
        raise ValidationError({"code_received_at": _("That is in the future.")})
    said = request.deadline_at
    if said is not None and said != case.deadline_at and said < now:
        raise ValidationError({"deadline_at": _("That moment is over. Choose a later one.")})
    today = clock.today(case.customer.unit.time_zone)
    life = standards.value(Figure.CODE_LIFE_MINUTES, today, case.customer.tier)
    request = replace(request, deadline_at=rules.deadline_of(said, given, life))
    values: dict[str, Any] = {name: getattr(request, name) for name in SAID}
    for name, value in restored_values(case, values).items():
        setattr(case, name, value.strip() if isinstance(value, str) else value)


def _refuse_decided(case: RetentionCase) -> None:
    if not case.is_open:
        raise ValidationError(
            _("The case was decided meanwhile: %(state)s.") % {"state": case.get_state_display()}
        )


def _needed_unit(measure: Measure, unit: Unit) -> Unit | None:
    """The unit whose supervisor grants the measure to a customer of ``unit``."""
    approver = rules.approver_of(measure.value, measure.manager_limit, measure.supervisor_limit)
    path = rules.approving_path(approver, unit.path)
    if path is None:
        return None
    return unit if path == unit.path else Unit.objects.get(path=path)


def _touch(case: RetentionCase) -> None:
    RetentionCase.objects.filter(pk=case.pk).update(updated_at=clock.now())


def _close(
    actor: StaffUser | None, case: RetentionCase, state: RetentionCase.State, note: str
) -> None:
    _refuse_decided(case)
    case.state, case.outcome_note = state, note.strip()
    case.decided_at = case.updated_at = clock.now()
    case.decided_by = actor
    case.version += 1
    case.save(
        update_fields=[
            "state",
            "outcome_note",
            "decided_at",
            "decided_by",
            "version",
            "updated_at",
        ]
    )
    case.offers.waiting().update(state=MeasureOffer.State.WITHDRAWN)
    audit.record(
        actor=actor,
        verb="case.closed",
        obj=case,
        changes={
            "state": [RetentionCase.State.OPEN, state],
            "outcome_note": ["", case.outcome_note],
        },
        customer_id=case.customer_id,
    )


def _set_follow_ups(case: RetentionCase) -> None:
    """The four follow-ups of a saved customer, by the standard of the day. One statement."""
    zone = case.customer.unit.time_zone
    standards, tier = ServiceStandard.objects.load(), case.customer.tier
    saved_at = case.decided_at or clock.now()
    on = clock.local_date(saved_at, zone)
    figures = rules.FollowUpFigures(
        first_hours=standards.value(Figure.CASE_FIRST_HOURS, on, tier),
        second_days=standards.value(Figure.CASE_SECOND_DAYS, on, tier),
        third_days=standards.value(Figure.CASE_THIRD_DAYS, on, tier),
        check_months=standards.value(Figure.CASE_CHECK_MONTHS, on, tier),
    )
    days = rules.follow_up_days(saved_at, clock.zone_info(zone), figures)
    CaseFollowUp.objects.bulk_create(
        CaseFollowUp(case=case, kind=kind, due_on=getattr(days, kind.value))
        for kind in CaseFollowUp.Kind
    )
