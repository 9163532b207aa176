"""The customers of whom something is wanted in a period, read for a draft."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from contacts.models import ContactRecord, Direction, Snooze
from core import clock
from customers.models import ChannelOptOut, Customer, CustomerAddress
from customers.querysets import born_on
from customers.rules import BirthdayKey
from customers.services.birthdays import birthday_keys
from retention.models import CaseFollowUp, ChurnWarning, RetentionCase
from staff.models import StaffUser
from workplans.rules.drafting import Candidate, Carried, Reason, Wish, place_of

ASKED_DAYS = 14
"""So long a customer's own unanswered call stays an occasion to call back (article 11)."""

COLUMNS = (
    "pk",
    "manager_id",
    "tier",
    "contact_due_on",
    "visit_due_on",
    "contact_exempt_until",
    "visit_exempt_until",
    "has_open_complaint",
    "preferred_channel",
    "preferred_from",
    "birth_calendar",
    "birth_month",
    "birth_day",
    "birth_leap_month",
)

Wishes = dict[int, list[Wish]]


@dataclass(frozen=True)
class Served:
    """Whose customers are served on which days, from ``first`` until what is due by ``last``."""

    days: Mapping[int, Sequence[date]]
    first: date
    last: date

    def last_day_of(self, manager: int) -> date:
        """Return until when what is due of ``manager``'s customers belongs into the plan.

        Of a cover that ends before the plan's last day: until its own.
        """
        days = self.days[manager]
        ends = max((one[-1] for one in self.days.values() if one), default=self.last)
        return self.last if not days or days[-1] == ends else days[-1]


def candidates_of(
    actor: StaffUser,
    served: Served,
    carried: Mapping[int, Carried],
    *,
    without: Collection[int],
) -> list[Candidate]:
    """Return the customers served of whom something may be wanted, but ``without``.

    Nine statements, however many customers there are.
    """
    managers = list(served.days)
    wishes = _wishes(actor, managers, served)
    snoozes = _snoozes(managers, served.first)
    birthdays = _birthdays(served.first, served.last)
    near = Q(contact_due_on__lte=served.last) | Q(visit_due_on__lte=served.last)
    near |= Q(pk__in=[*wishes, *carried]) | born_on(birthdays)
    rows = Customer.objects.active().filter(near, manager__in=managers)
    found = {}
    for row in rows.values_list(*COLUMNS):
        pk = row[0]
        if pk not in without:
            one = _candidate(row, birthdays)
            one.wishes, one.carried = wishes.get(pk, ()), carried.get(pk)
            one.snoozed = snoozes.get(pk, {})
            found[pk] = one
    _add_likings(found)
    return list(found.values())


def places_of(customers: Collection[int]) -> dict[int, str]:
    """Return where these customers' main addresses are. One statement."""
    rows = CustomerAddress.objects.filter(customer__in=customers).order_by("position", "pk")
    found: dict[int, str] = {}
    for customer, city, text in rows.values_list("customer_id", "city", "text"):
        found.setdefault(customer, place_of(city, text))
    return found


def _candidate(row: Sequence[Any], birthdays: Mapping[BirthdayKey, date]) -> Candidate:
    pk, manager, tier, contact, visit, no_contact, no_visit, complaint, channel, hour, *born = row
    return Candidate(
        customer=pk,
        manager=manager,
        tier=tier,
        contact_due_on=contact,
        visit_due_on=visit,
        contact_exempt_until=no_contact,
        visit_exempt_until=no_visit,
        has_complaint=complaint,
        birthday_on=birthdays.get(BirthdayKey(*born)),
        preferred_channel=channel,
        preferred_from=hour,
    )


def _add_likings(found: Mapping[int, Candidate]) -> None:
    """What each refuses and where each lives. Two statements."""
    refused: dict[int, set[str]] = {}
    rows = ChannelOptOut.objects.filter(customer__in=found)
    for customer, channel in rows.values_list("customer_id", "channel"):
        refused.setdefault(customer, set()).add(channel)
    for customer, channels in refused.items():
        found[customer].opted_out = channels
    for customer, place in places_of(found).items():
        found[customer].place = place


def _wishes(actor: StaffUser, managers: Sequence[int], served: Served) -> Wishes:
    """Promises, warnings, cases, follow-ups and unanswered calls. Five statements."""
    found: Wishes = {}
    for customer, wish in (
        *_promises(managers, served.last),
        *_cases(managers, served.first, actor.time_zone),
        *_warnings(managers, served, actor.time_zone),
        *_follow_ups(managers, served.last),
        *_unanswered(managers, served.first),
    ):
        found.setdefault(customer, []).append(wish)
    for wishes in found.values():
        if any(wish.reason is Reason.CASE for wish in wishes):
            # An open case takes the place of the warning, as on My day.
            wishes[:] = [wish for wish in wishes if wish.reason is not Reason.WARNING]
    return found


def _promises(managers: Sequence[int], last: date) -> Iterator[tuple[int, Wish]]:
    rows = ContactRecord.objects.follow_ups_due(last).filter(customer__manager__in=managers)
    for customer, day, text in rows.values_list("customer_id", "follow_up_on", "summary"):
        if day is not None:
            yield customer, Wish(Reason.FOLLOW_UP, day, text)


def _cases(managers: Sequence[int], first: date, zone: str) -> Iterator[tuple[int, Wish]]:
    rows = RetentionCase.objects.open().filter(customer__manager__in=managers)
    for customer, at in rows.values_list("customer_id", "deadline_at"):
        yield customer, Wish(Reason.CASE, clock.local_date(at, zone) if at else first)


def _warnings(managers: Sequence[int], served: Served, zone: str) -> Iterator[tuple[int, Wish]]:
    """Open warnings: by when each wants following up, or its next step; not before a snooze."""
    rows = ChurnWarning.objects.open().filter(customer__manager__in=managers)
    columns = ("customer_id", "contacted_at", "next_step", "is_hard", "snoozed_until")
    for customer, contacted_at, step, is_hard, snoozed, due_at, step_on in rows.values_list(
        *columns, "follow_up_due_at", "next_step_on"
    ):
        day = clock.local_date(due_at, zone) if contacted_at is None else step_on
        if day is not None and (snoozed is None or snoozed <= served.last):
            reason = Reason.WARNING if contacted_at is None else Reason.RETENTION
            yield customer, Wish(reason, max(day, snoozed or day), step, is_hard=is_hard)


def _follow_ups(managers: Sequence[int], last: date) -> Iterator[tuple[int, Wish]]:
    rows = CaseFollowUp.objects.due(last).filter(case__customer__manager__in=managers)
    for customer, day in rows.values_list("case__customer_id", "due_on"):
        yield customer, Wish(Reason.RETENTION, day)


def _unanswered(managers: Sequence[int], first: date) -> Iterator[tuple[int, Wish]]:
    """The customers who tried to reach us and were not reached since: an open occasion."""
    later = ContactRecord.objects.counted().filter(
        customer=OuterRef("customer_id"), happened_at__gt=OuterRef("happened_at")
    )
    rows = ContactRecord.objects.standing().since(first - timedelta(days=ASKED_DAYS))
    rows = rows.exclude(outcome="reached").filter(
        ~Exists(later), direction=Direction.INCOMING, customer__manager__in=managers
    )
    for customer, day in rows.order_by("happened_at").values_list("customer_id", "happened_on"):
        yield customer, Wish(Reason.OCCASION, day)


def _snoozes(managers: Sequence[int], today: date) -> dict[int, dict[str, date]]:
    """Until when which rows of My day are hidden. One statement."""
    found: dict[int, dict[str, date]] = {}
    rows = Snooze.objects.hiding(today).filter(customer__manager__in=managers)
    for customer, subject, until in rows.values_list("customer_id", "subject", "until"):
        found.setdefault(customer, {})[subject] = until
    return found


def _birthdays(first: date, last: date) -> dict[BirthdayKey, date]:
    """The birthdays from ``first`` to ``last``, each with the first day on which it is kept."""
    found: dict[BirthdayKey, date] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for key in birthday_keys(day, day):
            found.setdefault(key, day)
    return found
