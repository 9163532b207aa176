"""The pages of complaints: the queue, one complaint, registering, files, templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from complaints.models import Category, Complaint, ComplaintNotice, ResponseTemplate, SubTask
from complaints.services.notices import tell_due
from customers.models import Customer
from staff.models import StaffUser
from tests.complaints.reports import complains, designate, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, get_part, post_part, statements, text_of

pytestmark = pytest.mark.usefixtures("frozen")
SignedIn = Callable[[StaffUser], Client]
QUEUE = "/complaints/"
HOUR = timedelta(hours=1)


@pytest.fixture
def customer(manager: StaffUser, company: Company, handler: StaffUser) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(manager=manager, name="王芳", phone="13812345678")
    return made


def page_of(complaint: Complaint) -> str:
    return reverse("complaints:complaint_detail", args=[complaint.pk])


def do(client: Client, name: str, complaint: Complaint, **data: Any) -> Any:
    return client.post(reverse(f"complaints:{name}", args=[complaint.pk]), data)


def test_the_handlers_home_is_the_queue_with_the_most_pressing_first(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    later = complains(manager, customer, "信号差")
    first = complains(manager, customer, "多扣费", received_at=NOW - HOUR)
    client = signed_in(handler)
    assert client.get("/").headers["Location"] == QUEUE
    response = client.get(QUEUE)
    assert [row.pk for row in response.context["page"].rows] == [first.pk, later.pk]
    text = text_of(response)
    assert "138****5678" not in text
    assert 'hx-trigger="every 30s' in text
    part = text_of(get_part(client, QUEUE))
    assert part.lstrip().startswith('<div id="_complaint_list"')
    assert "<form class=" not in part


def test_the_queue_is_narrowed_by_the_query_string(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    company: Company,
    signed_in: SignedIn,
    head_office: StaffUser,
) -> None:
    late = complains(manager, customer, "旧", received_at=NOW - 3 * HOUR)
    refused = Category.objects.get(code="service-refused")
    new = complains(manager, customer, "新", category=refused, is_appeal=True)
    done = stands_at(handler, complains(manager, customer, "完"), "closed")
    client = signed_in(handler)

    def found(query: str) -> set[Complaint]:
        rows = client.get(f"{QUEUE}?{query}").context["page"].rows
        return set(Complaint.objects.filter(pk__in=[row.pk for row in rows]))

    assert found("") == {late, new}
    assert found("state=all") == {late, new, done}
    assert found("state=closed") == {done}
    assert found("state=registered&time=overdue") == {late}
    assert found("time=appeal") == {new}
    assert found("whose=mine") == {late, new}
    assert found("whose=nobody") == set()
    assert found("tier=silver") == set()
    assert found(f"category={refused.parent_id}") == {new}
    client = signed_in(head_office)
    assert found(f"unit={company.city.pk}") == {late, new}
    assert found(f"unit={company.other_city.pk}") == set()
    assert found("state=nonsense") == set()


@pytest.mark.parametrize(("state", "most"), [("", 100), ("all", 50)])
def test_a_long_queue_is_walked_page_by_page(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    signed_in: SignedIn,
    state: str,
    most: int,
) -> None:
    complaint = complains(manager, customer, "第0件")
    fields = [field for field in Complaint._meta.concrete_fields if not field.primary_key]
    values = {field.attname: getattr(complaint, field.attname) for field in fields}
    Complaint.objects.bulk_create(
        Complaint(**values | {"subject": f"第{number}件", "submission_key": None})
        for number in range(1, 120)
    )
    client = signed_in(handler)
    shown: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        response = client.get(QUEUE, {"state": state, "cursor": cursor})
        assert f"More than {most} complaints" in text_of(response)
        shown += [row.pk for row in response.context["page"].rows]
        cursor = response.context["page"].next_cursor
    # All came in at one moment: the newest first, or in the order of their deadlines.
    every = sorted(Complaint.objects.values_list("pk", flat=True), reverse=bool(state))
    assert shown == every


def test_who_sees_the_complaint_no_more_is_told_nothing_of_it(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    outsider: StaffUser,
    signed_in: SignedIn,
) -> None:
    complaint = complains(manager, customer)
    for person in (supervisor, outsider):
        ComplaintNotice.objects.create(
            complaint=complaint, person=person, of_clock="response", level="warned", at=NOW
        )
    told = [signed_in(who).get(QUEUE).context["notices"] for who in (supervisor, outsider)]
    assert [len(notices) for notices in told] == [1, 0]


def test_a_complaint_is_registered_from_the_customers_page(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(manager)
    panel = text_of(get_part(client, f"/complaints/customers/{customer.pk}/history/"))
    url = f"/complaints/customers/{customer.pk}/new/"
    assert url in panel
    assert 'id="_complaint_create_drawer"' in text_of(get_part(client, url))
    refused = post_part(client, url, {"description": "三个月都多扣", "severity": "high"})
    assert refused.status_code == 422
    assert "三个月都多扣" in text_of(refused)
    category = Category.objects.get(code="billing-dispute")
    data = {"subject": "多扣费", "category": category.pk, "severity": "high", "source": "counter"}
    made = post_part(client, url, data)
    complaint = Complaint.objects.get()
    assert made.headers["HX-Redirect"] == page_of(complaint)
    assert (complaint.severity, complaint.source, complaint.handler) == ("high", "counter", handler)
    assert "多扣费" in text_of(get_part(client, url))
    found = client.get("/complaints/new/", {"q": "王芳"})
    assert found.context["customers"] == [customer]


def test_the_whole_way_on_the_page_keeps_what_was_typed(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    complaint = complains(manager, customer)
    client = signed_in(handler)
    for one in ("accepted", "started"):
        assert do(client, "complaint_move", complaint, move=one).status_code == 302
    refused = do(client, "complaint_move", complaint, move="waiting", resolution="写了一半")
    assert refused.status_code == 422
    assert "写了一半" in text_of(refused)
    assert do(client, "complaint_move", complaint, move="closed").status_code == 422
    respond = {"channel": "phone", "outcome": "reached", "summary": "已致歉"}
    do(client, "complaint_respond", complaint, **respond)
    do(client, "complaint_note", complaint, text="等财务")
    do(client, "complaint_move", complaint, move="resolved", resolution="已退费30元")
    do(client, "complaint_move", complaint, move="closed")
    complaint.refresh_from_db()
    assert (complaint.state, complaint.responded_at) == ("closed", NOW)
    text = text_of(client.get(page_of(complaint)))
    for words in ("已致歉", "等财务", "已退费30元", "Told 吴专员"):
        assert words in text


def test_a_manager_follows_and_remarks_but_does_not_move_it(
    manager: StaffUser, customer: Customer, signed_in: SignedIn, head_office: StaffUser
) -> None:
    complaint = complains(manager, customer)
    client = signed_in(manager)
    assert "Accept" not in text_of(client.get(page_of(complaint)))
    assert do(client, "complaint_move", complaint, move="accepted").status_code == 404
    note = do(client, "complaint_note", complaint, text="客户很急,回电13912345678")
    assert note.status_code == 302
    reader = signed_in(head_office)
    said = text_of(reader.get(page_of(complaint)))
    assert ("139****5678" in said, "13912345678" in said) == (True, False)
    assert do(reader, "complaint_note", complaint, text="x").status_code == 404


def test_the_complainants_number_is_whole_by_a_click_that_is_noted(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    complaint = complains(manager, customer)
    client = signed_in(handler)
    assert "138****5678" in text_of(client.get(page_of(complaint)))
    assert "13812345678" in text_of(do(client, "phone_reveal", complaint))
    assert do(signed_in(manager), "phone_reveal", complaint).status_code == 404
    # No private facts: the customer's page is not the handler's.
    assert client.get(f"/customers/{customer.pk}/").status_code == 404


def test_the_number_of_who_went_to_another_unit_is_not_shown_for_a_long_closed_complaint(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    company: Company,
    signed_in: SignedIn,
    frozen: Any,
) -> None:
    complaint = stands_at(handler, complains(manager, customer), "closed")
    Customer.objects.filter(pk=customer.pk).update(unit=company.far_district, manager=None)
    # The former unit's supervisor sees nothing more; who handles it, for 30 days.
    assert do(signed_in(supervisor), "phone_reveal", complaint).status_code == 404
    assert do(signed_in(handler), "phone_reveal", complaint).status_code == 200
    frozen.shift(timedelta(days=31))
    client = signed_in(handler)
    assert client.get(page_of(complaint)).status_code == 404
    assert do(client, "phone_reveal", complaint).status_code == 404


def test_a_file_leaves_only_as_a_download_to_who_sees_the_complaint(
    manager: StaffUser,
    colleague: StaffUser,
    customer: Customer,
    handler: StaffUser,
    signed_in: SignedIn,
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    complaint = complains(manager, customer)
    client = signed_in(manager)
    page = SimpleUploadedFile("a.html", b"<html><script>1</script>", "text/html")
    refused = do(client, "file_add", complaint, file=page)
    assert refused.status_code == 422
    assert "This type of file is not taken" in text_of(refused)
    note = SimpleUploadedFile("说明.html", "客户说明".encode(), "text/html")
    assert do(client, "file_add", complaint, file=note).status_code == 302
    url = reverse("complaints:file_open", args=[complaint.attachments.get().pk])
    opened: Any = signed_in(handler).get(url)
    assert b"".join(opened.streaming_content).decode() == "客户说明"
    assert opened.headers["Content-Type"] == "text/plain"
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in opened.headers["Content-Security-Policy"]
    assert signed_in(colleague).get(url).status_code == 404


def test_doubles_sub_tasks_and_handing_over_on_the_page(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    signed_in: SignedIn,
) -> None:
    first, second = complains(manager, customer, "一"), complains(manager, customer, "二")
    client = signed_in(handler)
    do(client, "double_merge", second, other=first.pk, reason="同一件事")
    second.refresh_from_db()
    assert second.merged_into == first
    assert "Double report of" in text_of(client.get(page_of(second)))
    merge = first.merges.get()
    client.post(reverse("complaints:double_undo", args=[merge.pk]))
    second.refresh_from_db()
    assert second.state == "registered"
    due = {"due_at_0": "2026-11-24", "due_at_1": "10:00"}
    do(client, "sub_task_add", first, department="网络部", what="查基站", **due)
    task = SubTask.objects.get()
    url = reverse("complaints:sub_task_end", args=[task.pk])
    client.post(url, {"answer": "已修复", "done": "yes"})
    task.refresh_from_db()
    assert (task.answer, task.is_open) == ("已修复", False)
    refused = do(client, "complaint_reassign", first, handler=supervisor.pk)
    assert refused.status_code == 422
    do(client, "complaint_reassign", first, handler=supervisor.pk, reason="升级")
    first.refresh_from_db()
    assert first.handler == supervisor


def test_details_changed_by_somebody_else_are_not_written_over(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    complaint = complains(manager, customer)
    client = signed_in(handler)
    data = {
        "subject": "多扣两次",
        "category": complaint.category_id,
        "severity": "normal",
        "version": complaint.version,
    }
    assert do(client, "complaint_edit", complaint, **data).status_code == 302
    again = do(client, "complaint_edit", complaint, **{**data, "subject": "又改"})
    assert again.status_code == 422
    assert "又改" in text_of(again)
    assert "Somebody else changed it" in text_of(again)


def test_what_one_was_told_stands_above_the_queue_until_it_is_seen(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    complains(manager, customer)
    tell_due(now=NOW + 90 * timedelta(minutes=1))
    client = signed_in(handler)
    notices = client.get(QUEUE).context["notices"]
    assert [notice.level for notice in notices] == ["warned", "assigned"]
    client.post("/complaints/notices/seen/", {"notice": [notice.pk for notice in notices]})
    assert not client.get(QUEUE).context["notices"]
    assert ComplaintNotice.objects.filter(seen_at=None).count() == 0


def test_templates_are_kept_by_who_uses_them(
    manager: StaffUser, handler: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(handler)
    data = {"title": "回访", "text": "您好", "is_active": "on", "category": ""}
    assert client.post("/complaints/templates/new/", data).status_code == 302
    template = ResponseTemplate.objects.get(title="回访")
    assert template.changed_by == handler
    assert client.post("/complaints/templates/new/", data).status_code == 422
    url = reverse("complaints:template_edit", args=[template.pk])
    assert client.post(url, {**data, "text": "您好！"}).status_code == 302
    assert signed_in(manager).get(url).status_code == 404


def test_the_pages_cost_the_same_for_one_row_and_for_twenty(
    manager: StaffUser, customer: Customer, handler: StaffUser, signed_in: SignedIn
) -> None:
    complaint = complains(manager, customer)
    complains(manager, customer, "另一件")
    client = signed_in(handler)
    history = f"/complaints/customers/{customer.pk}/history/"
    urls = [(client, QUEUE), (client, page_of(complaint)), (signed_in(manager), history)]
    one = [statements(browser, url) for browser, url in urls]
    for number in range(18):
        complains(manager, customer, f"投诉{number}")
    assert [statements(browser, url) for browser, url in urls] == one
    assert one[0] <= 12
    assert one[2] <= 8
