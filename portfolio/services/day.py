"""My day: everything that wants doing for the customers a person serves. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from borax.calendars.lunardate import LunarDate
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery

from contacts.models import CadenceFlag, ContactRecord, Snooze
from core import clock
from core.models import AuditEntry
from customers.models import ChannelOptOut, Customer, CustomerPhone, ServiceStandard
from customers.querysets import CustomerQuerySet, born_on
from customers.rules import BirthdayKey, Cadence, Figure
from customers.services.birthdays import birthday_keys
from portfolio.models import HandoverNotice, ReassignedCustomer
from portfolio.querysets import CareDue, care_due_of
from portfolio.rules import Agenda, Matter, Row, Situation, agenda
from retention.services.due import (
    CaseDue,
    FollowUpDue,
    RetentionDue,
    WarningDue,
    retention_due,
)
from staff.models import StaffUser

BIRTHDAY_DAYS = 7
RANKED_BY = (
    "pk",
    "tier",
    "contact_due_on",
    "visit_due_on",
    "contact_exempt_until",
    "visit_exempt_until",
    "birth_calendar",
    "birth_month",
    "birth_day",
    "birth_leap_month",
)
"""The columns that decide whether and where a customer stands on My day."""


@dataclass(frozen=True)
class Progress:
    """How far a person is this month: customers contacted, of all active ones.

    ``newest``: the newest entry of the audit trail as they were counted; None without customers.
    """

    contacted: int
    total: int
    newest: int | None = None


@dataclass
class Day:
    """What was found for one person on one day."""

    agenda: Agenda
    promises: Mapping[int, ContactRecord]
    handovers: Mapping[int, ReassignedCustomer]
    snoozes: Mapping[tuple[int, str], Snooze]
    escalated: frozenset[tuple[int, str]]
    progress: Progress
    retention: RetentionDue
    care: Mapping[tuple[str, int], CareDue]
    notices: Sequence[HandoverNotice] = ()


@dataclass(frozen=True)
class Line:
    """One row as the page shows it.

    ``phone``: the whole number to call, empty where there is none. ``refuses_calls``: the
    customer opted out of calls. ``covered``: the manager whose customer it is, where it is
    somebody else's. ``snooze``: what hides the row, where hidden rows are shown.
    """

    row: Row
    customer: Customer
    phone: str = ""
    refuses_calls: bool = False
    is_escalated: bool = False
    covered: StaffUser | None = None
    promise: ContactRecord | None = None
    handover: ReassignedCustomer | None = None
    snooze: Snooze | None = None
    warning: WarningDue | None = None
    case: CaseDue | None = None
    follow_up: FollowUpDue | None = None
    call: CareDue | None = None
    request: CareDue | None = None


def lunar_date_in_words(day: date) -> str:
    """Return the lunar month and day of ``day`` as Chinese calendars print them: 闰六月初一."""
    lunar = LunarDate.from_solar_date(day.year, day.month, day.day)
    return f"{'闰' if lunar.leap else ''}{lunar.cn_month}月{lunar.cn_day}"


def load_day(user: StaffUser, today: date) -> Day:
    """Return what wants doing for the customers ``user`` serves today. Ten statements.

    Only what ranks a customer is read; ``lines_of`` reads the rest for the rows that are shown.
    """
    # First: what changes while the rest is read is newer than what this one saw.
    progress = _progress(user, today)
    soon_days = ServiceStandard.objects.load().value(Figure.DUE_SOON_DAYS, today)
    promises = _earliest_promises(user, today)
    snoozes = _snoozes(user, today)
    handovers = _first_contacts_due(user)
    retention = retention_due(user, today)
    care = care_due_of(user, clock.end_of_day(today, user.time_zone))
    situations = _situations(user, today, soon_days, promises, handovers, snoozes, retention, care)
    return Day(
        agenda=agenda(situations, today, soon_days),
        promises=promises,
        handovers=handovers,
        snoozes=snoozes,
        escalated=_escalated(user),
        progress=progress,
        retention=retention,
        care=care,
        notices=notices_of(user),
    )


def notices_of(user: StaffUser) -> list[HandoverNotice]:
    """Return what ``user`` is told of handovers, the newest first. One statement."""
    rows = HandoverNotice.objects.unread().filter(reader=user)
    return list(rows.select_related("other", "reassignment").order_by("-pk"))


def lines_of(day: Day, rows: Iterable[Row], user: StaffUser) -> list[Line]:
    """Return ``rows`` with all that the page shows of them. Two statements."""
    rows = list(rows)
    ids = [row.task.customer for row in rows]
    refusing = ChannelOptOut.objects.visible_to(user).filter(channel="phone")
    seen = Customer.objects.visible_to(user).select_related("manager")
    customers = seen.annotate(
        refuses_calls=Exists(refusing.filter(customer=OuterRef("pk")))
    ).in_bulk(ids)
    numbers = CustomerPhone.objects.visible_to(user).filter(customer__in=ids)
    phones: dict[int, str] = {}
    for owner, number in numbers.values_list("customer_id", "number"):
        phones.setdefault(owner, number)
    return [
        Line(
            row=row,
            customer=customer,
            phone=phones.get(customer.pk, ""),
            refuses_calls=bool(getattr(customer, "refuses_calls", False)),
            is_escalated=_is_escalated(day, row),
            covered=customer.manager if customer.manager_id != user.pk else None,
            promise=day.promises.get(customer.pk),
            handover=day.handovers.get(customer.pk),
            snooze=day.snoozes.get((customer.pk, row.task.subject)),
            warning=day.retention.warnings.get(customer.pk),
            case=day.retention.cases.get(customer.pk),
            follow_up=day.retention.follow_ups.get(customer.pk),
            call=day.care.get(("call", customer.pk)),
            request=day.care.get(("request", customer.pk)),
        )
        for row in rows
        if (customer := customers.get(row.task.customer)) is not None
    ]


def _is_escalated(day: Day, row: Row) -> bool:
    warning = day.retention.warnings.get(row.task.customer)
    if warning is not None and warning.is_escalated:
        return True
    if any(
        due is not None and due.is_escalated
        for due in (day.care.get((kind, row.task.customer)) for kind in ("call", "request"))
    ):
        return True
    cadences = [CADENCE_OF.get(task.matter) for task in (row.task, *row.others)]
    return any((row.task.customer, cadence) in day.escalated for cadence in cadences)


CADENCE_OF = {Matter.OVERDUE: Cadence.CONTACT.value, Matter.VISIT: Cadence.VISIT.value}


def served_now(user: StaffUser) -> CustomerQuerySet:
    """Return the active customers whom ``user`` serves today."""
    return Customer.objects.served_by(user).active()


def _earliest_promises(user: StaffUser, today: date) -> dict[int, ContactRecord]:
    """The open promises that are due by today, the earliest of each customer."""
    found: dict[int, ContactRecord] = {}
    due = ContactRecord.objects.follow_ups_due(today).filter(
        customer__manager__in=user.scope.manager_ids
    )
    fields = ("customer_id", "follow_up_on", "summary", "occasion")
    for record in due.only(*fields).order_by("follow_up_on", "pk"):
        found.setdefault(record.customer_id, record)
    return found


def _first_contacts_due(user: StaffUser) -> dict[int, ReassignedCustomer]:
    """Whom a new manager has yet to reach after a handover, the latest one of each customer."""
    rows = ReassignedCustomer.objects.first_contact_due().filter(
        customer__manager__in=user.scope.manager_ids
    )
    people = ("old_manager", "reassignment")
    return {row.customer_id: row for row in rows.select_related(*people).order_by("moved_at", "pk")}


def _situations(
    user: StaffUser,
    today: date,
    soon_days: int,
    promises: Mapping[int, ContactRecord],
    handovers: Mapping[int, ReassignedCustomer],
    snoozes: Mapping[tuple[int, str], Snooze],
    retention: RetentionDue,
    care: Mapping[tuple[str, int], CareDue],
) -> Iterator[Situation]:
    """The customers of ``user`` who may have a task today."""
    hidden: dict[int, set[str]] = {}
    for customer_id, subject in snoozes:
        hidden.setdefault(customer_id, set()).add(subject)
    for customer_id, warning in retention.warnings.items():
        if warning.snoozed_until is not None and warning.snoozed_until > today:
            hidden.setdefault(customer_id, set()).add("warning")
    birthdays = _birthdays(today)
    last = today + timedelta(days=soon_days)
    near = Q(contact_due_on__lte=last) | Q(visit_due_on__lte=last)
    in_care = (customer for _kind, customer in care)
    near |= Q(pk__in=[*promises, *handovers, *retention.customers(), *in_care])
    rows = served_now(user).filter(near | born_on(birthdays))
    for pk, tier, contact, visit, no_contact, no_visit, *born in rows.values_list(*RANKED_BY):
        yield Situation(
            customer=pk,
            tier=tier,
            contact_due_on=contact,
            visit_due_on=visit,
            contact_exempt_until=no_contact,
            visit_exempt_until=no_visit,
            promised_on=promises[pk].follow_up_on if pk in promises else None,
            first_contact_on=handovers[pk].first_contact_due_on if pk in handovers else None,
            birthday_on=birthdays.get(BirthdayKey(*born)),
            snoozed=frozenset(hidden.get(pk, ())),
            **_of_retention(retention, pk, user.time_zone, today),
            **_of_care(care, pk, user.time_zone),
        )


def _of_retention(retention: RetentionDue, customer: int, zone: str, today: date) -> dict[str, Any]:
    """What a situation knows of warning, case and follow-up."""
    found: dict[str, Any] = {}
    if (warning := retention.warnings.get(customer)) is not None:
        first_day = clock.local_date(warning.follow_up_due_at, zone)
        found["warning_on"] = warning.on(first_day, today)
        found["warning_at"] = None if warning.is_contacted else warning.follow_up_due_at
        found["warning_is_hard"] = warning.is_hard and not warning.is_contacted
    if (case := retention.cases.get(customer)) is not None:
        deadline = case.deadline_at
        found["case_on"] = clock.local_date(deadline, zone) if deadline is not None else today
        found["case_at"] = deadline
    if (follow_up := retention.follow_ups.get(customer)) is not None:
        found["retention_on"] = follow_up.due_on
    return found


def _of_care(care: Mapping[tuple[str, int], CareDue], customer: int, zone: str) -> dict[str, Any]:
    """What a situation knows of a missed call and of something promised."""
    found: dict[str, Any] = {}
    for kind, name in (("call", "called"), ("request", "request")):
        if (due := care.get((kind, customer))) is not None:
            found[f"{name}_on"] = clock.local_date(due.due_at, zone)
            found[f"{name}_at"] = due.due_at
    return found


def _birthdays(today: date) -> dict[BirthdayKey, date]:
    """The birthdays that are near, each with the first day on which it is kept."""
    found: dict[BirthdayKey, date] = {}
    for day in (today + timedelta(days=n) for n in range(BIRTHDAY_DAYS + 1)):
        for key in birthday_keys(day, day):
            found.setdefault(key, day)
    return found


def _snoozes(user: StaffUser, today: date) -> dict[tuple[int, str], Snooze]:
    rows = Snooze.objects.hiding(today).filter(customer__manager__in=user.scope.manager_ids)
    return {
        (snooze.customer_id, snooze.subject): snooze for snooze in rows.select_related("snoozed_by")
    }


def _escalated(user: StaffUser) -> frozenset[tuple[int, str]]:
    flags = CadenceFlag.objects.escalated().filter(customer__manager__in=user.scope.manager_ids)
    return frozenset(flags.values_list("customer_id", "cadence"))


def _progress(user: StaffUser, today: date) -> Progress:
    newest = AuditEntry.objects.order_by("-pk").values("pk")[:1]
    counts = served_now(user).aggregate(
        total=Count("pk"),
        contacted=Count("pk", filter=Q(last_contact_on__gte=today.replace(day=1))),
        newest=Max(Subquery(newest)),
    )
    return Progress(counts["contacted"], counts["total"], counts["newest"])
