"""Work logs: written, handed in, answered; what comes in by itself; leave (article 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.services.requests import Promise, make_request
from contacts.models import Outcome
from contacts.services.records import Contact, Learnt, log_contact, void_contact
from core.models import AuditEntry
from customers.models import Channel, Customer
from retention.services import cases
from staff.models import StaffUser
from tests.complaints.reports import complains, stands_at
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY
from tests.retention.cases_of import asks_to_leave
from tests.workplans.logs_of import a_log, a_submitted_log, contact
from workplans.models import LogRemark, PlanItem, WorkLog, WorkPlan
from workplans.services import leave, logs
from workplans.services.daily import Daily, figures_of, load_daily
from workplans.services.logs import LogTexts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
YESTERDAY = TODAY - timedelta(days=1)


def entries(daily: Daily, code: str) -> list[str]:
    return [e.what for s in daily.sections if s.code == code for e in s.entries]


def test_a_log_is_made_once_and_only_for_a_day_that_has_begun(manager: StaffUser) -> None:
    log = logs.open_log(actor=manager, day=TODAY)
    assert logs.open_log(actor=manager, day=TODAY) == log
    assert log.due_at == datetime(2026, 11, 24, 4, tzinfo=UTC)
    with pytest.raises(ValidationError, match="still to come"):
        logs.open_log(actor=manager, day=TODAY + timedelta(days=1))
    with pytest.raises(ValidationError, match="31 days"):
        logs.open_log(actor=manager, day=TODAY - timedelta(days=32))
    assert logs.open_log(actor=manager, day=TODAY - timedelta(days=31)).pk
    assert AuditEntry.objects.filter(verb="log.opened").count() == 2


def test_a_log_is_the_managers_own(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    log = a_log(manager)
    for stranger in (colleague, supervisor):
        with pytest.raises(PermissionDenied):
            logs.save_log(actor=stranger, log=log, texts=LogTexts("x"), version=log.version)
        with pytest.raises(PermissionDenied):
            logs.submit_log(actor=stranger, log=log)
    with pytest.raises(PermissionDenied):
        logs.open_log(actor=supervisor, day=TODAY)
    assert logs.submit_log(actor=manager, log=log).is_signed


def test_what_was_written_in_another_window_is_not_written_over(manager: StaffUser) -> None:
    log = a_log(manager)
    logs.save_log(actor=manager, log=log, texts=LogTexts("另一窗口"), version=log.version)
    with pytest.raises(logs.LogChangedError) as meanwhile:
        logs.save_log(actor=manager, log=log, texts=LogTexts("这里"), version=log.version)
    assert meanwhile.value.log.learnt == "另一窗口"
    # What stands already may be sent again.
    logs.save_log(actor=manager, log=log, texts=LogTexts("另一窗口"), version=log.version)


def test_a_submitted_log_is_locked(manager: StaffUser) -> None:
    log = a_submitted_log(manager)
    assert (log.is_late, log.submitted_at) == (False, NOW)
    with pytest.raises(ValidationError, match="stays"):
        logs.save_log(actor=manager, log=log, texts=LogTexts("改"), version=log.version)
    assert logs.submit_log(actor=manager, log=log, texts=LogTexts("改")).learnt == "客户要出国"
    assert AuditEntry.objects.filter(verb="log.submitted").count() == 1


def test_an_empty_log_is_not_submitted(manager: StaffUser) -> None:
    with pytest.raises(ValidationError, match="at least a word"):
        logs.submit_log(actor=manager, log=logs.open_log(actor=manager, day=TODAY))


def test_late_is_by_the_deadline_and_only_on_days_that_ask_for_a_log(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    frozen.move_to(datetime(2026, 11, 24, 4, tzinfo=UTC))
    assert not a_submitted_log(manager).is_late
    frozen.move_to(datetime(2026, 11, 24, 4, 0, 1, tzinfo=UTC))
    assert a_submitted_log(manager, TODAY - timedelta(days=3)).is_late
    assert not a_submitted_log(manager, YESTERDAY).is_late  # a Sunday


def test_a_supervisor_answers_and_the_manager_replies(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    log = a_log(manager)
    with pytest.raises(ValidationError, match="not submitted"):
        logs.answer_log(actor=supervisor, log=log, text="好")
    log = logs.submit_log(actor=manager, log=log)
    key = uuid4()
    said = logs.answer_log(actor=supervisor, log=log, text="做得好", submission_key=key)
    assert logs.answer_log(actor=supervisor, log=log, text="做得好", submission_key=key) == said
    with pytest.raises(PermissionDenied):
        logs.answer_log(actor=colleague, log=log, text="我也看看")
    logs.mark_read(actor=colleague, log=log)
    assert LogRemark.objects.get().read_at is None
    logs.mark_read(actor=manager, log=log)
    logs.answer_log(actor=manager, log=log, text="谢谢")
    assert WorkLog.objects.get().read_by is None
    logs.mark_read(actor=supervisor, log=log)
    assert not LogRemark.objects.filter(read_at=None).exists()
    assert WorkLog.objects.get().read_by == supervisor


# --- What comes in by itself --------------------------------------------------------------------


def test_the_day_comes_in_by_itself(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(name="王芳", manager=manager)
    promised = contact(manager, customer, Outcome.NO_ANSWER, follow_up_on=TODAY)
    log_contact(
        actor=manager,
        customer=customer,
        contact=Contact(Channel.PHONE, Outcome.REACHED, summary="换卡 13812345678"),
        closes=[promised.pk],
        learnt=Learnt(values={"employer": "滨江电力"}),
    )
    void_contact(actor=manager, record=contact(manager, customer), reason="选错客户")
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    contact(colleague, customer, channel=Channel.VISIT)
    cases.decide_case(actor=manager, case=asks_to_leave(manager, customer), saved=True, note="留")
    planned(manager, customer)
    complains(manager, customer, "话费多扣")
    make_request(actor=manager, customer=customer, promise=Promise(what="送新卡"))
    number, at = customer.phones.get().number, NOW - timedelta(hours=1)
    missed = a_call(number, at)  # rings with the stand-in
    tell(call_centre(), missed, a_call(number, at, "answered", staff_number=manager.staff_number))
    log = a_log(manager)
    daily = load_daily(manager, log)
    assert entries(daily, "complaints") == ["话费多扣"]
    assert entries(daily, "requests") == ["送新卡"]
    assert entries(daily, "calls") == ["From the customer · Answered"]
    assert entries(daily, "contacts") == [
        "Phone call · No answer",
        "Phone call · Reached",
        "Phone call · Reached",
    ]
    assert entries(daily, "stand_in") == ["Home visit · Reached"]
    assert len(entries(daily, "promised")) == len(entries(daily, "kept")) == 1
    assert entries(daily, "cases") == ["Opened: Price or plan", "Saved"]
    assert entries(daily, "facts") == ["Employer"]
    figures = daily.figures
    assert (figures.contacts, figures.attempts, figures.by_stand_in) == (1, 2, 1)
    assert (figures.planned, figures.planned_done) == (2, 1)
    assert [(c.label, c.tried, c.reached) for c in daily.channels] == [("Phone call", 2, 1)]
    (void,) = [e for s in daily.sections for e in s.entries if e.is_void]
    assert void.void_reason == "选错客户"
    texts = [str(e.text) for s in daily.sections for e in s.entries]
    assert "换卡 138****5678" in texts
    assert figures_of(manager, log)[0] == figures
    # The stand-in's own log has it too, with whose customer it was.
    mine = load_daily(colleague, a_log(colleague))
    assert [e.who for s in mine.sections if s.code == "contacts" for e in s.entries] == [
        f"for {manager.name}"
    ]


def planned(manager: StaffUser, customer: Customer) -> None:
    """A week's plan with a customer who was reached today and one who was not."""
    plan = WorkPlan.objects.create(
        manager=manager,
        kind="week",
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=6),
        due_at=NOW,
    )
    for one in (customer, CustomerFactory(manager=manager)):
        PlanItem.objects.create(plan=plan, customer=one, day=TODAY)


def test_what_is_recorded_after_the_day_was_signed_is_a_late_addition(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    customer = CustomerFactory(manager=manager)
    contact(manager, customer)
    log = a_submitted_log(manager)
    frozen.shift(timedelta(days=1))
    contact(manager, customer, Outcome.BUSY, happened_at=NOW + timedelta(hours=1))
    daily = load_daily(manager, log)
    assert entries(daily, "contacts") == ["Phone call · Reached"]
    assert [e.what for e in daily.additions.entries] == ["Phone call · Busy"]
    assert daily.figures.late_additions == 1


def test_customers_who_are_somebody_elses_now_are_only_counted(
    manager: StaffUser, outsider: StaffUser, head_office: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    contact(manager, customer)
    log = a_log(manager)
    assert len(load_daily(manager, log).customers) == 1
    Customer.objects.filter(pk=customer.pk).update(manager=outsider, unit=outsider.unit)
    daily = load_daily(manager, log)
    (section,) = [s for s in daily.sections if s.code == "contacts"]
    assert (len(section.entries), section.hidden, daily.figures.contacts) == (0, 1, 1)
    assert len(load_daily(head_office, log).customers) == 1


def test_who_stands_in_the_plans_of_the_week_and_the_month_is_planned_once(
    manager: StaffUser,
) -> None:
    customer = CustomerFactory(manager=manager)
    planned(manager, customer)
    first = TODAY.replace(day=1)
    month = WorkPlan.objects.create(
        manager=manager, kind="month", starts_on=first, ends_on=TODAY, due_at=NOW
    )
    PlanItem.objects.create(plan=month, customer=customer, day=TODAY)
    daily = load_daily(manager, a_log(manager))
    assert daily.figures.planned == len(entries(daily, "planned")) == 2


def test_what_ended_on_the_day_stands_with_the_time_of_its_end(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    complaint = complains(manager, customer, received_at=NOW - timedelta(hours=20))
    stands_at(supervisor, complaint, "closed")
    daily = load_daily(manager, a_log(manager))
    (entry,) = [e for s in daily.sections if s.code == "complaints" for e in s.entries]
    assert (entry.at, entry.is_done) == (NOW, True)


def test_a_full_day_takes_as_many_statements_as_a_short_one(manager: StaffUser) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            load_daily(manager, log)
        return len(captured)

    log = a_log(manager)
    assert manager.scope.user_id
    contact(manager, CustomerFactory(manager=manager))
    short = cost()
    for _ in range(3):
        customer = CustomerFactory(manager=manager)
        contact(manager, customer, follow_up_on=TODAY)
        asks_to_leave(manager, customer)
    assert cost() == short
    assert short == 10


# --- Leave --------------------------------------------------------------------------------------


def test_leave_is_entered_by_the_supervisors_of_the_manager_and_once(
    manager: StaffUser, supervisor: StaffUser, outsider: StaffUser
) -> None:
    days: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=2)}
    entered = leave.enter_leave(actor=supervisor, manager=manager, reason="年假", **days)
    assert leave.enter_leave(actor=supervisor, manager=manager, **days) == entered
    for actor, person in ((manager, manager), (supervisor, outsider)):
        with pytest.raises(PermissionDenied):
            leave.enter_leave(actor=actor, manager=person, **days)
    with pytest.raises(ValidationError, match="already"):
        leave.enter_leave(
            actor=supervisor, manager=manager, starts_on=TODAY - timedelta(days=3), ends_on=TODAY
        )
    for first, last in ((-32, 0), (0, 367), (1, 0)):
        with pytest.raises(ValidationError):
            leave.enter_leave(
                actor=supervisor,
                manager=manager,
                starts_on=TODAY + timedelta(days=first + 300 * (first == 0 and last > 0)),
                ends_on=TODAY + timedelta(days=last),
            )


def test_leave_ends_with_the_day_before_the_first_day_back(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    entered = leave.enter_leave(
        actor=supervisor, manager=manager, starts_on=TODAY, ends_on=TODAY + timedelta(days=4)
    )
    back = TODAY + timedelta(days=2)
    with pytest.raises(ValidationError):
        leave.call_off_leave(actor=supervisor, leave=entered, back_on=YESTERDAY)
    ended = leave.call_off_leave(actor=supervisor, leave=entered, back_on=back)
    assert (ended.ends_on, ended.cancelled_at) == (back - timedelta(days=1), None)
    assert leave.call_off_leave(actor=supervisor, leave=entered).cancelled_at == NOW
    assert leave.call_off_leave(actor=supervisor, leave=entered).cancelled_at == NOW
    with pytest.raises(PermissionDenied):
        leave.call_off_leave(actor=manager, leave=entered)
