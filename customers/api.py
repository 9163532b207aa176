"""Customers in the REST API: the list, one of them, and changes to what is known of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest.access import ScopePermission, access_of, reads_back
from core.rest.clients import PHONES
from core.rest.etags import answer_of, etag_of, wanted_version
from core.rest.lists import ListEndpoint
from core.rest.problems import VersionChangedError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from core.sealed import SealExpiredError
from customers.filters import AskedFilter
from customers.forms.lists import rows_sent
from customers.forms.sheet import CustomerForm, ProfileForm
from customers.models import Customer, Status
from customers.querysets import CustomerQuerySet, access_to, serves_anybody
from customers.serializers import (
    WHOLE_PHONES,
    CustomerChangeSerializer,
    CustomerDetailSerializer,
    CustomerQuery,
    CustomerSerializer,
)
from customers.services.editing import VersionConflictError, change_entries, check_version
from customers.services.listing import EVERYBODY
from customers.services.lookups import SearchesUsedUpError, open_search
from customers.services.profile import record_disclosure
from customers.services.sheet import PROFILE_FIELDS, Row, Sheet, load_sheet, read_sheet
from staff.models import StaffUser
from staff.querysets import scope_of

ENTRY_OF = {
    **dict.fromkeys(
        ("birth_calendar", "birth_year", "birth_month", "birth_day", "birth_leap_month"),
        "birthday",
    ),
    **dict.fromkeys(("preferred_from", "preferred_to"), "preferred_hours"),
}
"""The entry of the data sheet that a field belongs to, where the names differ."""

LISTS = {
    "phones": "phone",
    "addresses": "address",
    "family_members": "family_members",
    "job_changes": "job_history",
}
"""The entry of the data sheet that a list is."""

FIELD_OF = {entry: name for name, entry in LISTS.items()}


class SeesCustomers(BasePermission):
    """For who has nothing to do with customers nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class CustomerEndpoint(Endpoint):
    """What the endpoints of customers share."""

    resource = "customers"
    permission_classes = (ScopePermission, SeesCustomers)


class CustomerList(CustomerEndpoint, ListEndpoint):
    """The customers that the asker may see, the longest unchanged first."""

    query_class = CustomerQuery
    serializer_class = CustomerSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> CustomerQuerySet:
        """Return the customers in scope with their phone numbers, merged rows among them."""
        rows = Customer.objects.visible_to(person_of(self.request), with_merged=True)
        return rows.prefetch_related("phones")

    def narrow(self, rows: CustomerQuerySet, given: dict[str, Any]) -> CustomerQuerySet:
        """Apply the filters that the page of the list has, and ``updated_since``."""
        if given.get("status") == Status.MERGED:
            rows, given = rows.filter(status=Status.MERGED), {**given, "status": EVERYBODY}
        self._note_search(given.get("q", ""))
        rows = AskedFilter.of(given, person_of(self.request)).apply(rows)
        since = given.get("updated_since")
        return rows if since is None else rows.filter(updated_at__gte=since)

    def _note_search(self, text: str) -> None:
        """Write down a search by a whole number, and bound such searches, as the page does."""
        access = access_of(self.request)
        if access is not None and PHONES in access.scopes:
            # What it is sent is written down.
            return
        try:
            open_search(actor=person_of(self.request), written=text)
        except SearchesUsedUpError as refusal:
            raise Throttled(wait=refusal.wait) from refusal
        except SealExpiredError as error:
            raise Http404 from error

    def shown(self, rows: list[Customer]) -> Any:
        """Show numbers whole to clients that may; each showing is written down."""
        whole = discloses(self, rows)
        context = {**self.get_serializer_context(), WHOLE_PHONES: whole}
        return CustomerSerializer(rows, many=True, context=context).data

    @extend_schema(
        operation_id="customer_list",
        parameters=[CustomerQuery],
        responses={200: page_of(CustomerSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of customers.

        `updated_at` moves with what people and other systems change. Due days also follow from
        contact records: read those to follow them.
        """
        return super().get(request)


class CustomerDetail(CustomerEndpoint):
    """One customer."""

    has_versions = True

    @extend_schema(operation_id="customer_detail", responses={200: CustomerDetailSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one customer with everything that is known; the ETag names the version.

        304 where If-None-Match names that version. Due days follow from contact records and do
        not make a new version.

        A row that was merged into another customer names it in `merged_into`, keeps only what
        the other had already, and cannot be changed.
        """
        return self._answer(request, pk)

    @extend_schema(
        operation_id="customer_change",
        request=CustomerChangeSerializer,
        responses={200: CustomerDetailSerializer},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change facts of one customer; If-Match names the version that the change is based on.

        Fields that are left out stay as they are. A list (`phones`, `addresses`,
        `family_members`, `job_changes`, `opt_outs`) that is given stands instead of the stored
        one, in its order. A row with the `id` of a stored one is that one, and what it leaves out
        stays: so a phone number stays that one may not read. A row without `id` is new; a stored
        row that is not in the list goes. The first phone number is the one to call. Safe to send
        twice: the second time the version is another.
        """
        person = person_of(request)
        rows = Customer.objects.editable_by(person).select_related("unit", "profile")
        customer = get_object_or_404(rows, pk=pk)
        sent = CustomerChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        version = wanted_version(request, customer.version)
        try:
            check_version(customer, version)
            values = _entries(load_sheet(customer), sent.validated_data)
            change_entries(actor=person, customer=customer, values=values, version=version)
        except VersionConflictError as conflict:
            changes = [_by_field(change) for change in conflict.changes]
            raise VersionChangedError(etag_of(conflict.version), changes) from conflict
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return self._answer(request, pk)

    def _answer(self, request: Request, pk: int) -> Response:
        person = person_of(request)
        rows = Customer.objects.visible_to(person, with_merged=True)
        customer = get_object_or_404(rows.select_related("unit", "profile"), pk=pk)
        return answer_of(request, customer.version, lambda: self._sheet(request, customer))

    def _sheet(self, request: Request, customer: Customer) -> Any:
        serves = access_of(request) is None and access_to(customer, person_of(request)).serves
        whole = (reads_back(request, self) and discloses(self, [customer])) or serves
        return CustomerDetailSerializer(load_sheet(customer), context={WHOLE_PHONES: whole}).data


def person_of(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user


def discloses(endpoint: Endpoint, customers: Sequence[Customer]) -> bool:
    """Say whether a client gets whole numbers; of which customers is written down."""
    request: Any = endpoint.request
    access = access_of(request)
    if access is None or PHONES not in access.scopes:
        return False
    actor = person_of(request)
    endpoint.note_numbers = lambda texts: record_disclosure(
        actor=actor, customers=customers, texts=texts
    )
    return True


def _entries(customer: Customer, sent: Mapping[str, Any]) -> Sheet:
    """Return the entries of the data sheet that ``sent`` changes, checked as the page does.

    Raises RuleError for what the page would refuse.
    """
    flat = {name: sent[name] for name in sent.keys() - {"profile", *LISTS}}
    facts = sent.get("profile", {})
    of_customer = _checked(
        CustomerForm,
        {**_present(customer), **flat},
        instance=customer,
        today=clock.today(customer.unit.time_zone),
    )
    profile = getattr(customer, "profile", None)
    stored = {name: getattr(profile, name, "") for name in PROFILE_FIELDS}
    of_profile = _checked(ProfileForm, {**stored, **facts}, at="profile", instance=profile)
    values = {**of_customer.values(), **of_profile.values()}
    touched = {ENTRY_OF.get(name, name) for name in flat} | set(facts)
    lists = {LISTS[name]: _rows(customer, name, sent[name]) for name in LISTS if name in sent}
    return {**{name: value for name, value in values.items() if name in touched}, **lists}


def _rows(customer: Customer, name: str, sent: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    stored = read_sheet(customer)[LISTS[name]]
    try:
        return rows_sent(LISTS[name], stored, sent)
    except ValidationError as refusal:
        raise refused(refusal, at=name) from refusal


def _by_field(change: Mapping[str, Any]) -> dict[str, Any]:
    """Call a list as the API does, not as the data sheet and the trail do."""
    return {**change, "field": FIELD_OF.get(change["field"], change["field"])}


def _present(customer: Customer) -> dict[str, Any]:
    present = {name: getattr(customer, name) for name in CustomerForm.Meta.fields}
    return {**present, "opt_outs": [row.channel for row in customer.opt_outs.all()]}


def _checked(form_class: type[Any], data: Mapping[str, Any], at: str = "", **arguments: Any) -> Any:
    form: forms.ModelForm[Any] = form_class(data, **arguments)
    if not form.is_valid():
        raise refused(ValidationError(form.errors.as_data()), at=at)
    return form
