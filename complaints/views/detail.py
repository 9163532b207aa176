"""One complaint, one page: its clocks, what can be done, one timeline; and what is done there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.actions import (
    FileForm,
    MergeForm,
    MoveForm,
    NoteForm,
    ReassignForm,
    RespondForm,
    SubTaskForm,
)
from complaints.forms.reports import ReportForm, said_in
from complaints.models import Complaint, ComplaintMerge, ResponseTemplate
from complaints.rules.states import Move, moves_from
from complaints.services import doubles, moving
from complaints.services.people import handles, who_may_handle
from complaints.services.registering import ComplaintChangedError, change_details
from complaints.services.story import story_of
from complaints.views.left import left_of
from complaints.views.shared import (
    categories_for,
    commentable_complaint,
    editable_complaint,
    person_of,
    visible_complaint,
    writer_of,
)
from core import clock
from core.forms import add_refusal
from core.htmx import go
from core.phones import mask_phone
from customers.models import CustomerPhone
from customers.querysets import access_to
from customers.services.profile import reveal_phone
from staff.models import StaffUser

UNPROCESSABLE = 422
MOST_OTHERS = 20

SAID: dict[Move, Callable[[], str]] = {
    Move.ACCEPT: lambda: _("Accepted."),
    Move.START: lambda: _("In work."),
    Move.WAIT: lambda: _("The resolution clock stands still until work is resumed."),
    Move.RESUME: lambda: _("The resolution clock runs again."),
    Move.RESOLVE: lambda: _("Resolved. The clock has stopped."),
    Move.CLOSE: lambda: _("Closed. The customer is to be called back."),
    Move.REOPEN: lambda: _("Reopened. The clock runs with what was left."),
}


@require_safe
def complaint_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a complaint with its clocks, all that can be done, and what has happened."""
    complaint = visible_complaint(request, pk)
    return render(request, "complaints/complaint_detail.html", page_context(request, complaint))


@require_POST
def complaint_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a complaint on: accept, start, wait, resume, resolve, close, reopen."""
    user = person_of(request.user)
    complaint = editable_complaint(request, pk)
    form = MoveForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            moving.move(
                actor=user,
                complaint=complaint,
                move=given["move"],
                reason=given["reason"],
                resolution=given["resolution"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, address_of(complaint), SAID[given["move"]]())
    return refused(request, complaint, move=form)


@require_POST
def complaint_respond(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the handler's contact with the complainant."""
    complaint = editable_complaint(request, pk)
    form = RespondForm(request.POST)
    if form.is_valid():
        try:
            record = moving.respond(
                actor=person_of(request.user),
                complaint=complaint,
                contact=form.contact(),
                submission_key=form.cleaned_data["submission_key"],
                again=form.cleaned_data["again"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            words = {"outcome": record.get_outcome_display()}
            return go(request, address_of(complaint), _("Contact noted: %(outcome)s.") % words)
    return refused(request, complaint, respond=form)


@require_POST
def complaint_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a remark."""
    complaint = commentable_complaint(request, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            moving.note(
                actor=person_of(request.user), complaint=complaint, text=form.cleaned_data["text"]
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, address_of(complaint), _("Noted."))
    return refused(request, complaint, note=form)


@require_POST
def complaint_reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a complaint to another handler."""
    complaint = editable_complaint(request, pk)
    form = ReassignForm(request.POST, people=who_may_handle(complaint))
    if form.is_valid():
        given = form.cleaned_data
        try:
            moving.reassign(
                actor=person_of(request.user),
                complaint=complaint,
                handler=given["handler"],
                reason=given["reason"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("%(person)s handles it now.") % {"person": given["handler"].name}
            return go(request, _address_if_seen(request, complaint), text)
    return refused(request, complaint, reassign=form)


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is complained of."""
    user = person_of(request.user)
    complaint = editable_complaint(request, pk)
    form = ReportForm(
        request.POST or None,
        initial=said_in(complaint),
        categories=categories_for(user),
        zone=clock.zone_info(complaint.unit.time_zone),
        complaint=complaint,
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_details(
                actor=user,
                complaint=complaint,
                report=form.report(),
                version=form.cleaned_data["version"] or 0,
            )
        except ComplaintChangedError as meanwhile:
            form.add_error(
                None, _("Somebody else changed it meanwhile. What you entered is kept: look again.")
            )
            newest = request.POST.copy()
            newest["version"] = str(meanwhile.complaint.version)
            form.data = newest
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, address_of(complaint), _("Saved."))
    context = {"complaint": complaint, "customer": complaint.customer, "form": form}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "complaints/complaint_edit.html", context, status=status)


@require_POST
def double_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a complaint and another report of the same customer one."""
    user = person_of(request.user)
    complaint = editable_complaint(request, pk)
    form = MergeForm(request.POST, others=others_of(request, complaint))
    if form.is_valid():
        try:
            merge = doubles.merge_doubles(
                actor=user,
                first=complaint,
                second=form.cleaned_data["other"],
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            url = reverse("complaints:complaint_detail", args=[merge.survivor_id])
            return go(request, url, _("Merged. The earlier report goes on."))
    return refused(request, complaint, merge=form)


@require_POST
def double_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a double report apart again."""
    user = writer_of(request.user)
    merge = get_object_or_404(ComplaintMerge.objects.editable_by(user), pk=pk)
    try:
        doubles.undo_merge(actor=user, merge=merge)
    except ValidationError as refusal:
        survivor = reverse("complaints:complaint_detail", args=[merge.survivor_id])
        return go(request, survivor, " ".join(refusal.messages))
    url = reverse("complaints:complaint_detail", args=[merge.absorbed_id])
    return go(request, url, _("Taken apart. The report stands where it stood."))


@require_POST
def phone_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the complainant's whole number to who moves the complaint; it is written down.

    Long after the closing only to who has to do with the customer otherwise.
    """
    user = person_of(request.user)
    complaint = editable_complaint(request, pk)
    if not _reveals(user, complaint):
        raise Http404
    phone = complaint.customer.phones.first()
    if phone is None:
        return go(request, address_of(complaint))
    reveal_phone(actor=user, phone=phone)
    return render(request, "complaints/_complaint_phone.html", _phone(complaint, phone, whole=True))


# --- What the page is made of -------------------------------------------------------------------


def address_of(complaint: Complaint) -> str:
    """Return the complaint's page."""
    return reverse("complaints:complaint_detail", args=[complaint.pk])


def refused(request: HttpRequest, complaint: Complaint, **given: forms.Form) -> HttpResponse:
    """Show the page with what was entered in the form that was refused."""
    complaint = visible_complaint(request, complaint.pk)
    context = page_context(request, complaint, **given)
    return render(request, "complaints/complaint_detail.html", context, status=UNPROCESSABLE)


def others_of(request: HttpRequest, complaint: Complaint) -> Any:
    """Return the other open reports of the complainant."""
    mine = Complaint.objects.editable_by(person_of(request.user)).open()
    return mine.filter(customer=complaint.customer_id).exclude(pk=complaint.pk)


def page_context(request: HttpRequest, complaint: Complaint, **given: forms.Form) -> dict[str, Any]:
    """Return all that the complaint's page shows. ``given``: forms that were refused."""
    user = person_of(request.user)
    zone = clock.zone_info(complaint.unit.time_zone)
    now = clock.now()
    may_edit = Complaint.objects.editable_by(user).filter(pk=complaint.pk).exists()
    context = {
        "complaint": complaint,
        "customer": complaint.customer,
        "zone": zone,
        "now": now,
        "left": left_of(complaint, now),
        "story": story_of(complaint),
        "files": list(complaint.attachments.select_related("added_by")),
        "tasks": list(complaint.sub_tasks.select_related("made_by", "done_by")),
        "doubles": list(complaint.merges.standing().select_related("absorbed")),
        "merged": complaint.merged_into_id is not None,
        "may_edit": may_edit,
        "may_reveal": may_edit and _reveals(user, complaint),
        "may_note": not user.is_head_office,
        "sees_customer": access_to(complaint.customer, user).edits or user.is_head_office,
        "note_form": given.get("note") or NoteForm(),
        "file_form": given.get("file") or FileForm(),
        "refused": next(iter(given), ""),
        "file_types": FILE_TYPES,
        **_phone(complaint, complaint.customer.phones.first()),
    }
    return {**context, **_doings(request, complaint, given)} if may_edit else context


FILE_TYPES = ".pdf,.png,.jpg,.jpeg,.gif,.webp,.txt,.docx,.xlsx,.mp3,.wav,.amr,.m4a,.mp4"


def _doings(
    request: HttpRequest, complaint: Complaint, given: dict[str, forms.Form]
) -> dict[str, Any]:
    """The forms of who moves the complaint."""
    user = person_of(request.user)
    moves = [] if complaint.merged_into_id else moves_from(complaint.state)
    others = others_of(request, complaint)
    category = complaint.category
    templates = ResponseTemplate.objects.visible_to(user).fitting(category.path)
    return {
        "moves": [move.name.lower() for move in moves],
        "handles": handles(user, complaint),
        "move_form": given.get("move") or MoveForm(),
        "respond_form": given.get("respond") or RespondForm(),
        "reassign_form": given.get("reassign")
        or ReassignForm(
            people=who_may_handle(complaint), initial={"handler": complaint.handler_id}
        ),
        "task_form": given.get("task")
        or SubTaskForm(zone=clock.zone_info(complaint.unit.time_zone)),
        "others": others.count() if complaint.is_open else 0,
        "merge_form": given.get("merge") or MergeForm(others=others),
        "templates": list(templates),
    }


def _phone(
    complaint: Complaint, phone: CustomerPhone | None, *, whole: bool = False
) -> dict[str, Any]:
    number = phone.number if phone is not None else ""
    return {
        "complaint": complaint,
        "phone_shown": number if whole else (mask_phone(number) if number else ""),
        "phone_whole": whole,
    }


def _reveals(user: StaffUser, complaint: Complaint) -> bool:
    """Whether who moves the complaint may still see the customer's number for it."""
    return not complaint.is_forgotten or access_to(complaint.customer, user).edits


def _address_if_seen(request: HttpRequest, complaint: Complaint) -> str:
    """The page where the person still sees it; else the queue."""
    seen = Complaint.objects.visible_to(person_of(request.user)).filter(pk=complaint.pk)
    return address_of(complaint) if seen.exists() else reverse("complaints:complaint_list")
