"""Promises in the browser: from the log drawer, on the customer's page, in the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from complaints.models import Complaint, ServiceRequest
from complaints.services.requests import Promise, do_request, make_request
from contacts.models import ContactRecord
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import HTMX, NOW, TODAY, events, get_part, post_part, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    made: Customer = CustomerFactory(name="王小美", manager=manager)
    return made


def at(name: str, pk: int) -> str:
    return reverse(f"complaints:{name}", args=[pk])


def promised(actor: StaffUser, customer: Customer, what: str = "寄新卡") -> ServiceRequest:
    return make_request(actor=actor, customer=customer, promise=Promise(what))


def logged(customer: Customer, **typed: str) -> dict[str, object]:
    """The log drawer's form with the line about a promise."""
    return {
        "channel": "phone",
        "outcome": "reached",
        "occasion": "regular",
        "direction": "outgoing",
        "summary": "聊了",
        "submission_key": str(uuid4()),
        "also": at("request_take", customer.pk),
        "also_key": str(uuid4()),
        **{f"also_{name}": text for name, text in typed.items()},
    }


def test_the_log_drawer_takes_a_promise_with_the_same_button_and_sent_twice_it_is_one(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    browser = signed_in(manager)
    url = reverse("contacts:contact_log", args=[customer.pk])
    assert at("request_line", customer.pk) in text_of(get_part(browser, url))
    assert 'name="also_what"' in text_of(get_part(browser, at("request_line", customer.pk)))
    data = logged(customer, what="寄新卡", due_on=str(TODAY + timedelta(days=2)))
    for _time in range(2):
        response = browser.post(url, data, headers=HTMX, follow=True)
        assert response.redirect_chain[0][1] == 307
        found = events(response)
        assert {"contactLogged", "requestChanged", "close_drawer"} <= found.keys()
    request = ServiceRequest.objects.get()
    assert (request.what, request.contact_record) == ("寄新卡", ContactRecord.objects.get())


def test_a_wrong_line_keeps_the_contact_and_asks_for_the_promise_alone(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    browser = signed_in(manager)
    url = reverse("contacts:contact_log", args=[customer.pk])
    data = logged(customer, what="寄新卡", due_on=str(TODAY - timedelta(days=2)))
    response = browser.post(url, data, headers=HTMX, follow=True)
    page = text_of(response)
    assert response.status_code == 422
    assert "_request_make_drawer" in page
    assert "寄新卡" in page
    assert f'value="{ContactRecord.objects.get().pk}"' in page
    taken = f"{at('request_take', customer.pk)}?record=²"
    assert browser.post(taken, data, headers=HTMX).status_code == 422
    assert not ServiceRequest.objects.exists()


def test_a_refused_contact_brings_the_line_back_as_it_was_typed(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    browser = signed_in(manager)
    data = logged(customer, what="寄新卡") | {"outcome": "rubbish"}
    url = reverse("contacts:contact_log", args=[customer.pk])
    page = text_of(browser.post(url, data, headers=HTMX))
    assert "also_what=%E5%AF%84%E6%96%B0%E5%8D%A1" in page
    line = get_part(browser, f"{at('request_line', customer.pk)}?also_what=寄新卡")
    assert 'value="寄新卡"' in text_of(line)


def test_an_address_that_is_not_ours_takes_nothing(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    url = reverse("contacts:contact_log", args=[customer.pk])
    data = logged(customer, what="x") | {"also": "https://evil.example/"}
    assert post_part(signed_in(manager), url, data).status_code == 204


def test_done_told_and_taken_back_by_one_tap_each(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    browser, request = signed_in(manager), promised(manager, customer)
    done = events(post_part(browser, at("request_done", request.pk)))
    assert done["toast"]["undo_url"].endswith("?version=2")
    told = events(post_part(browser, at("request_tell", request.pk)))
    request.refresh_from_db()
    assert request.state == "told"
    stale = events(post_part(browser, done["toast"]["undo_url"]))
    assert stale["toast"]["level"] == "danger"
    post_part(browser, told["toast"]["undo_url"])
    request.refresh_from_db()
    assert request.state in ("open", "done")


def test_a_broken_promise_becomes_a_complaint_by_one_click_and_the_page_opens(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    request = promised(manager, customer)
    response = post_part(signed_in(manager), at("request_complain", request.pk))
    complaint = Complaint.objects.get()
    assert response["HX-Redirect"] == at("complaint_detail", complaint.pk)


@pytest.mark.parametrize(
    "name", ["request_done", "request_tell", "request_complain", "request_undo"]
)
def test_what_a_person_may_not_see_is_not_there(
    manager: StaffUser,
    other_manager: StaffUser,
    head_office: StaffUser,
    customer: Customer,
    signed_in: Browser,
    name: str,
) -> None:
    url = at(name, promised(manager, customer).pk)
    assert signed_in(other_manager).post(url).status_code == 404
    assert signed_in(head_office).post(url).status_code == 404
    assert signed_in(manager).post(url).status_code == 302


def test_the_list_is_filtered_scoped_and_costs_the_same_for_more(
    manager: StaffUser,
    supervisor: StaffUser,
    other_manager: StaffUser,
    customer: Customer,
    signed_in: Browser,
    frozen: Traveller,
) -> None:
    late = promised(manager, customer, "迟到的")
    frozen.move_to(NOW + timedelta(days=3))
    do_request(actor=manager, request=promised(manager, customer, "办好的"))
    url = reverse("complaints:request_list")
    browser = signed_in(supervisor)
    shown = {
        query: [name for name in ("迟到的", "办好的") if name in text_of(browser.get(url + query))]
        for query in ("", "?state=overdue", "?state=untold", "?state=today", "?whose=mine")
    }
    assert shown == {
        "": ["迟到的", "办好的"],
        "?state=overdue": ["迟到的"],
        "?state=untold": ["办好的"],
        "?state=today": [],
        "?whose=mine": [],
    }
    assert "迟到的" in text_of(signed_in(manager).get(f"{url}?whose=mine"))
    assert "迟到的" not in text_of(signed_in(other_manager).get(url))
    panel = at("customer_requests", customer.pk)
    assert late.what in text_of(get_part(browser, panel))
    before = statements(browser, url), statements(browser, panel)
    for number in range(5):
        promised(manager, customer, f"又{number}")
    assert (statements(browser, url), statements(browser, panel)) == before
