"""Retention cases: opened, one calm page for the call, decided, followed up, and their list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.models import ContactRecord
from core import clock
from core.forms import add_refusal
from core.htmx import answer, done, go, is_partial, next_of, trigger
from core.ids import id_in
from core.pagination import keyset_page
from customers.models import Customer
from customers.querysets import access_to
from retention.forms.cases import (
    CaseDecisionForm,
    CaseFilterForm,
    CaseForm,
    FollowUpForm,
    said_in,
)
from retention.models import (
    CaseFollowUp,
    ChurnEvent,
    Measure,
    RetentionCase,
)
from retention.querysets import RetentionCaseQuerySet
from retention.services import cases
from retention.services.measures import eligible_measures
from retention.services.picture import picture_of, risk_of
from retention.services.reasons import reasons_of_score, reasons_of_warning
from retention.views.shared import editable_customer, person_of, reader_of
from staff.models import StaffUser, Unit

MOST_OPEN = 50
"""So many open cases stand above the list, the most pressing first."""

TIMELINE_CONTACTS = 20
CASE_ROWS = ("customer__manager", "customer__unit", "opened_by", "decided_by", "warning")


# --- The list -----------------------------------------------------------------------------------


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Show the cases within the person's scope: the open ones by their deadline, then the rest."""
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = CaseFilterForm(request.GET, units=units)
    seen = RetentionCase.objects.visible_to(user)
    rows = _narrowed(seen, form) if form.is_valid() else seen.none()
    rows = rows.select_related(*CASE_ROWS)
    state = form.cleaned_data.get("state", "")
    cursor = request.GET.get("cursor")
    pressing: list[RetentionCase] = []
    if not state and not cursor:
        pressing = list(rows.open().with_counts().most_pressing_first()[: MOST_OPEN + 1])
    listed = rows.filter(state=state) if state else rows.decided()
    manager = form.cleaned_data.get("manager") or 0
    context = {
        "form": form,
        "pressing": pressing[:MOST_OPEN],
        "has_more_open": len(pressing) > MOST_OPEN,
        "page": keyset_page(listed, order=["-opened_at", "-pk"], cursor=cursor),
        "state": state,
        "now": clock.now(),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
    }
    return answer(request, "retention/_case_list.html", context)


def _narrowed(rows: RetentionCaseQuerySet, form: CaseFilterForm) -> RetentionCaseQuerySet:
    given = form.cleaned_data
    if given["reason"]:
        rows = rows.filter(reason=given["reason"])
    if given.get("unit") is not None:
        rows = rows.filter(customer__unit__path__startswith=given["unit"].path)
    if given["manager"]:
        rows = rows.filter(customer__manager=given["manager"])
    return rows


# --- Opening ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def case_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what a customer who wants to leave says, then open the case."""
    user = person_of(request.user)
    customer = editable_customer(request, pk)
    standing = RetentionCase.objects.visible_to(user).open().filter(customer=customer).first()
    if standing is not None:
        text = _("%(customer)s has an open case. Here it is.") % {"customer": customer.name}
        return go(request, _address(standing), text, "info")
    zone = clock.zone_info(customer.unit.time_zone)
    form = CaseForm(
        request.POST or None,
        zone=zone,
        initial=_likely(user, customer) if not request.POST else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            case = cases.open_case(
                actor=user,
                customer=customer,
                request=form.request(),
                submission_key=form.cleaned_data["submission_key"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, _address(case))
    context = {"customer": customer, "form": form, "next": next_of(request)}
    return answer(
        request, "retention/_case_open_drawer.html", context, status=422 if form.errors else 200
    )


def _likely(user: StaffUser, customer: Customer) -> dict[str, Any]:
    """What an event of the last hour says already: the code, the competitor."""
    life = cases.code_life_of(customer)
    seen = ChurnEvent.objects.visible_to(user).filter(customer=customer)
    since = clock.now() - timedelta(minutes=life)
    recent = seen.filter(happened_at__gt=since).order_by("-happened_at")
    event = recent.filter(kind=ChurnEvent.Kind.AUTHORISATION_CODE).first() or recent.first()
    if event is None:
        return {}
    initial: dict[str, Any] = {"competitor": event.competitor}
    if event.kind == ChurnEvent.Kind.AUTHORISATION_CODE:
        zone = clock.zone_info(customer.unit.time_zone)
        initial["code_received_at"] = event.happened_at.astimezone(zone)
    if event.competitor:
        initial["reason"] = "competitor"
    return initial


# --- The page -----------------------------------------------------------------------------------


@require_safe
def case_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all that is needed while the customer is on the line."""
    case = _visible(request, pk)
    return render(request, "retention/case_detail.html", _page_context(request, case))


@require_POST
def case_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the customer said, as often as a field is left; the form itself stays as it is."""
    user = person_of(request.user)
    case = _editable(request, pk)
    zone = clock.zone_info(case.customer.unit.time_zone)
    form = CaseForm(request.POST, zone=zone, case=case)
    changed_by, status = "", 422
    if form.is_valid():
        try:
            case = cases.edit_case(
                actor=user,
                case=case,
                request=form.request(),
                version=form.cleaned_data["version"] or 0,
            )
        except cases.CaseChangedError as meanwhile:
            case = meanwhile.case
            changed_by = cases.last_changed_by(case) or _("Somebody else")
            status = 409
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            status = 200
    if not is_partial(request):
        if status == 200:
            return go(request, _address(case), _("Saved."))
        context = _page_context(request, _visible(request, pk), said=form)
        context |= _meanwhile(case, form, changed_by)
        return render(request, "retention/case_detail.html", context, status=status)
    context = {"case": case, "form": form, "zone": zone, "saved_at": clock.now(), "in_part": True}
    context |= _meanwhile(case, form, changed_by)
    if status == 200 and form.cleaned_data["code_just_now"]:
        context["times"] = CaseForm(
            zone=zone, initial=said_in(case, zone, cases.code_life_of(case.customer))
        )
    # htmx swaps what was refused, and leaves any other error alone.
    response = render(
        request, "retention/_case_saved.html", context, status=422 if status != 200 else 200
    )
    return trigger(response, caseChanged={}) if status == 200 else response


def _meanwhile(case: RetentionCase, form: CaseForm, changed_by: str) -> dict[str, Any]:
    """What somebody else wrote where the person wrote something else."""
    if not changed_by:
        return {"others": [], "changed_by": ""}
    shown = {
        "reason": case.get_reason_display(),
        "reason_note": case.reason_note,
        "competitor": case.competitor,
        "competitor_offer": case.competitor_offer,
    }
    others = [
        (form[name].label, value)
        for name, value in shown.items()
        if getattr(case, name) != form.cleaned_data.get(name)
    ]
    return {"others": others, "changed_by": changed_by}


@require_POST
def case_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a case: saved, lost, or opened by mistake."""
    user = person_of(request.user)
    case = _editable(request, pk)
    form = CaseDecisionForm(request.POST)
    if form.is_valid():
        outcome, note = form.cleaned_data["outcome"], form.cleaned_data["note"]
        try:
            if outcome == RetentionCase.State.WITHDRAWN:
                cases.withdraw_case(actor=user, case=case, note=note)
            else:
                saved = outcome == RetentionCase.State.SAVED
                cases.decide_case(actor=user, case=case, saved=saved, note=note)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, _address(case), _said_of(outcome, case))
    context = _page_context(request, _visible(request, pk), decision=form)
    return render(request, "retention/case_detail.html", context, status=422)


def _said_of(outcome: RetentionCase.State, case: RetentionCase) -> str:
    values = {"customer": case.customer.name}
    if outcome == RetentionCase.State.SAVED:
        return _("%(customer)s stays. The follow-ups are on My day on their days.") % values
    if outcome == RetentionCase.State.LOST:
        return _("%(customer)s leaves. The case is closed.") % values
    return _("The case is closed: opened by mistake.")


# --- Following up -------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def case_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask how a saved customer is, then write it down."""
    user = person_of(request.user)
    found = CaseFollowUp.objects.editable_by(user).select_related("case__customer__unit")
    follow_up = get_object_or_404(found, pk=pk)
    case = follow_up.case
    records = ContactRecord.objects.visible_to(user).filter(customer=case.customer)
    form = FollowUpForm(
        request.POST or None,
        initial={"record": _record_in(request), "result": request.GET.get("result", "")},
        records=records,
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            cases.do_follow_up(
                actor=user,
                follow_up=follow_up,
                result=CaseFollowUp.Result(given["result"]),
                note=given["note"],
                contact_record=given["record"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("Noted: %(customer)s was asked.") % {"customer": case.customer.name}
            return done(request, _address(case), text, "careChanged")
    linked = records.filter(pk=id_in(form["record"].value()) or 0).first()
    context = {
        "follow_up": follow_up,
        "case": case,
        "customer": case.customer,
        "form": form,
        "linked": linked,
        "next": next_of(request),
        "zone": clock.zone_info(case.customer.unit.time_zone),
    }
    return answer(
        request,
        "retention/_case_follow_up_drawer.html",
        context,
        status=422 if form.errors else 200,
    )


def _record_in(request: HttpRequest) -> int | None:
    return id_in(request.GET.get("record"))


# --- What the page is made of -------------------------------------------------------------------


@dataclass(frozen=True)
class Moment:
    """One line of a case's timeline."""

    at: datetime
    text: str
    who: str = ""
    note: str = ""
    icon: str = "point"


def _visible(request: HttpRequest, pk: int) -> RetentionCase:
    seen = RetentionCase.objects.visible_to(reader_of(request.user)).select_related(
        *CASE_ROWS, "customer__profile"
    )
    return get_object_or_404(seen, pk=pk)


def _editable(request: HttpRequest, pk: int) -> RetentionCase:
    found = RetentionCase.objects.editable_by(person_of(request.user))
    return get_object_or_404(found.select_related(*CASE_ROWS), pk=pk)


def _address(case: RetentionCase) -> str:
    return reverse("retention:case_detail", args=[case.pk])


def _page_context(
    request: HttpRequest,
    case: RetentionCase,
    *,
    said: CaseForm | None = None,
    decision: CaseDecisionForm | None = None,
) -> dict[str, Any]:
    user = person_of(request.user)
    customer = case.customer
    zone = clock.zone_info(customer.unit.time_zone)
    today = clock.today(customer.unit.time_zone)
    may_edit = RetentionCase.objects.editable_by(user).filter(pk=case.pk).exists()
    offers = list(case.offers.select_related("measure", "needs_unit", "chosen_by", "decided_by"))
    follow_ups = list(case.follow_ups.select_related("done_by"))
    access = access_to(customer, user)
    phone = customer.phones.first()
    if said is None:
        said = CaseForm(
            zone=zone, case=case, initial=said_in(case, zone, cases.code_life_of(customer))
        )
    elif isinstance(said.data, QueryDict):
        newest = said.data.copy()
        newest["version"] = str(case.version)
        said.data = newest
    return {
        "case": case,
        "customer": customer,
        "zone": zone,
        "now": clock.now(),
        "today": today,
        "picture": picture_of(user, customer, today),
        "reasons": _reasons(user, case, today),
        "form": said,
        "decision": decision or CaseDecisionForm(),
        "offers": offers,
        "waits": case.is_open and any(offer.state == "waiting" for offer in offers),
        "measures": _measures_left(user, case, offers, today) if may_edit else [],
        "follow_ups": follow_ups,
        "timeline": _timeline(user, case, offers, follow_ups),
        "may_edit": may_edit,
        "access": access,
        "phone": phone,
    }


def _reasons(user: StaffUser, case: RetentionCase, today: Any) -> list[Any]:
    """Why the customer may leave: the warning's reasons, else those of the present score."""
    if case.warning is not None:
        rows = case.warning.reasons.select_related("event", "signal_version")
        return reasons_of_warning(rows)
    risk = risk_of(user, case.customer, today)
    return reasons_of_score(risk.current)[0] if risk is not None else []


def _measures_left(
    user: StaffUser, case: RetentionCase, offers: list[Any], today: Any
) -> list[Any]:
    if not case.is_open:
        return []
    over = ("refused", "declined", "withdrawn")
    chosen = {offer.measure_id for offer in offers if offer.state not in over}
    catalogue = [m for m in Measure.objects.visible_to(user) if m.pk not in chosen]
    return eligible_measures(catalogue, case.customer, today)


def _timeline(
    user: StaffUser, case: RetentionCase, offers: list[Any], follow_ups: list[Any]
) -> list[Moment]:
    """What has happened since the opening, the newest first. One statement."""
    moments = [Moment(case.opened_at, _("Case opened"), case.opened_by.name, icon="door-exit")]
    if case.decided_at is not None:
        moments.append(
            Moment(
                case.decided_at,
                str(case.get_state_display()),
                case.decided_by.name if case.decided_by else "",
                case.outcome_note,
                "flag",
            )
        )
    for offer in offers:
        name = offer.measure.name
        moments.append(
            Moment(
                offer.chosen_at,
                _("Chosen: %(measure)s") % {"measure": name},
                offer.chosen_by.name,
                offer.note,
                "gift",
            )
        )
        if offer.decided_at is not None and offer.decided_by_id != offer.chosen_by_id:
            text = (
                _("Not approved: %(measure)s")
                if offer.state == "refused"
                else _("Approved: %(measure)s")
            )
            moments.append(
                Moment(
                    offer.decided_at,
                    text % {"measure": name},
                    offer.decided_by.name,
                    offer.decision_note,
                    "rubber-stamp",
                )
            )
        if offer.answered_at is not None:
            text = f"{offer.get_state_display()}: {name}"
            moments.append(Moment(offer.answered_at, text, icon="message"))
    moments += [
        Moment(
            row.done_at,
            f"{row.get_kind_display()}: {row.get_result_display()}",
            row.done_by.name if row.done_by else "",
            row.note,
            "checks",
        )
        for row in follow_ups
        if row.done_at is not None
    ]
    records = ContactRecord.objects.visible_to(user).standing().newest_first()
    since = records.filter(customer=case.customer, happened_at__gte=case.opened_at)
    moments += [
        Moment(
            record.happened_at,
            f"{record.get_channel_display()} · {record.get_outcome_display()}",
            record.recorded_by.name if record.recorded_by else "",
            record.summary,
            "phone",
        )
        for record in since.select_related("recorded_by")[:TIMELINE_CONTACTS]
    ]
    return sorted(moments, key=attrgetter("at"), reverse=True)
