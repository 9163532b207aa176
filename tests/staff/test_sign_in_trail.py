"""What happens at the sign-in is written down; a stranger's failures lock nobody else out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import get_connection
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from core import outbox
from core.models import AuditEntry, OutboxTask
from portfolio.services.trail_words import VERBS, Group
from staff import services
from staff.models import Role, StaffUser
from tests.factories import PASSWORD
from tests.mails import send_letters
from tests.staff.test_second_factor import code_of, set_up_app

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"
MANY = "10.9.9.9"
SignedIn = Callable[[StaffUser], Client]


def attempt(number: str, password: str = PASSWORD, address: str = "10.0.0.1", **meta: Any) -> str:
    """Try to sign in from an address; return the page's words, empty where it worked."""
    client = Client(REMOTE_ADDR=address, **meta)
    response = client.post(LOGIN, {"login": number, "password": password})
    return "" if response.status_code == 302 else response.text


def entries(verb: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb=verb).order_by("pk"))


def test_signing_in_and_out_and_failing_are_entries_and_log_lines(
    manager: StaffUser, caplog: pytest.LogCaptureFixture
) -> None:
    attempt("2001", "wrong", "10.0.0.7")
    attempt("13900001234", "my-own-password", "10.0.0.8")
    client = Client(REMOTE_ADDR="10.0.0.9")
    client.post(LOGIN, {"login": "2001", "password": PASSWORD})
    client.post("/accounts/logout/")
    known, unknown = entries("staff.sign_in_failed")
    assert (known.actor, known.object_id) == (None, manager.pk)
    assert known.changes == {"ip": [None, "10.0.0.7"]}
    assert (unknown.object_id, unknown.changes) == (None, {"ip": [None, "10.0.0.8"]})
    (signed_in,) = entries("staff.signed_in")
    assert signed_in.actor == manager
    assert signed_in.changes == {"ip": [None, "10.0.0.9"], "method": [None, "password"]}
    assert [entry.actor for entry in entries("staff.signed_out")] == [manager]
    lines = caplog.text
    assert "A sign-in as 2001 from 10.0.0.7 failed." in lines
    assert "2001 signed in from 10.0.0.9 by password." in lines
    for secret in (PASSWORD, 'wrong"', "my-own-password", "13900001234"):
        assert secret not in lines


def test_second_factors_used_and_failed_are_entries(
    supervisor: StaffUser, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    client.post(LOGIN, {"login": "3001", "password": PASSWORD})
    secret = set_up_app(client)
    with time_machine.travel("2030-01-01T00:00:00Z", tick=False):
        again = Client()
        again.post(LOGIN, {"login": "3001", "password": PASSWORD})
        for _ in range(7):
            again.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert len(entries("staff.second_factor_failed")) == 5
        (lock,) = entries("staff.sign_in_locked")
        assert lock.changes["lock"] == [None, "second_factor"]
    with time_machine.travel("2030-01-01T01:00:00Z", tick=False):
        code = code_of(secret)
        last = Client()
        last.post(LOGIN, {"login": "3001", "password": PASSWORD})
        last.post("/accounts/2fa/authenticate/", {"code": code})
        assert last.get("/staff/profile/").status_code == 200
    (used,) = entries("staff.second_factor_used")
    assert used.changes["method"] == [None, "totp"]
    assert code not in caplog.text


def test_changed_permissions_are_an_entry_of_their_own_and_a_line(
    manager: StaffUser, administrator: StaffUser, caplog: pytest.LogCaptureFixture
) -> None:
    manager.role, manager.may_export, manager.name = Role.SUPERVISOR, True, "王主管"
    services.change_staff(actor=administrator, user=manager)
    (allowed,) = entries("staff.permissions_changed")
    assert allowed.changes == {"role": ["manager", "supervisor"], "may_export": [False, True]}
    assert [entry.changes for entry in entries("staff.changed")] == [{"name": ["王经理", "王主管"]}]
    assert "6001 changed what 2001 may do" in caplog.text


def test_all_of_it_is_one_choice_of_the_audit_trail(
    manager: StaffUser, administrator: StaffUser, signed_in: SignedIn
) -> None:
    attempt("2001", "wrong", "139.86.12.34")
    page = signed_in(administrator).get("/audit-trail/?group=access")
    assert page.status_code == 200
    assert "A sign-in failed" in page.text
    assert {"staff.signed_in", "staff.sign_in_locked"} <= VERBS[Group.ACCESS].keys()


# --- The lock ------------------------------------------------------------------------------------


def test_a_strangers_failures_lock_the_stranger_and_not_the_manager(manager: StaffUser) -> None:
    for _ in range(12):
        attempt("2001", "wrong", "203.0.113.5")
    assert "Too many failed tries" in attempt("2001", address="203.0.113.5")
    assert attempt("2001", address="10.0.0.1") == ""
    (lock,) = entries("staff.sign_in_locked")
    assert lock.object_id == manager.pk
    assert lock.changes == {"ip": [None, "203.0.113.5"], "lock": [None, "address"]}


def test_many_addresses_together_are_slowed_but_not_the_owner(manager: StaffUser) -> None:
    assert attempt("2001", address="10.0.0.1") == ""
    for n in range(30):
        assert "is not right" in attempt("2001", "wrong", f"203.0.113.{n}")
    assert "from many places" in attempt("2001", address="198.51.100.1")
    assert attempt("2001", address="10.0.0.1") == ""
    (lock,) = entries("staff.sign_in_locked")
    assert lock.changes["lock"] == [None, "account"]


def test_one_address_alone_never_locks_the_account_however_long_it_tries(
    manager: StaffUser,
) -> None:
    with time_machine.travel("2026-11-23T19:00:00Z", tick=False) as now:
        for _ in range(12):
            for _try in range(5):
                assert "is not right" in attempt("2001", "wrong", "203.0.113.5")
            now.shift(5 * 60)
        assert attempt("2001", address="198.51.100.7") == ""


def test_neighbours_of_one_ipv6_network_count_as_one(manager: StaffUser) -> None:
    for n in range(5):
        attempt("2001", "wrong", f"2001:db8:1:2::{n}")
    assert "Too many failed tries" in attempt("2001", address="2001:db8:1:2:ffff::9")
    assert attempt("2001", address="2001:db8:1:3::1") == ""


def test_ipv4_clients_of_an_ipv6_socket_are_told_apart(manager: StaffUser) -> None:
    for _ in range(5):
        attempt("2001", "wrong", "::ffff:203.0.113.5")
    assert "Too many failed tries" in attempt("2001", address="203.0.113.5")
    assert attempt("2001", address="::ffff:203.0.113.6") == ""


def test_the_address_behind_our_proxies_counts(manager: StaffUser, settings: Settings) -> None:
    def through_proxy(client: str, password: str) -> str:
        return attempt("2001", password, HTTP_X_FORWARDED_FOR=f"1.1.1.1, {client}")

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(5):
        through_proxy("203.0.113.5", "wrong")
    assert "Too many failed tries" in through_proxy("203.0.113.5", PASSWORD)
    assert through_proxy("203.0.113.6", PASSWORD) == ""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    assert through_proxy("203.0.113.7", PASSWORD) == ""


# --- Letters -------------------------------------------------------------------------------------


@pytest.fixture
def reachable(manager: StaffUser) -> StaffUser:
    StaffUser.objects.filter(pk=manager.pk).update(email="wang@example.com")
    return manager


def test_known_and_unknown_addresses_cost_the_same_and_wait_alike(
    reachable: StaffUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    costs = []
    for address in ("wang@example.com", "nobody@example.com"):
        client = Client()
        with django_assert_num_queries(4) as counted:  # Looked up, asked for, in a savepoint.
            assert client.post(RESET, {"email": address}).status_code == 302
        costs.append(len(counted.captured_queries))
    assert costs[0] == costs[1]
    assert mail.outbox == []
    assert OutboxTask.objects.count() == 2
    assert "example.com" not in str(list(OutboxTask.objects.values_list("kwargs", flat=True)))


def test_a_letter_is_sent_once_however_often_its_task_runs(reachable: StaffUser) -> None:
    Client().post(RESET, {"email": "Wang@Example.com"})
    send_letters()
    OutboxTask.objects.update(sent_at=None)
    send_letters()
    assert len(mail.outbox) == 1
    assert len(entries("staff.reset_link_sent")) == 1


def test_a_letter_is_in_the_language_in_which_it_was_asked_for(reachable: StaffUser) -> None:
    Client(HTTP_ACCEPT_LANGUAGE="zh-hans").post(RESET, {"email": "wang@example.com"})
    send_letters()
    assert "工号" in str(mail.outbox[0].body)


def test_a_mail_server_that_is_away_loses_no_letter(
    reachable: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    Client().post(RESET, {"email": "wang@example.com"})
    (row,) = OutboxTask.objects.all()
    connection = type(get_connection())

    def refuse(*_args: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(connection, "send_messages", refuse)
        with pytest.raises(ConnectionRefusedError):
            services.send_reset_letter(
                user=reachable, **{k: v for k, v in row.kwargs.items() if k != "user_id"}
            )
    assert entries("staff.reset_link_sent") == []
    send_letters()
    assert len(mail.outbox) == 1


def test_a_broker_that_is_away_loses_no_letter(
    reachable: StaffUser,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("celery.app.task.Task.apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        assert Client().post(RESET, {"email": "wang@example.com"}).status_code == 302
    assert OutboxTask.objects.get().sent_at is None
    assert outbox.relay() == 0


def test_who_left_meanwhile_gets_no_letter(reachable: StaffUser) -> None:
    Client().post(RESET, {"email": "wang@example.com"})
    StaffUser.objects.filter(pk=reachable.pk).update(is_active=False)
    send_letters()
    assert mail.outbox == []
