"""Questions about complaints and what belongs to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from django.db import models
from django.db.models import Count, F, Q

from core import clock
from core.querysets import AppendOnlyError
from customers.querysets import customers_in, of_person
from staff.models import Unit
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from complaints.models import (  # noqa: F401  (type parameters)
        Attachment,
        Complaint,
        ComplaintMerge,
        ComplaintNotice,
        ComplaintReview,
        ComplaintStep,
        SubTask,
    )
    from customers.models import Customer
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)

ROW_COLUMNS = (
    *("subject", "state", "severity", "tier", "is_appeal", "reopened", "merged_into_id"),
    *("received_at", "due_at", "response_due_at", "resolution_due_at", "statutory_due_at"),
)
"""What a row of the queue shows of a complaint."""

NAMES = {
    "customer_name": F("customer__name"),
    "unit_name": F("unit__name"),
    "handler_name": F("handler__name"),
    "category_name_en": F("category__name_en"),
    "category_name_zh": F("category__name_zh"),
}
"""What it shows of who has to do with it; ``handler_name`` is None where nobody handles it."""

RUNNING = ("registered", "accepted", "in_work", "waiting")
"""States in which a complaint is not resolved yet."""


def handled_by(people: Collection[int]) -> Q:
    """Return the condition on a complaint that one of ``people`` handles it, or its unit's."""
    # The units are found first: what is asked of a joined table takes longer to plan.
    units = Unit.objects.filter(complaint_handler__in=people).order_by()
    return Q(handler__in=people) | Q(unit__in=units.values("pk"))


def not_forgotten(now: datetime) -> Q:
    """Return the condition that a handler still sees a complaint: not long closed."""
    return Q(seen_until=None) | Q(seen_until__gt=now)


def over_time(now: datetime) -> Q:
    """Return the condition that a complaint is over its time: response, solution, or by law."""
    return Q(state__in=RUNNING) & (
        Q(responded_at=None, response_due_at__lt=now)
        | ~Q(state="waiting") & Q(resolution_due_at__lt=now)
        | Q(statutory_due_at__lt=now)
    )


def complaints_in(scope: Scope, complaints: models.QuerySet[Complaint], prefix: str = "") -> Q:
    """Return the condition on a complaint (at ``prefix``) for what ``scope`` may see.

    Manager and cover: of the customers they serve. Supervisor: of the customers who are the
    units' now; of one who moved away only figures are left (``counted_for``). Handler: all
    complaints of the unit's complainants, until some days after the last one was closed.
    ``complaints``: all of them.
    """
    seen = customers_in(scope, f"{prefix}customer__")
    if scope.handles_for:
        mine = complaints.filter(not_forgotten(clock.now()), handled_by(scope.handles_for))
        seen |= Q(**{f"{prefix}customer__in": mine.order_by().values("customer")})
    return seen


def counted_in(scope: Scope, complaints: models.QuerySet[Complaint], prefix: str = "") -> Q:
    """Return the condition on a complaint (at ``prefix``) that figures of ``scope`` count it.

    Beside what ``scope`` may see, a unit counts what was registered in it, wherever the customer
    is by now.
    """
    counted = complaints_in(scope, complaints, prefix)
    if scope.unit_path is not None:
        counted |= Q(**{f"{prefix}unit__in": Unit.objects.within(scope.unit_path)})
    return counted


class ComplaintQuerySet(ScopedQuerySet["Complaint"]):
    """The complaints."""

    def counted_for(self, user: Viewer) -> Self:
        """Return what figures for ``user`` count. Nothing else of it may be shown."""
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return self.visible_to(user)
        return self.filter(counted_in(scope, self.model._default_manager.all()))

    def in_scope(self, scope: Scope) -> Self:
        """The complaints of the scope's customers, and those it handles."""
        return self.filter(complaints_in(scope, self.model._default_manager.all()))

    def editable_by(self, user: Viewer) -> Self:
        """Its handler, the unit's, and the supervisor of the customer's unit move a complaint."""
        scope = scope_of(user)
        may = Q()
        if scope.unit_path is not None:
            may |= Q(customer__unit__in=Unit.objects.within(scope.unit_path))
        if scope.handles_for:
            may |= handled_by(scope.handles_for) & not_forgotten(clock.now())
        return self.filter(may) if may else self.none()

    def open(self) -> Self:
        """Return those that are not closed."""
        return self.filter(~Q(state="closed"))

    def running(self) -> Self:
        """Return those that are not resolved."""
        return self.filter(state__in=RUNNING)

    def overdue(self, now: datetime) -> Self:
        """Return those that are over their time now: no response, no solution, no answer by law.

        While the customer is waited for, the solution's time stands still.
        """
        return self.filter(over_time(now))

    def unassigned(self) -> Self:
        """Return the open ones that nobody handles."""
        return self.open().filter(handler=None)

    def handled_by(self, people: Collection[int]) -> Self:
        """Return those that one of ``people`` handles."""
        return self.filter(handler__in=people)

    def within_unit(self, path: str) -> Self:
        """Return those of the unit at ``path`` and of all below it, at the registration."""
        return self.filter(unit__path__startswith=path)

    def of_person(self, customer: Customer) -> Self:
        """Return the complaints of ``customer`` and of those merged into them."""
        return self.filter(of_person(customer))

    def most_pressing_first(self) -> Self:
        """Return them by the nearest deadline that runs."""
        return self.order_by("due_at", "pk")

    def newest_first(self) -> Self:
        """Return them by when they came in."""
        return self.order_by("-received_at", "-pk")

    def with_people(self) -> Self:
        """Load what a row of a list shows, in the same statement."""
        return self.select_related("customer", "unit", "manager", "handler", "category")

    def for_row(self) -> models.QuerySet[Complaint, Any]:
        """Load of each just what a row of the queue shows, as named tuples, in one statement.

        ``pk``, ``ROW_COLUMNS`` and ``NAMES``. A complaint has fifty columns and a customer as
        many: a good part of a page was making them.
        """
        rows = self.annotate(**NAMES)
        return rows.values_list("pk", *ROW_COLUMNS, *NAMES, named=True)

    def counts(self, now: datetime) -> list[dict[str, Any]]:
        """Return per unit and manager how many are ``open`` and ``overdue``. One statement.

        Rows of ``unit_id``, ``manager_id`` (as at the registration), ``open``, ``overdue``.
        """
        rows: Any = (
            self.open()
            .order_by()
            .values("unit_id", "manager_id")
            .annotate(open=Count("pk"), overdue=Count("pk", filter=over_time(now)))
        )
        return list(rows)


class OfComplaintQuerySet(ScopedQuerySet[M]):
    """Rows of one complaint, seen by whoever sees it."""

    complaint_field = "complaint"

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the complaints of ``scope``."""
        complaints: Any = self.model._meta.get_field(self.complaint_field).related_model
        everything = complaints._default_manager.all()
        return self.filter(complaints_in(scope, everything, f"{self.complaint_field}__"))

    def editable_by(self, user: Viewer) -> Self:
        """Who may move the complaint."""
        scope = scope_of(user)
        if scope.unit_path is None and not scope.handles_for:
            return self.none()
        complaints: Any = self.model._meta.get_field(self.complaint_field).related_model
        mine = complaints._default_manager.editable_by(user)
        return self.filter(**{f"{self.complaint_field}__in": mine.order_by().values("pk")})


class ComplaintStepQuerySet(OfComplaintQuerySet["ComplaintStep"]):
    """What happened to complaints: rows are added and read."""

    def of_story(self, complaint: Complaint) -> Self:
        """Return the steps of ``complaint`` and of the double reports merged into it."""
        both = Q(pk=complaint.pk) | Q(merged_into=complaint.pk)
        # The complaints are found first: "or" across two tables would read all steps there are.
        return self.filter(complaint__in=type(complaint)._default_manager.filter(both).values("pk"))

    def update(self, **values: Any) -> NoReturn:
        """Refuse: the clocks are computed from the steps."""
        raise AppendOnlyError("Steps of a complaint are never changed.")


class ComplaintNoticeQuerySet(OfComplaintQuerySet["ComplaintNotice"]):
    """Who was told of complaints."""

    def unseen_by(self, person_id: int) -> Self:
        """Return what ``person_id`` was told and has not seen."""
        return self.filter(person=person_id, seen_at=None)

    def of_open(self) -> Self:
        """Return those of complaints that are not closed: of others there is nothing to do."""
        return self.filter(~Q(complaint__state="closed"))


class ComplaintMergeQuerySet(OfComplaintQuerySet["ComplaintMerge"]):
    """Double reports made one."""

    complaint_field = "survivor"

    def standing(self) -> Self:
        """Return those that were not undone."""
        return self.filter(undone_at=None)


class AttachmentQuerySet(OfComplaintQuerySet["Attachment"]):
    """The files of complaints."""


class SubTaskQuerySet(OfComplaintQuerySet["SubTask"]):
    """What other departments do for complaints."""

    def open(self) -> Self:
        """Return those that are neither done nor called off."""
        return self.filter(done_at=None, cancelled_at=None)


class ComplaintReviewQuerySet(OfComplaintQuerySet["ComplaintReview"]):
    """What follows the closing of complaints."""

    def counted_for(self, user: Viewer) -> Self:
        """Return what figures for ``user`` count. Nothing else of it may be shown."""
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return self.visible_to(user)
        complaints: Any = self.model._meta.get_field("complaint").related_model
        return self.filter(counted_in(scope, complaints._default_manager.all(), "complaint__"))

    def to_call(self) -> Self:
        """Return those whose customer is still to be called back."""
        return self.filter(called_at=None, dropped_at=None)

    def current(self) -> Self:
        """Return those of the last closing of complaints that are closed."""
        return self.filter(
            dropped_at=None, complaint__state="closed", round=F("complaint__reopened")
        )

    def call_overdue(self, today: date) -> Self:
        """Return those whose customer should have been called back before ``today``."""
        return self.to_call().filter(call_back_due_on__lt=today)

    def to_judge(self) -> Self:
        """Return those of closed complaints that nobody has judged."""
        return self.current().filter(judged_at=None)

    def justified(self) -> Self:
        """Return the judgements that stand, one a complaint, that found it justified."""
        return self.current().filter(is_justified=True)

    def with_people(self) -> Self:
        """Load what a row of a list shows, in the same statement."""
        return self.select_related(
            "complaint__customer__unit",
            "complaint__unit",
            "complaint__handler",
            "complaint__manager",
            "cause",
        )
