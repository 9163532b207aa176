"""What tests of merges share: rich customers, the whole database as values, merging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

from complaints.services.requests import Promise, make_request
from contacts.models import Cadence, Exemption, Outcome, Snooze
from contacts.services.exemptions import decide_exemption, request_exemption
from contacts.services.records import Contact, log_contact
from contacts.services.snoozes import snooze_row
from customers.models import (
    Channel,
    ChannelOptOut,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FamilyMember,
    JobChange,
)
from customers.rules import Cadence as CadenceCode
from customers.services.merging import COUNTERS
from customers.services.profile import confirm_facts
from customers.services.standing import excuse, watch
from portfolio.models import Merge
from portfolio.services.merging import merge_customers
from retention.models import Departure, RiskState
from retention.models.usage import Source
from retention.services.usage import SnapshotRow, Usage, take_snapshots
from staff.models import StaffUser
from tests.complaints.reports import complains
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.retention.cases_of import asks_to_leave, warn
from workplans.models import PlanItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.calendar import PlanKind as KindCode
from workplans.rules.calendar import period_of

DERIVED = {"customers.likenesskey", "customers.likepair"}
"""Made anew, so that the rows' own ids say nothing."""

NOT_COMPARED = {"core.auditentry", "core.outboxtask", "portfolio.merge"}


def merge(actor: StaffUser, survivor: Customer, absorbed: Customer, *taken: str) -> Merge:
    """Merge two; the fields that are named take the absorbed one's value."""
    choices = dict.fromkeys(taken, absorbed.pk)
    made = merge_customers(actor=actor, survivor=survivor, absorbed=absorbed, choices=choices)
    survivor.refresh_from_db()
    absorbed.refresh_from_db()
    return made


def whole_database() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of ours, but for the trail, the counters and the merges."""
    return {
        model._meta.label_lower: sorted(rows_of(model), key=repr)
        for model in own_models()
        if model._meta.label_lower not in NOT_COMPARED
    }


def rows_of(model: type[models.Model]) -> Iterator[tuple[Any, ...]]:
    left_out = COUNTERS | ({"id"} if model._meta.label_lower in DERIVED else set())
    names = [f.attname for f in model._meta.concrete_fields if f.attname not in left_out]
    yield from model._default_manager.values_list(*names)


def own_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if Path(config.path).parent == settings.BASE_DIR:
            yield from config.get_models()


def rich_customer(
    manager: StaffUser, supervisor: StaffUser, seed: int = 0, **fields: Any
) -> Customer:
    """A customer with a row of everything; of another ``seed`` some rows are the same."""
    fields.setdefault("profile", {"employer": f"单位{seed}", "sports": "羽毛球"})
    customer: Customer = CustomerFactory(manager=manager, **fields)
    CustomerPhone.objects.create(customer=customer, number="13900001111", position=1)
    CustomerPhone.objects.create(customer=customer, number=f"1370000000{seed}", position=2)
    CustomerAddress.objects.create(customer=customer, text="解放路1号")
    CustomerAddress.objects.create(customer=customer, text=f"人民路{seed}号", position=1)
    FamilyMember.objects.create(customer=customer, relation="妻子", name=f"李{seed}")
    JobChange.objects.create(customer=customer, employer=f"旧单位{seed}")
    for channel in (Channel.MMS, Channel.SMS if seed else Channel.IM):
        ChannelOptOut.objects.create(customer=customer, channel=channel, since=TODAY)
    confirm_facts(actor=manager, customer=customer, facts=["employer", "phone"])
    log(manager, customer, NOW - timedelta(days=50 + seed), follow_up_on=TODAY)
    log(manager, customer, NOW - timedelta(days=3 + seed), outcome=Outcome.BUSY)
    for cadence in Cadence:
        asked = request_exemption(
            actor=manager,
            customer=customer,
            cadence=cadence,
            reason=Exemption.Reason.ABROAD,
            ends_on=TODAY + timedelta(days=9 + seed),
        )
        if cadence == Cadence.VISIT:
            decide_exemption(actor=supervisor, exemption=asked, approve=True)
    snooze_row(
        actor=manager,
        customer=customer,
        subject=Snooze.Subject.CONTACT,
        until=TODAY + timedelta(days=4 + seed),
        reason="出差",
    )
    subject = Snooze.Subject.BIRTHDAY if seed else Snooze.Subject.VISIT
    Snooze.objects.create(
        customer=customer, subject=subject, until=TODAY, reason="出差", snoozed_by=manager
    )
    _add_calls(customer, seed)
    _add_retention(manager, customer, seed)
    _add_plan(manager, customer)
    _add_complaint(manager, customer, seed)
    watch(actor=supervisor, customer=customer, watched=True)
    excuse(actor=supervisor, customer=customer, cadence=CadenceCode.VISIT, until=None)
    customer.refresh_from_db()
    return customer


def _add_calls(customer: Customer, seed: int) -> None:
    """Two missed calls, the first returned, the second still open."""
    number = customer.phones.all()[0].number
    centre = call_centre()
    days = (52 + seed, 2 + seed)
    tell(centre, *(a_call(number, NOW - timedelta(days=n, hours=seed)) for n in days))


def _add_complaint(manager: StaffUser, customer: Customer, seed: int) -> None:
    complains(manager, customer, f"投诉{seed}")
    make_request(actor=manager, customer=customer, promise=Promise(f"送新卡{seed}"))


def _add_retention(manager: StaffUser, customer: Customer, seed: int) -> None:
    months = (TODAY.replace(day=1, month=9), TODAY.replace(day=1, month=7 + seed % 2))
    rows = [SnapshotRow(customer.pk, month, Usage(data_mb=seed)) for month in months]
    take_snapshots(actor=manager, rows=rows, source=Source.IMPORT)
    customer.risk_scores.create(scored_on=TODAY, score=40 + seed)
    RiskState.objects.filter(customer=customer).update(score=40 + seed, is_stale=False)
    warn(customer, is_hard=True)
    asks_to_leave(manager, customer)
    for left_on in (TODAY - timedelta(days=300), TODAY - timedelta(days=200 + seed)):
        Departure.objects.create(
            customer=customer,
            kind=Departure.Kind.TRANSFER,
            left_on=left_on,
            tier=customer.tier,
            manager=manager,
            unit=customer.unit,
            cancelled_at=NOW,
            cancel_reason="号码有误",
        )


def _add_plan(manager: StaffUser, customer: Customer) -> None:
    week = period_of(KindCode.WEEK, TODAY)
    plan, _made = WorkPlan.objects.get_or_create(
        manager=manager,
        kind=PlanKind.WEEK,
        starts_on=week.starts_on,
        defaults={"ends_on": week.ends_on, "due_at": NOW},
    )
    PlanItem.objects.create(plan=plan, customer=customer, day=TODAY)


def log(
    actor: StaffUser,
    customer: Customer,
    happened_at: Any = NOW,
    *,
    channel: Channel = Channel.PHONE,
    outcome: Outcome = Outcome.REACHED,
    follow_up_on: date | None = None,
) -> None:
    contact = Contact(
        channel=channel, outcome=outcome, happened_at=happened_at, follow_up_on=follow_up_on
    )
    log_contact(actor=actor, customer=customer, contact=contact)
