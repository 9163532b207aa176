"""After the closing: who is to be called back, what was learnt of one complaint, and of all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.forms.aftermath import (
    CallBackForm,
    JudgementForm,
    ReviewFilterForm,
)
from complaints.models import Cause, Complaint, ComplaintReview
from complaints.querysets import ComplaintReviewQuerySet
from complaints.services import aftermath
from complaints.views.shared import person_of, reader_of, writer_of
from contacts.models import ContactRecord
from core import clock
from core.forms import add_refusal
from core.htmx import answer, go
from core.pagination import keyset_page
from customers.models import Customer
from staff.models import StaffUser, Unit

UNPROCESSABLE = 422
CONTACT_DAYS = 92
CONTACTS_OFFERED = 30


# --- Who is to be called back, what is to be judged ---------------------------------------------


@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """Show the closed complaints whose customer is to be called back, or that are to be judged."""
    user = reader_of(request.user)
    form = ReviewFilterForm(request.GET, units=units_of(user))
    today = clock.today(user.time_zone)
    rows = ComplaintReview.objects.visible_to(user)
    rows = _filtered(rows, form.cleaned_data, today) if form.is_valid() else rows.none()
    page = keyset_page(
        rows.with_people(), order=["call_back_due_on", "pk"], cursor=request.GET.get("cursor")
    )
    managers = StaffUser.objects.visible_to(user)
    context = {
        "form": form,
        "page": page,
        "today": today,
        "manager": managers.filter(pk=form.cleaned_data.get("manager") or 0).first(),
    }
    return answer(request, "complaints/_review_list.html", context)


def _filtered(rows: ComplaintReviewQuerySet, given: dict[str, Any], today: Any) -> Any:
    by_state = {
        "": rows.to_call(),
        "overdue": rows.call_overdue(today),
        "judge": rows.to_judge(),
        "justified": rows.justified(),
        "judged": rows.current().filter(judged_at__isnull=False),
    }
    found = by_state[given["state"]]
    if given.get("unit") is not None:
        found = found.filter(complaint__unit__path__startswith=given["unit"].path)
    lookups = {
        "cause": "cause",
        "manager": "complaint__manager",
        "year": "complaint__received_at__year",
    }
    return found.filter(**{lookup: given[name] for name, lookup in lookups.items() if given[name]})


@require_safe
def complaint_reviews(request: HttpRequest, pk: int) -> HttpResponse:
    """Show on the complaint's page what followed its closings, with the way to do it."""
    user = reader_of(request.user)
    complaint = get_object_or_404(Complaint.objects.visible_to(user), pk=pk)
    reviews = ComplaintReview.objects.visible_to(user).filter(complaint=complaint)
    context = {
        "complaint": complaint,
        "reviews": list(reviews.select_related("called_by", "judged_by", "cause")),
        "today": clock.today(user.time_zone),
    }
    return answer(request, "complaints/_complaint_reviews.html", context)


@require_safe
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one closed complaint with the call-back and the judgement to enter."""
    user = reader_of(request.user)
    rows = ComplaintReview.objects.visible_to(user).with_people()
    review = get_object_or_404(rows.select_related("called_by", "judged_by"), pk=pk)
    return _page(request, review)


@require_POST
def review_call(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what the customer said when called back."""
    user = writer_of(request.user)
    review = _editable(user, pk)
    form = CallBackForm(request.POST)
    if form.is_valid():
        try:
            done = aftermath.call_back(actor=user, review=review, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("Noted.")
            if done.called_at is None:
                text = _("Noted. The customer is still to be called back.")
            return go(request, reverse("complaints:review_detail", args=[pk]), text)
    return _page(request, review, call=form)


@require_POST
def review_judge(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge a closed complaint."""
    user = writer_of(request.user)
    review = _editable(user, pk)
    form = _judgement_form(user, review, request.POST)
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            aftermath.judge(actor=user, review=review, judgement=form.judgement(), version=version)
        except aftermath.ReviewChangedError as meanwhile:
            review = _editable(user, pk)
            newest = request.POST.copy()
            newest["version"] = str(meanwhile.review.version)
            form.data = newest
            form.add_error(
                None, _("Somebody else has judged meanwhile. Look, and save again if yours holds.")
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, reverse("complaints:review_detail", args=[pk]), _("Judged."))
    return _page(request, review, judgement=form)


def _page(
    request: HttpRequest,
    review: ComplaintReview,
    *,
    call: CallBackForm | None = None,
    judgement: JudgementForm | None = None,
) -> HttpResponse:
    user = person_of(request.user)
    may_edit = ComplaintReview.objects.editable_by(user).filter(pk=review.pk).exists()
    complaint = review.complaint
    is_current = not complaint.is_open and review.round == complaint.reopened
    context = {
        "review": review,
        "complaint": complaint,
        "customer": complaint.customer,
        "zone": clock.zone_info(complaint.unit.time_zone),
        "today": clock.today(complaint.unit.time_zone),
        "call_form": call or CallBackForm(),
        "judgement_form": judgement or _judgement_form(user, review, None),
        "may_call": may_edit and review.called_at is None and review.dropped_at is None,
        "may_judge": may_edit and is_current and review.dropped_at is None,
        "sees_customer": Customer.objects.visible_to(user)
        .filter(pk=complaint.customer_id)
        .exists(),
    }
    failed = bool((call and call.errors) or (judgement and judgement.errors))
    return render(
        request,
        "complaints/review_detail.html",
        context,
        status=UNPROCESSABLE if failed else 200,
    )


def _judgement_form(user: StaffUser, review: ComplaintReview, data: Any) -> JudgementForm:
    """The form with the causes in use and the contacts shortly before the complaint."""
    received_at = review.complaint.received_at
    seen = ContactRecord.objects.visible_to(user).filter(
        customer=review.complaint.customer_id,
        voided_at=None,
        happened_at__range=(received_at - timedelta(days=CONTACT_DAYS), received_at),
    )
    ids = list(seen.order_by("-happened_at").values_list("pk", flat=True)[:CONTACTS_OFFERED])
    causes = Cause.objects.visible_to(user)
    initial = {
        "is_justified": {True: "yes", False: "no", None: ""}[review.is_justified],
        "responsibility": review.responsibility,
        "cause": review.cause_id,
        "cause_note": review.cause_note,
        "prevention": review.prevention,
        "clumsy_contact": review.clumsy_contact_id,
        "version": review.version,
    }
    return JudgementForm(
        data,
        initial=initial,
        causes=causes.in_use() | causes.filter(pk=review.cause_id or 0),
        records=ContactRecord.objects.visible_to(user).filter(
            pk__in=[*ids, review.clumsy_contact_id or 0]
        ),
    )


def _editable(user: StaffUser, pk: int) -> ComplaintReview:
    found = ComplaintReview.objects.editable_by(user).with_people()
    return get_object_or_404(found.select_related("called_by", "judged_by"), pk=pk)


def units_of(user: StaffUser) -> Any:
    """The units to choose from; None for who sees one only."""
    has_units = user.scope.everything or user.scope.unit_path is not None
    return Unit.objects.visible_to(user).order_by("full_name") if has_units else None
