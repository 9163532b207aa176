"""A supervisor's answer to a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, CadenceFlag, Exemption
from contacts.services.exemptions import request_exemption
from contacts.services.flags import flag_overdue
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY, events, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
YES, NO = {"approve": "yes"}, {"approve": "no"}


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """A gold customer who is overdue and flagged."""
    customer = CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))
    flag_overdue()
    return customer


@pytest.fixture
def exemption(manager: StaffUser, customer: Customer) -> Exemption:
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.BEREAVEMENT,
        ends_on=TODAY + timedelta(days=10),
    )


def decide_url(exemption: Exemption) -> str:
    return reverse("contacts:exemption_decide", args=[exemption.pk])


def test_approved_the_flag_closes_and_the_due_day_stays(
    signed_in: Browser, supervisor: StaffUser, customer: Customer, exemption: Exemption
) -> None:
    due = customer.contact_due_on
    response = post_part(signed_in(supervisor), decide_url(exemption), YES | {"note": "可以"})
    assert response.status_code == 200
    assert response.context["waiting"] == []
    assert [row.pk for row in response.context["page"].rows] == [exemption.pk]
    assert events(response)["toast"]["level"] == "success"
    exemption.refresh_from_db()
    customer.refresh_from_db()
    assert (exemption.state, exemption.decided_by, exemption.decision_note) == (
        "approved",
        supervisor,
        "可以",
    )
    assert customer.contact_exempt_until == TODAY + timedelta(days=10)
    assert customer.contact_due_on == due
    assert CadenceFlag.objects.get().close_reason == "exempt"


def test_refused_everything_stays(
    signed_in: Browser, supervisor: StaffUser, customer: Customer, exemption: Exemption
) -> None:
    post_part(signed_in(supervisor), decide_url(exemption), NO)
    exemption.refresh_from_db()
    customer.refresh_from_db()
    assert exemption.state == "refused"
    assert customer.contact_exempt_until is None
    assert CadenceFlag.objects.open().count() == 1


def test_the_second_answer_changes_nothing_and_says_so(
    signed_in: Browser, supervisor: StaffUser, exemption: Exemption
) -> None:
    browser = signed_in(supervisor)
    post_part(browser, decide_url(exemption), YES)
    response = post_part(browser, decide_url(exemption), NO)
    exemption.refresh_from_db()
    assert exemption.state == "approved"
    assert "decided before" in events(response)["toast"]["text"]


def test_a_request_whose_days_are_over_cannot_be_approved(
    supervisor: StaffUser, exemption: Exemption
) -> None:
    with time_machine.travel(NOW + timedelta(days=11), tick=False):
        browser = Client()
        browser.force_login(supervisor)
        response = post_part(browser, decide_url(exemption), YES)
    exemption.refresh_from_db()
    assert response.status_code == 422
    assert "That day is over" in events(response)["toast"]["text"]
    assert exemption.state == "requested"


def test_neither_yes_nor_no_is_refused(
    signed_in: Browser, supervisor: StaffUser, exemption: Exemption
) -> None:
    response = post_part(signed_in(supervisor), decide_url(exemption), {"approve": "perhaps"})
    exemption.refresh_from_db()
    assert (response.status_code, exemption.state) == (422, "requested")


def test_without_htmx_the_list_says_it(
    signed_in: Browser, supervisor: StaffUser, exemption: Exemption
) -> None:
    browser = signed_in(supervisor)
    response = browser.post(decide_url(exemption), YES, follow=True)
    assert response.redirect_chain == [(reverse("contacts:exemption_list"), 302)]
    assert f"{exemption.customer.name} is excused." in text_of(response)


def test_only_a_supervisor_of_the_customers_unit_decides(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    exemption: Exemption,
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    for person in (manager, colleague, outsider, head_office, handler, administrator):
        assert post_part(signed_in(person), decide_url(exemption), YES).status_code == 404
    exemption.refresh_from_db()
    assert exemption.state == "requested"
    assert post_part(signed_in(city_supervisor), decide_url(exemption), YES).status_code == 200
