"""Questions that span the apps: the board's figures, who reads the trail, handovers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypedDict, cast

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast

from complaints.models import Complaint, ComplaintReview, ServiceRequest
from contacts.models import ContactRecord, MissedCall
from contacts.querysets import CadenceFlagQuerySet
from core import clock
from core.models import AuditEntry
from core.querysets import AuditQuerySet
from customers.models import Customer, Tier
from customers.querysets import CustomerQuerySet, OfCustomerQuerySet, customers_in
from portfolio.rules import FIRST_CONTACT_RECORDERS, CareFigures, WorkFigures
from retention.querysets import ChurnWarningQuerySet, DepartureQuerySet
from staff.models import Cover, StaffUser, Unit
from staff.querysets import ScopedQuerySet, StaffQuerySet, scope_of
from staff.rules import Scope
from workplans.models import Finding, Inspection, Lapse, WorkLog, WorkPlan
from workplans.rules.calendar import PlanKind, period_of

if TYPE_CHECKING:
    from portfolio.models import (  # noqa: F401  (type parameters)
        HandoverNotice,
        Merge,
        ReassignedCustomer,
        Reassignment,
    )
    from staff.querysets import Viewer


class FigureRow(TypedDict):
    """The figures of the customers of one unit who have one manager (None: the pool)."""

    unit_id: int
    manager_id: int | None
    active: int
    contacted: int
    soon: int
    overdue_diamond: int
    overdue_gold: int
    overdue_silver: int
    exempt: int
    visits_overdue: int


def board_figures(customers: CustomerQuerySet, today: date, soon_days: int) -> list[FigureRow]:
    """Return the figures of ``customers`` by unit and manager. One statement.

    Each is counted as the customer list filters it, so that its link holds exactly those.
    """
    not_exempt = Q(contact_exempt_until__isnull=True) | Q(contact_exempt_until__lt=today)
    not_excused = Q(visit_exempt_until__isnull=True) | Q(visit_exempt_until__lt=today)
    overdue = Q(contact_due_on__lt=today) & not_exempt
    soon = Q(contact_due_on__range=(today, today + timedelta(days=soon_days))) & not_exempt
    rows: Any = (
        customers.active()
        .order_by()
        .values("unit_id", "manager_id")
        .annotate(
            active=Count("pk"),
            contacted=Count("pk", filter=Q(last_contact_on__gte=today.replace(day=1))),
            soon=Count("pk", filter=soon),
            overdue_diamond=Count("pk", filter=overdue & Q(tier=Tier.DIAMOND)),
            overdue_gold=Count("pk", filter=overdue & Q(tier=Tier.GOLD)),
            overdue_silver=Count("pk", filter=overdue & Q(tier=Tier.SILVER)),
            exempt=Count("pk", filter=Q(contact_exempt_until__gte=today)),
            visits_overdue=Count("pk", filter=Q(visit_due_on__lt=today) & not_excused),
        )
    )
    return cast("list[FigureRow]", list(rows))


Owner = tuple[int, int | None]
"""A unit, and a manager or nobody."""


@dataclass
class Waiting:
    """What waits of the customers of one unit who have one manager."""

    escalated: int = 0
    warnings: int = 0
    warnings_late: int = 0
    reviews_overdue: int = 0


def waiting_of(
    flags: CadenceFlagQuerySet,
    warnings: ChurnWarningQuerySet,
    departures: DepartureQuerySet,
    today: date,
) -> dict[Owner, Waiting]:
    """Return escalated flags, open warnings and overdue reviews by unit and manager.

    Of the warnings also those that went to the supervisor. One statement.
    """
    customers = ("customer__unit_id", "customer__manager_id")
    escalated = _counted(flags.escalated(), *customers, kind="escalated", late=Value(0))
    opened = _counted(warnings.open(), *customers, kind="warnings", late=Count("escalated_at"))
    overdue = departures.review_overdue(today)
    reviews = _counted(overdue, "unit_id", "manager_id", kind="reviews_overdue", late=Value(0))
    found: dict[Owner, Waiting] = {}
    for unit, manager, kind, count, late in escalated.union(opened, reviews, all=True):
        waiting = found.setdefault((unit, manager), Waiting())
        setattr(waiting, kind, count)
        waiting.warnings_late += late
    return found


def _counted(rows: Any, unit: str, manager: str, *, kind: str, late: Any) -> Any:
    """Return the statement that counts ``rows`` by unit and manager, as a part of a union."""
    counts = {"kind": Value(kind), "count": Count("pk"), "late": late}
    return rows.order_by().values_list(unit, manager).annotate(**counts)


def work_of(user: Viewer, top: Unit | None, today: date) -> dict[Owner, WorkFigures]:
    """Return plans, logs, inspections and findings by the managers' unit and manager.

    Plans of the week and month of ``today``; logs of its month, and who was inspected in it. One
    statement.
    """
    week, month = period_of(PlanKind.WEEK, today), period_of(PlanKind.MONTH, today)
    plans = _below(WorkPlan.objects.visible_to(user), top)
    this_week = plans.filter(kind=week.kind.value, starts_on=week.starts_on)
    this_month = plans.filter(kind=month.kind.value, starts_on=month.starts_on)
    logs = _below(WorkLog.objects.visible_to(user), top).submitted()
    of_month = {"log_date__range": (month.starts_on, month.ends_on)}
    lapses = _below(Lapse.objects.visible_to(user), top).open()
    inspections = _below(Inspection.objects.visible_to(user), top)
    findings = _below(Finding.objects.visible_to(user), top, "inspection__manager").open()
    once, began = Count("manager", distinct=True), clock.start_of_day(month.starts_on)
    asked: list[tuple[str, Any, str, Any]] = [
        ("week_approved", this_week.approved(), "manager", None),
        ("month_approved", this_month.approved(), "manager", None),
        ("plans_waiting", plans.waiting(), "manager", None),
        ("plans_missing", lapses.plans(), "manager", None),
        ("logs_submitted", logs.filter(**of_month), "manager", None),
        (
            "logs_missing",
            lapses.logs().filter(starts_on__range=(month.starts_on, month.ends_on)),
            "manager",
            None,
        ),
        ("inspected", inspections.closed().filter(closed_at__gte=began), "manager", once),
        ("findings_open", findings, "inspection__manager", None),
        ("findings_overdue", findings.filter(due_on__lt=today), "inspection__manager", None),
    ]
    parts = [
        rows.order_by()
        .values_list(f"{person}__unit_id", f"{person}_id")
        .annotate(kind=Value(name), count=count or Count("pk"))
        for name, rows, person, count in asked
    ]
    found: dict[Owner, WorkFigures] = {}
    for unit, manager, kind, count in parts[0].union(*parts[1:], all=True):
        found[unit, manager] = replace(found.get((unit, manager), WorkFigures()), **{kind: count})
    return found


def _below(rows: Any, top: Unit | None, manager: str = "manager") -> Any:
    """Return those of ``rows`` whose manager belongs to ``top`` or below."""
    if top is None:
        return rows
    return rows.filter(**{f"{manager}__unit__in": Unit.objects.within(top.path)})


@dataclass(frozen=True)
class CareDue:
    """A missed call to return, or something promised, of one customer: what My day shows of it.

    ``times``: how often the customer rang, ``number`` from which number; ``what`` was promised.
    ``is_done``: it is done, the customer is not told yet.
    """

    kind: str
    pk: int
    customer: int
    due_at: datetime
    times: int
    attempts: int
    number: str
    what: str
    is_done: bool
    is_escalated: bool


def care_due_of(user: Viewer, until: datetime) -> dict[tuple[str, int], CareDue]:
    """Return the missed calls and the promises due ``until`` of the customers ``user`` serves.

    The most pressing of each by kind ("call", "request") and customer. One statement.
    """
    served = {"customer__manager__in": scope_of(user).manager_ids, "customer__status": "active"}
    zero, nothing, no = Value(0), Value("", CharField()), Value(value=False)
    text, yes = CharField(), Value(value=True)
    calls = MissedCall.objects.open().filter(**served)
    requests = ServiceRequest.objects.open().filter(due_at__lt=until, **served)
    done = Case(When(state="done", then=yes), default=no)
    columns = (
        "kind",
        "pk",
        "customer_id",
        "due_at",
        "times",
        "tries",
        "rang",
        "said",
        "done",
        "late",
    )
    late = Case(When(escalated_at__isnull=False, then=yes), default=no)
    first: Any = calls.annotate(
        kind=Value("call", text),
        times=F("calls"),
        tries=F("attempts"),
        rang=Cast("number", text),
        said=nothing,
        done=no,
        late=late,
    )
    second: Any = requests.annotate(
        kind=Value("request", text),
        times=zero,
        tries=zero,
        rang=nothing,
        said=Cast("what", text),
        done=done,
        late=late,
    )
    rows = first.order_by().values_list(*columns)
    rows = rows.union(second.order_by().values_list(*columns), all=True)
    found: dict[tuple[str, int], CareDue] = {}
    names = [name.name for name in fields(CareDue)]
    for row in rows.order_by("due_at", "pk"):
        one = CareDue(**dict(zip(names, row, strict=True)))
        found.setdefault((one.kind, one.customer), one)
    return found


def care_of(user: Viewer, top: Unit | None, today: date, now: datetime) -> dict[Owner, CareFigures]:
    """Return complaints, promises and missed calls by unit and manager. One statement.

    Of complaints those of the registration; of the others those of today. ``justified``: found
    so of this year's complaints.
    """
    complaints = _of_units(Complaint.objects.counted_for(user), "unit", top)
    year = clock.start_of_day(today.replace(month=1, day=1))
    reviews = ComplaintReview.objects.filter(complaint=OuterRef("pk"), is_justified=True)
    justified = complaints.filter(Exists(reviews), received_at__gte=year)
    requests = _of_units(ServiceRequest.objects.visible_to(user), "customer__unit", top)
    calls = _of_units(MissedCall.objects.visible_to(user), "customer__unit", top)
    registered = ("unit_id", "manager_id")
    today_of = ("customer__unit_id", "customer__manager_id")
    parts = [
        _counted(complaints.open(), *registered, kind="complaints", late=Value(0)),
        _counted(complaints.overdue(now), *registered, kind="complaints_late", late=Value(0)),
        _counted(justified, *registered, kind="justified", late=Value(0)),
        _counted(requests.open(), *today_of, kind="requests", late=Value(0)),
        _counted(requests.overdue(now), *today_of, kind="requests_late", late=Value(0)),
        _counted(calls.open(), *today_of, kind="calls", late=Value(0)),
        _counted(calls.overdue(now), *today_of, kind="calls_late", late=Value(0)),
    ]
    found: dict[Owner, CareFigures] = {}
    for unit, manager, kind, count, _late in parts[0].union(*parts[1:], all=True):
        found[unit, manager] = replace(found.get((unit, manager), CareFigures()), **{kind: count})
    return found


def _of_units(rows: Any, unit: str, top: Unit | None) -> Any:
    """Return those of ``rows`` that belong to ``top`` or below."""
    if top is None:
        return rows
    return rows.filter(**{f"{unit}__in": Unit.objects.within(top.path)})


# --- The audit trail ---------------------------------------------------------------------------


def trail_of(user: Viewer, *, to_count: bool = False) -> AuditQuerySet:
    """Return the entries of the audit trail that ``user`` may read; none when unsure.

    Administrators and head office read all of it (what they see of an entry is another matter).
    A supervisor reads what concerns the customers of the unit and below and, of the entries
    about no customer, what the unit's people did and what concerns them, their covers and the
    units. An entry about a customer of another unit is never among them. ``to_count``: all of
    them are wanted, not the newest page. At most one statement.
    """
    scope = scope_of(user)
    entries = AuditEntry.objects.all()
    if getattr(user, "is_administrator", False) or scope.everything:
        return entries
    if scope.unit_path is None:
        return entries.none()
    customers = Customer.objects.known_to_supervisor(user).filter(pk=OuterRef("customer_id"))
    people = StaffUser.objects.filter(unit__path__startswith=scope.unit_path)
    units = Unit.objects.within(scope.unit_path)
    covers = Cover.objects.filter(manager__in=people)
    ours = Q(Exists(people.filter(pk=OuterRef("actor_id"))))
    for kind, rows in (
        ("staff.staffuser", people),
        ("staff.unit", units),
        ("staff.cover", covers),
    ):
        ours |= Q(object_type=kind) & Q(Exists(rows.filter(pk=OuterRef("object_id"))))
    ours &= Q(customer_id__isnull=True)
    if to_count or units.count() == 1:
        return entries.filter(Q(Exists(customers)) | ours)
    # PostgreSQL answers EXISTS by gathering all customers of the unit first, which suits a small
    # unit and a count; for a page of a large unit it is to look up one customer an entry.
    found = Subquery(customers.values("pk")[:1])
    return entries.alias(our_customer=found).filter(Q(our_customer__isnull=False) | ours)


class DoneRow(TypedDict):
    """What one person did in a span of time, as counts of entries."""

    actor_id: int
    changes: int
    imports: int
    exports: int


def done_by(
    entries: AuditQuerySet,
    people: StaffQuerySet,
    kinds: Mapping[str, Collection[str]],
) -> list[DoneRow]:
    """Return how many of ``entries`` each of ``people`` wrote, by kind. One statement.

    ``kinds``: the verbs of "imports", of "exports" and of "aside"; what is in none of them is a
    change.
    """
    apart = [verb for verbs in kinds.values() for verb in verbs]
    rows: Any = (
        entries.filter(actor__in=people)
        .order_by()
        .values("actor_id")
        .annotate(
            changes=Count("pk", filter=~Q(verb__in=apart)),
            imports=Count("pk", filter=Q(verb__in=kinds["imports"])),
            exports=Count("pk", filter=Q(verb__in=kinds["exports"])),
        )
    )
    return cast("list[DoneRow]", list(rows))


class SeenRow(TypedDict):
    """How often one person saw a whole number of one customer in a span of time."""

    actor_id: int
    customer_id: int
    times: int
    last_at: datetime


def numbers_seen(
    entries: AuditQuerySet, customers: CustomerQuerySet, verbs: Collection[str]
) -> list[SeenRow]:
    """Return who saw whole numbers of which of ``customers``, most often first. One statement."""
    rows: Any = (
        entries.filter(
            Exists(customers.filter(pk=OuterRef("customer_id"))),
            verb__in=verbs,
            actor_id__isnull=False,
        )
        .order_by()
        .values("actor_id", "customer_id")
        .annotate(times=Count("pk"), last_at=Max("at"))
        .order_by("-times", "-last_at", "customer_id")
    )
    return cast("list[SeenRow]", list(rows))


# --- Handover ----------------------------------------------------------------------------------


IN_STATE: Mapping[str, Mapping[str, bool]] = {
    "waiting": {"applied_at__isnull": True, "cancelled_at__isnull": True},
    "in_force": {"applied_at__isnull": False},
    "called_off": {"cancelled_at__isnull": False},
}
"""What a handover's state means in its columns."""


class ReassignmentQuerySet(ScopedQuerySet["Reassignment"]):
    """The handovers."""

    def waiting(self) -> Self:
        """Return those whose day has not come, or was not seen to yet."""
        return self.in_state("waiting")

    def in_state(self, state: str) -> Self:
        """Return those that wait, are in force or were called off."""
        return self.filter(**IN_STATE[state])

    def changed_since(self, moment: datetime) -> Self:
        """Return those that were made, put in force or called off at ``moment`` or later."""
        moments = ("made_at", "applied_at", "cancelled_at")
        return self.filter(Q(*((f"{n}__gte", moment) for n in moments), _connector=Q.OR))

    def known_to(self, user: Viewer) -> Self:
        """Return what ``visible_to`` does, and those by which customers of one's people went.

        Of the latter one is told no more than the notice says: to whom, when and how many.
        """
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return self.visible_to(user)
        mine = Q(reader=scope.user_id)
        if scope.unit_path is not None:
            mine |= Q(reader__unit__path__startswith=scope.unit_path)
        notices = self.model._meta.get_field("notices").related_model
        went = notices._default_manager.filter(mine, reassignment=OuterRef("pk"), came=False)
        seen = self.visible_to(user).values("pk")
        return self.filter(Q(pk__in=seen) | Q(Exists(went)))

    def with_part_of(self, people: Collection[int]) -> Self:
        """Return those by which customers came to one of ``people`` or went from one."""
        items = self.model._meta.get_field("reassigned").related_model
        went = items._default_manager.filter(reassignment=OuterRef("pk"), old_manager__in=people)
        return self.filter(Q(manager__in=people) | Q(Exists(went)))

    def in_scope(self, scope: Scope) -> Self:
        """What came to the unit's people or to the manager; nothing for who gave away."""
        mine = Q(manager__in=scope.manager_ids)
        if scope.unit_path is not None:
            mine |= Q(manager__unit__path__startswith=scope.unit_path)
        return self.filter(mine)

    def editable_by(self, user: Viewer) -> Self:
        """Only a supervisor hands over, to the people of the unit."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        return self.filter(manager__unit__path__startswith=scope.unit_path)


class OriginRow(TypedDict):
    """From whom (None: the pool) how many customers came by one handover."""

    reassignment_id: int
    old_manager_id: int | None
    name: str | None
    unit_path: str | None
    customers: int


class ReassignedCustomerQuerySet(OfCustomerQuerySet["ReassignedCustomer"]):
    """The customers of handovers."""

    def in_force(self) -> Self:
        """Return those who came to the manager whose customer they still are."""
        return self.filter(moved_at__isnull=False, customer__manager=F("reassignment__manager"))

    def origins(self) -> list[OriginRow]:
        """Return from whom how many came, or are to come, by handover. One statement."""
        on_the_way = Q(moved_at__isnull=False) | Q(reassignment__applied_at__isnull=True)
        rows: Any = (
            self.filter(on_the_way)
            .order_by()
            .values("reassignment_id", "old_manager_id")
            .annotate(
                name=F("old_manager__name"),
                unit_path=F("old_manager__unit__path"),
                customers=Count("pk"),
            )
            .order_by("reassignment_id", "-customers", "old_manager_id")
        )
        return cast("list[OriginRow]", list(rows))

    def first_contact_due(self) -> Self:
        """Return those whom the new manager, the cover or the supervisor has yet to reach."""
        contacts = ContactRecord.objects.counted().filter(
            customer=OuterRef("customer"),
            manager=OuterRef("reassignment__manager"),
            happened_on__gte=OuterRef("reassignment__effective_on"),
            recorded_as__in=FIRST_CONTACT_RECORDERS,
        )
        return self.in_force().filter(~Exists(contacts), customer__status="active")


class HandoverNoticeQuerySet(ScopedQuerySet["HandoverNotice"]):
    """What managers are told of handovers."""

    def in_scope(self, scope: Scope) -> Self:
        """Each sees what is addressed to them."""
        return self.filter(reader=scope.user_id)

    def unread(self) -> Self:
        """Return those that were not dismissed."""
        return self.filter(dismissed_at=None)


# --- Merge -------------------------------------------------------------------------------------


class MergeQuerySet(ScopedQuerySet["Merge"]):
    """The merges: seen by who sees the survivor, done and undone by who supervises both."""

    def in_scope(self, scope: Scope) -> Self:
        """Those whose survivor is in the scope, or was and is merged further."""
        of_survivor = customers_in(scope, "survivor__") & Q(survivor__merged_into=None)
        return self.filter(of_survivor | customers_in(scope, "survivor__merged_into__"))

    def editable_by(self, user: Viewer) -> Self:
        """Only a supervisor of both rows undoes a merge."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        units = Unit.objects.within(scope.unit_path)
        return self.filter(survivor__unit__in=units, absorbed__unit__in=units)

    def standing(self) -> Self:
        """Return those that were not undone."""
        return self.filter(undone_at=None)

    def of_pair(self, one: int, other: int) -> Self:
        """Return those of these two customers, whichever survived."""
        return self.filter(Q(survivor=one, absorbed=other) | Q(survivor=other, absorbed=one))
