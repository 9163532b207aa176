"""Service requests over the REST API."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from complaints.models import ServiceRequest
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
LIST = "/api/v1/service-requests/"


def test_a_promise_is_made_once_listed_in_scope_and_done(
    manager: StaffUser, other_manager: StaffUser, signed_in: Browser
) -> None:
    customer: Customer = CustomerFactory(manager=manager)
    sent = {"customer": customer.pk, "submission_key": str(uuid4()), "what": "寄发票"}
    browser, other = signed_in(manager), signed_in(other_manager)
    assert reverse("api:service_request_list") == LIST

    def post(client: Client, url: str, data: dict[str, object]) -> tuple[int, dict[str, object]]:
        response = client.post(url, data, content_type="application/json")
        return response.status_code, response.json()

    assert post(other, LIST, sent)[0] == 404
    status, made = post(browser, LIST, sent)
    assert (status, made["state"], made["responsible"]) == (201, "open", manager.pk)
    assert post(browser, LIST, sent) == (200, made)
    one = f"{LIST}{made['id']}/"
    assert browser.get(one).json() == made
    assert other.get(one).status_code == 404
    assert post(other, f"{one}done/", {})[0] == 404
    assert [row["id"] for row in browser.get(f"{LIST}?overdue=false").json()["results"]] == [
        made["id"]
    ]
    assert browser.get(f"{LIST}?overdue=true").json()["results"] == []
    assert other.get(LIST).json()["results"] == []
    assert post(browser, f"{one}done/", {"told": True, "note": "已寄"})[1]["state"] == "told"
    assert post(browser, f"{one}done/", {"told": True})[0] == 200
    assert ServiceRequest.objects.get().note == "已寄"
    assert post(browser, LIST, {**sent, "submission_key": str(uuid4()), "what": " "})[0] == 400
