"""The catalogue of retention measures."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.forms import add_refusal
from core.htmx import go
from retention.forms.measures import MeasureForm
from retention.models import Measure
from retention.services.measures import save_measure
from retention.views.shared import person_of
from staff.models import StaffUser


@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """Show the measures: what they are worth, for whom they are, and who grants them."""
    user = person_of(request.user)
    context = {
        "measures": Measure.objects.visible_to(user),
        "may_edit": _may_edit(user),
        "today": clock.today(user.time_zone),
    }
    return render(request, "retention/measure_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def measure_create(request: HttpRequest) -> HttpResponse:
    """Add a measure to the catalogue."""
    if not _may_edit(person_of(request.user)):
        raise Http404
    return _edit(request, Measure())


@require_http_methods(["GET", "HEAD", "POST"])
def measure_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a measure; what was chosen in cases keeps its value."""
    editable = Measure.objects.editable_by(person_of(request.user))
    return _edit(request, get_object_or_404(editable, pk=pk))


def _edit(request: HttpRequest, measure: Measure) -> HttpResponse:
    form = MeasureForm(request.POST or None, instance=measure)
    if request.method == "POST" and form.is_valid():
        try:
            save_measure(actor=person_of(request.user), measure=form.save(commit=False))
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, reverse("retention:measure_list"), _("The measure is saved."))
    context = {"form": form, "measure": measure}
    status = 422 if form.errors else 200
    name = "measure_edit" if measure.pk else "measure_create"
    return render(request, f"retention/{name}.html", context, status=status)


def _may_edit(user: StaffUser) -> bool:
    """Say whether the person sets what the company offers."""
    return user.is_head_office or user.is_administrator
