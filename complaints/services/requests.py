"""Promises to customers: made, done, told of, called off, reminded of, escalated (article 20).

A follow-up of a contact record is "we speak again on that day" and a contact keeps it. A service
request is "you get this by then": somebody delivers, and then tells the customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.models import Category, Complaint, ServiceRequest, Source
from complaints.rules.people import units_upward
from complaints.rules.requests import (
    Step,
    after,
    before_the_end,
    escalate_at,
    next_working_day,
    remind_at,
)
from complaints.services.registering import Report, register
from contacts.models import ContactRecord
from core import audit, clock, languages, once
from core.refusals import stands
from core.texts import whole
from customers.models import Customer, ServiceStandard
from customers.rules import Figure
from customers.services.standing import lock
from staff.models import Cover, Role, StaffUser
from staff.rules import standing_in

LONGEST = timedelta(days=366)
BATCH = 1000
"""Promises of one transaction of the job."""

CATEGORY = "service-promise"
"""The category of complaints that a broken promise becomes."""

SHORT = 200
TEXT = 120


@dataclass(frozen=True)
class Promise:
    """What was promised. ``due_at`` aware, or the local ``due_on``: by the end of that day.

    Neither: by the end of the next working day. ``responsible`` None: the customer's manager.
    """

    what: str
    due_on: date | None = None
    due_at: datetime | None = None
    responsible: StaffUser | None = None


def make_request(
    *,
    actor: StaffUser,
    customer: Customer,
    promise: Promise,
    contact_record: ContactRecord | None = None,
    submission_key: UUID | None = None,
    again: bool = True,
) -> ServiceRequest:
    """Write down a promise to ``customer``; ``contact_record``: the contact it was made in.

    Raises ValidationError without words, for a time that is over or more than a year away, a
    contact of another customer, somebody responsible who does not serve the customer, and a
    customer who was merged away. With a ``submission_key`` it may be sent twice. ``again`` False:
    the same words of minutes ago are asked about (SentBeforeError).
    """
    return make_request_once(
        actor=actor,
        customer=customer,
        promise=promise,
        contact_record=contact_record,
        submission_key=submission_key,
        again=again,
    )[0]


@transaction.atomic
def make_request_once(
    *,
    actor: StaffUser,
    customer: Customer,
    promise: Promise,
    contact_record: ContactRecord | None = None,
    submission_key: UUID | None = None,
    again: bool = True,
) -> tuple[ServiceRequest, bool]:
    """Do as ``make_request`` does, and say whether the promise is new."""
    customer = lock(customer.pk)
    sent = _already_sent(actor, customer, submission_key)
    _ask_first(actor, customer, promise, sent, again=again)
    if sent is not None:
        return sent, False
    now = clock.now()
    zone = customer.unit.time_zone
    due_at = due_of(promise, now, zone)
    _refuse_impossible(customer, promise, due_at, now)
    _refuse_record(customer, contact_record, "contact_record")
    standards = ServiceStandard.objects.load()
    today = clock.local_date(now, zone)
    hours = standards.value(Figure.REQUEST_ESCALATE_HOURS, today, customer.tier)
    request = ServiceRequest.objects.create(
        customer=customer,
        unit=customer.unit,
        manager_id=customer.manager_id,
        contact_record=contact_record,
        what=promise.what.strip(),
        due_at=due_at,
        promised_at=now,
        promised_by=actor,
        responsible=_responsible(actor, customer, promise.responsible),
        remind_at=remind_at(now, due_at),
        escalate_at=escalate_at(due_at, hours),
        submission_key=submission_key,
        updated_at=now,
    )
    audit.record(
        actor=actor,
        verb="request.promised",
        obj=request,
        changes={
            "what": ["", request.what],
            "due_at": [None, request.due_at],
            "responsible_id": [None, request.responsible_id],
        },
        customer_id=customer.pk,
    )
    return request, True


@transaction.atomic
def do_request(*, actor: StaffUser, request: ServiceRequest, note: str = "") -> ServiceRequest:
    """Note that what was promised is done; the customer is still to be told.

    Raises ValidationError for a promise that has ended. Safe to run twice: done stays done.
    """
    request = _locked(request)
    if request.done_at is not None and request.state in ("done", "told"):
        return request
    now = clock.now()
    state = _step(request, Step.DO)
    return _change(
        actor, request, "request.done", state=state, done_at=now, note=note.strip() or request.note
    )


@transaction.atomic
def tell_customer(
    *,
    actor: StaffUser,
    request: ServiceRequest,
    contact_record: ContactRecord | None = None,
    note: str = "",
) -> ServiceRequest:
    """Note that the customer knows it is done; what was not noted as done is so with it.

    ``contact_record``: the contact that told it. Raises ValidationError for a promise that was
    called off or became a complaint, and a contact of another customer. Safe to run twice.
    """
    request = _locked(request)
    if request.state == "told":
        return request
    _refuse_record(request.customer, contact_record, "contact_record")
    now = clock.now()
    state = _step(request, Step.TELL)
    return _change(
        actor,
        request,
        "request.told",
        state=state,
        done_at=request.done_at or now,
        told_at=now,
        told_record=contact_record,
        ended_at=now,
        ended_by=actor,
        note=note.strip() or request.note,
    )


@transaction.atomic
def cancel_request(*, actor: StaffUser, request: ServiceRequest, reason: str) -> ServiceRequest:
    """Call a promise off, as the customer no longer wants it; ``reason`` says why.

    Raises ValidationError without a reason and for what is done or has ended. Safe to run twice.
    """
    request = _locked(request)
    if request.state == "cancelled":
        return request
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is called off.")})
    state = _step(request, Step.CANCEL)
    return _change(
        actor,
        request,
        "request.cancelled",
        state=state,
        ended_at=clock.now(),
        ended_by=actor,
        note=reason.strip(),
    )


@transaction.atomic
def take_back(*, actor: StaffUser, request: ServiceRequest, version: int) -> ServiceRequest:
    """Undo the last step: not told, not done, or not called off after all.

    ``version``: the promise as that step left it. Where something else happened since, or it
    became a complaint, a ValidationError. Sent twice, the second is refused for that reason.
    """
    request = _locked(request)
    was_done_before = (
        request.done_at is not None
        and request.told_at is not None
        and request.done_at < request.told_at
    )
    state = before_the_end(request.state, was_done_before=was_done_before)
    if state is None or request.version != version:
        raise ValidationError(_("Something else happened with this promise meanwhile."))
    cleared: dict[str, Any] = {
        "told_at": None,
        "told_record": None,
        "ended_at": None,
        "ended_by": None,
    }
    if state == "open":
        cleared["done_at"] = None
    return _change(actor, request, "request.taken_back", state=state, **cleared)


@transaction.atomic
def reassign_request(
    *, actor: StaffUser, request: ServiceRequest, responsible: StaffUser
) -> ServiceRequest:
    """Make another person responsible. Raises ValidationError for who does not serve the customer.

    Raises it too for a promise that has ended. Safe to run twice: who has it keeps it.
    """
    request = _locked(request)
    if request.responsible_id == responsible.pk:
        return request
    if not request.is_open:
        raise ValidationError(_("This promise has ended."))
    if responsible not in who_may_keep(request.customer):
        raise ValidationError({"responsible": _("Choose somebody who serves the customer.")})
    return _change(
        actor,
        request,
        "request.reassigned",
        before={"responsible_id": request.responsible_id},
        responsible=responsible,
        reminded_at=None,
    )


@transaction.atomic
def make_complaint_of(*, actor: StaffUser, request: ServiceRequest) -> Complaint:
    """Make a complaint of a promise that was not kept; it keeps the promise's history.

    Raises ValidationError for a promise that was kept or called off. Safe to run twice: the
    second call returns the same complaint.
    """
    request = _locked(request)
    if request.complaint is not None:
        return request.complaint
    state = _step(request, Step.COMPLAIN)
    now = clock.now()
    complaint = register(
        actor=actor,
        customer=request.customer,
        report=Report(
            subject=subject_of(request),
            category=Category.objects.get(code=CATEGORY),
            description=history_of(request),
            wish=request.what,
            source=Source.REQUEST,
        ),
        submission_key=uuid5(NAMESPACE_OID, f"service-request-{request.pk}"),
    )
    _change(
        actor,
        request,
        "request.complained",
        state=state,
        complaint=complaint,
        broken_at=request.broken_at or now,
        ended_at=now,
        ended_by=actor,
    )
    return complaint


def remind_and_escalate(*, now: datetime | None = None) -> Mapping[str, int]:
    """Remind of promises, mark those not kept in time, bring late ones to the supervisor.

    Each once; returns how many of each. Set-based, in batches; a job that is killed has done
    whole batches, one beside another takes other rows. Safe to run twice.
    """
    moment = now or clock.now()
    late, above = Q(due_at__lt=moment), Q(escalate_at__lte=moment)
    return {
        "reminded_at": _mark("request.reminded", "reminded_at", Q(remind_at__lte=moment), moment),
        "broken_at": _mark("request.broken", "broken_at", late, moment),
        "escalated_at": _mark("request.escalated", "escalated_at", above, moment),
    }


def who_may_keep(customer: Customer) -> list[StaffUser]:
    """Return who can be responsible: the manager, who stands in, the supervisors upward."""
    people = Q(role=Role.SUPERVISOR, unit__in=units_upward(customer.unit.path))
    if customer.manager_id is not None:
        chain = standing_in(customer.manager_id, Cover.objects.stand_ins())
        people |= Q(pk__in=[customer.manager_id, *chain])
    found = StaffUser.objects.active().filter(people)
    return list(found.select_related("unit").order_by("role", "-unit__path", "name", "pk"))


def due_of(promise: Promise, now: datetime, zone: str) -> datetime:
    """Return when a promise is due: its moment, the last second of its day, or of the next one."""
    if promise.due_at is not None:
        return promise.due_at
    day = promise.due_on or next_working_day(clock.local_date(now, zone))
    return clock.end_of_day(day, zone) - timedelta(seconds=1)


def subject_of(request: ServiceRequest) -> str:
    """Return the complaint's subject."""
    with languages.speaking(languages.OF_THE_COMPANY):
        text = gettext("Promise not kept: %(what)s") % {"what": whole(request.what)}
    return text if len(text) <= TEXT else f"{text[: TEXT - 1]}…"


def history_of(request: ServiceRequest) -> str:
    """Return what happened with the promise, a line each, in the language of the company."""
    zone = clock.zone_info(request.unit.time_zone)

    def said(moment: datetime) -> str:
        return date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")

    with languages.speaking(languages.OF_THE_COMPANY):
        lines = [
            gettext("%(at)s: promised by %(who)s: %(what)s")
            % {
                "at": said(request.promised_at),
                "who": request.promised_by.name,
                "what": whole(request.what),
            },
            gettext("%(at)s: due; responsible: %(who)s")
            % {"at": said(request.due_at), "who": request.responsible.name},
        ]
        told = {
            gettext("reminded"): request.reminded_at,
            gettext("not kept in time"): request.broken_at,
            gettext("brought to the supervisor"): request.escalated_at,
            gettext("done, too late or not rightly"): request.done_at,
        }
        lines += [f"{said(at)}: {what}" for what, at in told.items() if at is not None]
    return "\n".join(lines)


def _ask_first(
    actor: StaffUser,
    customer: Customer,
    promise: Promise,
    sent: ServiceRequest | None,
    *,
    again: bool,
) -> None:
    mine = ServiceRequest.objects.filter(customer=customer, promised_by=actor).open()
    same = {"what": promise.what.strip()}
    once.ask(mine, sent=sent, same=same, at="promised_at", again=again)


def _already_sent(
    actor: StaffUser, customer: Customer, submission_key: UUID | None
) -> ServiceRequest | None:
    if submission_key is None:
        return None
    rows = ServiceRequest.objects.select_related("customer", "unit", "responsible")
    sent = rows.filter(submission_key=submission_key).first()
    if sent is None:
        return None
    same_customer = sent.customer_id == customer.pk or sent.customer.merged_into_id == customer.pk
    if sent.promised_by_id != actor.pk or not same_customer:
        raise ValidationError(_("Another promise was sent under this key already."))
    return sent


def _refuse_impossible(
    customer: Customer, promise: Promise, due_at: datetime, now: datetime
) -> None:
    field = "due_at" if promise.due_at is not None else "due_on"
    if customer.is_merged:
        raise ValidationError(_("This customer was merged into another one."))
    if not promise.what.strip():
        raise ValidationError({"what": _("Say what was promised.")})
    if due_at <= now:
        raise ValidationError({field: _("That time is over already.")})
    if due_at > now + LONGEST:
        raise ValidationError({field: _("That is more than a year away.")})


def _refuse_record(customer: Customer, record: ContactRecord | None, field: str) -> None:
    if record is None:
        return
    if record.customer_id != customer.pk or record.is_voided:
        raise ValidationError({field: _("Choose a contact of this customer that stands.")})


def _responsible(actor: StaffUser, customer: Customer, wanted: StaffUser | None) -> StaffUser:
    if wanted is None:
        return customer.manager or actor
    if wanted == actor or wanted in who_may_keep(customer):
        return wanted
    raise ValidationError({"responsible": _("Choose somebody who serves the customer.")})


def _locked(request: ServiceRequest) -> ServiceRequest:
    lock(request.customer_id)
    rows = ServiceRequest.objects.select_for_update(of=("self",)).select_related(
        "customer__unit",
        "customer__manager",
        "unit",
        "responsible",
        "promised_by",
        "complaint__unit",
        "complaint__customer",
    )
    return rows.get(pk=request.pk)


def _step(request: ServiceRequest, step: Step) -> str:
    state = after(request.state, step)
    if state is None:
        raise stands(
            _("This promise is “%(state)s”. That cannot be done from there.")
            % {"state": request.get_state_display()}
        )
    return state


def _change(
    actor: StaffUser,
    request: ServiceRequest,
    verb: str,
    before: Mapping[str, Any] | None = None,
    **values: Any,
) -> ServiceRequest:
    """Write ``values`` to the locked promise, with the audit entry."""
    names = {_column(name) for name in values}
    old = {name: getattr(request, name) for name in names} | dict(before or {})
    for name, value in values.items():
        setattr(request, name, value)
    request.version += 1
    request.updated_at = clock.now()
    request.save(update_fields=[*values, "version", "updated_at"])
    audit.record(
        actor=actor,
        verb=verb,
        obj=request,
        changes=audit.difference(old, {name: getattr(request, name) for name in names}),
        customer_id=request.customer_id,
    )
    return request


def _column(name: str) -> str:
    return str(getattr(ServiceRequest._meta.get_field(name), "attname", name))


def _mark(verb: str, column: str, due: Q, now: datetime) -> int:
    """Set ``column`` of the open promises that are due and not marked; return how many."""
    marked = 0
    while True:
        with transaction.atomic():
            rows = ServiceRequest.objects.filter(due, state="open", **{f"{column}__isnull": True})
            batch = list(
                rows.order_by("pk")
                .select_for_update(skip_locked=True, of=("self",))
                .values_list("pk", "customer_id")[:BATCH]
            )
            if batch:
                ServiceRequest.objects.filter(pk__in=[pk for pk, _customer in batch]).update(
                    **{column: now, "updated_at": now}, version=models.F("version") + 1
                )
                audit.record_many(
                    actor=None,
                    verb=verb,
                    model=ServiceRequest,
                    rows=[(pk, customer, {column: [None, now]}) for pk, customer in batch],
                )
        marked += len(batch)
        if len(batch) < BATCH:
            return marked
