"""Service requests in the REST API: read, made, done."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from complaints.models import ServiceRequest
from complaints.querysets import ServiceRequestQuerySet
from complaints.serializers.requests import (
    PromiseSerializer,
    RequestDoneSerializer,
    ServiceRequestQuery,
    ServiceRequestSerializer,
)
from complaints.services import requests
from contacts.models import ContactRecord
from core import clock
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.problems import refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.models import Customer
from customers.querysets import serves_anybody
from staff.models import StaffUser
from staff.querysets import scope_of

FILTERS = {
    "state": "state",
    "customer": "customer",
    "manager": "customer__manager",
    "responsible": "responsible",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class SeesPromises(BasePermission):
    """For who serves no customers nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class ServiceRequestEndpoint(Endpoint):
    """What the endpoints of service requests share."""

    resource = "service-requests"
    permission_classes = (ScopePermission, SeesPromises)


class ServiceRequestList(ServiceRequestEndpoint, ListEndpoint):
    """What was promised to the customers that the asker may see."""

    query_class = ServiceRequestQuery
    serializer_class = ServiceRequestSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> ServiceRequestQuerySet:
        """Return the promises in scope."""
        return ServiceRequest.objects.visible_to(_person(self.request))

    def narrow(self, rows: ServiceRequestQuerySet, given: dict[str, Any]) -> ServiceRequestQuerySet:
        """Apply the filters."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        if "overdue" not in given:
            return rows
        late = ServiceRequest.objects.visible_to(_person(self.request)).overdue(clock.now())
        return rows.filter(pk__in=late) if given["overdue"] else rows.exclude(pk__in=late)

    @extend_schema(
        operation_id="service_request_list",
        parameters=[ServiceRequestQuery],
        responses={200: page_of(ServiceRequestSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of service requests (article 20), the longest unchanged first."""
        return super().get(request)

    @extend_schema(
        operation_id="service_request_create",
        request=PromiseSerializer,
        responses={200: ServiceRequestSerializer, 201: ServiceRequestSerializer},
    )
    def post(self, request: Request) -> Response:
        """Write a promise down.

        201 with the new one; 200 with the first one where the same `submission_key` comes again.
        """
        person = _person(request)
        if scope_of(person).everything:
            raise Http404
        sent = PromiseSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        editable = Customer.objects.editable_by(person).select_related("unit", "manager")
        customer = get_object_or_404(editable, pk=given["customer"])
        record = responsible = None
        if "contact_record" in given:
            seen = ContactRecord.objects.visible_to(person).filter(customer=customer)
            record = get_object_or_404(seen, pk=given["contact_record"])
        if "responsible" in given:
            people = StaffUser.objects.visible_to(person)
            responsible = get_object_or_404(people, pk=given["responsible"])
        try:
            made, is_new = requests.make_request_once(
                actor=person,
                customer=customer,
                promise=sent.promise(responsible),
                contact_record=record,
                submission_key=given["submission_key"],
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(ServiceRequestSerializer(made).data, status=201 if is_new else 200)


class ServiceRequestDetail(ServiceRequestEndpoint):
    """One service request."""

    @extend_schema(operation_id="service_request_detail", responses={200: ServiceRequestSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one service request."""
        rows = ServiceRequest.objects.visible_to(_person(request))
        return Response(ServiceRequestSerializer(get_object_or_404(rows, pk=pk)).data)


class ServiceRequestDone(ServiceRequestEndpoint):
    """That a promise is done."""

    @extend_schema(
        operation_id="service_request_done",
        request=RequestDoneSerializer,
        responses={200: ServiceRequestSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Note that a promise is done, with `told` also that the customer knows. Safe twice."""
        person = _person(request)
        found = get_object_or_404(ServiceRequest.objects.editable_by(person), pk=pk)
        sent = RequestDoneSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        note = sent.validated_data.get("note", "")
        do = requests.tell_customer if sent.validated_data["told"] else requests.do_request
        try:
            changed = do(actor=person, request=found, note=note)
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(ServiceRequestSerializer(changed).data)


def _person(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user
