"""Handing customers over: some of the list, one, or a manager's whole portfolio."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.sealed import SealExpiredError
from customers.filters import CustomerFilter
from customers.services.lookups import open_search
from portfolio.forms import ReassignForm, ids_in
from portfolio.models import Reassignment
from portfolio.services import reassignment
from portfolio.services.reassignment import MOST_AT_ONCE
from portfolio.views.access import supervisor_of
from staff.models import StaffUser


@require_http_methods(["GET", "HEAD", "POST"])
def reassign(request: HttpRequest) -> HttpResponse:
    """Show what goes along with the chosen customers, then hand exactly them over."""
    user = supervisor_of(request.user)
    today = clock.today(user.time_zone)
    if request.method == "POST":
        form = ReassignForm(request.POST, user=user)
        if form.is_valid() and (made := _attempt(form, user)) is not None:
            messages.success(request, _told(made))
            return redirect("portfolio:handover_detail", pk=made.pk)
        chosen = ids_in(request.POST.get("customers", "").split(","))[:MOST_AT_ONCE]
    else:
        chosen = _chosen(request, user)
        form = ReassignForm(user=user, initial={"customers": chosen, "effective_on": today})
    is_too_many = len(chosen) > MOST_AT_ONCE
    context = {
        "form": form,
        "is_too_many": is_too_many,
        "most": MOST_AT_ONCE,
        "preview": reassignment.preview(
            actor=user, customers=[] if is_too_many else chosen, today=today
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "portfolio/reassign.html", context, status=status)


@require_safe
def reassign_portfolio(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the handover of everybody whom a manager serves in the supervisor's units."""
    user = supervisor_of(request.user)
    manager = get_object_or_404(StaffUser.objects.visible_to(user).managers(), pk=pk)
    return redirect(f"{reverse('portfolio:reassign')}?{urlencode({'manager': manager.pk})}")


def _chosen(request: HttpRequest, user: StaffUser) -> list[int]:
    """The ids that were ticked, be they none; else all that the customer list's filters leave.

    One more than can be handed over at once, where there are more.
    """
    rows = reassignment.customers_for(user)
    if "ticked" in request.GET or "customer" in request.GET:
        rows = rows.filter(pk__in=ids_in(request.GET.getlist("customer")))
    else:
        try:
            open_search(actor=user, written=request.GET.get("q", ""))
        except ValidationError as refusal:
            messages.warning(request, refusal.messages[0])
            return []
        except SealExpiredError:
            return []
        rows = CustomerFilter(request.GET, user).apply(rows)
    return list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])


def _attempt(form: ReassignForm, user: StaffUser) -> Reassignment | None:
    """Return what the service made, or None with its refusal in the form's own words."""
    try:
        return reassignment.reassign(actor=user, **form.cleaned_data)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None


def _told(made: Reassignment) -> str:
    count = made.counts["customers"]
    words = {"count": count, "name": made.manager.name}
    if made.applied_at is None:
        words["day"] = date_format(made.effective_on, "SHORT_DATE_FORMAT")
        return (
            ngettext(
                "%(count)s customer goes to %(name)s on %(day)s.",
                "%(count)s customers go to %(name)s on %(day)s.",
                count,
            )
            % words
        )
    return (
        ngettext(
            "%(count)s customer has gone to %(name)s.",
            "%(count)s customers have gone to %(name)s.",
            count,
        )
        % words
    )
