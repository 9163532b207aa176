"""Usage snapshots and churn events in the REST API (article 17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.identity import identity
from core.rest.access import ScopePermission, access_of
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.models import Customer
from customers.querysets import CustomerQuerySet, serves_anybody
from retention.models import ChurnEvent, UsageSnapshot
from retention.models.usage import Source
from retention.querysets import ChurnEventQuerySet, UsageSnapshotQuerySet
from retention.serializers.usage import (
    ChurnEventQuery,
    ChurnEventSerializer,
    EventSerializer,
    EventsSerializer,
    EventsTakenSerializer,
    SnapshotSerializer,
    SnapshotsSerializer,
    SnapshotsTakenSerializer,
    UsageSnapshotQuery,
    UsageSnapshotSerializer,
)
from retention.services.events import take_events
from retention.services.usage import not_begun, take_snapshots
from staff.models import StaffUser
from staff.querysets import scope_of

SNAPSHOT_FILTERS = {"customer": "customer", "month": "month", "updated_since": "received_at__gte"}
EVENT_FILTERS = {"customer": "customer", "kind": "kind", "updated_since": "received_at__gte"}


class SeesCustomers(BasePermission):
    """For who has nothing to do with customers nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class RetentionEndpoint(Endpoint):
    """What the endpoints of retention share."""

    permission_classes = (ScopePermission, SeesCustomers)


class UsageSnapshotList(RetentionEndpoint, ListEndpoint):
    """The monthly usage of the customers that the asker may see."""

    resource: ClassVar[str] = "usage-snapshots"
    query_class = UsageSnapshotQuery
    serializer_class = UsageSnapshotSerializer
    order = ("received_at", "pk")

    def get_queryset(self) -> UsageSnapshotQuerySet:
        """Return the snapshots in scope."""
        return UsageSnapshot.objects.visible_to(_person(self.request))

    def narrow(self, rows: UsageSnapshotQuerySet, given: dict[str, Any]) -> UsageSnapshotQuerySet:
        """Apply the filters."""
        return rows.filter(**_wanted(SNAPSHOT_FILTERS, given))

    @extend_schema(
        operation_id="usage_snapshot_list",
        parameters=[UsageSnapshotQuery],
        responses={200: page_of(UsageSnapshotSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of usage snapshots, the longest unchanged first."""
        return super().get(request)

    @extend_schema(
        operation_id="usage_snapshot_create",
        request=SnapshotsSerializer,
        responses={200: SnapshotsTakenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in up to 1,000 rows, one a customer and month; the same rows again change nothing.

        A row of a customer who is not in your scope, or of a month to come, is rejected by
        itself; the others are taken. A row with other figures replaces that month's.
        """
        customers = _told_about(request)
        sent = SnapshotsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data["rows"]
        ids = _ids(customers, (row["number"] for row in given))
        known = [row for row in given if row["number"] in ids]
        to_come = not_begun((ids[row["number"]], row["month"]) for row in known)
        refusals = [
            _refusal(row, ids, late=(ids.get(row["number"]), row["month"]) in to_come)
            for row in given
        ]
        taken = take_snapshots(
            actor=_person(request),
            rows=[
                SnapshotSerializer.row(row, ids[row["number"]])
                for row, refusal in zip(given, refusals, strict=True)
                if refusal is None
            ],
            source=_source(request),
        )
        became = iter(taken.each)
        rows = [
            {"number": row["number"], "month": row["month"]}
            | ({"outcome": next(became).value} if refusal is None else refusal)
            for row, refusal in zip(given, refusals, strict=True)
        ]
        return Response(SnapshotsTakenSerializer(_summed(rows)).data)


class ChurnEventList(RetentionEndpoint, ListEndpoint):
    """What says at once that a customer may leave."""

    resource: ClassVar[str] = "churn-events"
    query_class = ChurnEventQuery
    serializer_class = ChurnEventSerializer
    order = ("received_at", "pk")

    def get_queryset(self) -> ChurnEventQuerySet:
        """Return the events in scope."""
        return ChurnEvent.objects.visible_to(_person(self.request))

    def narrow(self, rows: ChurnEventQuerySet, given: dict[str, Any]) -> ChurnEventQuerySet:
        """Apply the filters."""
        return rows.filter(**_wanted(EVENT_FILTERS, given))

    @extend_schema(
        operation_id="churn_event_list",
        parameters=[ChurnEventQuery],
        responses={200: page_of(ChurnEventSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of churn events, the first received first."""
        return super().get(request)

    @extend_schema(
        operation_id="churn_event_create",
        request=EventsSerializer,
        responses={200: EventsTakenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in up to 200 events; each opens or updates a warning within the minute.

        An event with an `external_id` that you sent before stays as it is. A row of a customer
        who is not in your scope, or of a moment to come, is rejected by itself.
        """
        customers = _told_about(request)
        sent = EventsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data["rows"]
        ids = _ids(customers, (row["number"] for row in given))
        now = clock.now()
        refusals = [_refusal(row, ids, late=row["happened_at"] > now) for row in given]
        taken = iter(
            take_events(
                actor=_person(request),
                events=[
                    EventSerializer.row(row, ids[row["number"]])
                    for row, refusal in zip(given, refusals, strict=True)
                    if refusal is None
                ],
                source=_source(request),
            )
        )
        rows = []
        for row, refusal in zip(given, refusals, strict=True):
            said = {"external_id": row["external_id"]}
            if refusal is None:
                one = next(taken)
                said |= {"outcome": "new" if one.is_new else "same", "event": one.event.pk}
            rows.append(said | (refusal or {}))
        return Response(EventsTakenSerializer(_summed(rows)).data)


def _person(request: Request) -> StaffUser:
    assert isinstance(request.user, StaffUser)  # noqa: S101  (ScopePermission has seen to it)
    return request.user


def _told_about(request: Request) -> CustomerQuerySet:
    """Return whom the asker may tell of: systems those of their units, supervisors theirs.

    Raises Http404 for everybody else.
    """
    person = _person(request)
    if access_of(request) is not None:
        return Customer.objects.visible_to(person)
    if scope_of(person).unit_path is None:
        raise Http404
    return Customer.objects.visible_to(person).supervised_by(person)


def _ids(customers: CustomerQuerySet, numbers: Iterable[str]) -> dict[str, int]:
    """Return the ids of the customers with these numbers, as they were sent. One statement."""
    sent = set(numbers)
    ids = customers.by_number(sent)
    return {number: ids[key] for number in sent if (key := identity(number)) in ids}


def _refusal(
    row: Mapping[str, Any], ids: Mapping[str, int], *, late: bool
) -> dict[str, str] | None:
    """Say why a row is rejected; the same words for every customer who may not be told of."""
    if row["number"] not in ids:
        return {"outcome": "rejected", "detail": _("There is no such customer.")}
    if late:
        return {"outcome": "rejected", "detail": _("That is in the future.")}
    return None


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(row["outcome"] for row in rows)
    return {
        **{outcome: counts[outcome] for outcome in ("new", "changed", "same", "rejected")},
        "rows": rows,
    }


def _wanted(filters: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    return {lookup: given[name] for name, lookup in filters.items() if name in given}


def _source(request: Request) -> Source:
    return Source.MANUAL if access_of(request) is None else Source.API
