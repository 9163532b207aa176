"""My day: everything that wants doing for the customers a person serves. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from borax.calendars.lunardate import LunarDate
from django.db.models import Count, Q

from contacts.models import CadenceFlag, ContactRecord, Snooze
from customers.models import ChannelOptOut, Customer, CustomerPhone, ServiceStandard
from customers.querysets import CustomerQuerySet
from customers.rules import BirthdayKey, Cadence, Figure
from customers.services.birthdays import birthday_keys, next_birthday
from portfolio.rules import Agenda, Matter, Row, Situation, agenda
from staff.models import StaffUser

BIRTHDAY_DAYS = 7
ROW_FIELDS = (
    "name",
    "tier",
    "status",
    "manager__name",
    "contact_due_on",
    "visit_due_on",
    "contact_exempt_until",
    "visit_exempt_until",
    "last_contact_on",
    "last_visit_on",
    "birth_calendar",
    "birth_year",
    "birth_month",
    "birth_day",
    "birth_leap_month",
    "preferred_channel",
    "preferred_from",
    "preferred_to",
    "has_open_complaint",
)
"""What a row shows and is ranked by: the columns that are read of a customer."""


@dataclass(frozen=True)
class Progress:
    """How far a person is this month: customers contacted, of all active ones."""

    contacted: int
    total: int


@dataclass
class Day:
    """What was found for one person on one day."""

    agenda: Agenda
    customers: Mapping[int, Customer]
    promises: Mapping[int, ContactRecord]
    snoozes: Mapping[tuple[int, str], Snooze]
    escalated: frozenset[tuple[int, str]]
    progress: Progress


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
    snooze: Snooze | None = None


def lunar_date_in_words(day: date) -> str:
    """Return the lunar month and day of ``day`` as Chinese calendars print them: 闰六月初一."""
    lunar = LunarDate.from_solar_date(day.year, day.month, day.day)
    return f"{'闰' if lunar.leap else ''}{lunar.cn_month}月{lunar.cn_day}"


def load_day(user: StaffUser, today: date) -> Day:
    """Return what wants doing for the customers ``user`` serves today. Six statements."""
    soon_days = ServiceStandard.objects.load().value(Figure.DUE_SOON_DAYS, today)
    keys = birthday_keys(today, today + timedelta(days=BIRTHDAY_DAYS))
    promises = _earliest_promises(user, today)
    customers = _customers_with_something(user, today, soon_days, promises, keys)
    near_birthdays = _near_birthdays(customers.values(), keys, today)
    snoozes = _snoozes(user, today)
    hidden: dict[int, set[str]] = {}
    for customer_id, subject in snoozes:
        hidden.setdefault(customer_id, set()).add(subject)
    situations = (
        _situation(
            customer,
            promises.get(customer.pk),
            near_birthdays.get(customer.pk),
            frozenset(hidden.get(customer.pk, ())),
        )
        for customer in customers.values()
    )
    return Day(
        agenda=agenda(situations, today, soon_days),
        customers=customers,
        promises=promises,
        snoozes=snoozes,
        escalated=_escalated(user),
        progress=_progress(user, today),
    )


def lines_of(day: Day, rows: Iterable[Row], user: StaffUser) -> list[Line]:
    """Return ``rows`` with all that the page shows of them. Two statements."""
    rows = list(rows)
    ids = [row.task.customer for row in rows]
    numbers = CustomerPhone.objects.visible_to(user).filter(customer__in=ids)
    phones: dict[int, str] = {}
    for owner, number in numbers.values_list("customer_id", "number"):
        phones.setdefault(owner, number)
    refusing = ChannelOptOut.objects.visible_to(user).filter(customer__in=ids, channel="phone")
    refuse_calls = set(refusing.values_list("customer_id", flat=True))
    return [_line(day, row, user, phones.get(row.task.customer, ""), refuse_calls) for row in rows]


def _line(day: Day, row: Row, user: StaffUser, phone: str, refuse_calls: set[int]) -> Line:
    customer = day.customers[row.task.customer]
    return Line(
        row=row,
        customer=customer,
        phone=phone,
        refuses_calls=customer.pk in refuse_calls,
        is_escalated=any(
            (customer.pk, CADENCE_OF[task.matter]) in day.escalated
            for task in (row.task, *row.others)
            if task.matter in CADENCE_OF
        ),
        covered=customer.manager if customer.manager_id != user.pk else None,
        promise=day.promises.get(customer.pk),
        snooze=day.snoozes.get((customer.pk, row.task.subject)),
    )


CADENCE_OF = {Matter.OVERDUE: Cadence.CONTACT.value, Matter.VISIT: Cadence.VISIT.value}


def _served(user: StaffUser) -> CustomerQuerySet:
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


def _customers_with_something(
    user: StaffUser,
    today: date,
    soon_days: int,
    promised: Iterable[int],
    keys: list[BirthdayKey],
) -> dict[int, Customer]:
    last = today + timedelta(days=soon_days)
    near = Q(contact_due_on__lte=last) | Q(visit_due_on__lte=last) | Q(pk__in=list(promised))
    served = _served(user)
    # Each side names the managers, so that their index serves both.
    rows = served.filter(near) | served.with_birthday(keys)
    return {customer.pk: customer for customer in rows.select_related("manager").only(*ROW_FIELDS)}


def _near_birthdays(
    customers: Iterable[Customer], keys: Iterable[BirthdayKey], today: date
) -> dict[int, date]:
    """The birthdays that are kept on a day of ``keys``, by customer."""
    near = frozenset(keys)
    found: dict[int, date] = {}
    for customer in customers:
        if customer.birth_month is None or customer.birth_day is None:
            continue
        key = BirthdayKey(
            customer.birth_calendar,
            customer.birth_month,
            customer.birth_day,
            customer.birth_leap_month,
        )
        birthday = next_birthday(customer, today) if key in near else None
        if birthday is not None:
            found[customer.pk] = birthday
    return found


def _situation(
    customer: Customer,
    promise: ContactRecord | None,
    birthday_on: date | None,
    snoozed: frozenset[str],
) -> Situation:
    return Situation(
        customer=customer.pk,
        tier=customer.tier,
        contact_due_on=customer.contact_due_on,
        visit_due_on=customer.visit_due_on,
        contact_exempt_until=customer.contact_exempt_until,
        visit_exempt_until=customer.visit_exempt_until,
        promised_on=promise.follow_up_on if promise else None,
        birthday_on=birthday_on,
        snoozed=snoozed,
    )


def _snoozes(user: StaffUser, today: date) -> dict[tuple[int, str], Snooze]:
    rows = Snooze.objects.hiding(today).filter(customer__manager__in=user.scope.manager_ids)
    return {
        (snooze.customer_id, snooze.subject): snooze for snooze in rows.select_related("snoozed_by")
    }


def _escalated(user: StaffUser) -> frozenset[tuple[int, str]]:
    flags = CadenceFlag.objects.escalated().filter(customer__manager__in=user.scope.manager_ids)
    return frozenset(flags.values_list("customer_id", "cadence"))


def _progress(user: StaffUser, today: date) -> Progress:
    counts = _served(user).aggregate(
        total=Count("pk"),
        contacted=Count("pk", filter=Q(last_contact_on__gte=today.replace(day=1))),
    )
    return Progress(counts["contacted"], counts["total"])
