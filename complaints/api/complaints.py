"""Complaints in the REST API: listed, registered by other systems, moved on."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from complaints.models import Category, Complaint
from complaints.querysets import CategoryQuerySet, ComplaintQuerySet
from complaints.serializers.complaints import (
    CategorySerializer,
    ComplaintDetailSerializer,
    ComplaintQuery,
    ComplaintSerializer,
    MoveSerializer,
    RemarkSerializer,
    ReportSerializer,
)
from complaints.services import moving
from complaints.services.registering import register_once
from core import clock
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint, ListQuery
from core.rest.problems import RuleError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.models import Customer
from customers.querysets import serves_anybody
from staff.models import StaffUser
from staff.querysets import scope_of

FILTERS = {
    "state": "state",
    "tier": "tier",
    "customer": "customer",
    "handler": "handler",
    "manager": "manager",
    "appeal": "is_appeal",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class SeesComplaints(BasePermission):
    """For who has nothing to do with complaints nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to administrators and the like."""
        scope = scope_of(request.user)
        if not (serves_anybody(scope) or scope.handles_for):
            raise Http404
        return True


class ComplaintEndpoint(Endpoint):
    """What the endpoints of complaints share."""

    resource = "complaints"
    permission_classes = (ScopePermission, SeesComplaints)


class ComplaintList(ComplaintEndpoint, ListEndpoint):
    """The complaints that the asker may see."""

    query_class = ComplaintQuery
    serializer_class = ComplaintSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> ComplaintQuerySet:
        """Return the complaints in scope."""
        return Complaint.objects.visible_to(_person(self.request)).select_related("category")

    def narrow(self, rows: ComplaintQuerySet, given: dict[str, Any]) -> ComplaintQuerySet:
        """Apply the filters."""
        if "open" in given:
            rows = rows.open() if given["open"] else rows.filter(state="closed")
        if "overdue" in given:
            late = rows.overdue(clock.now())
            rows = late if given["overdue"] else rows.exclude(pk__in=late.values("pk"))
        return rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})

    @extend_schema(
        operation_id="complaint_list",
        parameters=[ComplaintQuery],
        responses={200: page_of(ComplaintSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of complaints (article 21), the longest unchanged first."""
        return super().get(request)

    @extend_schema(
        operation_id="complaint_create",
        request=ReportSerializer,
        responses={200: ComplaintDetailSerializer, 201: ComplaintDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Register a complaint: it is clocked and assigned at once.

        201 with the new complaint; 200 with the first one where the same `submission_key` or
        `external_id` comes again.
        """
        person = _person(request)
        if scope_of(person).everything or not serves_anybody(scope_of(person)):
            raise Http404
        sent = ReportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        editable = Customer.objects.editable_by(person).select_related("unit")
        customer = get_object_or_404(editable, pk=sent.validated_data["customer"])
        code = sent.validated_data["category"]
        category = Category.objects.visible_to(person).filter(code=code).first()
        if category is None:
            raise RuleError({"category": [_("There is no such category.")]})
        try:
            complaint, is_new = register_once(
                actor=person,
                customer=customer,
                report=sent.report(category),
                submission_key=sent.validated_data["submission_key"],
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(_shown(request, complaint.pk), status=201 if is_new else 200)


class ComplaintDetail(ComplaintEndpoint):
    """One complaint."""

    @extend_schema(operation_id="complaint_detail", responses={200: ComplaintDetailSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one complaint with its steps."""
        return Response(_shown(request, pk))


class ComplaintMove(ComplaintEndpoint):
    """Moving a complaint on."""

    @extend_schema(
        operation_id="complaint_move",
        request=MoveSerializer,
        responses={200: ComplaintDetailSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Accept, start, wait, resume, resolve, close or reopen; the clocks follow.

        Sent again, a complaint that stands there already stays as it is. A move that does not go
        from where it stands is refused.
        """
        person = _person(request)
        complaint = get_object_or_404(Complaint.objects.editable_by(person), pk=pk)
        sent = MoveSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            moving.move(actor=person, complaint=complaint, **sent.arguments())
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(_shown(request, pk))


class ComplaintRemark(ComplaintEndpoint):
    """Adding a remark to a complaint."""

    @extend_schema(
        operation_id="complaint_remark",
        request=RemarkSerializer,
        responses={200: ComplaintDetailSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Add a remark. The same words again, last written, stay one remark."""
        person = _person(request)
        if scope_of(person).everything:
            raise Http404
        complaint = get_object_or_404(Complaint.objects.visible_to(person), pk=pk)
        sent = RemarkSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        moving.note(actor=person, complaint=complaint, text=sent.validated_data["text"])
        return Response(_shown(request, pk))


class CategoryList(ComplaintEndpoint, ListEndpoint):
    """What complaints can be about."""

    query_class = ListQuery
    serializer_class = CategorySerializer
    order = ("path",)

    def get_queryset(self) -> CategoryQuerySet:
        """Return the whole tree."""
        return Category.objects.visible_to(_person(self.request))

    def narrow(self, rows: CategoryQuerySet, given: dict[str, Any]) -> CategoryQuerySet:
        """There is nothing to narrow."""
        return rows

    @extend_schema(
        operation_id="complaint_category_list",
        parameters=[ListQuery],
        responses={200: page_of(CategorySerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of the categories of complaints, a branch before what is below it."""
        return super().get(request)


def _shown(request: Request, pk: int) -> Any:
    rows = Complaint.objects.visible_to(_person(request)).select_related("category")
    rows = rows.prefetch_related("steps")
    return ComplaintDetailSerializer(get_object_or_404(rows, pk=pk)).data


def _person(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user
