"""Reviews of departures in the REST API (article 19): read, written, changed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.refusals import stands
from core.rest.access import ScopePermission
from core.rest.etags import answer_of, etag_of, wanted_version
from core.rest.lists import ListEndpoint
from core.rest.problems import RuleError, VersionChangedError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from retention.api.shared import SeesCustomers, person_of
from retention.models import Departure, DepartureCause, DepartureReview
from retention.serializers.reviews import (
    DepartureReviewQuery,
    DepartureReviewSerializer,
    NewReviewSerializer,
    ReviewChangeSerializer,
)
from retention.services import departures
from staff.models import Unit

FILTERS = {
    "customer": "departure__customer",
    "manager": "departure__manager",
    "tier": "departure__tier",
    "foreseeable": "foreseeable",
    "left_from": "departure__left_on__gte",
    "left_to": "departure__left_on__lte",
    "updated_since": "reviewed_at__gte",
}
"""Lookups by parameter."""


class DepartureReviewEndpoint(Endpoint):
    """What the endpoints of reviews share."""

    resource = "departure-reviews"
    permission_classes = (ScopePermission, SeesCustomers)


class DepartureReviewList(DepartureReviewEndpoint, ListEndpoint):
    """What was learnt of the departures that the asker may see."""

    query_class = DepartureReviewQuery
    serializer_class = DepartureReviewSerializer
    order = ("reviewed_at", "pk")

    def get_queryset(self) -> Any:
        """Return the reviews in scope, with their departures and causes."""
        rows = DepartureReview.objects.visible_to(person_of(self.request))
        return rows.select_related("departure", "cause")

    def narrow(self, rows: Any, given: dict[str, Any]) -> Any:
        """Apply the filters; a unit that the asker may not see is not found."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        if "cause" in given:
            code = given["cause"]
            rows = rows.filter(Q(cause__code=code) | Q(cause__parent__code=code))
        if "unit" in given:
            units = Unit.objects.visible_to(person_of(self.request))
            path = get_object_or_404(units, pk=given["unit"]).path
            rows = rows.filter(departure__unit__path__startswith=path)
        return rows

    @extend_schema(
        operation_id="departure_review_list",
        parameters=[DepartureReviewQuery],
        responses={200: page_of(DepartureReviewSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of reviews of departures (article 19), the longest unchanged first.

        Departures without one are found with `departures/?reviewed=false`.
        """
        return super().get(request)


class DepartureReviewDetail(DepartureReviewEndpoint):
    """The review of one departure."""

    has_versions = True

    @extend_schema(
        operation_id="departure_review_detail", responses={200: DepartureReviewSerializer}
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer the review of one departure; the ETag names the version.

        What belongs to the departure (`customer`, `unit`, `manager`, `left_on`) makes no new one.
        """
        return _answer(request, pk)

    @extend_schema(
        operation_id="departure_review_change",
        request=ReviewChangeSerializer,
        responses={200: DepartureReviewSerializer},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change the review of a departure; If-Match names the version it is based on.

        Fields that are left out stay. Sent again, what stands already stays. Of people,
        supervisors may.
        """
        person = person_of(request)
        rows = Departure.objects.editable_by(person).filter(review__isnull=False)
        departure = get_object_or_404(rows.select_related("review__cause"), pk=pk)
        sent = ReviewChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        stored = departure.review
        version = wanted_version(request, stored.version)
        code = sent.validated_data.get("cause", stored.cause.code)
        row = sent.row(_cause(request, code), stored)
        try:
            departures.review_departure(
                actor=person, departure=departure, review=row, version=version
            )
        except departures.ReviewChangedError as meanwhile:
            now = meanwhile.review
            changes = departures.review_changes_since(now, version)
            raise VersionChangedError(etag_of(now.version), changes) from meanwhile
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return _answer(request, pk)


class DepartureReviewCreate(DepartureReviewEndpoint):
    """Writing the review of a departure."""

    @extend_schema(
        operation_id="departure_review_create",
        request=NewReviewSerializer,
        responses={200: DepartureReviewSerializer, 201: DepartureReviewSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Write the review of a departure, due within 15 days of it (article 19).

        201 with the new review; 200 where the same words stand already. Where another one stands,
        422: read it, then change it with PATCH. Of people, supervisors may.
        """
        person = person_of(request)
        departure = get_object_or_404(Departure.objects.editable_by(person), pk=pk)
        sent = NewReviewSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        row = sent.row(_cause(request, sent.validated_data["cause"]))
        is_there = DepartureReview.objects.visible_to(person).filter(pk=pk).exists()
        try:
            departures.review_departure(actor=person, departure=departure, review=row)
        except departures.ReviewChangedError as meanwhile:
            raise refused(stands(" ".join(meanwhile.messages))) from meanwhile
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        answer = _answer(request, pk)
        answer.status_code = 200 if is_there else 201
        return answer


def _answer(request: Request, pk: int) -> Response:
    rows = DepartureReview.objects.visible_to(person_of(request))
    review = get_object_or_404(rows.select_related("departure", "cause"), pk=pk)
    return answer_of(request, review.version, lambda: DepartureReviewSerializer(review).data)


def _cause(request: Request, code: str) -> DepartureCause:
    cause = DepartureCause.objects.visible_to(person_of(request)).filter(code=code).first()
    if cause is None:
        raise RuleError({"cause": [_("There is no such cause.")]})
    return cause
