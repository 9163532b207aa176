"""The audit trail as its page shows it: one page of entries, each in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from core import clock
from core.models import AuditEntry
from core.pagination import Page, keyset_page
from core.querysets import AuditQuerySet
from core.sealed import unseal
from customers.models import Customer
from customers.services.lookups import open_search
from portfolio.querysets import trail_of
from portfolio.services.trail_words import (
    OF_STRANGERS,
    SEARCHES,
    VERBS,
    Change,
    Group,
    Names,
    Value,
    changes_of,
    ids_in,
    kind_of,
    words_of,
)
from staff.models import Role, StaffUser, Unit

MOST_FOUND = 50
"""A search that finds more people or customers than this asks for more of the name or number."""

ROLES_THAT_READ = (Role.SUPERVISOR, Role.HEAD_OFFICE, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Wanted:
    """What the trail is narrowed to; None narrows nothing. Days are local, both included."""

    people: Collection[int] | None = None
    customers: Collection[int] | None = None
    group: Group | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """One entry in words. ``customer`` is None where the reader may not know whom it is about."""

    entry: AuditEntry
    what: Value
    about: Value
    customer: Customer | None
    changes: list[Change]

    @property
    def by_stranger(self) -> bool:
        """Say whether whoever did it had not signed in."""
        return self.entry.actor_id is None and self.entry.verb in OF_STRANGERS


@dataclass(frozen=True)
class Trail:
    """One page of the trail."""

    page: Page[AuditEntry]
    lines: list[Line]


def reads_customers(user: StaffUser) -> bool:
    """Say whether ``user`` may know the customers of the entries: all readers but administrators.

    Administrators see that an entry of a customer was changed, by whom, when and which fields.
    """
    return not user.is_administrator


def load_trail(user: StaffUser, wanted: Wanted, cursor: str | None) -> Trail:
    """Return one page of what ``user`` may read of the trail, newest first.

    Five statements, however many entries: they, their customers (those merged, too), people
    and units.
    """
    entries = narrowed(trail_of(user), wanted, user.time_zone).select_related("actor")
    page = keyset_page(entries, order=["-at", "-pk"], cursor=cursor)
    customers = _customers_of(user, page.rows)
    names = _names_of(page.rows)
    return Trail(page, [_line(user, entry, customers, names) for entry in page.rows])


def narrowed(entries: AuditQuerySet, wanted: Wanted, zone: str) -> AuditQuerySet:
    """Return those of ``entries`` that are wanted; the days are those of ``zone``."""
    if wanted.people is not None:
        entries = entries.filter(actor__in=wanted.people)
    if wanted.customers is not None:
        entries = entries.filter(customer_id__in=wanted.customers)
    if wanted.group is not None:
        entries = entries.filter(verb__in=VERBS[wanted.group])
    if wanted.since is not None:
        entries = entries.filter(at__gte=clock.start_of_day(wanted.since, zone))
    if wanted.until is not None:
        entries = entries.filter(at__lt=clock.end_of_day(wanted.until, zone))
    return entries


def people_called(user: StaffUser, text: str) -> list[int]:
    """Return the ids of the people whom ``user`` sees by this name or staff number.

    A whole staff number finds that person only. At most one more than MOST_FOUND. One statement.
    """
    found = StaffUser.objects.visible_to(user).named(text).order_by("staff_number")
    return _ids(found.values_list("pk", "staff_number")[: MOST_FOUND + 1], text)


def customers_called(user: StaffUser, text: str) -> list[int]:
    """Return the ids of the customers whom ``user`` sees by this name, pinyin, number or phone.

    A whole customer number finds that customer only. A search by a whole phone number is written
    down; raises ValidationError where the hour's are used up. At most one more than MOST_FOUND.
    At most three statements, and three more for a phone number.
    """
    written, text = text, unseal(text).text
    visible = Customer.objects.visible_to(user)
    of_number = Customer.objects.numbered([text])
    exact = visible.filter(Q(pk__in=of_number) | Q(absorbed__in=of_number))
    found = list(exact.order_by("pk").values_list("pk", flat=True).distinct())
    if not found:
        open_search(actor=user, written=written)
        rows = visible.matching(text, user).order_by("pk")
        found = list(rows.values_list("pk", flat=True)[: MOST_FOUND + 1])
    # What was done to a row that was merged is read under whom it was merged into.
    merged = visible.filter(pk__in=found, absorbed__isnull=False)
    return [*found, *merged.values_list("absorbed", flat=True)]


def _ids(rows: Iterable[tuple[int, str]], text: str) -> list[int]:
    found = list(rows)
    exact = [pk for pk, number in found if number == text.strip()]
    return exact or [pk for pk, _number in found]


def _customers_of(user: StaffUser, entries: list[AuditEntry]) -> Mapping[int, Customer]:
    if not reads_customers(user):
        return {}
    ids = {entry.customer_id for entry in entries if entry.customer_id is not None}
    visible = Customer.objects.visible_to(user)
    merged = dict(visible.filter(absorbed__in=ids).values_list("absorbed", "pk"))
    found = visible.in_bulk({*ids, *merged.values()})
    return {**found, **{gone: found[pk] for gone, pk in merged.items()}}


def _names_of(entries: list[AuditEntry]) -> Names:
    wanted: dict[Any, set[int]] = {StaffUser: set(), Unit: set()}
    for kind, pk in ids_in(entries):
        wanted[kind].add(pk)
    people = StaffUser.objects.filter(pk__in=wanted[StaffUser]).values_list("pk", "name")
    units = Unit.objects.filter(pk__in=wanted[Unit]).values_list("pk", "full_name")
    return Names(people=dict(people), units=dict(units))


def _line(
    user: StaffUser, entry: AuditEntry, customers: Mapping[int, Customer], names: Names
) -> Line:
    is_closed = entry.customer_id is not None and not reads_customers(user)
    return Line(
        entry=entry,
        what=words_of(entry.verb),
        about=_about(entry, names),
        customer=customers.get(entry.customer_id) if entry.customer_id is not None else None,
        changes=changes_of(
            entry,
            names,
            with_values=not is_closed,
            # What somebody looked for can be a customer's name.
            without=() if reads_customers(user) else SEARCHES,
        ),
    )


def _about(entry: AuditEntry, names: Names) -> Value:
    """Return the person or unit of an entry by name, else what kind of thing it is about."""
    for kind in (StaffUser, Unit):
        if entry.object_type == kind._meta.label_lower and entry.object_id is not None:
            return Value(names.of(kind, entry.object_id))
    return kind_of(entry.object_type)
