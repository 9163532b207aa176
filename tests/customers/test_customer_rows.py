"""The rows of the customer list: what each cell says, and that columns can be chosen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from customers.models import ChannelOptOut, Customer
from customers.rules import Cadence
from customers.services.standing import excuse
from customers.views.rows import CELLS, RowPainter
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import TODAY

pytestmark = pytest.mark.usefixtures("frozen")


def drawn(user: StaffUser, *columns: str, cadence: Cadence = Cadence.CONTACT) -> str:
    """Return the row of the only customer."""
    painter = RowPainter(user, TODAY, cadence, columns)
    rows = Customer.objects.for_row().with_primary_phone().with_call_refusal()
    return painter.row(rows.get())


def test_a_row_has_the_chosen_cells_in_their_order(manager: StaffUser) -> None:
    CustomerFactory(manager=manager)
    row = drawn(manager, "last", "name")
    assert row.count("<td") == 2
    assert row.index("customers-last") < row.index("customers-name")
    assert drawn(manager, *CELLS).count("<td") == len(CELLS)


def test_what_people_typed_is_text_wherever_it_stands(manager: StaffUser, company: Company) -> None:
    name = '<b title="x">&\''
    company.district.name = company.district.full_name = "<i>"
    company.district.save()
    manager.name = "<u>"
    manager.save()
    CustomerFactory(manager=manager, unit=company.district, name=name, number="<s>")
    row = drawn(manager, *CELLS)
    for raw in ("<b", "<u>", "<s>", 'title="x"', 'title="<i>'):
        assert raw not in row
    assert row.count("&lt;b title=&quot;x&quot;&gt;&amp;&#x27;") == 4


def test_marks_stand_beside_the_name(manager: StaffUser) -> None:
    customer = CustomerFactory(manager=manager)
    plain = drawn(manager, "name")
    for words in ("Key customer", "Open complaint", ">Left<"):
        assert words not in plain
    Customer.objects.filter(pk=customer.pk).update(
        is_key=True,
        key_since=TODAY,
        has_open_complaint=True,
        status="left",
        left_on=TODAY,
        contact_due_on=None,
    )
    marked = drawn(manager, "name")
    for words in ("Key customer", "Open complaint", ">Left<"):
        assert words in marked


def test_the_phone_is_masked_and_its_lack_shown(manager: StaffUser, head_office: StaffUser) -> None:
    customer = CustomerFactory(manager=manager)
    number = customer.phones.get().number
    assert f"{number[:3]}****{number[-4:]}" in drawn(head_office, "phone")
    assert number not in drawn(head_office, *CELLS)
    customer.phones.all().delete()
    assert ">—<" in drawn(manager, "phone")


def test_calling_is_for_who_serves_a_customer_that_takes_calls(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    assert "tel:" in drawn(manager, "actions")
    assert "tel:" not in drawn(supervisor, "actions")
    ChannelOptOut.objects.create(customer=customer, channel="phone", since=TODAY)
    row = drawn(manager, "actions")
    assert "tel:" not in row
    assert reverse("contacts:contact_log", args=[customer.pk]) in row


def test_head_office_and_customers_who_left_have_no_actions(
    manager: StaffUser, supervisor: StaffUser, head_office: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    assert "<a" not in drawn(head_office, "actions")
    Customer.objects.update(status="left", left_on=TODAY, contact_due_on=None)
    assert "<a" not in drawn(manager, "actions")
    assert "<input" not in drawn(supervisor, "tick")
    assert f'href="{reverse("customers:customer_detail", args=[customer.pk])}"' in drawn(
        manager, "name"
    )


def test_the_pool_has_no_manager(supervisor: StaffUser, company: Company) -> None:
    CustomerFactory(manager=None, unit=company.district)
    row = drawn(supervisor, "owner")
    assert "No manager" in row
    assert f'title="{company.district.full_name}"' in row


def test_the_last_contact_is_a_day_or_never(manager: StaffUser) -> None:
    CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 2))
    assert "2026" in drawn(manager, "last")
    Customer.objects.update(last_contact_on=None)
    assert "<i>never</i>" in drawn(manager, "last")


def test_an_overdue_face_to_face_stands_beside_the_contact(manager: StaffUser) -> None:
    CustomerFactory(manager=manager)
    yesterday, later = TODAY - timedelta(days=1), TODAY + timedelta(days=3)
    Customer.objects.update(contact_due_on=later, visit_due_on=TODAY)
    assert "Visit:" not in drawn(manager, "due")
    Customer.objects.update(visit_due_on=yesterday)
    both = drawn(manager, "due")
    assert both.index("in 3 days") < both.index("Visit:") < both.index("1 day overdue")
    visit = drawn(manager, "due", cadence=Cadence.VISIT)
    assert "1 day overdue" in visit
    assert "Visit:" not in visit


def test_who_is_excused_or_left_has_no_clock(manager: StaffUser) -> None:
    customer = CustomerFactory(manager=manager, last_contact_on=TODAY - timedelta(days=200))
    assert "overdue" in drawn(manager, "due")
    excuse(actor=None, customer=customer, cadence=Cadence.CONTACT, until=TODAY)
    row = drawn(manager, "due")
    assert "exempt until" in row
    assert "overdue" not in row
    Customer.objects.update(status="left", left_on=TODAY, contact_due_on=None)
    assert "left on" in drawn(manager, "due")
