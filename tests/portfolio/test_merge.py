"""The page of two customers side by side, and the page of a merge that was made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from portfolio.models import Merge
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import text_of
from tests.portfolio.merges import merge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def pair(manager: StaffUser) -> tuple[Customer, Customer]:
    return (
        CustomerFactory(manager=manager, name="王芳", profile={"sports": "足球"}),
        CustomerFactory(manager=manager, name="王方", profile={"sports": "游泳"}),
    )


def url_of(pair: tuple[Customer, Customer]) -> str:
    return reverse("portfolio:merge", args=[pair[0].pk, pair[1].pk])


def test_both_are_shown_with_what_differs(
    signed_in: Browser, supervisor: StaffUser, pair: tuple[Customer, Customer]
) -> None:
    page = text_of(signed_in(supervisor).get(url_of(pair)))
    assert all(word in page for word in ("王芳", "王方", "足球", "游泳"))
    assert 'name="choice-sports"' in page
    assert 'name="choice-tier"' not in page
    assert not any(phone.number in page for one in pair for phone in one.phones.all())


def test_the_chosen_values_stay_and_the_address_leads_to_the_survivor(
    signed_in: Browser, supervisor: StaffUser, pair: tuple[Customer, Customer]
) -> None:
    one, other = pair
    browser = signed_in(supervisor)
    data = {"survivor": one.pk, "choice-name": one.pk, "choice-sports": other.pk}
    for _twice in range(2):
        answer = browser.post(url_of(pair), data)
    made = Merge.objects.get()
    assert answer.headers["Location"] == reverse("portfolio:merge_detail", args=[made.pk])
    one.refresh_from_db()
    assert (one.name, one.profile.sports) == ("王芳", "游泳")
    answer = browser.get(reverse("customers:customer_detail", args=[other.pk]))
    assert answer.headers["Location"] == reverse("customers:customer_detail", args=[one.pk])
    for name in ("customers:customer_edit", "contacts:contact_log", "contacts:customer_timeline"):
        assert browser.get(reverse(name, args=[other.pk])).status_code == 404
    listed = browser.get(reverse("customers:customer_list") + "?status=all")
    assert listed.context["page"].rows == [one]
    page = text_of(browser.get(reverse("portfolio:merge_detail", args=[made.pk])))
    assert other.number in page


def test_a_choice_that_is_none_is_refused_and_nothing_typed_is_lost(
    signed_in: Browser, supervisor: StaffUser, pair: tuple[Customer, Customer]
) -> None:
    answer = signed_in(supervisor).post(url_of(pair), {"survivor": "x", "choice-name": pair[1].pk})
    assert answer.status_code == 422
    ticked = {field.name: pk for field, pk in answer.context["form"].rows()}
    assert ticked["name"] == pair[1].pk
    assert not Merge.objects.exists()


def test_the_survivor_who_left_is_refused_in_words(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser
) -> None:
    left, here = CustomerFactory(manager=manager, status="left"), CustomerFactory(manager=manager)
    data = {"survivor": left.pk, "choice-name": left.pk}
    answer = signed_in(supervisor).post(url_of((left, here)), data)
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()


def test_nobody_is_merged_with_themselves(
    signed_in: Browser, supervisor: StaffUser, pair: tuple[Customer, Customer]
) -> None:
    assert signed_in(supervisor).get(url_of((pair[0], pair[0]))).status_code == 404


def test_a_manager_reads_of_a_merge_but_does_not_undo_it(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    pair: tuple[Customer, Customer],
) -> None:
    made = merge(supervisor, *pair)
    detail = reverse("portfolio:merge_detail", args=[made.pk])
    undo = reverse("portfolio:merge_undo", args=[made.pk])
    assert signed_in(manager).get(detail).context["may_undo"] is False
    assert signed_in(colleague).get(detail).status_code == 404
    assert signed_in(manager).post(undo).status_code == 404
    assert signed_in(supervisor).get(detail).context["may_undo"] is True
    signed_in(supervisor).post(undo)
    made.refresh_from_db()
    assert made.undone_by == supervisor


def test_the_trail_of_both_is_read_under_the_survivor(
    signed_in: Browser, supervisor: StaffUser, pair: tuple[Customer, Customer]
) -> None:
    merge(supervisor, *pair)
    trail = signed_in(supervisor).get(
        reverse("portfolio:audit_trail"), {"customer": pair[1].number}
    )
    lines = trail.context["trail"].lines
    assert {line.entry.verb for line in lines} >= {"customer.merged", "customer.merged_away"}
    assert {line.customer for line in lines} == {pair[0]}
