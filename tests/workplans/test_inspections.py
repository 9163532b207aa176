"""Inspections, findings and inspection plans (article 6)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import ContactRecord
from core import clock
from core.models import AuditEntry
from customers.models import Customer
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory
from tests.pages import NOW, TODAY
from tests.workplans.inspections_of import inspect, judge_all, records_for
from tests.workplans.records_of import a_record, save
from workplans.models import (
    Finding,
    InspectedItem,
    Inspection,
    InspectionPlan,
    InspectionPlanLine,
    RecordSignal,
    WorkLog,
    WorkPlan,
)
from workplans.services.findings import (
    add_finding,
    answer_finding,
    reopen_finding,
    settle_finding,
)
from workplans.services.inspection_plans import (
    coverage_of,
    leave_out,
    make_inspection_plan,
    plan_inspection,
    quarter_of,
)
from workplans.services.inspections import close_inspection, judge_item
from workplans.services.today import load_today

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def drawn(inspection: Inspection) -> list[int | None]:
    return list(inspection.items.values_list("record", flat=True))


# --- Drawing ------------------------------------------------------------------------------------


def test_five_records_are_drawn_at_random_and_the_same_seed_draws_the_same(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager, 9)
    first = inspect(supervisor, manager)
    assert first.population == 9
    assert len(drawn(first)) == 5
    close_inspection(actor=supervisor, inspection=first, conclusion="试抽")
    again = inspect(supervisor, manager, seed="1")
    assert drawn(again) == drawn(first)
    close_inspection(actor=supervisor, inspection=again, conclusion="试抽")
    assert drawn(inspect(supervisor, manager, seed="2")) != drawn(first)


def test_plans_and_logs_that_were_handed_in_are_drawn_too(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    monday = TODAY - timedelta(days=7)
    week = {"manager": manager, "kind": "week", "due_at": NOW}
    plan = WorkPlan.objects.create(
        starts_on=monday,
        ends_on=monday + timedelta(days=6),
        state="submitted",
        submitted_at=NOW,
        **week,
    )
    WorkPlan.objects.create(starts_on=TODAY, ends_on=TODAY + timedelta(days=6), **week)
    log = WorkLog.objects.create(manager=manager, log_date=monday, due_at=NOW, submitted_at=NOW)
    WorkLog.objects.create(manager=manager, log_date=TODAY, due_at=NOW)
    items = inspect(supervisor, manager).items.all()
    assert [(item.plan, item.log) for item in items] == [(plan, None), (None, log)]


def test_only_standing_records_the_person_entered_for_the_units_customers_are_drawn(
    company: Company, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    own = CustomerFactory(manager=manager)
    gone = CustomerFactory(manager=manager, unit=company.far_district)
    yesterday = NOW - timedelta(days=1)
    kept, *_others = save(
        [
            a_record(manager, own, yesterday),
            a_record(manager, gone, yesterday),
            a_record(colleague, own, yesterday),
            a_record(manager, own, NOW - timedelta(days=40)),
            a_record(
                manager, own, yesterday, voided_at=NOW, void_reason="选错客户", is_counted=False
            ),
            a_record(manager, own, yesterday, is_automatic=True, is_counted=False),
        ]
    )
    assert drawn(inspect(supervisor, manager)) == [kept.pk]


def test_what_looks_odd_is_drawn_more_often(manager: StaffUser, supervisor: StaffUser) -> None:
    records_for(manager, 12)
    odd = ContactRecord.objects.order_by("-pk")[0]
    for kind in ("late", "burst", "pasted"):
        RecordSignal.objects.create(
            record=odd, person=manager, kind=kind, happened_on=odd.happened_on
        )
    hits = 0
    for seed in range(12):
        one = inspect(supervisor, manager, seed=str(seed))
        hits += odd.pk in drawn(one)
        close_inspection(actor=supervisor, inspection=one, conclusion="试抽")
    # Of 5 from 12 by chance alone it would be 5.
    assert hits >= 9


def test_an_inspection_sent_twice_is_one_and_a_second_one_is_refused(
    manager: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    records_for(manager)
    key = uuid4()
    first = inspect(supervisor, manager, submission_key=key)
    assert inspect(supervisor, manager, submission_key=key) == first
    with pytest.raises(ValidationError, match="is open"):
        inspect(city_supervisor, manager)


def test_only_a_supervisor_inspects_and_only_the_units_managers(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    outsider: StaffUser,
) -> None:
    records_for(manager)
    for actor, whom in (
        (colleague, manager),
        (manager, manager),
        (head_office, manager),
        (supervisor, outsider),
        (supervisor, supervisor),
    ):
        with pytest.raises(ValidationError):
            inspect(actor, whom)
    with pytest.raises(ValidationError, match="at most"):
        inspect(supervisor, manager, days=92)
    with pytest.raises(ValidationError, match="nothing"):
        inspect(supervisor, colleague)


def test_drawing_takes_the_same_statements_for_many_records(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager, 2)
    assert supervisor.scope.unit_path
    with CaptureQueriesContext(connection) as few:
        inspect(supervisor, manager)
    records_for(colleague, 14)
    with CaptureQueriesContext(connection) as many:
        inspect(supervisor, colleague)
    assert len(many) == len(few)


# --- Judging and closing ------------------------------------------------------------------------


def test_a_judgement_is_kept_with_who_and_when_and_may_be_changed(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager)
    item = inspect(supervisor, manager).items.all()[0]
    judge_item(actor=supervisor, item=item, remark="打电话问问")
    item.refresh_from_db()
    assert (item.verdict, item.judged_at) == ("", None)
    for _ in range(2):
        judge_item(
            actor=supervisor, item=item, verdict="not_genuine", call_back="denied", quality=1
        )
    item.refresh_from_db()
    assert (item.verdict, item.judged_by, item.remark) == ("not_genuine", supervisor, "")
    assert AuditEntry.objects.filter(verb="inspection.judged").count() == 2
    with pytest.raises(ValidationError):
        judge_item(actor=supervisor, item=item, verdict="genuine", quality=6)


def test_an_inspection_ends_with_all_judged_or_with_a_word_why(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager)
    inspection = inspect(supervisor, manager)
    with pytest.raises(ValidationError, match="5 are not judged"):
        close_inspection(actor=supervisor, inspection=inspection)
    judge_all(supervisor, inspection)
    closed = close_inspection(actor=supervisor, inspection=inspection)
    assert closed.closed_at == NOW
    assert (
        close_inspection(actor=supervisor, inspection=inspection, conclusion="又").conclusion == ""
    )
    with pytest.raises(ValidationError, match="closed"):
        judge_item(actor=supervisor, item=inspection.items.all()[0], verdict="genuine")


# --- Findings -----------------------------------------------------------------------------------


def test_the_manager_learns_of_a_finding_when_the_inspection_is_closed(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    records_for(manager)
    inspection = inspect(supervisor, manager)
    key = uuid4()
    finding = add_finding(
        actor=supervisor, inspection=inspection, text="没有写内容", submission_key=key
    )
    same = add_finding(actor=supervisor, inspection=inspection, text="又", submission_key=key)
    assert same == finding
    assert finding.due_on == TODAY + timedelta(days=7)
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)

    def sees(person: StaffUser) -> bool:
        return Finding.objects.visible_to(person).exists()

    assert not sees(manager)
    assert sees(supervisor)
    with pytest.raises(ValidationError):
        answer_finding(actor=manager, finding=finding, answer="知道了")
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        close_inspection(actor=supervisor, inspection=inspection, conclusion="其余客户出差")
    assert sees(manager)
    assert Finding.objects.answerable_by(manager).get().due_on == TODAY + timedelta(days=10)
    # A stand-in answers for nobody.
    assert not sees(colleague)
    # What was drawn and judged stays with the supervisors.
    assert not Inspection.objects.visible_to(manager).exists()
    assert not InspectedItem.objects.visible_to(manager).exists()
    assert InspectedItem.objects.visible_to(city_supervisor).count() == 5


def a_finding(manager: StaffUser, supervisor: StaffUser) -> Finding:
    records_for(manager)
    inspection = inspect(supervisor, manager)
    finding = add_finding(actor=supervisor, inspection=inspection, text="没有写内容")
    close_inspection(actor=supervisor, inspection=inspection, conclusion="其余客户出差")
    return finding


def states(finding: Finding) -> list[str]:
    rows = Finding.objects.filter(pk=finding.pk)
    found = {
        "waits": rows.wanting_answer(),
        "answered": rows.answered(),
        "overdue": rows.overdue(TODAY + timedelta(days=8)),
        "settled": rows.settled(),
    }
    finding.refresh_from_db()
    assert finding.wants_answer == found["waits"].exists()
    return [name for name, of_state in found.items() if of_state.exists()]


def test_a_finding_is_answered_asked_again_answered_and_settled(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    finding = a_finding(manager, supervisor)
    assert states(finding) == ["waits", "overdue"]
    with pytest.raises(ValidationError):
        answer_finding(actor=colleague, finding=finding, answer="不是我")
    with pytest.raises(ValidationError, match="without one"):
        settle_finding(actor=supervisor, finding=finding)
    for _ in range(2):
        answer_finding(actor=manager, finding=finding, answer="以后补写")
    assert states(finding) == ["answered"]
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        for _ in range(2):
            reopen_finding(actor=supervisor, finding=finding, note="哪天补？")
        assert states(finding) == ["waits"]
        assert load_today(manager, TODAY).findings == 1
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        answer_finding(actor=manager, finding=finding, answer="以后补写，周五前")
        assert states(finding) == ["answered"]
        for _ in range(2):
            settle_finding(actor=supervisor, finding=finding)
    assert states(finding) == ["settled"]
    with pytest.raises(ValidationError, match="settled already"):
        answer_finding(actor=manager, finding=finding, answer="再说")
    verbs = AuditEntry.objects.filter(verb__startswith="finding").order_by("pk")
    assert [verb.partition(".")[2] for verb in verbs.values_list("verb", flat=True)] == [
        "made",
        "answered",
        "reopened",
        "answered",
        "settled",
    ]


# --- Plans and coverage -------------------------------------------------------------------------


def test_the_plan_proposes_who_waits_longest_on_the_working_days_that_are_left(
    company: Company, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager)
    close_inspection(
        actor=supervisor, inspection=inspect(supervisor, manager), conclusion="客户出差"
    )
    plan = make_inspection_plan(actor=supervisor, unit=company.district, day=TODAY)
    assert make_inspection_plan(actor=supervisor, unit=company.district, day=TODAY) == plan
    lines = list(plan.lines.values_list("manager", "planned_on"))
    # Monday, and half of the six working days later.
    assert lines == [(colleague.pk, TODAY), (manager.pk, date(2026, 11, 26))]
    with pytest.raises(ValidationError):
        make_inspection_plan(actor=supervisor, unit=company.city, day=TODAY)
    with pytest.raises(ValidationError):
        make_inspection_plan(actor=manager, unit=company.district, day=TODAY)


def test_the_plan_can_be_changed(
    company: Company, manager: StaffUser, outsider: StaffUser, supervisor: StaffUser
) -> None:
    plan = make_inspection_plan(actor=supervisor, unit=company.district, day=TODAY)
    assert isinstance(plan, InspectionPlan)
    for _ in range(2):
        plan_inspection(actor=supervisor, plan=plan, manager=manager, day=date(2026, 11, 30))
    line = InspectionPlanLine.objects.get(manager=manager)
    assert line.planned_on == date(2026, 11, 30)
    with pytest.raises(ValidationError, match="month"):
        plan_inspection(actor=supervisor, plan=plan, manager=manager, day=date(2026, 12, 1))
    with pytest.raises(ValidationError):
        plan_inspection(actor=supervisor, plan=plan, manager=outsider, day=TODAY)
    for _ in range(2):
        leave_out(actor=supervisor, line=line)
    assert not plan.lines.exists()


def test_coverage_tells_who_was_not_inspected_by_unit(
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    for person, back in ((manager, 0), (other_manager, 30)):
        with time_machine.travel(NOW - timedelta(days=back), tick=False):
            records_for(person, 2)
            one = inspect(city_supervisor, person)
            close_inspection(actor=city_supervisor, inspection=one, conclusion="客户出差")
    coverage = coverage_of(city_supervisor, TODAY)
    assert [(one.unit, one.managers, one.in_month, one.in_quarter) for one in coverage.units] == [
        (company.district, 2, 1, 1),
        (company.other_district, 1, 0, 1),
    ]
    assert [one.manager for one in coverage.waiting] == [colleague, other_manager]
    assert coverage_of(supervisor, TODAY).managers == 2
    assert quarter_of(date(2026, 9, 30)) == date(2026, 7, 1)


def test_coverage_and_the_boards_figures_take_the_same_statements_for_many(
    company: Company, manager: StaffUser, supervisor: StaffUser
) -> None:
    finding = a_finding(manager, supervisor)
    with CaptureQueriesContext(connection) as few:
        coverage_of(supervisor, TODAY)
    for _ in range(8):
        StaffUserFactory(unit=company.district)
    with CaptureQueriesContext(connection) as many:
        coverage_of(supervisor, TODAY)
    assert len(many) == len(few)
    month = clock.start_of_day(TODAY.replace(day=1)), clock.end_of_day(TODAY)
    with CaptureQueriesContext(connection) as one:
        rows = Inspection.objects.visible_to(supervisor).standing_by_manager(*month)
    assert len(one) <= 2  # The scope of the supervisor is asked for once.
    row = {
        "manager": manager.pk,
        "manager_unit": manager.unit_id,
        "inspections": 1,
        "open_findings": 1,
    }
    assert rows == [row]
    settle_finding(actor=supervisor, finding=finding, note="已当面说明")
    rows = Inspection.objects.visible_to(supervisor).standing_by_manager(*month)
    assert rows == [{**row, "open_findings": 0}]
    assert Customer.objects.count() == 1
