"""The walk through an inspection: one item at a time, saved at once."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.forms import add_refusal
from core.htmx import go, is_partial
from core.ids import id_in
from customers.models import CustomerPhone
from customers.services.profile import reveal_phone
from staff.models import StaffUser
from workplans.forms.inspections import JudgementForm
from workplans.models import Finding, InspectedItem, Inspection
from workplans.services.inspections import judge_item
from workplans.services.walk import first_open, load_walk, steps_of
from workplans.views.shared import overseer_of, supervisor_of

ITEM_ROWS = ("plan", "log", "judged_by", "inspection__unit", "inspection__manager")


@require_safe
def inspection_walk(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the item at the place ``at`` with all its facts; without it the first not judged."""
    user = overseer_of(request.user)
    seen = Inspection.objects.visible_to(user).select_related("manager", "unit")
    inspection = get_object_or_404(seen, pk=pk)
    at = id_in(request.GET.get("at"))
    at = first_open(steps_of(inspection)) if at is None else at
    items = InspectedItem.objects.visible_to(user).select_related(*ITEM_ROWS)
    item = get_object_or_404(items, inspection=inspection, position=at)
    return _page(request, user, item, JudgementForm.of(item))


@require_POST
def inspection_judge(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was found of one item, as often as something changes; ``go``: on to the next."""
    user = supervisor_of(request.user)
    item = get_object_or_404(
        InspectedItem.objects.editable_by(user).select_related(*ITEM_ROWS), pk=pk
    )
    form = JudgementForm(request.POST)
    if form.is_valid():
        try:
            item = judge_item(actor=user, item=item, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    is_kept = form.is_valid()
    if is_partial(request):
        steps = steps_of(item.inspection)
        context = {
            "form": form,
            "item": item,
            "steps": steps,
            "judged": sum(bool(step.verdict) for step in steps),
            "saved_at": clock.now() if is_kept else None,
            "zone": clock.zone_info(item.inspection.unit.time_zone),
            "in_part": True,
        }
        status = 200 if is_kept else 422
        return render(request, "workplans/_walk_saved.html", context, status=status)
    if not is_kept:
        return _page(request, user, item, form, status=422)
    return redirect(_next_address(item) if request.POST.get("go") else _address(item))


@require_POST
def inspection_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the customer's whole number for the call-back, and write down that it was shown."""
    user = supervisor_of(request.user)
    item = get_object_or_404(
        InspectedItem.objects.editable_by(user).select_related(*ITEM_ROWS), pk=pk
    )
    phones = CustomerPhone.objects.editable_by(user).order_by("position", "pk")
    phone = phones.filter(customer__contact_records=item.record_id or 0).first()
    if phone is None:
        return go(request, _address(item), _("There is no number to call."), "warning")
    reveal_phone(actor=user, phone=phone)
    if not is_partial(request):
        return _page(request, user, item, JudgementForm.of(item), revealed=phone)
    context = {"item": item, "phone": phone, "revealed": phone, "reveals": True}
    return render(request, "workplans/_walk_phone.html", context)


def _page(
    request: HttpRequest,
    user: StaffUser,
    item: InspectedItem,
    form: JudgementForm,
    status: int = 200,
    revealed: CustomerPhone | None = None,
) -> HttpResponse:
    inspection = item.inspection
    walk = load_walk(user, inspection, item)
    findings = Finding.objects.visible_to(user).filter(item=item)
    context = {
        "walk": walk,
        "inspection": inspection,
        "item": item,
        "steps": walk.steps,
        "judged": walk.judged,
        "form": form,
        "zone": walk.zone,
        "findings": list(findings),
        "revealed": revealed,
        "phone": walk.record.phone if walk.record else None,
        "reveals": walk.record.reveals if walk.record else False,
        "may_edit": inspection.is_open
        and Inspection.objects.editable_by(user).filter(pk=inspection.pk).exists(),
    }
    return render(request, "workplans/inspection_walk.html", context, status=status)


def _address(item: InspectedItem) -> str:
    url = reverse("workplans:inspection_walk", args=[item.inspection_id])
    return f"{url}?at={item.position}"


def _next_address(item: InspectedItem) -> str:
    """The next item; after the last one the result."""
    if len(steps_of(item.inspection)) > item.position:
        url = reverse("workplans:inspection_walk", args=[item.inspection_id])
        return f"{url}?at={item.position + 1}"
    return reverse("workplans:inspection_detail", args=[item.inspection_id])
