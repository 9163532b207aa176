"""A supervisor's word on plans and findings is taken back, and given on several at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from core import clock
from core.models import AuditEntry
from staff.models import StaffUser
from tests.conftest import Company
from tests.pages import NOW, TODAY, events, post_part, text_of
from tests.workplans.inspections_of import records_for
from tests.workplans.logs_of import a_submitted_log
from tests.workplans.plans_of import a_plan, a_submitted_plan, an_item
from workplans.models import Finding, PlanRemark, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services import findings
from workplans.services.inspections import close_inspection, open_inspection
from workplans.services.plans import approve_plan, return_plan, submit_plan, undo_decision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
State = WorkPlan.State


def url(name: str, *args: Any) -> str:
    return reverse(f"workplans:{name}", args=args)


# --- One plan -----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [approve_plan, return_plan])
def test_a_decision_is_undone_with_its_words_and_stands_in_the_trail(
    manager: StaffUser, supervisor: StaffUser, colleague: StaffUser, change: Callable[..., Any]
) -> None:
    plan = a_submitted_plan(manager)
    change(actor=supervisor, plan=plan, note="按错了")
    with pytest.raises(PermissionDenied):
        undo_decision(actor=colleague, plan=plan)
    for _time in range(2):
        waiting = undo_decision(actor=supervisor, plan=plan)
        assert (waiting.state, waiting.decided_at, waiting.decided_by) == ("submitted", None, None)
    assert not PlanRemark.objects.exists()
    entry = AuditEntry.objects.get(verb="plan.decision_undone")
    assert (entry.actor, entry.changes["remarks"]) == (supervisor, [["按错了"], []])
    # And it can be decided anew, the other way.
    assert return_plan(actor=supervisor, plan=plan, note="改为上门").state == State.RETURNED


def test_once_the_manager_acted_on_it_it_stays(manager: StaffUser, supervisor: StaffUser) -> None:
    plan = a_submitted_plan(manager)
    with pytest.raises(ValidationError, match="not decided"):
        undo_decision(actor=supervisor, plan=a_plan(manager, PlanKind.MONTH))
    return_plan(actor=supervisor, plan=plan, note="改")
    plan.refresh_from_db()
    item = an_item(plan, text="另一件")
    with pytest.raises(ValidationError, match="has worked on the plan since"):
        undo_decision(actor=supervisor, plan=plan)
    submit_plan(actor=manager, plan=plan)
    approve_plan(actor=supervisor, plan=plan)
    assert undo_decision(actor=supervisor, plan=plan).state == State.SUBMITTED
    approve_plan(actor=supervisor, plan=plan)
    a_submitted_log(manager)
    with pytest.raises(ValidationError, match="has handed in a log"):
        undo_decision(actor=supervisor, plan=plan)
    assert item.plan_id == plan.pk


def test_the_notice_and_the_page_offer_to_undo(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    plan, boss = a_submitted_plan(manager), signed_in(supervisor)
    decided = post_part(boss, url("plan_decide", plan.pk), {"decision": "approve"})
    undo = url("plan_undo", plan.pk)
    assert events(decided)["toast"]["undo_url"] == undo
    for page in (url("plan_detail", plan.pk), url("plan_queue") + "?state=approved"):
        assert undo in text_of(boss.get(page))
    assert undo not in text_of(signed_in(manager).get(url("plan_detail", plan.pk)))
    undone = post_part(boss, undo)
    assert (undone.status_code, "planChanged" in events(undone)) == (204, True)
    assert "Decision undone" in text_of(boss.get(url("plan_detail", plan.pk)))
    plan.refresh_from_db()
    approve_plan(actor=supervisor, plan=plan)
    a_submitted_log(manager)
    refused = post_part(boss, undo)
    assert refused.status_code == 422
    assert "has handed in a log" in events(refused)["toast"]["text"]


# --- Several plans ------------------------------------------------------------------------------


def test_several_are_approved_with_a_result_each(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
) -> None:
    first, second, foreign = (a_submitted_plan(one) for one in (manager, colleague, outsider))
    boss = signed_in(supervisor)
    page = text_of(boss.get(url("plan_queue")))
    assert page.count('form="plan_many"') == 2
    approve_plan(actor=supervisor, plan=second)
    sent = {"plan": [first.pk, second.pk, foreign.pk], "decision": "approve"}
    answer = boss.post(url("plan_decide_many"), sent)
    results = [(one.plan, one.is_done) for one in answer.context["results"]]
    assert results == [(first, True), (second, False)]
    assert "It does not wait any more: Approved." in text_of(answer)
    foreign.refresh_from_db()
    assert foreign.state == State.SUBMITTED


def test_whose_manager_goes_to_another_unit_meanwhile_is_the_only_one_left_out(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = a_submitted_plan(manager), a_submitted_plan(colleague)

    def approve(**given: Any) -> WorkPlan:
        StaffUser.objects.filter(pk=manager.pk).update(unit=company.far_district)
        return approve_plan(**given)

    monkeypatch.setattr("workplans.services.plans.approve_plan", approve)
    sent = {"plan": [first.pk, second.pk], "decision": "approve"}
    answer = signed_in(supervisor).post(url("plan_decide_many"), sent)
    assert answer.status_code == 200
    results = [(one.plan, one.is_done) for one in answer.context["results"]]
    assert results == [(first, False), (second, True)]


def test_several_are_returned_with_a_word_each_or_one_for_all(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    first, second = a_submitted_plan(manager), a_submitted_plan(colleague)
    boss, address = signed_in(supervisor), url("plan_decide_many")
    sent: dict[str, Any] = {"plan": [first.pk, second.pk], "decision": "return"}
    assert boss.post(address, {**sent, "plan": []}).status_code == 302
    # Without a button that decides nothing is decided.
    assert boss.post(address, {"plan": [first.pk], "note": "改"}).status_code == 302
    one = boss.post(address, sent | {f"note_{first.pk}": "太少"})
    assert [result.is_done for result in one.context["results"]] == [True, False]
    assert "Say what is to be changed." in text_of(one)
    boss.post(address, {"plan": [second.pk], "decision": "return", "note": "都改"})
    assert sorted(PlanRemark.objects.values_list("text", flat=True)) == ["太少", "都改"]


# --- Findings -----------------------------------------------------------------------------------


@pytest.fixture
def finding(manager: StaffUser, supervisor: StaffUser) -> Finding:
    """An answered finding."""
    records_for(manager, 3)
    inspection = open_inspection(
        actor=supervisor, manager=manager, starts_on=TODAY.replace(day=1), ends_on=TODAY
    )
    made = findings.add_finding(actor=supervisor, inspection=inspection, text="没有写内容")
    close_inspection(actor=supervisor, inspection=inspection, conclusion="客户出差")
    return findings.answer_finding(actor=manager, finding=made, answer="周五前补写")


def test_settling_and_asking_again_are_undone(supervisor: StaffUser, finding: Finding) -> None:
    was = Finding.objects.values().get()
    for change in (findings.settle_finding, findings.reopen_finding):
        change(actor=supervisor, finding=finding, note="再看")
        assert Finding.objects.values().get() != was
        for _time in range(2):
            findings.undo_decision(actor=supervisor, finding=finding)
            assert Finding.objects.values().get() == was


def test_what_the_manager_answered_since_stays(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    finding: Finding,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boss = signed_in(supervisor)
    undo = url("finding_undo", finding.pk)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=1))
    asked = post_part(boss, url("finding_settle", finding.pk), {"again": "yes", "note": "哪几条？"})
    assert events(asked)["toast"]["undo_url"] == undo
    assert undo in text_of(boss.get(url("finding_list")))
    findings.answer_finding(actor=manager, finding=finding, answer="全部")
    refused = post_part(boss, undo)
    assert refused.status_code == 422
    assert "answered meanwhile" in events(refused)["toast"]["text"]
