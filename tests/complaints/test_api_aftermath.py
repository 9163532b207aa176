"""What follows complaints, over the REST API: call-backs, judgements, sub-tasks, files, figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from complaints.models import Attachment, Complaint, ComplaintReview, SubTask
from complaints.rules.states import Move
from complaints.services.parts import add_sub_task, attach_file
from contacts.models import ContactRecord
from contacts.models import Source as RecordSource
from core.models import AuditEntry
from customers.models import Customer
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.complaints.reports import complains, designate, goes, stands_at
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory
from tests.pages import NOW, TODAY, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

SignIn = Callable[[StaffUser], Client]
COMPLAINTS, REVIEWS = "/api/v1/complaints/", "/api/v1/complaint-reviews/"
TASKS, FILES = "/api/v1/complaint-sub-tasks/", "/api/v1/complaint-attachments/"
FIGURES, HANDLERS = "/api/v1/complaint-figures/", "/api/v1/complaint-handlers/"
MOST_STATEMENTS = 6
PDF = b"%PDF-1.7\n..."


@pytest.fixture
def customer(manager: StaffUser, company: Company, handler: StaffUser) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(manager=manager)
    return made


@pytest.fixture
def centre(administrator: StaffUser, company: Company) -> Client:
    """The call centre, which sees the city."""
    return system(administrator, unit=company.city, name="呼叫中心")[1]


@pytest.fixture
def review(manager: StaffUser, customer: Customer, handler: StaffUser) -> ComplaintReview:
    complaint = stands_at(handler, complains(manager, customer), "closed")
    return ComplaintReview.objects.get(complaint=complaint)


def called(by: StaffUser, **changed: Any) -> dict[str, Any]:
    return {
        "answer": "satisfied",
        "note": "满意",
        "submission_key": str(uuid4()),
        "called_by": by.pk,
        **changed,
    }


# --- Call-backs -----------------------------------------------------------------------------------


def test_the_call_centre_tells_what_came_of_a_call_back(
    centre: Client, review: ComplaintReview, handler: StaffUser
) -> None:
    url = f"{REVIEWS}{review.pk}/call-back/"
    tried = send(centre, "post", url, called(handler, answer="no_answer", note=""))
    assert (tried.status_code, tried.json()["called_at"]) == (200, None)
    done = send(centre, "post", url, called(handler)).json()
    assert (done["is_satisfied"], done["called_by"], done["note"]) == (True, handler.pk, "满意")
    record = ContactRecord.objects.get(pk=done["contact_record"])
    assert (record.recorded_by, record.source) == (handler, RecordSource.API)
    assert send(centre, "post", url, called(handler, answer="unsatisfied")).json() == done
    assert ContactRecord.objects.count() == 2


def test_a_call_back_names_who_called_and_says_what_was_wrong(
    centre: Client, review: ComplaintReview, handler: StaffUser, outsider: StaffUser
) -> None:
    url = f"{REVIEWS}{review.pk}/call-back/"
    nobody = called(handler)
    del nobody["called_by"]
    for body in (nobody, called(outsider)):
        assert problem(send(centre, "post", url, body))["errors"][0]["pointer"] == "/called_by"
    silent = send(centre, "post", url, called(handler, answer="unsatisfied", note=""))
    assert problem(silent)["errors"][0]["pointer"] == "/note"
    reopened = called(handler, answer="unsatisfied", note="没退费", reopens=True)
    assert send(centre, "post", url, reopened).json()["is_satisfied"] is False
    assert Complaint.objects.get().state == "in_work"


def test_a_person_records_the_own_calls_only(
    signed_in: SignIn, review: ComplaintReview, handler: StaffUser, manager: StaffUser
) -> None:
    browser = signed_in(handler)
    url = f"{REVIEWS}{review.pk}/call-back/"
    other = send(browser, "post", url, called(manager))
    assert problem(other)["errors"][0]["pointer"] == "/called_by"
    assert send(browser, "post", url, called(handler)).json()["called_by"] == handler.pk
    assert problem(send(signed_in(manager), "post", url, called(manager)))["status"] == 404


def test_a_review_that_a_reopening_dropped_is_another_version(
    centre: Client, review: ComplaintReview, handler: StaffUser
) -> None:
    url = f"{REVIEWS}{review.pk}/"
    known = {"If-None-Match": centre.get(url).headers["ETag"]}
    assert centre.get(url, headers=known).status_code == 304
    goes(handler, review.complaint, Move.REOPEN)
    now = centre.get(url, headers=known)
    assert (now.status_code, now.json()["dropped_at"] is None) == (200, False)


# --- Judgements -----------------------------------------------------------------------------------


def test_a_judgement_names_its_version_and_loses_no_other_ones(
    centre: Client, review: ComplaintReview, handler: StaffUser, signed_in: SignIn
) -> None:
    url = f"{REVIEWS}{review.pk}/"
    read = centre.get(url)
    etag = {"If-Match": read.headers["ETag"]}
    judged = {"is_justified": True, "responsibility": "unit", "cause": "promise-forgotten"}
    assert problem(send(centre, "patch", url, judged))["status"] == 428
    done = send(centre, "patch", url, judged, etag)
    assert done.status_code == 200, done.content
    assert {name: done.json()[name] for name in judged} == judged
    assert send(centre, "patch", url, judged, etag).headers["ETag"] == done.headers["ETag"]
    late = problem(send(signed_in(handler), "patch", url, {"prevention": "培训"}, etag))
    assert late["status"] == 412
    told = {change["field"]: change["new"] for change in late["changes"]}
    assert (told["is_justified"], told["cause"]) == (True, "promise-forgotten")
    present = {"If-Match": done.headers["ETag"]}
    more = send(centre, "patch", url, {"prevention": "培训"}, present).json()
    assert (more["prevention"], more["cause"]) == ("培训", "promise-forgotten")


def test_what_a_rule_refuses_of_a_judgement_is_told_with_its_place(
    centre: Client, review: ComplaintReview, outsider: StaffUser
) -> None:
    url, etag = f"{REVIEWS}{review.pk}/", {"If-Match": '"1"'}
    elsewhere = CustomerFactory(manager=outsider)
    complains(outsider, elsewhere)
    for body, place in (
        ({"prevention": "x"}, "/is_justified"),
        ({"is_justified": True}, "/responsibility"),
        ({"is_justified": True, "responsibility": "unit"}, "/cause"),
        ({"is_justified": False, "cause": "no-such-cause"}, "/cause"),
        ({"is_justified": False, "clumsy_contact": 999}, "/clumsy_contact"),
    ):
        refused = problem(send(centre, "patch", url, body, etag))
        assert (refused["status"], refused["errors"][0]["pointer"]) == (422, place), body
    review.refresh_from_db()
    assert review.judged_at is None


def test_call_backs_and_judgements_are_found_by_what_is_to_be_done(
    centre: Client, review: ComplaintReview, manager: StaffUser, company: Company
) -> None:
    def found(query: str) -> list[int]:
        return ids(centre.get(f"{REVIEWS}?{query}"))

    mine = [review.pk]
    assert found("state=to_call") == found("state=to_judge") == found("") == mine
    assert found("state=call_overdue") == found("state=judged") == found("state=called") == []
    assert found(f"unit={company.city.pk}&manager={manager.pk}") == mine
    assert found(f"complaint={review.complaint_id}&is_appeal=false&clumsy=false") == mine
    assert found("is_appeal=true") == found("responsibility=unit") == found("cause=none") == []
    assert found("updated_since=2026-11-24T00:00:00%2B08:00") == []
    assert centre.get(f"{REVIEWS}?unit={company.far_district.pk}").status_code == 404
    codes = {row["code"] for row in centre.get("/api/v1/complaint-causes/").json()["results"]}
    assert "promise-forgotten" in codes


def test_a_complaint_becomes_an_appeal_and_keeps_its_deadlines(
    centre: Client, manager: StaffUser, customer: Customer
) -> None:
    complaint = complains(manager, customer)
    url = f"{COMPLAINTS}{complaint.pk}/"
    read = centre.get(url)
    etag = {"If-Match": read.headers["ETag"]}
    done = send(centre, "patch", url, {"is_appeal": True, "severity": "high"}, etag).json()
    same = ("subject", "category", "resolution_due_at", "statutory_due_at")
    assert (done["is_appeal"], done["severity"]) == (True, "high")
    assert {name: done[name] for name in same} == {name: read.json()[name] for name in same}
    late = problem(send(centre, "patch", url, {"wish": "道歉"}, etag))
    assert {"is_appeal", "severity"} <= {change["field"] for change in late["changes"]}


# --- Sub-tasks ------------------------------------------------------------------------------------


def test_a_department_is_asked_once_and_answers(
    centre: Client, manager: StaffUser, customer: Customer, company: Company
) -> None:
    complaint = complains(manager, customer)
    url = f"{COMPLAINTS}{complaint.pk}/sub-tasks/"
    wanted = {
        "submission_key": str(uuid4()),
        "department": "网络部",
        "what": "查基站",
        "due_at": "2026-11-24T10:00:00+08:00",
    }
    first, again = (send(centre, "post", url, wanted) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    task = first.json()
    assert again.json() == task
    past = {**wanted, "submission_key": str(uuid4()), "due_at": "2026-11-22T10:00:00+08:00"}
    assert problem(send(centre, "post", url, past))["errors"][0]["pointer"] == "/due_at"
    other = complains(manager, CustomerFactory(manager=manager))
    taken = send(centre, "post", f"{COMPLAINTS}{other.pk}/sub-tasks/", wanted)
    assert problem(taken)["status"] == 422
    assert ids(centre.get(f"{TASKS}?state=open&unit={company.city.pk}")) == [task["id"]]
    done = f"{TASKS}{task['id']}/done/"
    ended = [send(centre, "post", done, {"answer": words}).json() for words in ("已修", "又修")]
    assert [one["answer"] for one in ended] == ["已修", "已修"]
    assert ids(centre.get(f"{TASKS}?state=done&complaint={complaint.pk}")) == [task["id"]]
    assert ids(centre.get(f"{TASKS}?state=open")) == ids(centre.get(f"{TASKS}?state=overdue")) == []
    off = send(centre, "post", f"{TASKS}{task['id']}/call-off/", {}).json()
    assert (off["cancelled_at"], off["done_at"]) == (None, ended[0]["done_at"])


def test_a_sub_task_is_called_off(centre: Client, manager: StaffUser, customer: Customer) -> None:
    due = NOW + timedelta(hours=1)
    task = add_sub_task(
        actor=manager,
        complaint=complains(manager, customer),
        department="网络部",
        what="查",
        due_at=due,
    )
    off = send(centre, "post", f"{TASKS}{task.pk}/call-off/", {"answer": "不用了"}).json()
    assert (off["cancelled_at"] is None, off["answer"]) == (False, "不用了")
    assert ids(centre.get(f"{TASKS}?state=called_off&updated_since=2026-11-23T00:00:00Z"))
    assert centre.get(f"{TASKS}{task.pk}/").json() == off


# --- Files ----------------------------------------------------------------------------------------


def upload(client: Client, complaint: Complaint, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(f"{COMPLAINTS}{complaint.pk}/attachments/", {"file": file})


def test_a_file_is_kept_once_by_its_content_and_comes_back_as_a_download(
    centre: Client, manager: StaffUser, customer: Customer
) -> None:
    complaint = complains(manager, customer)
    first = upload(centre, complaint, "账单.pdf", PDF)
    assert first.status_code == 201, first.content
    kept = first.json()
    assert (kept["content_type"], kept["size"]) == ("application/pdf", len(PDF))
    again = upload(centre, complaint, "别名.pdf", PDF)
    assert (again.status_code, again.json()["id"]) == (200, kept["id"])
    assert ids(centre.get(f"{FILES}?complaint={complaint.pk}")) == [kept["id"]]
    assert centre.get(f"{FILES}{kept['id']}/").json() == kept
    got: Any = centre.get(f"{FILES}{kept['id']}/content/", headers={"Accept": "image/png"})
    assert b"".join(got.streaming_content) == PDF
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert AuditEntry.objects.filter(verb="complaint.file_opened", object_id=kept["id"]).exists()


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("账单.pdf", b"<html><script>1</script>", 422),
        ("程序.pdf", b"MZ\x90\0", 422),
        ("空.pdf", b"", 422),
    ],
)
def test_a_file_is_what_its_content_says(
    name: str,
    content: bytes,
    status: int,
    centre: Client,
    manager: StaffUser,
    customer: Customer,
) -> None:
    complaint = complains(manager, customer)
    refused = problem(upload(centre, complaint, name, content))
    assert (refused["status"], refused["errors"][0]["pointer"]) == (status, "/file")
    assert not Attachment.objects.exists()


def test_what_is_no_form_or_too_large_is_refused_before_it_is_read(
    centre: Client, manager: StaffUser, customer: Customer
) -> None:
    url = f"{COMPLAINTS}{complains(manager, customer).pk}/attachments/"
    assert problem(send(centre, "post", url, {"file": "x"}))["status"] == 415
    assert problem(centre.post(url, {}))["status"] == 400
    heavy = centre.post(url, {"file": SimpleUploadedFile("a", b"x")}, CONTENT_LENGTH="30000000")
    assert problem(heavy)["status"] == 413


def test_who_does_not_see_a_complaint_sees_nothing_of_it(
    administrator: StaffUser,
    signed_in: SignIn,
    review: ComplaintReview,
    manager: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    company: Company,
) -> None:
    due = NOW + timedelta(hours=1)
    complaint = complains(manager, review.complaint.customer, "又一件")
    task = add_sub_task(
        actor=head_office, complaint=complaint, department="部", what="查", due_at=due
    )
    file = attach_file(actor=head_office, complaint=complaint, file=ContentFile(PDF, name="a.pdf"))
    _far, far = system(administrator, unit=company.other_city, name="外市系统")
    places = [
        f"{REVIEWS}{review.pk}/",
        f"{TASKS}{task.pk}/",
        f"{FILES}{file.pk}/",
        f"{FILES}{file.pk}/content/",
    ]
    for asker in (far, signed_in(outsider)):
        assert {asker.get(place).status_code for place in places} == {404}
        assert ids(asker.get(REVIEWS)) == ids(asker.get(TASKS)) == ids(asker.get(FILES)) == []
        assert asker.get(FIGURES).json()["complaints"] == 0
    reader = signed_in(head_office)
    assert problem(upload(reader, complaint, "b.pdf", PDF))["status"] == 404
    assert problem(send(reader, "patch", places[0], {"is_justified": False}))["status"] == 404


# --- Figures and handlers -------------------------------------------------------------------------


def test_the_figures_are_those_of_the_page(
    centre: Client, review: ComplaintReview, customer: Customer, manager: StaffUser
) -> None:
    etag = {"If-Match": '"1"'}
    judged = {"is_justified": True, "responsibility": "unit", "cause": "promise-forgotten"}
    send(centre, "patch", f"{REVIEWS}{review.pk}/", judged, etag)
    complains(manager, customer, "又一件")
    found = centre.get(f"{FIGURES}?year=2026&by=tier&unit={manager.unit_id}").json()
    assert found["complaints"] == 2
    assert [(line["name"], line["response"]["number"]) for line in found["lines"]] == [
        (customer.tier, 2)
    ]
    assert found["causes"] == [{"cause": "promise-forgotten", "complaints": 1, "running": "100.0"}]
    assert found["justified_by_manager"] == [{"manager": manager.pk, "complaints": 1}]
    assert found["justified_by_unit"] == [{"unit": manager.unit_id, "complaints": 1}]
    repeats = found["repeats"]
    assert (repeats["customers"], repeats["again"], repeats["people"]) == (1, 1, [customer.pk])
    assert centre.get(f"{FIGURES}?quarter=1").json()["complaints"] == 0
    assert centre.get(f"{FIGURES}?category=none").status_code == 404
    assert problem(centre.get(f"{FIGURES}?limit=5"))["errors"][0]["parameter"] == "limit"


def test_who_handles_complaints_now_follows_the_tree_and_the_cover(
    centre: Client, customer: Customer, handler: StaffUser, company: Company
) -> None:
    def of(unit: Any) -> dict[str, Any]:
        rows = centre.get(f"{HANDLERS}?unit={unit.pk}").json()["results"]
        return next(row for row in rows if row["unit"] == unit.pk)

    assert of(company.district)["handler"] == handler.pk
    assert (of(company.other_district)["designated"], of(company.other_district)["handler"]) == (
        None,
        None,
    )
    designate(handler, company.city)
    below = of(company.other_district)
    assert (below["designated"], below["handler"]) == (None, handler.pk)
    deputy = StaffUserFactory(role="complaint_handler", unit=company.district)
    CoverFactory(manager=handler, stand_in=deputy, starts_on=TODAY, ends_on=TODAY)
    now = of(company.district)
    assert (now["designated"], now["handler_staff_number"]) == (handler.pk, deputy.staff_number)


@pytest.mark.parametrize("url", [REVIEWS, TASKS, FILES, HANDLERS, "/api/v1/complaint-causes/"])
def test_a_list_takes_the_same_few_statements_for_many(
    url: str, signed_in: SignIn, review: ComplaintReview, supervisor: StaffUser, manager: StaffUser
) -> None:
    def grow(count: int) -> None:
        for number in range(count):
            complaint = complains(manager, CustomerFactory(manager=manager), f"第{number}件")
            SubTask.objects.create(
                complaint=complaint, department="部", what="查", due_at=NOW, made_by=manager
            )
            Attachment.objects.create(
                complaint=complaint, name="a", size=1, sha256=str(number), added_by=manager
            )
            ComplaintReview.objects.create(complaint=complaint, call_back_due_on=TODAY)

    grow(1)
    browser = signed_in(supervisor)
    few = statements(browser, url)
    grow(4)
    assert statements(browser, url) == few <= MOST_STATEMENTS
