"""The pages of logs and leave: the manager's month and day, the supervisor's day, the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from staff.models import StaffUser
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import HTMX, NOW, TODAY, post_part, statements, text_of
from tests.workplans.logs_of import a_log, a_submitted_log, contact
from workplans.models import LapseWatch, Leave, LogRemark, WorkLog
from workplans.services import lapses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
SignedIn = Callable[[StaffUser], Client]
TEXTS = {"learnt": "", "problems": "", "help_needed": "", "tomorrow": ""}


def page(name: str, manager: StaffUser, day: date = TODAY) -> str:
    return reverse(f"workplans:{name}", args=[manager.pk, day])


def test_what_is_left_is_kept_and_submitting_locks_it(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    contact(manager, CustomerFactory(name="王芳", manager=manager), summary="问套餐")
    browser = signed_in(manager)
    shown = text_of(browser.get(page("log_detail", manager)))
    assert "王芳" in shown
    assert "问套餐" in shown
    # Looking writes nothing.
    assert not WorkLog.objects.exists()
    kept = post_part(
        browser, page("log_edit", manager), {**TEXTS, "learnt": "要出国", "version": 1}
    )
    assert "Saved at" in text_of(kept)
    assert 'value="2"' in text_of(kept)
    stale = post_part(browser, page("log_edit", manager), {**TEXTS, "learnt": "别的", "version": 1})
    assert stale.status_code == 422
    assert "要出国" in text_of(stale)
    sent = {**TEXTS, "learnt": "要出国", "tomorrow": "回访", "version": 2}
    assert browser.post(page("log_submit", manager), sent).status_code == 302
    log = WorkLog.objects.get()
    assert (log.tomorrow, log.is_signed) == ("回访", True)
    shown = text_of(browser.get(page("log_detail", manager)))
    assert "and locked" in shown
    assert "Submit the log" not in shown


def test_what_cannot_be_submitted_is_said_and_stays(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    browser = signed_in(manager)
    empty = browser.post(page("log_submit", manager), {**TEXTS, "version": 1})
    assert empty.status_code == 422
    assert "at least a word" in text_of(empty)
    a_log(manager, learnt="先写的")
    stale = browser.post(page("log_submit", manager), {**TEXTS, "learnt": "后写的", "version": 1})
    assert stale.status_code == 409
    assert "先写的" in text_of(stale)
    assert "后写的" in text_of(stale)
    assert not WorkLog.objects.get().is_signed


def test_a_days_log_is_for_the_manager_the_supervisors_and_head_office(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    signed_in: SignedIn,
) -> None:
    a_submitted_log(manager, learnt="电话 13812345678")
    for user, status in (
        (manager, 200),
        (supervisor, 200),
        (head_office, 200),
        (colleague, 404),
        (outsider, 404),
        (handler, 404),
    ):
        response = signed_in(user).get(page("log_detail", manager))
        assert response.status_code == status, user
        assert "13812345678" not in text_of(response)
    browser = signed_in(supervisor)
    assert browser.post(page("log_submit", manager), TEXTS).status_code == 404
    assert browser.get(page("log_detail", manager, TODAY + timedelta(days=1))).status_code == 404
    assert (
        signed_in(head_office).post(page("log_answer", manager), {"text": "x"}).status_code == 404
    )
    assert signed_in(colleague).post(page("log_read", manager)).status_code == 404


def test_a_supervisor_goes_from_log_to_log_and_answers(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, signed_in: SignedIn
) -> None:
    a_submitted_log(manager)
    a_submitted_log(colleague)
    browser = signed_in(supervisor)
    shown = text_of(browser.get(page("log_detail", manager)))
    assert f'href="{page("log_detail", colleague)}" data-press="j"' in shown
    assert browser.post(page("log_read", manager)).status_code == 204
    assert WorkLog.objects.get(manager=manager).read_by == supervisor
    assert browser.post(page("log_answer", manager), {"text": ""}).status_code == 422
    assert browser.post(page("log_answer", manager), {"text": "很好"}).status_code == 302
    assert LogRemark.objects.get().author == supervisor
    assert "很好" in text_of(signed_in(manager).get(page("log_detail", manager)))


def test_the_month_shows_where_each_day_stands(
    manager: StaffUser, supervisor: StaffUser, frozen: time_machine.Traveller, signed_in: SignedIn
) -> None:
    a_submitted_log(manager)
    Leave.objects.create(
        manager=manager,
        starts_on=date(2026, 11, 16),
        ends_on=date(2026, 11, 17),
        entered_by=supervisor,
    )
    browser = signed_in(manager)
    shown = text_of(browser.get(reverse("workplans:log_list")))
    for state, number in (("on_time", 1), ("leave", 2)):
        assert shown.count(f"log-day log-{state}") == number, state
    # Of days before the product was in use nothing is missing.
    earlier = browser.get(reverse("workplans:log_list"), {"month": "2026-02"})
    assert "log-missing" not in text_of(earlier)
    long_ago = NOW - timedelta(days=400)
    StaffUser.objects.update(created_at=long_ago)
    LapseWatch.objects.create(began_at=long_ago, judged_until=NOW)
    earlier = browser.get(reverse("workplans:log_list"), {"month": "2026-02"})
    # The holidays of Spring Festival ask for none, the make-up Saturdays do.
    assert text_of(earlier).count("log-day log-missing") == 16
    assert browser.get(reverse("workplans:log_list"), {"month": "2026-13"}).status_code == 404
    whose = {"manager": manager.pk}
    assert signed_in(supervisor).get(reverse("workplans:log_list"), whose).status_code == 200
    assert signed_in(supervisor).get(reverse("workplans:log_list")).status_code == 302


def test_the_queue_shows_the_days_managers_and_narrows_them(
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    signed_in: SignedIn,
) -> None:
    a_submitted_log(manager)
    Leave.objects.create(manager=colleague, starts_on=TODAY, ends_on=TODAY, entered_by=supervisor)
    browser = signed_in(supervisor)

    def named(**query: str) -> set[str]:
        shown = text_of(browser.get(reverse("workplans:log_queue"), query))
        return {p.name for p in (manager, colleague, outsider) if p.name in shown}

    assert named() == {manager.name, colleague.name}
    assert named(state="on_time") == named(state="unread") == {manager.name}
    assert named(state="leave") == {colleague.name}
    assert named(state="missing") == named(state="late") == set()
    assert named(manager=manager.staff_number) == {manager.name}
    assert named(day="2026-11-20", state="on_time") == set()
    assert signed_in(manager).get(reverse("workplans:log_queue")).status_code == 404


def test_the_queue_takes_as_many_statements_for_twenty_managers_as_for_one(
    manager: StaffUser, supervisor: StaffUser, signed_in: SignedIn
) -> None:
    browser = signed_in(supervisor)
    a_submitted_log(manager)
    one = statements(browser, reverse("workplans:log_queue"))
    for _ in range(19):
        a_submitted_log(StaffUserFactory(unit=manager.unit, password=None))
    assert statements(browser, reverse("workplans:log_queue")) == one


def test_a_supervisor_enters_leave_and_calls_it_off(
    manager: StaffUser, outsider: StaffUser, supervisor: StaffUser, signed_in: SignedIn
) -> None:
    browser = signed_in(supervisor)
    sent = {"manager": "2001", "starts_on": "2026-11-23", "ends_on": "2026-11-24", "reason": "病假"}
    address = reverse("workplans:leave_create")
    refused = browser.post(address, {**sent, "manager": outsider.staff_number})
    assert refused.status_code == 422
    assert browser.post(address, sent).status_code == 302
    entered = Leave.objects.get()
    assert (entered.manager, entered.entered_by) == (manager, supervisor)
    assert "病假" in text_of(browser.get(reverse("workplans:leave_list")))
    assert "病假" in text_of(signed_in(manager).get(reverse("workplans:leave_list")))
    end = reverse("workplans:leave_end", args=[entered.pk])
    assert signed_in(manager).post(end).status_code == 404
    assert browser.post(end, {"back_on": "2026-11-24"}).status_code == 302
    assert Leave.objects.get().ends_on == TODAY


def test_the_api_shows_logs_with_their_figures_and_what_is_missing(
    manager: StaffUser,
    supervisor: StaffUser,
    outsider: StaffUser,
    frozen: time_machine.Traveller,
    signed_in: SignedIn,
) -> None:
    contact(manager, CustomerFactory(manager=manager))
    lapses.flag_lapses()
    StaffUser.objects.update(created_at=NOW - timedelta(days=60))
    log = a_submitted_log(manager)
    browser = signed_in(supervisor)
    listed = browser.get("/api/v1/work-logs/", {"since": "2026-11-23", "late": "false"}).json()
    assert [row["id"] for row in listed["results"]] == [log.pk]
    one = browser.get(f"/api/v1/work-logs/{log.pk}/").json()
    assert one["figures"]["contacts"] == 1
    assert one["figures"]["channels"] == [{"channel": "phone", "tried": 1, "reached": 1}]
    assert signed_in(outsider).get(f"/api/v1/work-logs/{log.pk}/").status_code == 404
    frozen.shift(timedelta(days=3))
    lapses.flag_lapses()
    browser = signed_in(supervisor)
    found = browser.get("/api/v1/plan-lapses/", {"subject": "log", "open": "true"}).json()
    assert {row["starts_on"] for row in found["results"]} == {"2026-11-24"}
    assert signed_in(outsider).get("/api/v1/plan-lapses/").json()["results"] == []
    assert browser.get("/api/v1/work-logs/", headers=HTMX).status_code == 200
