"""Contact records and cadence flags in the REST API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contacts.models import CadenceFlag, ContactRecord, Source
from contacts.querysets import CadenceFlagQuerySet, ContactRecordQuerySet
from contacts.serializers.records import (
    CadenceFlagQuery,
    CadenceFlagSerializer,
    ContactRecordQuery,
    ContactRecordSerializer,
    ContactSerializer,
    VoidSerializer,
)
from contacts.services import records
from core.rest.access import ScopePermission, access_of
from core.rest.lists import ListEndpoint
from core.rest.problems import RuleError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.models import Customer
from customers.querysets import serves_anybody
from staff.models import StaffUser
from staff.querysets import scope_of

RECORD_FILTERS = {
    "customer": "customer",
    "manager": "manager",
    "recorded_by": "recorded_by",
    "channel": "channel",
    "outcome": "outcome",
    "counted": "is_counted",
    "happened_from": "happened_on__gte",
    "happened_to": "happened_on__lte",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""

NARROWED_BY_INDEX = {"customer", "manager", "recorded_by"}
"""Parameters whose records stand in the order of change in an index of their own."""


class SeesContacts(BasePermission):
    """For who has nothing to do with customers nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class ContactRecordEndpoint(Endpoint):
    """What the endpoints of contact records share."""

    resource = "contact-records"
    permission_classes = (ScopePermission, SeesContacts)


class ContactRecordList(ContactRecordEndpoint, ListEndpoint):
    """The contact records of the customers that the asker may see."""

    query_class = ContactRecordQuery
    serializer_class = ContactRecordSerializer
    order = ("updated_at", "pk")
    ids_first = True

    def get_queryset(self) -> ContactRecordQuerySet:
        """Return the records in scope."""
        person = _person(self.request)
        if NARROWED_BY_INDEX & self.request.query_params.keys():
            return ContactRecord.objects.visible_to(person)
        return ContactRecord.objects.feed_for(person)

    def narrow(self, rows: ContactRecordQuerySet, given: dict[str, Any]) -> ContactRecordQuerySet:
        """Apply the filters."""
        wanted = {RECORD_FILTERS[name]: given[name] for name in RECORD_FILTERS if name in given}
        if "voided" in given:
            wanted["voided_at__isnull"] = not given["voided"]
        return rows.filter(**wanted)

    @extend_schema(
        operation_id="contact_record_list",
        parameters=[ContactRecordQuery],
        responses={200: page_of(ContactRecordSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of contact records, the longest unchanged first."""
        return super().get(request)

    @extend_schema(
        operation_id="contact_record_create",
        request=ContactSerializer,
        responses={200: ContactRecordSerializer, 201: ContactRecordSerializer},
    )
    def post(self, request: Request) -> Response:
        """Record a contact; clocks and flags follow at once.

        201 with the new record; 200 with the first one where the same `submission_key` comes
        again.
        """
        person = _person(request)
        if scope_of(person).everything:
            raise Http404
        editable = Customer.objects.editable_by(person).select_related("unit")
        sent = ContactSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        customer = get_object_or_404(editable, pk=sent.validated_data["customer"])
        try:
            record, is_new = records.log_contact_once(
                actor=person,
                customer=customer,
                contact=sent.contact(),
                submission_key=sent.validated_data["submission_key"],
                made_by=_maker(request, sent.validated_data.get("recorded_by")),
                source=Source.MANUAL if access_of(request) is None else Source.API,
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        seen = get_object_or_404(ContactRecord.objects.visible_to(person), pk=record.pk)
        return Response(ContactRecordSerializer(seen).data, status=201 if is_new else 200)


class ContactRecordDetail(ContactRecordEndpoint):
    """One contact record."""

    @extend_schema(operation_id="contact_record_detail", responses={200: ContactRecordSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one contact record."""
        rows = ContactRecord.objects.visible_to(_person(request))
        return Response(ContactRecordSerializer(get_object_or_404(rows, pk=pk)).data)


class ContactRecordVoid(ContactRecordEndpoint):
    """Taking a contact record back."""

    @extend_schema(
        operation_id="contact_record_void",
        request=VoidSerializer,
        responses={200: ContactRecordSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Void a record with a reason; clocks and flags follow. A void record stays as it is.

        Other systems void only what came from them.
        """
        person = _person(request)
        record = get_object_or_404(ContactRecord.objects.editable_by(person), pk=pk)
        if not record.is_voided:
            record = get_object_or_404(_voidable(request), pk=pk)
        sent = VoidSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            voided = records.void_contact(
                actor=person, record=record, reason=sent.validated_data["reason"]
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(ContactRecordSerializer(voided).data)


class CadenceFlagList(ListEndpoint):
    """The flags of the customers that the asker may see."""

    resource = "cadence-flags"
    permission_classes = (ScopePermission, SeesContacts)
    query_class = CadenceFlagQuery
    serializer_class = CadenceFlagSerializer

    def get_queryset(self) -> CadenceFlagQuerySet:
        """Return the flags in scope."""
        return CadenceFlag.objects.visible_to(_person(self.request))

    def narrow(self, rows: CadenceFlagQuerySet, given: dict[str, Any]) -> CadenceFlagQuerySet:
        """Apply the filters."""
        if given["state"] != "all":
            rows = rows.filter(closed_at__isnull=given["state"] == "open")
        lookups = {"cadence": "cadence", "customer": "customer", "manager": "customer__manager"}
        wanted = {lookup: given[name] for name, lookup in lookups.items() if name in given}
        if "escalated" in given:
            wanted["escalated_at__isnull"] = not given["escalated"]
        since = given.get("updated_since")
        if since is not None:
            moments = ("opened_at", "escalated_at", "closed_at")
            moved = Q(*((f"{name}__gte", since) for name in moments), _connector=Q.OR)
            rows = rows.filter(moved)
        return rows.filter(**wanted)

    @extend_schema(
        operation_id="cadence_flag_list",
        parameters=[CadenceFlagQuery],
        responses={200: page_of(CadenceFlagSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of flags, the oldest first; the open ones unless told otherwise."""
        return super().get(request)


def _person(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user


def _voidable(request: Request) -> ContactRecordQuerySet:
    rows = ContactRecord.objects.voidable_by(_person(request))
    return rows if access_of(request) is None else rows.filter(source=Source.API)


def _maker(request: Request, sent: int | None) -> StaffUser:
    """Return whose contact it was: a person's own, or whom another system names."""
    person = _person(request)
    if access_of(request) is None:
        if sent not in (None, person.pk):
            raise RuleError({"recorded_by": [_("People record their own contacts only.")]})
        return person
    if sent is None:
        raise RuleError({"recorded_by": [_("Say whose contact it was.")]})
    named = StaffUser.objects.visible_to(person).active().people().filter(pk=sent).first()
    if named is None:
        raise RuleError({"recorded_by": [_("There is no such person.")]})
    return named
