"""Merged, the strongest of two reports holds; taken apart, each is what it was."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from complaints.models import Complaint, ComplaintMerge, ComplaintNotice, Severity, Source
from complaints.services.doubles import merge_doubles, undo_merge
from complaints.services.notices import tell_due
from complaints.services.registering import Report, change_details
from complaints.services.story import story_of
from customers.models import Customer, ServiceStandard, Tier
from staff.models import StaffUser
from tests.complaints.reports import answers, complains, designate, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, text_of

pytestmark = pytest.mark.usefixtures("frozen")
HOUR = timedelta(hours=1)
MOVES_ANYWAY = {"version", "updated_at"}


@pytest.fixture
def customer(manager: StaffUser, company: Company, handler: StaffUser) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(manager=manager, tier=Tier.GOLD)
    return made


@pytest.fixture
def hotline(manager: StaffUser, customer: Customer) -> Complaint:
    return complains(manager, customer, "信号差", source=Source.HOTLINE)


@pytest.fixture
def appeal(manager: StaffUser, customer: Customer, hotline: Complaint, frozen: Any) -> Complaint:
    """The same matter by way of the regulator, two hours later."""
    frozen.shift(2 * HOUR)
    return complains(
        manager, customer, "信号差", source=Source.REGULATOR, severity=Severity.CRITICAL
    )


def values(complaint: Complaint) -> dict[str, Any]:
    row = Complaint.objects.filter(pk=complaint.pk).values().get()
    return {name: value for name, value in row.items() if name not in MOVES_ANYWAY}


def strength(complaint: Complaint) -> tuple[bool, str]:
    complaint.refresh_from_db()
    return complaint.is_appeal, complaint.severity


@pytest.mark.parametrize("turned", [False, True])
def test_the_one_that_goes_on_is_an_appeal_and_as_serious_as_its_double(
    handler: StaffUser, hotline: Complaint, appeal: Complaint, frozen: Any, turned: bool
) -> None:
    before = values(hotline), values(appeal)
    pair = (appeal, hotline) if turned else (hotline, appeal)
    merge = merge_doubles(actor=handler, first=pair[0], second=pair[1])
    assert merge.survivor == hotline
    assert strength(hotline) == (True, "critical")
    assert hotline.received_at == NOW
    frozen.shift(HOUR)
    undo_merge(actor=handler, merge=merge)
    undo_merge(actor=handler, merge=merge)
    assert (values(hotline), values(appeal)) == before
    texts = [str(entry.text) for entry in story_of(hotline)]
    assert texts[:2] == [
        f"Double report #{appeal.pk} taken apart",
        f"Double report #{appeal.pk} taken in",
    ]


def test_the_queue_and_the_api_show_the_appeal_until_it_is_taken_apart(
    handler: StaffUser,
    supervisor: StaffUser,
    hotline: Complaint,
    appeal: Complaint,
    signed_in: Any,
) -> None:
    browser: Client = signed_in(handler)

    def shown() -> tuple[set[int], set[int]]:
        page = browser.get(reverse("complaints:complaint_list"), {"time": "appeal"})
        told = signed_in(supervisor).get("/api/v1/complaints/?appeal=true&open=true").json()
        return (
            {row.pk for row in page.context["page"].rows},
            {row["id"] for row in told["results"]},
        )

    assert shown() == ({appeal.pk}, {appeal.pk})
    data = {"other": appeal.pk, "reason": "同一件事"}
    browser.post(reverse("complaints:double_merge", args=[hotline.pk]), data)
    assert shown() == ({hotline.pk}, {hotline.pk})
    assert "Appeal" in text_of(browser.get(reverse("complaints:complaint_list")))
    merge = ComplaintMerge.objects.get()
    browser.post(reverse("complaints:double_undo", args=[merge.pk]))
    assert shown() == ({appeal.pk}, {appeal.pk})


def test_of_several_doubles_each_gives_back_what_was_its_alone(
    manager: StaffUser, customer: Customer, handler: StaffUser, hotline: Complaint, frozen: Any
) -> None:
    frozen.shift(HOUR)
    doubles = [
        complains(manager, customer, severity=Severity.HIGH),
        complains(manager, customer, is_appeal=True),
        complains(manager, customer, is_appeal=True, severity=Severity.CRITICAL),
    ]
    merges = [merge_doubles(actor=handler, first=hotline, second=one) for one in doubles]
    assert strength(hotline) == (True, "critical")
    undo_merge(actor=handler, merge=merges[0])
    assert strength(hotline) == (True, "critical")
    undo_merge(actor=handler, merge=merges[2])
    assert strength(hotline) == (True, "normal")
    undo_merge(actor=handler, merge=merges[1])
    assert strength(hotline) == (False, "normal")


def test_what_a_person_changed_meanwhile_stays(
    handler: StaffUser, hotline: Complaint, appeal: Complaint
) -> None:
    merge = merge_doubles(actor=handler, first=hotline, second=appeal)
    hotline.refresh_from_db()
    report = Report(
        subject=hotline.subject,
        category=hotline.category,
        severity=Severity.LOW,
        is_appeal=hotline.is_appeal,
    )
    change_details(actor=handler, complaint=hotline, report=report, version=hotline.version)
    undo_merge(actor=handler, merge=merge)
    assert strength(hotline) == (False, "low")


def test_a_report_that_was_merged_on_is_taken_apart_from_the_outside_in(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    hotline: Complaint,
    frozen: Any,
    signed_in: Any,
) -> None:
    frozen.shift(HOUR)
    middle = complains(manager, customer)
    frozen.shift(HOUR)
    last = complains(manager, customer, is_appeal=True)
    inner = merge_doubles(actor=handler, first=middle, second=last)
    outer = merge_doubles(actor=handler, first=hotline, second=middle)
    assert strength(hotline) == (True, "normal")
    with pytest.raises(ValidationError, match="was merged into"):
        undo_merge(actor=handler, merge=inner)
    url = reverse("complaints:double_undo", args=[inner.pk])
    assert "was merged into" in text_of(signed_in(handler).post(url, follow=True))
    undo_merge(actor=handler, merge=outer)
    undo_merge(actor=handler, merge=inner)
    assert [strength(one)[0] for one in (hotline, middle, last)] == [False, False, True]


def test_the_earlier_day_by_law_holds_for_both(
    manager: StaffUser, customer: Customer, handler: StaffUser, hotline: Complaint, frozen: Any
) -> None:
    ServiceStandard.objects.create(figure="complaint_statutory_days", effective_from=TODAY, value=3)
    frozen.shift(HOUR)
    stricter = complains(manager, customer)
    own, earlier = hotline.statutory_due_at, stricter.statutory_due_at
    assert earlier < own
    merge = merge_doubles(actor=handler, first=hotline, second=stricter)
    hotline.refresh_from_db()
    assert hotline.statutory_due_at == earlier
    assert hotline.statutory_warn_at == NOW + (earlier - NOW) * 0.75
    stands_at(handler, hotline, "waiting")
    hotline.refresh_from_db()
    assert hotline.statutory_due_at == earlier
    undo_merge(actor=handler, merge=merge)
    hotline.refresh_from_db()
    assert hotline.statutory_due_at == own


def test_who_was_told_that_the_double_is_over_time_is_told_of_the_one_that_goes_on(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    hotline: Complaint,
    frozen: Any,
) -> None:
    answers(handler, hotline)
    stands_at(handler, hotline, "waiting")
    frozen.shift(HOUR)
    double = complains(manager, customer)
    frozen.shift(40 * HOUR)
    tell_due()
    over = ComplaintNotice.objects.filter(level="escalated", of_clock="response")
    assert set(over.values_list("complaint", "person")) == {(double.pk, supervisor.pk)}
    merge = merge_doubles(actor=handler, first=hotline, second=double)
    mine = over.filter(complaint=hotline)
    assert list(mine.values_list("person", "seen_at")) == [(supervisor.pk, None)]
    before = ComplaintNotice.objects.filter(complaint=double).count()
    undo_merge(actor=handler, merge=merge)
    assert not mine.exists()
    assert ComplaintNotice.objects.filter(complaint=double).count() == before


def test_merges_of_before_are_lifted_too(
    handler: StaffUser, hotline: Complaint, appeal: Complaint
) -> None:
    merge = merge_doubles(actor=handler, first=hotline, second=appeal)
    # As a merge left it before: the mark is on the closed double only.
    Complaint.objects.filter(pk=hotline.pk).update(is_appeal=False, severity="normal")
    ComplaintMerge.objects.update(before={})
    import_module("complaints.migrations.0005_fill_promised_deadlines").lift_survivors(apps, None)
    assert strength(hotline) == (True, "critical")
    undo_merge(actor=handler, merge=merge)
    assert strength(hotline) == (False, "normal")
