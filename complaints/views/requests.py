"""Promises to customers: listed, made (also from the log drawer), done, told, called off."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.requests import (
    CancelRequestForm,
    RequestFilterForm,
    RequestForm,
    ResponsibleForm,
    TellForm,
)
from complaints.models import ServiceRequest
from complaints.querysets import ServiceRequestQuerySet
from complaints.rules.requests import next_working_day
from complaints.services import requests
from complaints.views.shared import person_of, served_customer
from contacts.models import ContactRecord
from core import clock, once
from core.forms import add_refusal
from core.htmx import answer, go, is_partial, next_of, own_address, trigger
from core.ids import id_in
from core.pagination import keyset_page
from customers.models import Customer
from customers.querysets import own_page
from staff.models import Role, StaffUser, Unit

GET_OR_POST = ("GET", "HEAD", "POST")
READERS = (Role.MANAGER, Role.SUPERVISOR, Role.HEAD_OFFICE)
LINE = "also_"
"""What the names of the line's fields in the log drawer begin with."""

PANEL_ROWS = 10


def reader_of(user: Any) -> StaffUser:
    """Return the person where the role has to do with promises; for others nothing is here."""
    person = person_of(user)
    if person.role not in READERS:
        raise Http404
    return person


# --- The list -----------------------------------------------------------------------------------


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Show the promises within the person's scope, the most pressing first."""
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = RequestFilterForm(request.GET, units=units)
    rows = ServiceRequest.objects.visible_to(user)
    rows = _filtered(rows, form, user) if form.is_valid() else rows.none()
    has_ended = form.cleaned_data.get("state") == "ended"
    page = keyset_page(
        rows.with_people(),
        order=["-due_at", "-pk"] if has_ended else ["due_at", "pk"],
        cursor=request.GET.get("cursor"),
    )
    manager = form.cleaned_data.get("manager") or 0
    context = {
        "form": form,
        "page": page,
        "now": clock.now(),
        "zone": clock.zone_info(user.time_zone),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
        "may_act": not user.is_head_office,
    }
    return answer(request, "complaints/_request_list.html", context)


def _filtered(
    rows: ServiceRequestQuerySet, form: RequestFilterForm, user: StaffUser
) -> ServiceRequestQuerySet:
    given, now = form.cleaned_data, clock.now()
    end_of_today = clock.end_of_day(clock.today(user.time_zone), user.time_zone)
    by_state = {
        "": rows.open(),
        "today": rows.due_by(end_of_today).filter(due_at__gte=now),
        "overdue": rows.overdue(now),
        "untold": rows.untold(),
        "escalated": rows.open().filter(escalated_at__isnull=False),
        "ended": rows.filter(ended_at__isnull=False),
    }
    rows = by_state[given["state"]]
    if given["whose"] == "mine":
        rows = rows.of_people({*user.scope.manager_ids, user.pk})
    if given.get("unit") is not None:
        rows = rows.filter(customer__unit__path__startswith=given["unit"].path)
    if given["manager"]:
        rows = rows.filter(customer__manager=given["manager"])
    return rows


@require_safe
def customer_requests(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was promised to a customer: the open promises first, then the latest others."""
    user = reader_of(request.user)
    seen = Customer.objects.visible_to(user).select_related("unit", "manager")
    customer = get_object_or_404(seen, pk=pk)
    rows = ServiceRequest.objects.visible_to(user).filter(customer=customer)
    rows = rows.select_related("responsible", "promised_by", "complaint")
    found = list(rows.order_by("-promised_at", "-pk")[:PANEL_ROWS])
    open_ones = list(rows.open().most_pressing_first()[:PANEL_ROWS])
    context = {
        "customer": customer,
        "zone": clock.zone_info(customer.unit.time_zone),
        "now": clock.now(),
        "shown": [*open_ones, *(row for row in found if not row.is_open)],
        "may_act": Customer.objects.editable_by(user).filter(pk=pk).exists(),
    }
    with own_page(customer, user):
        return answer(request, "complaints/_customer_requests.html", context)


# --- Making one ---------------------------------------------------------------------------------


@require_http_methods(GET_OR_POST)
def request_make(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what was promised to a customer, then write it down."""
    user = person_of(request.user)
    customer = served_customer(request, pk)
    form = _form_for(request, user, customer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _made(user, customer, form)
        if made is not None:
            return _done(request, made, _said_of(made), undo_label="")
    return _make_drawer(request, customer, form)


@require_safe
def request_line(request: HttpRequest, pk: int) -> HttpResponse:
    """The log drawer's line about a promise; what was typed comes back with the address."""
    customer = served_customer(request, pk)
    if not is_partial(request):
        return redirect("complaints:request_make", pk=pk)
    form = _form_for(request, person_of(request.user), customer, None)
    context = {
        "customer": customer,
        "typed": {name: request.GET.get(LINE + name, "")[:300] for name in ("what", "due_on")},
        "key": request.GET.get(f"{LINE}key", "") or form["submission_key"].value(),
        "days": _days(clock.today(customer.unit.time_zone)),
    }
    return render(request, "complaints/_request_line.html", context)


@require_POST
def request_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the line's promise over from the log drawer, once the contact is saved.

    The browser sends the drawer's form on to here. Sent twice it is one promise. Where the line
    is wrong, the contact stays and a drawer asks for the promise alone, with all that was typed.
    """
    user = person_of(request.user)
    customer = served_customer(request, pk)
    typed = {
        "what": request.POST.get(f"{LINE}what", ""),
        "due_on": request.POST.get(f"{LINE}due_on", ""),
        "submission_key": request.POST.get(f"{LINE}key", ""),
        "record": request.GET.get("record", ""),
    }
    form = _form_for(request, user, customer, typed)
    made = _made(user, customer, form) if form.is_valid() else None
    if made is None:
        response = _make_drawer(request, customer, form, after_contact=True)
        return trigger(response, contactLogged={}) if is_partial(request) else response
    text = _("Logged, and promised: %(what)s") % {"what": made.what}
    record = made.contact_record
    if record is not None and record.is_counted and (then := _then_of(request)):
        return _go_on(request, text, f"{then}{'&' if '?' in then else '?'}record={record.pk}")
    return _done(request, made, text, undo_label="", contactLogged={})


def _form_for(request: HttpRequest, user: StaffUser, customer: Customer, data: Any) -> RequestForm:
    people = [person.pk for person in requests.who_may_keep(customer)]
    return RequestForm(
        data,
        records=ContactRecord.objects.visible_to(user).filter(customer=customer),
        people=StaffUser.objects.visible_to(user).filter(pk__in=people),
        zone=clock.zone_info(customer.unit.time_zone),
        initial={"record": id_in(request.GET.get("record"))},
    )


def _made(user: StaffUser, customer: Customer, form: RequestForm) -> ServiceRequest | None:
    """Make the promise; None where the service refuses it, which the form then shows."""
    try:
        return requests.make_request(
            actor=user,
            customer=customer,
            promise=form.promise(),
            contact_record=form.cleaned_data["record"],
            submission_key=form.cleaned_data["submission_key"],
            again=form.cleaned_data["again"],
        )
    except ValidationError as refusal:
        add_refusal(form, refusal, due_at="due_on", contact_record="record")
        return None


def _make_drawer(
    request: HttpRequest, customer: Customer, form: RequestForm, *, after_contact: bool = False
) -> HttpResponse:
    number = id_in(form["record"].value())
    records = form.fields["record"].queryset  # type: ignore[attr-defined]
    context = {
        "customer": customer,
        "form": form,
        "after_contact": after_contact,
        "linked": records.filter(pk=number).first() if number else None,
        "days": _days(clock.today(customer.unit.time_zone)),
        "next": next_of(request),
        "zone": clock.zone_info(customer.unit.time_zone),
        "in_part": is_partial(request),
    }
    partial = "complaints/_request_make_drawer.html"
    template = partial if is_partial(request) else "complaints/request_make.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _days(today: date) -> list[tuple[str, date]]:
    return [
        (_("Today"), today),
        (_("Next working day"), next_working_day(today)),
        (_("In a week"), today + timedelta(days=7)),
    ]


# --- What is done with it -----------------------------------------------------------------------


@require_POST
def request_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that what was promised is done."""
    found = _editable(request, pk)
    text = _("Done. Tell %(customer)s, too.") % {"customer": found.customer.name}
    was_done = found.done_at is not None and found.state in ("done", "told")
    if was_done and found.done_at is not None:
        # The row stood there while it was done in another tab, or by somebody else.
        text = _("It was done already, %(ago)s.") % {"ago": once.ago(found.done_at)}
    return _try(
        request,
        found,
        text,
        lambda user: requests.do_request(actor=user, request=found),
        has_undo=not was_done,
    )


@require_http_methods(GET_OR_POST)
def request_tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the customer knows: by one tap, or with the contact that told it."""
    user = person_of(request.user)
    found = _editable(request, pk)
    records = ContactRecord.objects.visible_to(user).filter(customer=found.customer)
    initial = {"record": id_in(request.GET.get("record"))}
    form = TellForm(request.POST if request.method == "POST" else None, records=records)
    form.initial = initial
    if request.method == "POST" and form.is_valid():
        return _try(
            request,
            found,
            _("Kept: %(what)s") % {"what": found.what},
            lambda person: requests.tell_customer(
                actor=person,
                request=found,
                contact_record=form.cleaned_data["record"],
                note=form.cleaned_data["note"],
            ),
        )
    linked = records.filter(pk=initial["record"] or 0).first()
    return _drawer(request, found, form, "tell", linked=linked)


@require_http_methods(GET_OR_POST)
def request_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why a promise is called off, then call it off."""
    found = _editable(request, pk)
    form = CancelRequestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _try(
            request,
            found,
            _("Called off: %(what)s") % {"what": found.what},
            lambda user: requests.cancel_request(
                actor=user, request=found, reason=form.cleaned_data["reason"]
            ),
        )
    return _drawer(request, found, form, "cancel")


@require_http_methods(GET_OR_POST)
def request_reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask who is responsible from now on, then hand the promise on."""
    user = person_of(request.user)
    found = _editable(request, pk)
    people = [person.pk for person in requests.who_may_keep(found.customer)]
    form = ResponsibleForm(
        request.POST if request.method == "POST" else None,
        people=StaffUser.objects.visible_to(user).filter(pk__in=people),
        initial={"responsible": found.responsible_id},
    )
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["responsible"]
        return _try(
            request,
            found,
            _("%(person)s is responsible now.") % {"person": person.name},
            lambda actor: requests.reassign_request(actor=actor, request=found, responsible=person),
            has_undo=False,
        )
    return _drawer(request, found, form, "reassign")


@require_POST
def request_complain(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a complaint of a promise that was not kept, and open it."""
    user = person_of(request.user)
    found = _editable(request, pk)
    try:
        complaint = requests.make_complaint_of(actor=user, request=found)
    except ValidationError as refusal:
        return _refused(request, found, refusal)
    text = _("The promise is a complaint now; its clock runs.")
    return go(request, reverse("complaints:complaint_detail", args=[complaint.pk]), text)


@require_POST
def request_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last step of a promise back, where nothing else happened since."""
    found = _editable(request, pk)
    given = id_in(request.GET.get("version"))
    version = -1 if given is None else given
    return _try(
        request,
        found,
        _("Taken back: %(what)s") % {"what": found.what},
        lambda user: requests.take_back(actor=user, request=found, version=version),
        has_undo=False,
    )


def _editable(request: HttpRequest, pk: int) -> ServiceRequest:
    found = ServiceRequest.objects.editable_by(person_of(request.user))
    return get_object_or_404(found.select_related("customer__unit", "customer__manager"), pk=pk)


def _drawer(
    request: HttpRequest, found: ServiceRequest, form: Any, kind: str, **more: Any
) -> HttpResponse:
    context = {
        "promise": found,
        "customer": found.customer,
        "form": form,
        "next": next_of(request),
        "zone": clock.zone_info(found.customer.unit.time_zone),
        **more,
    }
    partial = f"complaints/_request_{kind}_drawer.html"
    return answer(request, partial, context, status=422 if form.errors else 200)


def _try(
    request: HttpRequest, found: ServiceRequest, text: str, do: Any, *, has_undo: bool = True
) -> HttpResponse:
    """Run the service and say that it is done, or why not."""
    try:
        changed = do(person_of(request.user))
    except ValidationError as refusal:
        return _refused(request, found, refusal)
    return _done(request, changed, text, undo_label=_("Undo") if has_undo else "")


def _refused(request: HttpRequest, found: ServiceRequest, refusal: ValidationError) -> HttpResponse:
    text = " ".join(str(message) for message in refusal.messages)
    if not is_partial(request):
        messages.error(request, text)
        return redirect(next_of(request) or _address(found))
    toast = {"text": text, "level": "danger"}
    return trigger(HttpResponse(status=204), toast=toast, close_drawer={}, requestChanged={})


def _done(
    request: HttpRequest, found: ServiceRequest, text: str, *, undo_label: str, **events: Any
) -> HttpResponse:
    """Say that it is done: to htmx by events that close the drawer, else on the next page."""
    if not is_partial(request):
        messages.success(request, text)
        return redirect(next_of(request) or _address(found))
    toast: dict[str, Any] = {"text": text, "level": "success"}
    if undo_label:
        address = reverse("complaints:request_undo", args=[found.pk])
        toast["undo_url"] = f"{address}?{urlencode({'version': found.version})}"
        toast["undo_label"] = undo_label
    response = HttpResponse(status=204)
    return trigger(response, toast=toast, close_drawer={}, requestChanged={}, **events)


def _go_on(request: HttpRequest, text: str, url: str) -> HttpResponse:
    """Open what the contact was made for, with the record in hand."""
    if not is_partial(request):
        messages.success(request, text)
        return redirect(url)
    toast = {"text": text, "level": "success"}
    opens = {"contactLogged": {}, "requestChanged": {}, "open_drawer": {"url": url}}
    return trigger(HttpResponse(status=204), toast=toast, **opens)


def _then_of(request: HttpRequest) -> str:
    return own_address(request, "then")


def _said_of(found: ServiceRequest) -> str:
    return _("Promised: %(what)s") % {"what": found.what}


def _address(found: ServiceRequest) -> str:
    return reverse("customers:customer_detail", args=[found.customer_id])
