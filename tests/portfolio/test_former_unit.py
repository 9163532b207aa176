"""A customer who moved to another unit is the new unit's; the former one keeps figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from complaints.models import Complaint, ComplaintNotice, ComplaintReview
from complaints.services.notices import tell_due
from complaints.services.parts import attach_file
from complaints.services.people import who_may_handle
from core import clock
from customers.models import Customer
from customers.services.standing import assign_manager
from portfolio.querysets import care_of
from retention.models import Departure
from retention.services.departures import record_return
from staff.models import Role, StaffUser
from tests.complaints.reports import complains, designate, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.guards.test_routes import browser_of
from tests.retention.leavers import leave


@dataclass
class Moved:
    """A customer who complained twice, left, came back and went to another city."""

    customer: Customer
    complaint: Complaint
    closed: Complaint
    departure: Departure
    file: int
    former: StaffUser
    new: StaffUser


@pytest.fixture
def moved(
    company: Company,
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
) -> Moved:
    designate(handler, company.district)
    customer = CustomerFactory(name="钱搬家", manager=manager)
    departure = leave(customer, Departure.Kind.CLOSED, clock.today() - timedelta(days=40))
    customer.refresh_from_db()
    record_return(actor=supervisor, departure=departure, on=clock.today())
    customer.refresh_from_db()
    complaint = complains(manager, customer, "未解决的")
    closed = stands_at(handler, complains(manager, customer, "已关闭的"), "closed")
    file = attach_file(actor=manager, complaint=complaint, file=ContentFile(b"x", name="a.txt"))
    new = StaffUserFactory(role=Role.SUPERVISOR, unit=company.other_city)
    assign_manager(actor=None, customer=customer, manager=outsider)
    people = (supervisor, new)
    for person in people:
        person.refresh_from_db()
    return Moved(customer, complaint, closed, departure, file.pk, *people)


def pages_of(moved: Moved) -> list[str]:
    rows = {
        "customers:customer_detail": moved.customer.pk,
        "contacts:customer_timeline": moved.customer.pk,
        "complaints:customer_complaints": moved.customer.pk,
        "complaints:complaint_detail": moved.complaint.pk,
        "complaints:complaint_edit": moved.complaint.pk,
        "complaints:complaint_reviews": moved.closed.pk,
        "complaints:review_detail": moved.closed.reviews.get().pk,
        "complaints:file_open": moved.file,
        "api:complaint_detail": moved.complaint.pk,
        "retention:departure_detail": moved.departure.pk,
        "api:departure_detail": moved.departure.pk,
    }
    return [reverse(name, args=[pk]) for name, pk in rows.items()]


LISTS = (
    "complaints:complaint_list",
    "complaints:review_list",
    "complaints:complaint_figures",
    "retention:departure_list",
    "portfolio:board_care",
    "portfolio:board",
    "api:complaint_list",
    "api:departure_list",
)


def answers(client: Client, urls: list[str]) -> set[int]:
    found = set()
    for url in urls:
        response: Any = client.get(url)
        if response.streaming:
            b"".join(response.streaming_content)
        found.add(response.status_code)
    return found


def test_the_new_supervisor_has_every_page_and_the_former_one_and_manager_none(
    moved: Moved, manager: StaffUser
) -> None:
    urls = pages_of(moved)
    assert answers(browser_of(moved.new), urls) == {200}
    assert answers(browser_of(moved.former), urls) == {404}
    assert answers(browser_of(manager), urls) == {404}


def test_no_list_names_the_customer_to_the_former_unit(moved: Moved) -> None:
    def named(person: StaffUser) -> set[str]:
        client = browser_of(person)
        words = ("钱搬家", "未解决的", "已关闭的")
        pages = {name: client.get(reverse(name)).content.decode() for name in LISTS}
        return {name for name, page in pages.items() if any(word in page for word in words)}

    assert {"complaints:complaint_list", "retention:departure_list"} <= named(moved.new)
    assert named(moved.former) == set()


def test_the_former_unit_still_counts_what_happened_in_it(moved: Moved, company: Company) -> None:
    former = moved.former
    figures = care_of(former, None, clock.today(), clock.now())
    assert sum(one.complaints for one in figures.values()) == 1
    assert Complaint.objects.counted_for(former).count() == 2
    assert ComplaintReview.objects.counted_for(former).count() == 1
    assert Departure.objects.counted_for(former).count() == 1
    for model in (Complaint, ComplaintReview, Departure):
        rows: Any = model._default_manager.all()
        assert not rows.visible_to(former).exists()
        assert not rows.editable_by(former).exists()
        assert rows.editable_by(moved.new).exists()


def test_the_new_units_supervisor_is_told_of_the_deadline_and_can_hand_it_on(
    moved: Moved, company: Company
) -> None:
    Complaint.objects.filter(pk=moved.complaint.pk).update(handler=None)
    later = clock.now() + timedelta(days=20)
    tell_due(now=later)
    told = set(ComplaintNotice.objects.values_list("person", flat=True))
    assert moved.new.pk in told
    assert moved.former.pk not in told
    handler = StaffUserFactory(role=Role.COMPLAINT_HANDLER, unit=company.far_district)
    moved.complaint.refresh_from_db()
    may = who_may_handle(moved.complaint)
    assert handler in may
    assert moved.former not in may
