"""Complaints over the REST API: registered once, read within scope, moved on."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from complaints.models import Complaint
from customers.models import Customer
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.complaints.reports import complains, designate
from tests.conftest import Company
from tests.factories import CustomerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

URL = "/api/v1/complaints/"


def sent(customer: Customer, **changed: Any) -> dict[str, Any]:
    return {
        "customer": customer.pk,
        "submission_key": str(uuid4()),
        "subject": "多扣费",
        "category": "billing-dispute",
        "external_id": "CC-1",
        "received_at": "2026-11-23T09:30:00+08:00",
        **changed,
    }


def test_the_call_centre_registers_a_complaint_once(
    administrator: StaffUser, manager: StaffUser, handler: StaffUser, company: Company
) -> None:
    designate(handler, company.district)
    _client, centre = system(administrator, name="呼叫中心")
    customer = CustomerFactory(manager=manager)
    first = send(centre, "post", URL, sent(customer))
    assert first.status_code == 201, first.content
    body = first.json()
    assert (body["state"], body["handler"], body["source"]) == ("registered", handler.pk, "hotline")
    assert body["response_due_at"] == "2026-11-23T11:30:00+08:00"
    assert [step["kind"] for step in body["steps"]] == ["registered"]
    again = send(centre, "post", URL, sent(customer))
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    other = send(centre, "post", URL, sent(CustomerFactory(manager=manager)))
    assert problem(other)["status"] in (400, 409, 422)
    wrong = send(centre, "post", URL, sent(customer, category="none", external_id="CC-2"))
    assert "category" in str(problem(wrong))
    assert Complaint.objects.count() == 1


def test_a_complaint_is_moved_and_remarked_on_by_another_system(
    administrator: StaffUser, manager: StaffUser, handler: StaffUser, company: Company
) -> None:
    designate(handler, company.district)
    complaint = complains(manager, CustomerFactory(manager=manager))
    _client, centre = system(administrator)
    moves = f"{URL}{complaint.pk}/moves/"
    assert send(centre, "post", moves, {"move": "accept"}).json()["state"] == "accepted"
    assert send(centre, "post", moves, {"move": "accept"}).status_code == 200
    assert problem(send(centre, "post", moves, {"move": "close"}))
    assert problem(send(centre, "post", moves, {"move": "fly"}))
    remark = send(centre, "post", f"{URL}{complaint.pk}/remarks/", {"text": "客户再次来电"})
    assert remark.json()["steps"][-1]["reason"] == "客户再次来电"
    codes = centre.get("/api/v1/complaint-categories/").json()["results"]
    assert "service-refused" in {row["code"] for row in codes}


def test_who_reads_what_and_with_which_scope(
    administrator: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    company: Company,
    handler: StaffUser,
) -> None:
    designate(handler, company.district)
    complaint = complains(manager, CustomerFactory(manager=manager))
    complains(outsider, CustomerFactory(manager=outsider))
    _client, whole = system(administrator)
    _near, near = system(administrator, unit=company.city, name="市公司")
    _reader, reader = system(administrator, scopes=["complaints:read"], name="只读")
    assert len(ids(whole.get(URL))) == 2
    assert ids(near.get(f"{URL}?open=true")) == [complaint.pk]
    assert ids(near.get(f"{URL}?overdue=true")) == []
    assert ids(near.get(f"{URL}?overdue=false&handler={handler.pk}")) == [complaint.pk]
    refused = send(reader, "post", URL, sent(complaint.customer))
    assert problem(refused)["status"] == 403
    far = Complaint.objects.exclude(pk=complaint.pk).get()
    assert near.get(f"{URL}{far.pk}/").status_code == 404


def test_an_external_id_is_told_apart_by_its_sender(
    administrator: StaffUser, manager: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    one, other = (system(administrator, name=name)[1] for name in ("呼叫中心", "投诉平台"))
    keys = [str(uuid4()) for _n in range(3)]
    first = send(one, "post", URL, sent(customer, submission_key=keys[0]))
    again = send(one, "post", URL, sent(customer, submission_key=keys[1]))
    others = send(other, "post", URL, sent(customer, submission_key=keys[2]))
    assert [row.status_code for row in (first, again, others)] == [201, 200, 201]
    assert first.json()["id"] == again.json()["id"] != others.json()["id"]
