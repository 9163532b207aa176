"""Ending an exemption early, or withdrawing a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, CadenceFlag, Exemption
from contacts.services.exemptions import (
    decide_exemption,
    end_exemption,
    request_exemption,
)
from contacts.services.flags import flag_overdue
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, post_part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def exemption(manager: StaffUser) -> Exemption:
    customer = CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))
    flag_overdue()
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY + timedelta(days=10),
    )


def end_url(exemption: Exemption) -> str:
    return reverse("contacts:exemption_end", args=[exemption.pk])


def test_a_request_is_withdrawn(
    signed_in: Browser, manager: StaffUser, exemption: Exemption
) -> None:
    browser = signed_in(manager)
    for _time in range(2):
        response = post_part(browser, end_url(exemption))
        assert response.status_code == 204
    exemption.refresh_from_db()
    assert exemption.state == "withdrawn"
    assert events(response)["toast"]["text"] == "The request is withdrawn."


def test_an_exemption_ends_and_the_flag_opens_again(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, exemption: Exemption
) -> None:
    decide_exemption(actor=supervisor, exemption=exemption, approve=True)
    assert not CadenceFlag.objects.open().exists()
    assert post_part(signed_in(manager), end_url(exemption)).status_code == 204
    customer = exemption.customer
    customer.refresh_from_db()
    assert customer.contact_exempt_until is None
    assert CadenceFlag.objects.open().filter(customer=customer).count() == 1


def excused(customer: Customer, approver: StaffUser, days: int) -> Exemption:
    """One more exemption that holds today and for ``days`` days more."""
    asked = request_exemption(
        actor=approver,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ASKED,
        ends_on=TODAY + timedelta(days=days),
    )
    return decide_exemption(actor=approver, exemption=asked, approve=True)


def until(customer: Customer) -> int | None:
    """For how many days the customer is still excused."""
    customer.refresh_from_db()
    last = customer.contact_exempt_until
    return None if last is None else (last - TODAY).days


def test_of_several_exemptions_the_latest_end_holds(
    manager: StaffUser, supervisor: StaffUser, exemption: Exemption
) -> None:
    customer = exemption.customer
    decide_exemption(actor=supervisor, exemption=exemption, approve=True)
    longest = excused(customer, supervisor, 60)
    assert until(customer) == 60
    # A shorter one cuts no longer one, nor does one that is refused or withdrawn.
    short = excused(customer, supervisor, 3)
    refused, withdrawn = (
        request_exemption(
            actor=manager,
            customer=customer,
            cadence=cadence,
            reason=Exemption.Reason.ASKED,
            ends_on=TODAY + timedelta(days=1),
        )
        for cadence in (Cadence.CONTACT, Cadence.VISIT)
    )
    decide_exemption(actor=supervisor, exemption=refused, approve=False)
    end_exemption(actor=manager, exemption=withdrawn)
    assert until(customer) == 60
    for ended, left in ((short, 60), (longest, 10), (exemption, None)):
        assert not CadenceFlag.objects.open().exists()
        end_exemption(actor=manager, exemption=ended)
        end_exemption(actor=manager, exemption=ended)
        assert until(customer) == left
    assert CadenceFlag.objects.open().count() == 1
    assert customer.visit_exempt_until is None


def test_the_flag_stays_away_until_the_latest_end_and_comes_back_after_it(
    supervisor: StaffUser, exemption: Exemption, frozen: Any
) -> None:
    decide_exemption(actor=supervisor, exemption=exemption, approve=True)
    excused(exemption.customer, supervisor, 3)
    for days, flags in ((4, 0), (6, 0), (1, 1)):
        frozen.shift(timedelta(days=days))
        flag_overdue()
        assert CadenceFlag.objects.open().count() == flags


def test_others_find_nothing(
    signed_in: Browser,
    colleague: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    supervisor: StaffUser,
    exemption: Exemption,
) -> None:
    for person in (colleague, outsider, head_office, handler, administrator):
        assert post_part(signed_in(person), end_url(exemption)).status_code == 404
    exemption.refresh_from_db()
    assert exemption.state == "requested"
    assert post_part(signed_in(supervisor), end_url(exemption)).status_code == 204
