"""Who may be the same person: the list to go through, the decision, the customer page's line."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.htmx import is_partial
from core.pagination import keyset_page
from customers.models import Customer, Likeness, LikePair
from customers.querysets import serves_anybody
from customers.services.likeness import dismiss_pair, restore_pair
from portfolio.forms import LikenessFilterForm
from portfolio.models import Merge
from portfolio.views.access import person_of

PAGE_ROWS = 50
MOST_HINTED = 3


@require_safe
def likeness_list(request: HttpRequest) -> HttpResponse:
    """Show the pairs of customers who may be one person, those found last first."""
    user = person_of(request.user)
    if not serves_anybody(user.scope):
        raise Http404
    kind, decided = LikenessFilterForm(request.GET).chosen()
    pairs = LikePair.objects.visible_to(user)
    pairs = pairs.decided().select_related("dismissed_by") if decided else pairs.open()
    if kind:
        pairs = pairs.alike_by(kind)
    page = keyset_page(
        pairs.with_customers().prefetch_related("first__phones", "second__phones"),
        order=["-pk"],
        cursor=request.GET.get("cursor"),
        size=PAGE_ROWS,
    )
    context = {
        "page": page,
        "kinds": Likeness.choices,
        "kind": kind,
        "decided": decided,
        "may_decide": user.scope.unit_path is not None,
    }
    return render(request, "portfolio/likeness_list.html", context)


@require_POST
def likeness_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that two customers are two people."""
    user = person_of(request.user)
    pair = get_object_or_404(LikePair.objects.editable_by(user), pk=pk)
    dismiss_pair(actor=user, pair=pair)
    messages.success(request, _("Noted: two people. They are not shown here again."))
    return redirect("portfolio:likeness_list")


@require_POST
def likeness_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take that decision back."""
    user = person_of(request.user)
    pair = get_object_or_404(LikePair.objects.editable_by(user), pk=pk)
    restore_pair(actor=user, pair=pair)
    messages.success(request, _("The two are shown again."))
    return redirect("portfolio:likeness_list")


@require_safe
def likeness_hint(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer page's lines about look-alikes, and about rows merged into this one."""
    user = person_of(request.user)
    customer = get_object_or_404(Customer.objects.visible_to(user), pk=pk)
    if not is_partial(request):
        return redirect("customers:customer_detail", pk=pk)
    pairs = LikePair.objects.visible_to(user).open().of([pk]).with_customers().order_by("pk")
    merges = Merge.objects.visible_to(user).standing().filter(survivor=customer)
    context = {
        "customer": customer,
        "alike": [(pair, pair.other(pk)) for pair in pairs[:MOST_HINTED]],
        "merges": merges.select_related("absorbed", "merged_by").order_by("-pk"),
        "may_merge": Customer.objects.editable_by(user).supervised_by(user).filter(pk=pk).exists(),
    }
    return render(request, "portfolio/_likeness_hint.html", context)
