"""A merge that is undone leaves the database as it was, whatever the two customers are like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import CadenceFlag, Exemption, Outcome, Snooze
from contacts.services.flags import flag_overdue
from customers.models import (
    Channel,
    ChannelOptOut,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    FamilyMember,
    JobChange,
    Status,
    Tier,
)
from customers.rules import FACTS
from customers.services.merging import index_again
from customers.services.sheet import LABELS
from customers.services.standing import change_tier, watch
from portfolio.services.merging import STANDING, merge_customers, undo_merge
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.portfolio.merges import log, whole_database

pytestmark = pytest.mark.django_db

DAYS = st.integers(min_value=0, max_value=200)
SOME = st.sampled_from(["", "甲", "乙", "Ａ公司"])


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the columns of one customer."""
    status = draw(st.sampled_from([Status.ACTIVE, Status.ACTIVE, Status.LEFT]))
    born = draw(st.sampled_from([(None, None, None), (1980, 5, 1), (None, 5, 1), (1999, 12, 31)]))
    hours = draw(st.sampled_from([(None, None), (time(9), time(12))]))
    return {
        "name": draw(st.sampled_from(["王芳", "王 芳", "李伟"])),
        "tier": draw(st.sampled_from(list(Tier))),
        "is_key": draw(st.booleans()),
        "status": status,
        "gender": draw(st.sampled_from(["", "male", "female"])),
        "vip_since": TODAY - timedelta(days=200 + draw(DAYS)),
        "joined_on": draw(st.sampled_from([None, date(2010, 3, 1), date(2012, 3, 1)])),
        "birth_year": born[0],
        "birth_month": born[1],
        "birth_day": born[2],
        "preferred_channel": draw(st.sampled_from(["", "phone", "sms"])),
        "preferred_from": hours[0],
        "preferred_to": hours[1],
        "phone": draw(st.sampled_from(["", "13800000001", "13800000002"])),
        "profile": {
            "employer": draw(SOME),
            "sports": draw(SOME),
            "remarks": draw(SOME),
            "imported_extra": draw(st.sampled_from([{}, {"service_policy": "漫游"}])),
        },
    }


@st.composite
def belongings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the rows that one customer has."""
    return {
        "phones": draw(st.sets(st.sampled_from(["13900000001", "13900000002"]))),
        "addresses": draw(st.sets(SOME)),
        "family": draw(st.sets(SOME)),
        "jobs": draw(st.sets(SOME.filter(bool))),
        "opt_outs": draw(st.sets(st.sampled_from(["sms", "mms", "im"]))),
        "facts": draw(st.dictionaries(st.sampled_from(sorted(FACTS)), DAYS, max_size=6)),
        "contacts": draw(
            st.lists(
                st.tuples(DAYS, st.sampled_from([Channel.PHONE, Channel.VISIT]), st.booleans()),
                max_size=4,
            )
        ),
        "exemptions": draw(
            st.sets(st.tuples(st.sampled_from(["contact", "visit"]), st.booleans()), max_size=3)
        ),
        "snoozes": draw(st.sets(st.sampled_from(list(Snooze.Subject)))),
        "watches": draw(st.lists(st.booleans(), max_size=2)),
        "tier_again": draw(st.none() | st.sampled_from(list(Tier))),
    }


def make(
    manager: StaffUser, supervisor: StaffUser, columns: dict[str, Any], rows: dict[str, Any]
) -> Customer:
    customer: Customer = CustomerFactory(manager=manager, **columns)
    if rows["tier_again"] is not None and customer.is_active:
        change_tier(actor=supervisor, customer=customer, tier=rows["tier_again"])
    add_to_the_sheet(customer, columns["phone"], rows)
    for fact, ago in sorted(rows["facts"].items()):
        FactConfirmation.objects.create(
            customer=customer,
            fact=fact,
            confirmed_on=TODAY - timedelta(days=ago),
            confirmed_by=manager,
        )
    add_contacts(customer, manager, rows["contacts"])
    add_exemptions(customer, manager, supervisor, sorted(rows["exemptions"]))
    for subject in sorted(rows["snoozes"]):
        Snooze.objects.create(
            customer=customer,
            subject=subject,
            until=TODAY + timedelta(days=3),
            reason="出差",
            snoozed_by=manager,
        )
    for ends in rows["watches"]:
        customer.refresh_from_db()
        watch(actor=supervisor, customer=customer, watched=True)
        if ends:
            watch(actor=supervisor, customer=customer, watched=False)
    customer.refresh_from_db()
    index_again([customer])
    return customer


def add_to_the_sheet(customer: Customer, phone: str, rows: dict[str, Any]) -> None:
    for place, number in enumerate(sorted(rows["phones"] - {phone})):
        CustomerPhone.objects.create(customer=customer, number=number, position=place + 1)
    for text in sorted(rows["addresses"]):
        CustomerAddress.objects.create(customer=customer, text=text or "无")
    for name in sorted(rows["family"]):
        FamilyMember.objects.create(customer=customer, relation="子女", name=name)
    for employer in sorted(rows["jobs"]):
        JobChange.objects.create(customer=customer, employer=employer)
    for channel in sorted(rows["opt_outs"]):
        ChannelOptOut.objects.create(customer=customer, channel=channel, since=TODAY)


def add_contacts(customer: Customer, manager: StaffUser, contacts: Any) -> None:
    for ago, channel, has_promise in contacts:
        log(
            manager,
            customer,
            NOW - timedelta(days=ago, minutes=1),
            channel=channel,
            outcome=Outcome.REACHED
            if ago % 3
            else Outcome.NO_ANSWER
            if channel == Channel.PHONE
            else Outcome.NOT_MET,
            follow_up_on=TODAY if has_promise else None,
        )


def add_exemptions(
    customer: Customer,
    manager: StaffUser,
    supervisor: StaffUser,
    asked: Sequence[tuple[str, bool]],
) -> None:
    for cadence, is_decided in asked:
        Exemption.objects.create(
            customer=customer,
            cadence=cadence,
            reason=Exemption.Reason.ABROAD,
            state="approved" if is_decided else "requested",
            starts_on=TODAY,
            ends_on=TODAY + timedelta(days=5),
            requested_by=manager,
            decided_by=supervisor if is_decided else None,
        )
        if is_decided:
            Customer.objects.filter(pk=customer.pk).update(
                **{f"{cadence}_exempt_until": TODAY + timedelta(days=5)}
            )


TWO_CUSTOMERS = given(
    first=st.tuples(people(), belongings()),
    second=st.tuples(people(), belongings()),
    taken=st.sets(st.sampled_from([*STANDING, *LABELS])),
    is_flagged=st.booleans(),
    waits_days=st.integers(min_value=0, max_value=2),
)


def examples(most: int) -> settings:
    return settings(
        max_examples=most,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@examples(6)
@TWO_CUSTOMERS
def test_a_merge_undone_leaves_the_database_as_it_was(
    first: Any,
    second: Any,
    taken: set[str],
    is_flagged: bool,
    waits_days: int,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
) -> None:
    """A few pairs; the whole run draws many more."""
    with time_machine.travel(NOW, tick=False) as traveller, transaction.atomic():
        one = make(manager, supervisor, *first)
        other = make(colleague, supervisor, *second)
        if not one.is_active and other.is_active:
            one, other = other, one
        if is_flagged:
            flag_overdue()
        before = whole_database()
        made = merge_customers(
            actor=supervisor,
            survivor=one,
            absorbed=other,
            choices=dict.fromkeys(taken, other.pk),
        )
        merged = whole_database()
        assert merged != before
        assert not lost_rows(before, merged)
        traveller.shift(timedelta(days=waits_days))
        undo_merge(actor=supervisor, made=made)
        after = whole_database()
        assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
        for customer in (one, other):
            seen = Customer.objects.get(pk=customer.pk)
            assert (seen.version, seen.updated_at) > (customer.version, customer.updated_at)
        transaction.set_rollback(True)


_merged_and_undone: Any = test_a_merge_undone_leaves_the_database_as_it_was
test_many_merges_undone_leave_the_database_as_it_was = pytest.mark.whole(
    examples(30)(TWO_CUSTOMERS(_merged_and_undone.hypothesis.inner_test))
)


def lost_rows(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the tables that a merge has fewer rows of: none but what is made anew."""
    made_anew = {"customers.likenesskey", "customers.likepair", "customers.searchentry"}
    return [n for n, rows in after.items() if n not in made_anew and len(rows) < len(before[n])]


def test_flags_are_drawn_too(manager: StaffUser, supervisor: StaffUser) -> None:
    """The property above would say less if nobody were overdue."""
    with time_machine.travel(NOW, tick=False):
        CustomerFactory(manager=manager, vip_since=TODAY - timedelta(days=200))
        flag_overdue()
        assert CadenceFlag.objects.open().exists()
