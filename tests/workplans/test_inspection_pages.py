"""The pages of inspections, findings and signs: who sees what, the walk, answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import ContactRecord
from core.models import AuditEntry
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, get_part, post_part, statements, text_of
from tests.workplans.inspections_of import inspect, judge_all, records_for
from workplans.models import Finding, Inspection, InspectionPlanLine, RecordSignal
from workplans.services.findings import add_finding, answer_finding
from workplans.services.inspections import close_inspection

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


def url(name: str, *args: int) -> str:
    return reverse(f"workplans:{name}", args=args)


@pytest.fixture
def inspection(manager: StaffUser, supervisor: StaffUser) -> Inspection:
    records_for(manager)
    return inspect(supervisor, manager)


def test_an_inspection_is_opened_from_the_form_and_begins_with_the_first_item(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, outsider: StaffUser
) -> None:
    records_for(manager)
    page = signed_in(supervisor)
    form = page.get(f"{url('inspection_open')}?manager={manager.pk}").context["form"]
    assert (form["manager"].value(), form["ends_on"].value()) == (manager.pk, TODAY)
    given = {
        "manager": manager.pk,
        "starts_on": (TODAY - timedelta(days=14)).isoformat(),
        "ends_on": TODAY.isoformat(),
        "submission_key": str(uuid4()),
    }
    refused = page.post(url("inspection_open"), {**given, "manager": outsider.pk})
    assert refused.status_code == 422
    for _ in range(2):
        answer = page.post(url("inspection_open"), given)
    made = Inspection.objects.get()
    assert answer.headers["Location"] == url("inspection_walk", made.pk)
    shown = page.get(url("inspection_walk", made.pk))
    assert shown.context["item"].position == 1
    assert "说了套餐" in text_of(shown)


def test_a_verdict_is_kept_at_once_and_enter_goes_on(
    signed_in: Browser, supervisor: StaffUser, inspection: Inspection
) -> None:
    page = signed_in(supervisor)
    first, second, *_others, last = inspection.items.all()
    kept = post_part(page, url("inspection_judge", first.pk), {"verdict": "genuine", "quality": 4})
    assert kept.status_code == 200
    assert "Saved at" in text_of(kept)
    assert "1 of 5 judged" in text_of(kept)
    wrong = post_part(page, url("inspection_judge", first.pk), {"verdict": "genuine", "quality": 9})
    assert wrong.status_code == 422
    on = page.post(
        url("inspection_judge", second.pk),
        {"verdict": "unverified", "remark": "没接", "go": "next"},
    )
    walk = url("inspection_walk", inspection.pk)
    assert on.headers["Location"] == f"{walk}?at=3"
    assert page.get(walk).context["item"].position == 3
    end = page.post(url("inspection_judge", last.pk), {"verdict": "genuine", "go": "next"})
    assert end.headers["Location"] == url("inspection_detail", inspection.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.quality, second.remark) == (4, "没接")


def test_the_number_is_masked_until_it_is_asked_for_and_that_is_noted(
    signed_in: Browser, supervisor: StaffUser, head_office: StaffUser, inspection: Inspection
) -> None:
    item = inspection.items.all()[0]
    assert item.record is not None
    number = item.record.customer.phones.get().number
    walk = f"{url('inspection_walk', inspection.pk)}?at=1"
    page = signed_in(supervisor)
    assert number not in text_of(page.get(walk))
    assert number in text_of(post_part(page, url("inspection_phone", item.pk)))
    assert AuditEntry.objects.filter(verb="phone.revealed", actor=supervisor).count() == 1
    reader = signed_in(head_office)
    shown = text_of(reader.get(walk))
    assert number not in shown
    assert "Call back" not in shown
    assert reader.post(url("inspection_phone", item.pk)).status_code == 404


def test_the_record_stands_with_its_day_and_its_signs_in_words(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, inspection: Inspection
) -> None:
    item = inspection.items.all()[0]
    record = item.record
    assert record is not None
    other = ContactRecord.objects.filter(recorded_by=manager).exclude(pk=record.pk)[0]
    facts = {"times": 5, "minutes": 10, "others": [other.pk]}
    RecordSignal.objects.create(
        record=record,
        person=manager,
        kind="same_duration",
        happened_on=record.happened_on,
        facts=facts,
    )
    page = signed_in(supervisor).get(f"{url('inspection_walk', inspection.pk)}?at=1")
    assert "5 contacts of this week lasted exactly 10 minutes" in text_of(page)
    neighbours = page.context["walk"].record.neighbours
    assert {(one.record.pk, one.is_this, one.is_named) for one in neighbours} == {
        (record.pk, True, False),
        (other.pk, False, True),
    }


def test_a_customer_who_left_the_unit_is_not_shown_in_the_walk_or_the_result(
    signed_in: Browser, supervisor: StaffUser, outsider: StaffUser, inspection: Inspection
) -> None:
    record = inspection.items.all()[0].record
    assert record is not None
    type(record.customer).objects.filter(pk=record.customer_id).update(
        unit=outsider.unit, manager=outsider
    )
    page = signed_in(supervisor)
    for address in (
        url("inspection_walk", inspection.pk),
        url("inspection_detail", inspection.pk),
    ):
        text = text_of(page.get(address))
        assert "王小美" not in text
        assert "说了套餐" not in text


def test_the_walk_takes_the_same_statements_for_a_full_day(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, inspection: Inspection
) -> None:
    page, address = signed_in(supervisor), f"{url('inspection_walk', inspection.pk)}?at=1"
    few = statements(page, address)
    for _ in range(3):
        records_for(manager, 6)
    assert statements(page, address) == few


def test_closing_wants_a_word_for_what_is_not_judged_and_shows_the_figures(
    signed_in: Browser, supervisor: StaffUser, inspection: Inspection
) -> None:
    page, address = signed_in(supervisor), url("inspection_close", inspection.pk)
    refused = page.post(address, {"conclusion": ""})
    assert refused.status_code == 422
    assert "5 are not judged" in text_of(refused)
    judge_all(supervisor, inspection)
    assert page.post(address).status_code == 302
    shown = page.get(url("inspection_detail", inspection.pk))
    assert shown.context["figures"]["genuine_percent"] == 100
    assert shown.context["figures"]["mean_quality"] == 4


def test_the_list_tells_who_waits_and_plans_the_month(
    signed_in: Browser,
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    inspection: Inspection,
) -> None:
    page, here = signed_in(supervisor), url("inspection_list")
    few = statements(page, here)
    page.post(url("inspection_plan_make"))
    shown = page.get(here)
    assert [one.manager for one in shown.context["waiting"]] == [manager, colleague]
    assert [line.manager for line in shown.context["lines"]] == [manager, colleague]
    line = InspectionPlanLine.objects.get(manager=colleague)
    moved = {"manager": colleague.pk, "planned_on": "2026-11-30"}
    page.post(url("inspection_plan_line", line.plan_id), moved)
    line.refresh_from_db()
    assert line.planned_on.day == 30
    page.post(url("inspection_plan_leave_out", line.pk))
    assert InspectionPlanLine.objects.count() == 1
    assert names(page, "?state=closed") == []
    assert names(page, f"?state=open&manager={manager.pk}") == [manager.name]
    assert statements(page, here) <= few + 3


def names(page: Client, query: str = "") -> list[str]:
    context = page.get(url("inspection_list") + query).context
    return [one.manager.name for one in context["page"].rows]


# --- Findings -----------------------------------------------------------------------------------


def test_a_finding_is_written_in_the_drawer_of_an_item(
    signed_in: Browser, supervisor: StaffUser, inspection: Inspection
) -> None:
    page, item = signed_in(supervisor), inspection.items.all()[1]
    address = url("finding_add", inspection.pk)
    assert "item 2" in text_of(get_part(page, f"{address}?item={item.pk}"))
    empty = post_part(page, address, {"item": item.pk, "text": ""})
    assert empty.status_code == 422
    given = {
        "item": item.pk,
        "text": "没有写内容",
        "due_on": (TODAY + timedelta(days=3)).isoformat(),
        "submission_key": str(uuid4()),
    }
    for _ in range(2):
        made = post_part(page, address, given)
    assert "findingChanged" in events(made)
    assert Finding.objects.get().item == item


def test_the_manager_answers_and_the_supervisor_settles_or_asks_again(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, inspection: Inspection
) -> None:
    finding = add_finding(actor=supervisor, inspection=inspection, text="没有写内容")
    page, boss, here = signed_in(manager), signed_in(supervisor), url("finding_list")
    assert "没有写内容" not in text_of(page.get(here))
    answer = url("finding_answer", finding.pk)
    assert page.post(answer, {"answer": "知道了"}).status_code == 404
    close_inspection(actor=supervisor, inspection=inspection, conclusion="客户出差")
    assert "没有写内容" in text_of(page.get(here))
    refused = post_part(page, answer, {"answer": " "})
    assert refused.status_code == 422
    assert "findingChanged" in events(post_part(page, answer, {"answer": "周五前补写"}))
    assert "周五前补写" in text_of(boss.get(f"{here}?state=answered"))
    settle = url("finding_settle", finding.pk)
    assert post_part(boss, settle, {"again": "yes", "note": ""}).status_code == 422
    assert page.post(settle).status_code == 404
    assert post_part(boss, settle, {"again": "yes", "note": "哪几条？"}).status_code == 204
    assert "哪几条？" in text_of(page.get(here))
    answer_finding(actor=manager, finding=finding, answer="全部")
    assert post_part(boss, settle).status_code == 204
    assert "没有写内容" in text_of(boss.get(f"{here}?state=settled"))
    assert list(boss.get(here).context["page"].rows) == []


def test_the_list_of_findings_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, inspection: Inspection
) -> None:
    for _ in range(2):
        add_finding(actor=supervisor, inspection=inspection, text="没有写内容")
    close_inspection(actor=supervisor, inspection=inspection, conclusion="客户出差")
    page = signed_in(supervisor)
    few = statements(page, url("finding_list"))
    for _ in range(8):
        add_finding(actor=supervisor, inspection=inspection, text="又一条")
    assert statements(page, url("finding_list")) == few


# --- Signs --------------------------------------------------------------------------------------


def test_signs_are_listed_explained_and_filtered_for_supervisors_only(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager, 3)
    records_for(colleague, 1)
    for record in ContactRecord.objects.select_related("recorded_by"):
        assert record.recorded_by is not None
        RecordSignal.objects.create(
            record=record,
            person=record.recorded_by,
            kind="late" if record.recorded_by_id == manager.pk else "pasted",
            happened_on=record.happened_on,
            facts={"days": 9, "times": 4, "customers": 3},
        )
    page, here = signed_in(supervisor), url("signal_list")

    def shown(query: str = "") -> list[str]:
        return [signal.person.name for signal, _text in page.get(here + query).context["shown"]]

    assert sorted(shown()) == sorted([colleague.name, *[manager.name] * 3])
    assert shown(f"?manager={manager.pk}") == [manager.name] * 3
    assert shown("?kind=pasted") == [colleague.name]
    assert len(shown(f"?since={TODAY.isoformat()}")) == 2
    assert "9 days after the contact" in text_of(page.get(here))
    assert signed_in(manager).get(here).status_code == 404
    few = statements(page, f"{here}?kind=pasted")
    assert statements(page, here) == few


def test_the_manager_sees_nothing_of_what_was_drawn(
    signed_in: Browser, manager: StaffUser, inspection: Inspection
) -> None:
    page = signed_in(manager)
    for address in (
        url("inspection_list"),
        url("inspection_detail", inspection.pk),
        url("inspection_walk", inspection.pk),
        url("inspection_judge", inspection.items.all()[0].pk),
    ):
        assert page.get(address).status_code in (404, 405)
    customer = CustomerFactory(manager=manager)
    assert "Signs" not in text_of(
        page.get(reverse("customers:customer_detail", args=[customer.pk]))
    )
    body = page.get("/api/v1/inspections/").json()
    assert body["results"] == []
