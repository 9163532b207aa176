"""The job that finds missing plans and logs (articles 4 to 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory
from tests.pages import TODAY
from tests.workplans.plans_of import a_submitted_plan
from workplans.models import Lapse, LapseWatch, WorkPlan
from workplans.services import lapses, logs
from workplans.services.leave import call_off_leave, enter_leave
from workplans.services.logs import LogTexts
from workplans.services.plans import submit_plan, take_back_plan

pytestmark = pytest.mark.django_db
Traveller = time_machine.Traveller
BEFORE = datetime(2026, 11, 20, 2, tzinfo=UTC)
TUESDAY_NOON = datetime(2026, 11, 24, 4, 1, tzinfo=UTC)


@pytest.fixture
def manager(frozen: Traveller, manager: StaffUser) -> StaffUser:
    """A manager of some weeks, while the job has run since Friday."""
    since(manager)
    frozen.move_to(BEFORE)
    assert not lapses.flag_lapses()
    return manager


def since(person: StaffUser, day: datetime = BEFORE - timedelta(days=60)) -> StaffUser:
    StaffUser.objects.filter(pk=person.pk).update(created_at=day)
    CustomerFactory(manager=person)
    return person


def missing() -> set[tuple[str, date]]:
    return set(Lapse.objects.open().values_list("subject", "starts_on"))


def hand_in_log(manager: StaffUser, day: date = TODAY) -> Any:
    log = logs.open_log(actor=manager, day=day)
    log = logs.save_log(actor=manager, log=log, texts=LogTexts(learnt="好"), version=log.version)
    return logs.submit_log(actor=manager, log=log)


def at(moment: datetime, traveller: Traveller) -> lapses.LapseChanges:
    traveller.move_to(moment)
    return lapses.flag_lapses()


def test_what_is_not_handed_in_is_flagged_when_its_time_is_up_and_once(
    manager: StaffUser, frozen: Traveller
) -> None:
    at(datetime(2026, 11, 23, 2, 0, tzinfo=UTC), frozen)
    assert missing() == set()
    at(datetime(2026, 11, 23, 2, 0, 1, tzinfo=UTC), frozen)
    assert missing() == {("week", TODAY)}
    at(TUESDAY_NOON, frozen)
    assert missing() == {("week", TODAY), ("log", TODAY)}
    assert not lapses.flag_lapses()
    assert AuditEntry.objects.filter(verb="lapses.settled").count() == 2


def test_a_job_that_was_away_catches_up_but_not_for_longer_than_a_week(
    manager: StaffUser, frozen: Traveller
) -> None:
    at(datetime(2026, 12, 7, 4, 1, tzinfo=UTC), frozen)
    days = [day for subject, day in sorted(missing()) if subject == "log"]
    assert days == [date(2026, 11, 30), *(date(2026, 12, day) for day in range(1, 5))]
    assert ("month", date(2026, 12, 1)) in missing()


def test_what_is_handed_in_late_is_marked_and_closes_its_lapse(
    manager: StaffUser, frozen: Traveller
) -> None:
    at(TUESDAY_NOON, frozen)
    log = hand_in_log(manager)
    assert log.is_late
    lapse = Lapse.objects.get(subject="log")
    assert (lapse.close_reason, lapse.closed_at) == ("handed_in", log.submitted_at)
    assert not lapses.flag_lapses()


def test_a_log_submitted_after_midnight_belongs_to_its_day_and_is_in_time(
    manager: StaffUser, frozen: Traveller
) -> None:
    frozen.move_to(datetime(2026, 11, 23, 16, 30, tzinfo=UTC))  # 00:30 on Tuesday
    log = hand_in_log(manager)
    assert (log.log_date, log.is_late) == (TODAY, False)
    at(TUESDAY_NOON, frozen)
    assert ("log", TODAY) not in missing()


def test_what_was_flagged_while_it_was_handed_in_is_closed_by_the_job(
    manager: StaffUser, frozen: Traveller
) -> None:
    at(TUESDAY_NOON, frozen)
    log = hand_in_log(manager)
    Lapse.objects.filter(subject="log").update(closed_at=None, close_reason="")
    WorkPlan.objects.create(
        manager=manager,
        kind="week",
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=6),
        due_at=BEFORE,
        state="submitted",
        submitted_at=TUESDAY_NOON,
    )
    assert lapses.flag_lapses().handed_in == 2
    assert Lapse.objects.get(subject="log").closed_at == log.submitted_at


def test_a_plan_of_in_time_taken_back_after_its_moment_is_missing_until_it_is_handed_in_again(
    manager: StaffUser, frozen: Traveller
) -> None:
    plan = a_submitted_plan(manager)
    at(TUESDAY_NOON, frozen)
    assert missing() == {("log", TODAY)}
    for _ in range(2):
        take_back_plan(actor=manager, plan=plan)
    assert missing() == {("log", TODAY), ("week", TODAY)}
    assert Lapse.objects.get(subject="week").due_at == plan.due_at
    assert submit_plan(actor=manager, plan=plan).is_late
    assert missing() == {("log", TODAY)}


def test_what_is_missing_of_who_has_left_is_excused(manager: StaffUser, frozen: Traveller) -> None:
    at(TUESDAY_NOON, frozen)
    StaffUser.objects.filter(pk=manager.pk).update(is_active=False)
    assert lapses.flag_lapses().excused == 2
    assert missing() == set()
    assert not lapses.flag_lapses()


def test_nothing_is_asked_of_who_cannot_or_need_not(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, frozen: Traveller
) -> None:
    since(StaffUserFactory(unit=manager.unit, password=None))  # never invited
    since(StaffUserFactory(unit=manager.unit, is_active=False))
    since(supervisor)
    since(StaffUserFactory(unit=manager.unit), TUESDAY_NOON - timedelta(days=1))  # began Monday
    StaffUser.objects.filter(pk=colleague.pk).update(created_at=BEFORE - timedelta(days=9))
    at(TUESDAY_NOON, frozen)
    assert set(Lapse.objects.values_list("manager", flat=True)) == {manager.pk}
    # The colleague serves nobody.
    assert not Lapse.objects.filter(manager=colleague).exists()


def test_a_covered_day_asks_for_no_log_and_the_plan_waits_for_the_day_back(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, frozen: Traveller
) -> None:
    since(colleague)
    frozen.move_to(BEFORE)
    CoverFactory(
        manager=manager,
        stand_in=colleague,
        arranged_by=supervisor,
        starts_on=date(2026, 11, 21),
        ends_on=TODAY,
    )
    at(TUESDAY_NOON, frozen)
    assert set(Lapse.objects.values_list("manager", "subject", "starts_on")) == {
        (manager.pk, "week", TODAY),
        (colleague.pk, "week", TODAY),
        (colleague.pk, "log", TODAY),
    }
    due = Lapse.objects.get(manager=manager).due_at
    assert due == datetime(2026, 11, 24, 2, tzinfo=UTC)


def test_leave_excuses_and_calling_it_off_asks_again(
    manager: StaffUser, supervisor: StaffUser, frozen: Traveller
) -> None:
    at(TUESDAY_NOON, frozen)
    leave = enter_leave(
        actor=supervisor, manager=manager, starts_on=TODAY, ends_on=TODAY + timedelta(days=1)
    )
    assert missing() == set()
    assert set(Lapse.objects.values_list("close_reason", flat=True)) == {"excused"}
    # The week's plan is due on Wednesday now.
    at(datetime(2026, 11, 25, 2, 1, tzinfo=UTC), frozen)
    assert missing() == {("week", TODAY)}
    call_off_leave(actor=supervisor, leave=leave, back_on=TODAY + timedelta(days=1))
    assert missing() == {("week", TODAY)}
    call_off_leave(actor=supervisor, leave=leave)
    assert missing() == {("week", TODAY), ("log", TODAY)}
    assert Lapse.objects.count() == 2


def test_the_job_asks_for_nothing_of_the_days_before_its_first_run(
    frozen: Traveller, colleague: StaffUser
) -> None:
    since(colleague)
    frozen.move_to(TUESDAY_NOON)
    assert not lapses.flag_lapses()
    at(TUESDAY_NOON + timedelta(days=1), frozen)
    # Tuesday began before the job did.
    assert missing() == set()
    at(TUESDAY_NOON + timedelta(days=2), frozen)
    assert missing() == {("log", date(2026, 11, 25))}
    assert LapseWatch.objects.get().began_at == TUESDAY_NOON


def test_the_job_takes_as_many_statements_for_twenty_managers_as_for_one(
    manager: StaffUser, frozen: Traveller, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    def cost(moment: datetime) -> int:
        frozen.move_to(moment)
        with CaptureQueriesContext(connection) as captured:
            assert lapses.flag_lapses().opened
        return len(captured)

    one = cost(TUESDAY_NOON)
    for _ in range(20):
        since(StaffUserFactory(unit=manager.unit, password="!x" * 9))
    StaffUser.objects.filter(password__startswith="!").update(password="x")
    assert cost(TUESDAY_NOON + timedelta(days=1)) == one
    with django_assert_max_num_queries(14):
        lapses.flag_lapses()
