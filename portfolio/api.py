"""Handovers in the REST API: read, tried out, made and called off."""

from __future__ import annotations

from collections.abc import Mapping
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

from core import clock
from core.identity import identity
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint, ListQuery
from core.rest.problems import RuleError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.querysets import serves_anybody
from portfolio.models import ReassignedCustomer, Reassignment
from portfolio.querysets import ReassignedCustomerQuerySet, ReassignmentQuerySet
from portfolio.serializers import (
    HandoverCountsSerializer,
    HandoverPreviewSerializer,
    HandoverSerializer,
    ReassignedCustomerSerializer,
    ReassignmentQuery,
    ReassignmentSerializer,
)
from portfolio.services import reassignment
from staff.models import StaffUser
from staff.querysets import scope_of

CHOICES = ("customers", "customer_numbers")
"""The lists that name customers, by id and by number."""


class SeesHandovers(BasePermission):
    """For who has nothing to do with customers nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class ReassignmentEndpoint(Endpoint):
    """What the endpoints of handovers share."""

    resource = "reassignments"
    permission_classes = (ScopePermission, SeesHandovers)


class ReassignmentList(ReassignmentEndpoint, ListEndpoint):
    """The handovers that the asker may see."""

    query_class = ReassignmentQuery
    serializer_class = ReassignmentSerializer

    def get_queryset(self) -> ReassignmentQuerySet:
        """Return the handovers in scope."""
        return Reassignment.objects.visible_to(_person(self.request))

    def narrow(self, rows: ReassignmentQuerySet, given: dict[str, Any]) -> ReassignmentQuerySet:
        """Apply the filters."""
        lookups = {
            "manager": "manager",
            "effective_from": "effective_on__gte",
            "effective_to": "effective_on__lte",
        }
        rows = rows.filter(**{lookups[name]: given[name] for name in lookups if name in given})
        if "state" in given:
            rows = rows.in_state(given["state"])
        since = given.get("updated_since")
        return rows if since is None else rows.changed_since(since)

    @extend_schema(
        operation_id="reassignment_list",
        parameters=[ReassignmentQuery],
        responses={200: page_of(ReassignmentSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of handovers, the oldest first: what came to whom one sees."""
        return super().get(request)

    @extend_schema(
        operation_id="reassignment_create",
        request=HandoverSerializer,
        responses={200: ReassignmentSerializer, 201: ReassignmentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Hand customers over to another manager, today or on a later day; both are told.

        Say whom by exactly one of `customers`, `customer_numbers` and `from_manager`. One who
        cannot be handed over refuses the whole; who is with the new manager already stays. 201
        with the new handover; 200 with the first one where the same `submission_key` comes again.
        """
        person = _supervisor(request)
        sent = HandoverSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given: dict[str, Any] = sent.validated_data
        made = reassignment.already_made(person, given["submission_key"])
        is_new = made is None
        if made is None:
            made, is_new = _handed_over(person, given)
        return Response(ReassignmentSerializer(made).data, status=201 if is_new else 200)


class ReassignmentPreview(ReassignmentEndpoint):
    """What would go along."""

    @extend_schema(
        operation_id="reassignment_preview",
        request=HandoverPreviewSerializer,
        responses={200: HandoverCountsSerializer},
    )
    def post(self, request: Request) -> Response:
        """Count what would go along with some customers; nothing is changed."""
        person = _supervisor(request)
        sent = HandoverPreviewSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given: dict[str, Any] = sent.validated_data
        stays_with = _manager(person, given["manager"]) if "manager" in given else None
        counts = reassignment.preview(
            actor=person,
            customers=_chosen(person, given),
            today=clock.today(person.time_zone),
            stays_with=stays_with,
        )
        return Response(HandoverCountsSerializer(counts).data)


class ReassignmentDetail(ReassignmentEndpoint):
    """One handover."""

    @extend_schema(operation_id="reassignment_detail", responses={200: ReassignmentSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one handover."""
        rows = Reassignment.objects.visible_to(_person(request))
        return Response(ReassignmentSerializer(get_object_or_404(rows, pk=pk)).data)


class ReassignmentCustomers(ReassignmentEndpoint, ListEndpoint):
    """The customers of one handover."""

    serializer_class = ReassignedCustomerSerializer

    def get_queryset(self) -> ReassignedCustomerQuerySet:
        """Return those of the handover's customers whom the asker may see."""
        person = _person(self.request)
        made = get_object_or_404(Reassignment.objects.visible_to(person), pk=self.kwargs["pk"])
        return ReassignedCustomer.objects.visible_to(person).filter(reassignment=made)

    @extend_schema(
        operation_id="reassignment_customers",
        parameters=[ListQuery],
        responses={200: page_of(ReassignedCustomerSerializer)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer one page of a handover's customers, without those whom one no longer sees."""
        return super().get(request)


class ReassignmentCallOff(ReassignmentEndpoint):
    """Calling a planned handover off."""

    @extend_schema(
        operation_id="reassignment_call_off",
        request=None,
        responses={200: ReassignmentSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Call off a handover that waits for its day; 422 for one in force. Safe to send twice."""
        person = _supervisor(request)
        found = get_object_or_404(Reassignment.objects.editable_by(person), pk=pk)
        left = reassignment.call_off(actor=person, made=found)
        if left.state == Reassignment.State.IN_FORCE:
            raise RuleError({"": [_("The handover is in force already. Hand over once more.")]})
        return Response(ReassignmentSerializer(left).data)


def _person(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user


def _supervisor(request: Any) -> StaffUser:
    """Return who asks, a supervisor or a system; for others there is nothing to hand over."""
    person = _person(request)
    if scope_of(person).unit_path is None:
        raise Http404
    return person


def _handed_over(person: StaffUser, given: Mapping[str, Any]) -> tuple[Reassignment, bool]:
    manager = _manager(person, given["manager"])
    try:
        return reassignment.reassign_once(
            actor=person,
            customers=_chosen(person, given),
            manager=manager,
            effective_on=given.get("effective_on") or clock.today(manager.time_zone),
            submission_key=given["submission_key"],
            note=given.get("note", ""),
        )
    except ValidationError as refusal:
        raise refused(refusal) from refusal


def _manager(person: StaffUser, pk: int) -> StaffUser:
    """Return the new manager; raises RuleError for who cannot be one."""
    managers = reassignment.managers_for(person).select_related("unit")
    found = managers.filter(pk=pk).first()
    if found is None:
        raise RuleError({"manager": [_("Choose an active customer manager of your units.")]})
    return found


def _chosen(person: StaffUser, given: Mapping[str, Any]) -> list[int]:
    """Return the ids of the customers that were named; raises RuleError for one who cannot go."""
    ways = [name for name in (*CHOICES, "from_manager") if name in given]
    if len(ways) != 1:
        text = _("Give exactly one of customers, customer_numbers and from_manager.")
        raise RuleError({"": [text]})
    (way,) = ways
    return _all_of(person, given[way]) if way == "from_manager" else _named(person, way, given[way])


def _all_of(person: StaffUser, manager: int) -> list[int]:
    if not StaffUser.objects.visible_to(person).managers().filter(pk=manager).exists():
        raise RuleError({"from_manager": [_("There is no such manager.")]})
    most = reassignment.MOST_AT_ONCE
    own = reassignment.customers_for(person).filter(manager=manager).order_by("pk")
    found = list(own.values_list("pk", flat=True)[: most + 1])
    if len(found) > most:
        text = _("These are more than %(most)s. Name them in several handovers.") % {"most": most}
        raise RuleError({"from_manager": [text]})
    return found


def _named(person: StaffUser, way: str, wanted: list[Any]) -> list[int]:
    rows = reassignment.customers_for(person)
    found: dict[Any, int]
    if way == "customers":
        keys, found = (
            wanted,
            {pk: pk for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)},
        )
    else:
        keys, found = [identity(number) for number in wanted], rows.by_number(wanted)
    missing = [place for place, key in enumerate(keys) if key not in found]
    if missing:
        text = _("There is no such active customer in your units.")
        raise RuleError({f"{way}/{place}": [text] for place in missing})
    return list(dict.fromkeys(found[key] for key in keys))
