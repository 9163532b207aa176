"""The signals of the risk score: read by everybody, set by head office and administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.ids import id_in
from customers.models import Customer
from retention.forms.signals import CapForm, NewSignalForm, SignalForm, SwitchForm, add_refusal
from retention.models import RiskCalibration, RiskRun, Signal, SignalGroup, SignalVersion
from retention.rules.calibration import from_rows
from retention.services import preview, signals
from staff.models import StaffUser

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


@require_safe
def signal_list(request: HttpRequest) -> HttpResponse:
    """Show the signals in force by group, the line, and when there was the last scoring."""
    return _signal_list(request)


def _signal_list(
    request: HttpRequest, refused: CapForm | None = None, group: int | None = None
) -> HttpResponse:
    user = _person_of(request.user)
    versions = SignalVersion.objects.visible_to(user).filter(is_current=True)
    rows = list(
        versions.select_related("signal", "group", "changed_by").order_by(
            "-is_active", "-points", "signal__code"
        )
    )
    groups = list(SignalGroup.objects.visible_to(user).order_by("-cap", "code"))
    last = RiskRun.objects.visible_to(user).order_by("-as_of").first()
    learnt = RiskCalibration.objects.visible_to(user).order_by("-computed_on").first()
    context = {
        "sections": [
            (one, [row for row in rows if row.group_id == (one.pk if one else None)])
            for one in (*groups, None)
        ],
        "line": preview.present_line(clock.today(user.time_zone)),
        "last": last,
        "learnt": from_rows(learnt.bands) if learnt is not None else None,
        "may_edit": _may_edit(user),
        "refused": refused,
        "refused_group": group,
    }
    return render(request, "retention/signal_list.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def signal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a signal says, its versions and how it did; take another version."""
    user = _person_of(request.user)
    seen = Signal.objects
    rows = seen.editable_by(user) if request.method == "POST" else seen.visible_to(user)
    signal = get_object_or_404(rows, pk=pk)
    version = _current(user, signal)
    form = _form(request, user, version)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["seen_number"]
        try:
            made = signals.change_signal(
                actor=user, signal=signal, draft=form.draft(), seen_number=number
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
            version = _current(user, signal)
        else:
            _say_saved(request, made, number)
            return redirect("retention:signal_detail", pk=signal.pk)
    context = {
        "signal": signal,
        "version": version,
        "versions": signal.versions.select_related("changed_by", "group").order_by("-number"),
        "form": form if _may_edit(user) else None,
    }
    status = 422 if form.errors else 200
    return render(request, "retention/signal_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def signal_create(request: HttpRequest) -> HttpResponse:
    """Add a signal."""
    user = _editor_of(request.user)
    groups = SignalGroup.objects.visible_to(user)
    form = NewSignalForm(request.POST or None, groups=groups)
    if request.method == "POST" and form.is_valid():
        try:
            signal = signals.create_signal(
                actor=user, code=form.cleaned_data["code"], draft=form.draft()
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The signal counts from the next scoring on."))
            return redirect("retention:signal_detail", pk=signal.pk)
    status = 422 if form.errors else 200
    return render(request, "retention/signal_create.html", {"form": form}, status=status)


@require_POST
def signal_preview(request: HttpRequest) -> HttpResponse:
    """Say what the entered signal would do now, and how it would have done. Writes nothing."""
    user = _editor_of(request.user)
    version = None
    if (number := id_in(request.GET.get("signal"))) is not None:
        signal = get_object_or_404(Signal.objects.editable_by(user), pk=number)
        version = _current(user, signal)
    form = SignalForm(request.POST, groups=SignalGroup.objects.visible_to(user), version=version)
    if not form.is_valid():
        return render(request, "retention/_signal_preview.html", {"form": form}, status=422)
    draft = form.draft().as_version()
    replaced = version.pk if version is not None and version.is_active else None
    seen = Customer.objects.visible_to(user)
    context = {
        "effect": preview.effect_of(customers=seen, draft=draft, instead_of=replaced),
        "past": preview.past_of(draft, seen),
    }
    return render(request, "retention/_signal_preview.html", context)


@require_safe
def signal_past(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how the present version would have done over the past twelve months."""
    user = _person_of(request.user)
    signal = get_object_or_404(Signal.objects.visible_to(user), pk=pk)
    draft = signals.draft_of(_current(user, signal)).as_version()
    past = preview.past_of(draft, Customer.objects.visible_to(user))
    return render(request, "retention/_signal_past.html", {"past": past})


@require_POST
def signal_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a signal on or off."""
    user = _person_of(request.user)
    signal = get_object_or_404(Signal.objects.editable_by(user), pk=pk)
    form = SwitchForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose on or off."))
        return redirect("retention:signal_detail", pk=signal.pk)
    number = form.cleaned_data["seen_number"]
    try:
        made = signals.switch_signal(
            actor=user,
            signal=signal,
            is_active=form.cleaned_data["is_active"],
            seen_number=number,
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        _say_saved(request, made, number)
    return redirect("retention:signal_detail", pk=signal.pk)


@require_POST
def signal_group_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Set how many points a group gives at most."""
    user = _person_of(request.user)
    group = get_object_or_404(SignalGroup.objects.editable_by(user), pk=pk)
    form = CapForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            signals.change_cap(
                actor=user, group=group, cap=given["cap"], seen_cap=given["seen_cap"]
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The cap holds from the next scoring on."))
            return redirect("retention:signal_list")
    return _signal_list(request, form, group.pk)


def _person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user


def _editor_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who sets signals; for everybody else the page is not there."""
    person = _person_of(user)
    if not _may_edit(person):
        raise Http404
    return person


def _may_edit(user: StaffUser) -> bool:
    return user.is_head_office or user.is_administrator


def _current(user: StaffUser, signal: Signal) -> SignalVersion:
    rows = SignalVersion.objects.visible_to(user).filter(signal=signal, is_current=True)
    return get_object_or_404(rows.select_related("group", "changed_by"))


def _form(request: HttpRequest, user: StaffUser, version: SignalVersion) -> SignalForm:
    data: Any = request.POST if request.method == "POST" else None
    return SignalForm(data, groups=SignalGroup.objects.visible_to(user), version=version)


def _say_saved(request: HttpRequest, made: SignalVersion, seen_number: int) -> None:
    if made.number == seen_number:
        messages.info(request, _("Nothing was changed."))
        return
    text = _("Version %(number)s counts from the next scoring on. Past scores stay as they are.")
    messages.success(request, text % {"number": made.number})
