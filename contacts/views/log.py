"""Logging a contact: the drawer, the buttons after a call, the line added afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from contacts.forms import FACT, STILL, ContactForm, NoteForm, add_refusal
from contacts.models import ContactRecord, Direction, Occasion, Outcome
from contacts.rules import (
    FACE_TO_FACE_CHANNELS,
    OUTCOMES_OF_CHANNEL,
    WRITTEN_CHANNELS,
    guessed_channel,
    likely_occasion,
)
from contacts.services import records
from contacts.services.asking import Question, questions_for
from contacts.views.shared import (
    also_of,
    coming_days,
    done,
    editable_customer,
    person_of,
    row_of,
    then_of,
    today_of,
    typed_also,
)
from core import clock, once
from core.htmx import answer, is_partial, next_of, trigger
from customers.models import Channel, Customer
from customers.rules import Cadence

CHANNEL_ICONS = {
    Channel.PHONE: "phone",
    Channel.SMS: "message",
    Channel.MMS: "photo",
    Channel.IM: "brand-wechat",
    Channel.VISIT: "home",
    Channel.RECEPTION: "building",
    Channel.ACTIVITY: "confetti",
}
AFTER_CALL = {
    "talked": Outcome.REACHED,
    "no_answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "switched_off": Outcome.SWITCHED_OFF,
    "rejected": Outcome.REJECTED,
    "tomorrow": Outcome.NO_ANSWER,
}
"""What the buttons after a call stand for; the last also promises to call tomorrow."""


@require_http_methods(["GET", "HEAD", "POST"])
def contact_log(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the log drawer of a customer, or the buttons after a call; log the contact.

    Nothing is written into a text that was not said now: no older note, no plan, no address.
    """
    customer = editable_customer(request, pk)
    if request.method == "POST" and "more" not in request.POST:
        return _log(request, customer)
    given = request.POST if request.method == "POST" else request.GET
    row, opted_out = row_of(given), _opted_out(customer)
    channel = _first_channel(given, row, customer, opted_out)
    first = {
        "channel": channel,
        "outcome": Outcome.REACHED.value if channel else "",
        "occasion": _first_occasion(given, row),
        "direction": Direction.OUTGOING.value,
    }
    if request.method == "POST":
        # From the call's own drawer: what was typed there a moment ago, under the same key.
        first |= {name: request.POST.get(name, "") for name in ("summary", "submission_key")}
    if "call" in request.GET and is_partial(request):
        form = ContactForm(zone=_zone(customer), initial=first)
        return answer(request, "contacts/_call_drawer.html", _basics(request, customer, form, row))
    questions = questions_for(customer, today_of(customer))
    asked = [question.fact for question in questions]
    form = ContactForm(zone=_zone(customer), initial=first, facts=asked)
    return _log_drawer(request, customer, form, opted_out, questions)


def _first_channel(data: QueryDict, row: str, customer: Customer, opted_out: list[str]) -> str:
    """The channel chosen at first: of a call the phone, what was planned, else a guess.

    Never a meeting: that one took place is only ever said by the person.
    """
    if "call" in data or "more" in data:
        return Channel.PHONE.value
    planned = data.get("channel", "")
    if planned in FACE_TO_FACE_CHANNELS:
        return ""
    if planned in Channel.values:
        return planned
    return guessed_channel(row, customer.preferred_channel, opted_out)


def _first_occasion(data: QueryDict, row: str) -> str:
    """The occasion chosen at first: what was planned, else what goes with the row."""
    planned = data.get("occasion", "")
    return planned if planned in Occasion.values else likely_occasion(row)


@require_POST
def contact_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add what was said to a contact that was logged by one tap."""
    user = person_of(request.user)
    found = ContactRecord.objects.editable_by(user).select_related("customer")
    record = get_object_or_404(found, pk=pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            records.add_to_contact(actor=user, record=record, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return done(request, record.customer, _("Added to the record."), "contactLogged")
    context = _note_context(record, form)
    return answer(request, "contacts/_note_drawer.html", context, status=422)


def _log(request: HttpRequest, customer: Customer) -> HttpResponse:
    data, tapped = _with_tapped_answer(request.POST, customer)
    facts = ContactForm.facts_in(request.POST)
    form = ContactForm(data, zone=_zone(customer), facts=facts)
    if form.is_valid():
        try:
            record = records.log_contact(
                actor=person_of(request.user),
                customer=customer,
                contact=form.contact(),
                submission_key=form.cleaned_data["submission_key"],
                closes=form.closes_ids(),
                learnt=form.learnt(),
                again=form.cleaned_data["again"],
                seen=form.cleaned_data["seen"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return _logged(request, customer, record, tapped)
    questions = questions_for(customer, today_of(customer))
    return _log_drawer(request, customer, form, _opted_out(customer), questions, status=422)


def _with_tapped_answer(data: QueryDict, customer: Customer) -> tuple[QueryDict, str]:
    """Fill in what the tapped button stands for."""
    tapped = data.get("tapped", "")
    if tapped not in AFTER_CALL:
        return data, ""
    filled = data.copy()
    filled["channel"], filled["outcome"] = Channel.PHONE.value, AFTER_CALL[tapped].value
    if tapped == "tomorrow":
        filled["follow_up_on"] = (today_of(customer) + timedelta(days=1)).isoformat()
    return filled, tapped


def _logged(
    request: HttpRequest, customer: Customer, record: ContactRecord, tapped: str
) -> HttpResponse:
    if record.is_counted:
        text = _("Logged: %(customer)s was reached.") % {"customer": customer.name}
    else:
        text = _("Logged: %(outcome)s. This does not count as a contact.") % {
            "outcome": record.get_outcome_display()
        }
    undo = reverse("contacts:contact_void", args=[record.pk]) + "?undo=1"
    if also := also_of(request):
        # 307: the browser sends the same form on, so that one button saves both.
        return redirect(f"{also}?record={record.pk}", preserve_request=True)
    if record.is_counted and (then := then_of(request)):
        return _go_on(request, text, f"{then}{'&' if '?' in then else '?'}record={record.pk}")
    if tapped == "talked" and not record.summary and is_partial(request):
        context = _note_context(record, NoteForm())
        response = answer(request, "contacts/_note_drawer.html", context)
        toast = {"text": text, "level": "success", "undo_url": undo}
        return trigger(response, contactLogged={}, toast=toast)
    return done(request, customer, text, "contactLogged", undo_url=undo)


def _go_on(request: HttpRequest, text: str, url: str) -> HttpResponse:
    """Open what the contact was made for, with the record in hand."""
    if not is_partial(request):
        messages.success(request, text)
        return redirect(url)
    toast = {"text": text, "level": "success"}
    answered = HttpResponse(status=204)
    return trigger(answered, contactLogged={}, toast=toast, open_drawer={"url": url})


def _note_context(record: ContactRecord, form: NoteForm) -> dict[str, Any]:
    return {
        "record": record,
        "customer": record.customer,
        "form": form,
        "follow_up_days": coming_days(record.happened_on),
    }


def _log_drawer(
    request: HttpRequest,
    customer: Customer,
    form: ContactForm,
    opted_out: list[str],
    questions: list[Question],
    status: int = 200,
) -> HttpResponse:
    today = today_of(customer)
    seen = ContactRecord.objects.visible_to(person_of(request.user)).filter(customer=customer)
    row = row_of(request.POST if form.is_bound else request.GET)
    context = _basics(request, customer, form, row) | {
        "channels": _channel_choices(form, opted_out),
        "outcomes": _outcome_choices(form),
        "opted_out": [Channel(channel).label for channel in opted_out],
        "promises": _promises(form, list(seen.open_follow_ups()), today),
        "asked": _asked(form, questions),
        "follow_up_days": coming_days(today),
        "also": typed_also(request),
        "shows_more": bool({"happened_at", "duration_minutes", "direction"} & set(form.errors)),
    }
    return answer(request, "contacts/_log_drawer.html", context, status=status)


def _basics(
    request: HttpRequest, customer: Customer, form: ContactForm, row: str
) -> dict[str, Any]:
    """What both drawers say of the customer."""
    today = today_of(customer)
    until = customer.exempt_until(Cadence.CONTACT)
    seen = ContactRecord.objects.visible_to(person_of(request.user)).filter(customer=customer)
    latest = seen.standing().logged_since(once.since()).first()
    return {
        "just_logged": records.just_logged(latest) if latest is not None else "",
        "seen": latest.pk if latest is not None else 0,
        "customer": customer,
        "form": form,
        "row": row,
        "today": today,
        "exempt_until": until if until and until >= today else None,
        "next": next_of(request),
        "then": then_of(request),
    }


@dataclass(frozen=True)
class Choice:
    """One button of a group.

    ``kind``: of a channel (spoken, written, met). ``channels``: those an outcome goes with;
    ``words``: what it is called with each kind.
    """

    value: str
    label: str
    is_chosen: bool
    icon: str = ""
    kind: str = ""
    is_refused: bool = False
    channels: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


def _channel_choices(form: ContactForm, opted_out: list[str]) -> list[Choice]:
    chosen = form["channel"].value()
    return [
        Choice(
            value=channel.value,
            label=str(channel.label),
            is_chosen=channel.value == chosen,
            icon=CHANNEL_ICONS[channel],
            kind=_kind_of(channel),
            is_refused=channel.value in opted_out,
        )
        for channel in Channel
    ]


def _outcome_choices(form: ContactForm) -> list[Choice]:
    chosen = form["outcome"].value()
    reached = {
        "spoken": pgettext("outcome of a call", "Talked"),
        "written": pgettext("outcome of a message", "Sent"),
        "met": pgettext("outcome of a visit", "Met"),
    }
    return [
        Choice(
            value=outcome.value,
            label=str(outcome.label),
            is_chosen=outcome.value == chosen,
            channels=" ".join(_channels_with(outcome)),
            words=reached if outcome == Outcome.REACHED else {},
        )
        for outcome in Outcome
    ]


def _channels_with(outcome: str) -> list[str]:
    return [channel for channel, allowed in OUTCOMES_OF_CHANNEL.items() if outcome in allowed]


def _kind_of(channel: str) -> str:
    if channel in FACE_TO_FACE_CHANNELS:
        return "met"
    return "written" if channel in WRITTEN_CHANNELS else "spoken"


@dataclass(frozen=True)
class Promise:
    """An open promise as the drawer offers it."""

    record: ContactRecord
    is_due: bool
    is_ticked: bool


def _promises(form: ContactForm, found: list[ContactRecord], today: date) -> list[Promise]:
    sent = form.data.getlist("closes") if isinstance(form.data, QueryDict) else None
    promises = []
    for record in found:
        is_due = record.follow_up_on is not None and record.follow_up_on <= today
        is_ticked = is_due if sent is None else str(record.pk) in sent
        promises.append(Promise(record, is_due, is_ticked))
    return promises


@dataclass(frozen=True)
class Asked:
    """A fact that the drawer asks for, with its two fields."""

    question: Question
    value: forms.BoundField
    still: forms.BoundField


def _asked(form: ContactForm, questions: list[Question]) -> list[Asked]:
    known = {question.fact: question for question in questions}
    return [
        Asked(known.get(fact) or Question(fact, "", None), form[FACT + fact], form[STILL + fact])
        for fact in form.facts
    ]


def _opted_out(customer: Customer) -> list[str]:
    return list(customer.opt_outs.values_list("channel", flat=True))


def _zone(customer: Customer) -> Any:
    return clock.zone_info(customer.unit.time_zone)
