"""Complaints in the REST API: listed, registered by other systems, moved on."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from complaints.api.shared import SeesComplaints, by_field, person_of
from complaints.models import Category, Complaint
from complaints.querysets import CategoryQuerySet, ComplaintQuerySet
from complaints.serializers.complaints import (
    CategorySerializer,
    ComplaintChangeSerializer,
    ComplaintDetailSerializer,
    ComplaintQuery,
    ComplaintSerializer,
    MoveSerializer,
    RemarkSerializer,
    ReportSerializer,
)
from complaints.services import moving, registering
from complaints.services.registering import ComplaintChangedError, register_once
from core import clock
from core.rest.access import ScopePermission
from core.rest.etags import answer_of, etag_of, wanted_version
from core.rest.lists import ListEndpoint, ListQuery
from core.rest.problems import RuleError, VersionChangedError, refused
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
        return Complaint.objects.visible_to(person_of(self.request)).select_related("category")

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
        person = person_of(request)
        if scope_of(person).everything or not serves_anybody(scope_of(person)):
            raise Http404
        sent = ReportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        editable = Customer.objects.editable_by(person).select_related("unit")
        customer = get_object_or_404(editable, pk=sent.validated_data["customer"])
        category = _category(person, sent.validated_data["category"])
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

    has_versions = True

    @extend_schema(operation_id="complaint_detail", responses={200: ComplaintDetailSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one complaint (article 21) with its steps; the ETag names the version."""
        return _answer(request, pk)

    @extend_schema(
        operation_id="complaint_change",
        request=ComplaintChangeSerializer,
        responses={200: ComplaintDetailSerializer},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is complained of, or that it is an appeal to the regulator.

        Fields that are left out stay; so do tier and deadlines. If-Match names the version that
        the change is based on. Sent again, what stands already stays.
        """
        person = person_of(request)
        rows = Complaint.objects.editable_by(person).select_related("category")
        complaint = get_object_or_404(rows, pk=pk)
        sent = ComplaintChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        version = wanted_version(request, complaint.version)
        category = complaint.category
        if "category" in sent.validated_data:
            category = _category(person, sent.validated_data["category"])
        try:
            registering.change_details(
                actor=person,
                complaint=complaint,
                report=sent.report(complaint, category),
                version=version,
            )
        except ComplaintChangedError as meanwhile:
            now = meanwhile.complaint
            categories = {"category": Category.objects.visible_to(person)}
            changes = by_field(registering.changes_since(now, version), categories)
            raise VersionChangedError(etag_of(now.version), changes) from meanwhile
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return _answer(request, pk)


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
        person = person_of(request)
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
        person = person_of(request)
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
        return Category.objects.visible_to(person_of(self.request))

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


def _category(person: StaffUser, code: str) -> Category:
    category = Category.objects.visible_to(person).filter(code=code).first()
    if category is None:
        raise RuleError({"category": [_("There is no such category.")]})
    return category


def _shown(request: Request, pk: int) -> Any:
    return _answer(request, pk).data


def _answer(request: Request, pk: int) -> Response:
    rows = Complaint.objects.visible_to(person_of(request)).select_related("category")
    complaint = get_object_or_404(rows.prefetch_related("steps"), pk=pk)
    return answer_of(request, complaint.version, lambda: ComplaintDetailSerializer(complaint).data)
