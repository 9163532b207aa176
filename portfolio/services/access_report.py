"""The monthly access report of a unit: who saw whole numbers, who imported and changed what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core import clock
from core.models import AuditEntry
from customers.models import Customer
from portfolio.querysets import SeenRow, done_by, numbers_seen, trail_of
from portfolio.services.trail_words import VERBS, Change, Group, Names, changes_of
from staff.models import StaffUser, Unit

MOST_PEOPLE = 200
"""More people than this are summed up in one row; a unit below shows them."""

MOST_SEEN = 200
"""More pairs of person and customer are left to the audit trail."""

MOST_EXPORTS = 100
"""More exports are left to the audit trail."""

EXPORTS = ("export.made", "roster.rejected_rows_exported")
KINDS = {
    "imports": ("roster.imported",),
    "exports": EXPORTS,
    "aside": (
        *(verb for verb in VERBS[Group.EXPORTS] if verb not in EXPORTS),
        *VERBS[Group.NUMBERS],
        *VERBS[Group.IMPORTS],
        *VERBS[Group.ACCESS],
        *VERBS[Group.VIEWS],
    ),
}


@dataclass(frozen=True)
class Counts:
    """What was done in the month: whole numbers seen and of how many customers, and the rest."""

    numbers: int = 0
    customers: int = 0
    exports: int = 0
    imports: int = 0
    changes: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            numbers=self.numbers + other.numbers,
            customers=self.customers + other.customers,
            exports=self.exports + other.exports,
            imports=self.imports + other.imports,
            changes=self.changes + other.changes,
        )


@dataclass(frozen=True)
class PersonRow:
    """One person with the counts of the month; ``is_of_unit``: belongs to the unit or below."""

    person: StaffUser
    counts: Counts
    is_of_unit: bool


@dataclass(frozen=True)
class Seen:
    """One person who saw whole numbers of one customer, how often and when last."""

    person: StaffUser
    customer: Customer
    times: int
    last_at: datetime


@dataclass(frozen=True)
class Exported:
    """One list that somebody exported: when, how many rows, and the rest of it in words."""

    person: StaffUser
    at: datetime
    rows: int
    changes: list[Change]


@dataclass(frozen=True)
class AccessReport:
    """The report. ``others``: how many people beyond ``rows``; ``total`` holds them too."""

    unit: Unit
    first: date
    last: date
    rows: list[PersonRow]
    others: int
    total: Counts
    seen: list[Seen]
    more_seen: bool
    exported: list[Exported]
    more_exported: bool


def load_access_report(user: StaffUser, unit: Unit, month: date) -> AccessReport:
    """Return the report of ``unit`` and all below it for the month of the day ``month``.

    Whole numbers: of the unit's customers, seen by anybody. Imports, exports and changes: by
    the unit's people, as far as ``user`` may read them. Six statements, however many people.
    """
    first, last = month_of(month)
    entries = trail_of(user, to_count=True).filter(
        at__gte=clock.start_of_day(first, unit.time_zone),
        at__lt=clock.start_of_day(last + timedelta(days=1), unit.time_zone),
    )
    customers = Customer.objects.visible_to(user, with_merged=True).within_unit(unit.path)
    members = StaffUser.objects.filter(unit__path__startswith=unit.path)
    pairs = numbers_seen(entries, customers, tuple(VERBS[Group.NUMBERS]))
    counts = _counts_by_person(pairs)
    for row in done_by(entries, members, KINDS):
        counts[row["actor_id"]] = replace(
            counts.get(row["actor_id"], Counts()),
            exports=row["exports"],
            imports=row["imports"],
            changes=row["changes"],
        )
    people = StaffUser.objects.select_related("unit").in_bulk(counts)
    rows = sorted(
        (
            PersonRow(person, counts[pk], _is_of(person, unit))
            for pk, person in people.items()
            if counts[pk] != Counts()
        ),
        key=lambda row: (-row.counts.numbers, -row.counts.changes, row.person.staff_number),
    )
    shown = pairs[:MOST_SEEN]
    exported = entries.filter(verb="export.made", actor__in=members).select_related("actor")
    made = list(exported.order_by("-at", "-pk")[: MOST_EXPORTS + 1])
    known = customers.in_bulk({pair["customer_id"] for pair in shown})
    return AccessReport(
        unit=unit,
        first=first,
        last=last,
        rows=rows[:MOST_PEOPLE],
        others=max(len(rows) - MOST_PEOPLE, 0),
        total=sum((row.counts for row in rows), Counts()),
        seen=[
            Seen(
                people[pair["actor_id"]],
                known[pair["customer_id"]],
                pair["times"],
                pair["last_at"],
            )
            for pair in shown
        ],
        more_seen=len(pairs) > MOST_SEEN,
        exported=[_exported(entry) for entry in made[:MOST_EXPORTS]],
        more_exported=len(made) > MOST_EXPORTS,
    )


def _exported(entry: AuditEntry) -> Exported:
    """Return an export in words, who and how many rows apart."""
    changes = changes_of(entry, Names(), with_values=True, without=("rows",))
    if entry.actor is None:
        raise ValueError("An export is made by somebody.")
    return Exported(
        person=entry.actor,
        at=entry.at,
        rows=entry.changes["rows"][1],
        changes=[change for change in changes if change.new.text],
    )


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of ``day``."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _counts_by_person(pairs: list[SeenRow]) -> dict[int, Counts]:
    counts: dict[int, Counts] = {}
    for pair in pairs:
        one = Counts(numbers=pair["times"], customers=1)
        counts[pair["actor_id"]] = counts.get(pair["actor_id"], Counts()) + one
    return counts


def _is_of(person: StaffUser, unit: Unit) -> bool:
    return person.unit is not None and unit.contains(person.unit)
