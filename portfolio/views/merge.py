"""Two customers who are one person: side by side, merged, and undone."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Customer
from customers.querysets import CustomerQuerySet
from portfolio.forms import MergeForm
from portfolio.models import Merge
from portfolio.services.merging import (
    Comparison,
    compare,
    customers_for,
    labels_of,
    merge_customers,
    undo_merge,
)
from portfolio.views.access import person_of, supervisor_of
from staff.models import StaffUser

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Show the two field by field; make them one with the values that were chosen."""
    user = supervisor_of(request.user)
    made = Merge.objects.visible_to(user).standing().of_pair(pk, other).first()
    if made is not None:
        return redirect("portfolio:merge_detail", pk=made.pk)
    rows = customers_for(user).select_related("unit", "manager")
    comparison = compare(get_object_or_404(rows, pk=pk), _another(rows, pk, other))
    form = MergeForm(request.POST if request.method == "POST" else None, comparison=comparison)
    if request.method == "POST" and form.is_valid():
        made = _attempt(user, comparison, form)
        if made is not None:
            messages.success(request, _("The two are one customer now. It can be undone here."))
            return redirect("customers:customer_detail", pk=made.survivor_id)
    both = (comparison.first, comparison.second)
    context = {"comparison": comparison, "form": form, "both": both}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "portfolio/merge.html", context, status=status)


@require_safe
def merge_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who was merged into whom, by whom and with which values; the way to undo it."""
    user = person_of(request.user)
    people = ("survivor__manager", "absorbed", "merged_by", "undone_by")
    made = get_object_or_404(Merge.objects.visible_to(user).select_related(*people), pk=pk)
    may_undo = made.undone_at is None and Merge.objects.editable_by(user).filter(pk=pk).exists()
    context = {"merge": made, "taken": labels_of(made), "may_undo": may_undo}
    return render(request, "portfolio/merge_detail.html", context)


@require_POST
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the two what they were."""
    user = person_of(request.user)
    made = get_object_or_404(Merge.objects.editable_by(user), pk=pk)
    try:
        undo_merge(actor=user, made=made)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The merge is undone: they are two customers again."))
    return redirect("portfolio:merge_detail", pk=pk)


def _another(rows: CustomerQuerySet, pk: int, other: int) -> Customer:
    """Return the second of the two; nobody is merged with themselves."""
    return get_object_or_404(rows.exclude(pk=pk), pk=other)


def _attempt(user: StaffUser, comparison: Comparison, form: MergeForm) -> Merge | None:
    """Return what the service made, or None with its refusal in the form's own words."""
    both = {one.pk: one for one in (comparison.first, comparison.second)}
    survivor = both.pop(form.cleaned_data["survivor"])
    (absorbed,) = both.values()
    try:
        return merge_customers(
            actor=user, survivor=survivor, absorbed=absorbed, choices=form.choices()
        )
    except ValidationError as refusal:
        form.add_error(None, ValidationError(refusal.messages))
        return None
