"""Rows of a roster that may be somebody who is there already, and rows of merged customers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, LikePair
from staff.models import StaffUser
from tests.conftest import Company
from tests.exchange.rosters import HEADINGS, receive, row_of, take_in
from tests.factories import CustomerFactory
from tests.portfolio.merges import merge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]

Write = Callable[..., Path]


def rows(company: Company, manager: StaffUser, *numbers: tuple[str, str]) -> list[list[str]]:
    made = [
        row_of(
            number,
            手机号码=phone,
            所属单位=company.district.full_name,
            客户经理工号=manager.staff_number,
        )
        for number, phone in numbers
    ]
    return [list(HEADINGS), *made]


def test_a_row_that_looks_like_a_customer_is_marked_and_still_imported(
    company: Company,
    manager: StaffUser,
    supervisor: StaffUser,
    workbook: Write,
    signed_in: Callable[[StaffUser], Client],
) -> None:
    there = CustomerFactory(manager=manager, phone="13812340001")
    path = workbook(
        rows(company, manager, ("A1", "13812340001"), ("A2", "13812340002"), (there.number, ""))
    )
    done = take_in(path, supervisor)
    assert (done.new_rows, done.alike_rows, done.rejected_rows) == (2, 1, 0)
    assert done.rows.alike().get().alike == [[there.number, ["phone"]]]
    page = signed_in(supervisor).get(
        reverse("exchange:roster_import_preview", args=[done.pk]), {"tab": "alike"}
    )
    assert there.number in page.content.decode()
    assert page.context["lines"][0]["row"].number == "A1"
    made = Customer.objects.get(number="A1")
    assert LikePair.objects.get(first=there, second=made).by_phone


def test_of_customers_out_of_reach_nothing_is_hinted(
    company: Company,
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    workbook: Write,
) -> None:
    CustomerFactory(manager=outsider, phone="13812340001")
    done = receive(workbook(rows(company, manager, ("A1", "13812340001"))), supervisor, ask=False)
    assert (done.new_rows, done.alike_rows) == (1, 0)


def test_a_row_of_a_merged_customer_is_rejected_with_the_number_that_goes_on(
    company: Company,
    manager: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    workbook: Write,
) -> None:
    near, far = CustomerFactory(manager=manager), CustomerFactory(manager=other_manager)
    gone, away = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    merge(supervisor, near, gone)
    merge(city_supervisor, far, away)
    path = workbook(rows(company, manager, (gone.number, ""), (away.number, "")))
    done = take_in(path, supervisor)
    assert [row.reasons for row in done.rows.order_by("row_number")] == [
        [["number", "merged", near.number]],
        [["number", "cannot_be_taken", ""]],
    ]
