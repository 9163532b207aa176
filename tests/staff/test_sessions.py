"""Sessions: they end after an idle time, are listed, and can be ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from core import clock
from core.models import AuditEntry
from staff import services
from staff.models import OpenSession, StaffUser
from staff.rules import browser_in_words
from staff.tasks import remove_sessions_over
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LIST = "/staff/sessions/"
PROFILE = "/staff/profile/"
NOON = "2026-11-23T04:00:00Z"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 14; HarmonyOS) Chrome/120 Mobile HuaweiBrowser/15.0"
SignedIn = Callable[[StaffUser], Client]


def sign_in(person: StaffUser, browser: str = WINDOWS, address: str = "10.0.0.1") -> Client:
    client = Client(HTTP_USER_AGENT=browser, REMOTE_ADDR=address)
    data = {"login": person.staff_number, "password": PASSWORD}
    assert client.post("/accounts/login/", data).status_code == 302
    return client


def is_signed_in(client: Client, **headers: str) -> bool:
    return client.get(PROFILE, headers=headers).status_code == 200


def test_a_session_ends_after_an_idle_time_but_not_while_somebody_works(
    manager: StaffUser, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    with time_machine.travel(NOON, tick=False) as now:
        client = sign_in(manager)
        for _ in range(5):
            now.shift(50 * 60)
            assert is_signed_in(client)
        now.shift(60 * 60 + 1)
        assert not is_signed_in(client)


def test_work_does_not_lengthen_a_session_beyond_its_hours(
    manager: StaffUser, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    with time_machine.travel(NOON, tick=False) as now:
        client = sign_in(manager)
        for _ in range(23):
            now.shift(30 * 60)
            assert is_signed_in(client)
        now.shift(30 * 60 + 1)
        assert not is_signed_in(client)


def test_what_is_kept_in_a_session_does_not_lengthen_it_either(
    manager: StaffUser, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    with time_machine.travel(NOON, tick=False) as now:
        client = sign_in(manager)
        started = OpenSession.objects.get(account=manager).started_at
        now.shift(30 * 60)
        session = client.session
        session["something"] = "new"
        session.save()
        row = OpenSession.objects.get(account=manager)
        assert row.started_at == started
        assert row.expire_date == clock.now() + timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    manager: StaffUser, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    with time_machine.travel(NOON, tick=False) as now:
        client = sign_in(manager)
        for _ in range(3):
            now.shift(19 * 60)
            assert is_signed_in(client, **{"X-Unattended": "true"})
        now.shift(4 * 60)
        assert not is_signed_in(client)


def test_being_seen_is_written_once_a_minute_at_most(
    manager: StaffUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        client = sign_in(manager)
        client.get(PROFILE)
        now.shift(59)
        with django_assert_num_queries(2):  # The session and the person.
            client.get(PROFILE)
        now.shift(1)
        with django_assert_num_queries(3):
            client.get(PROFILE)
        with django_assert_num_queries(2):
            client.get(PROFILE)


def test_the_list_says_where_since_when_and_which_is_this_one(manager: StaffUser) -> None:
    here = sign_in(manager)
    sign_in(manager, PHONE, "10.0.0.2")
    page = here.get(LIST).text
    assert page.index("Edge · Windows") < page.index("Huawei Browser · HarmonyOS")
    assert page.count("This browser") == 1
    assert "10.0.0.1" in page
    assert "10.0.0.2" in page
    keys = OpenSession.objects.filter(account=manager).values_list("session_key", flat=True)
    assert not any(key in page for key in keys)


def test_another_session_is_ended_and_this_one_is_not(
    manager: StaffUser, colleague: StaffUser
) -> None:
    here, there, other = sign_in(manager), sign_in(manager, PHONE), sign_in(colleague)
    theirs = OpenSession.objects.get(account=colleague).reference
    (end,) = re.findall(r'action="(/staff/sessions/\w{32}/end/)"', here.get(LIST).text)
    assert here.post(end).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert here.post(end, follow=True).text.count("has ended already") == 1
    own = OpenSession.objects.get(account=manager).reference
    for reference in (theirs, own, "0" * 32):
        here.post(f"/staff/sessions/{reference}/end/")
    assert is_signed_in(other)
    assert is_signed_in(here)
    entry = AuditEntry.objects.get(verb="staff.session_ended")
    assert (entry.actor, entry.object_id) == (manager, manager.pk)


def test_all_others_are_ended_at_once(manager: StaffUser, colleague: StaffUser) -> None:
    here, other = sign_in(manager), sign_in(colleague)
    elsewhere = [sign_in(manager), sign_in(manager)]
    page = here.post("/staff/sessions/end-others/", follow=True).text
    assert "2 sessions ended." in page
    assert "End all others" not in page
    assert [is_signed_in(one) for one in (here, other, *elsewhere)] == [True, True, False, False]
    assert AuditEntry.objects.get(verb="staff.sessions_ended").changes == {"sessions": [2, 0]}


def test_an_administrator_ends_a_persons_sessions(
    manager: StaffUser, administrator: StaffUser, signed_in: SignedIn
) -> None:
    client, admin = sign_in(manager), signed_in(administrator)
    data = {
        "action": "end_sessions",
        "_selected_action": [manager.pk, administrator.pk],
        "index": 0,
    }
    assert "1 session ended." in admin.post("/admin/staff/staffuser/", data, follow=True).text
    assert not is_signed_in(client)
    entry = AuditEntry.objects.get(verb="staff.sessions_ended")
    assert (entry.actor, entry.object_id) == (administrator, manager.pk)


def test_sessions_end_with_a_new_password_and_with_leaving(
    manager: StaffUser, administrator: StaffUser
) -> None:
    here, there = sign_in(manager), sign_in(manager)
    word = "Brand-new-word-7"
    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": word, "password2": word},
    )
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert OpenSession.objects.filter(account=manager).count() == 1
    manager.refresh_from_db()
    manager.is_active = False
    services.change_staff(actor=administrator, user=manager)
    assert not OpenSession.objects.filter(account=manager).exists()


def test_signing_out_ends_the_session_and_clears_what_the_browser_kept(
    manager: StaffUser,
) -> None:
    client = sign_in(manager)
    answer = client.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert not OpenSession.objects.filter(account=manager).exists()
    assert not is_signed_in(client)


def test_sessions_that_are_over_are_removed(manager: StaffUser) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        sign_in(manager)
        assert remove_sessions_over() == 0
        now.shift(13 * 3600)
        assert remove_sessions_over() == 1
        assert remove_sessions_over() == 0


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [(WINDOWS, "Edge · Windows"), (PHONE, "Huawei Browser · HarmonyOS"), ("curl/8", ""), ("", "")],
)
def test_a_browser_is_named(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words
