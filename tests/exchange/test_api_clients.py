"""Systems that use the API: keys shown once, hashed, ending, rotated; rates; the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from redis.exceptions import ConnectionError as RedisConnectionError

from core import clock
from core.models import AuditEntry
from exchange.models import ApiClient, ApiKey
from exchange.rules.scopes import digest_of, prefix_of
from exchange.services.api_clients import issue_key, revoke_key, rotate_key, save_client
from staff import services as staff_services
from staff.auth import may_sign_in
from staff.models import Role, StaffUser
from tests.api import asking_with, problem, system
from tests.conftest import Company
from tests.pages import NOW

UNITS = "/api/v1/units/"
CLIENTS = "/admin/exchange/apiclient/"

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def client_of_city(administrator: StaffUser, company: Company) -> ApiClient:
    return system(administrator, unit=company.city)[0]


def key_of(client: ApiClient, administrator: StaffUser, **more: Any) -> tuple[ApiKey, str]:
    ApiKey.objects.filter(client=client).update(revoked_at=clock.now())
    return issue_key(actor=administrator, client=client, **more)


def test_a_key_is_kept_as_a_hash_only(client_of_city: ApiClient, administrator: StaffUser) -> None:
    key, text = key_of(client_of_city, administrator)
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert text not in str(stored)
    assert (stored["prefix"], stored["digest"]) == (prefix_of(text), digest_of(text))
    assert text not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Bearer vip_0123456789ab_x"])
def test_what_is_no_key_is_refused(client_of_city: ApiClient, header: str) -> None:
    refused = Client(headers={"Authorization": header}).get(UNITS)
    assert problem(refused)["type"] == "urn:vipcrm:problem:key_refused"
    assert refused.status_code == 401


def test_a_key_with_another_secret_is_refused(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    _key, text = key_of(client_of_city, administrator)
    assert asking_with(text).get(UNITS).status_code == 200
    forged = text[:-1] + ("A" if text[-1] != "A" else "B")
    assert asking_with(forged).get(UNITS).status_code == 401


def test_a_new_key_works_beside_the_old_one_until_that_is_revoked(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    old, old_text = key_of(client_of_city, administrator)
    _new, new_text = issue_key(actor=administrator, client=client_of_city)
    assert [asking_with(t).get(UNITS).status_code for t in (old_text, new_text)] == [200, 200]
    with pytest.raises(ValidationError, match="Two keys work already"):
        issue_key(actor=administrator, client=client_of_city)
    revoked = revoke_key(actor=administrator, key=old)
    assert revoke_key(actor=administrator, key=old).revoked_at == revoked.revoked_at
    assert [asking_with(t).get(UNITS).status_code for t in (old_text, new_text)] == [401, 200]
    assert AuditEntry.objects.filter(verb="api_key.revoked").count() == 1


def test_a_key_that_is_rotated_works_on_for_a_week(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        old, old_text = key_of(client_of_city, administrator)
        _new, new_text = rotate_key(actor=administrator, client=client_of_city)
        entry = AuditEntry.objects.get(verb="api_key.ends_sooner")
        assert (entry.object_id, entry.actor) == (old.pk, administrator)
        with pytest.raises(ValidationError, match="Two keys work already"):
            rotate_key(actor=administrator, client=client_of_city)
        for days, works in ((6, [200, 200]), (1, [401, 200])):
            traveller.shift(timedelta(days=days))
            texts = (old_text, new_text)
            assert [asking_with(text).get(UNITS).status_code for text in texts] == works


def test_a_key_that_ends_sooner_anyway_is_not_prolonged(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    old, _text = key_of(client_of_city, administrator, days=1)
    rotate_key(actor=administrator, client=client_of_city)
    before = old.expires_at
    old.refresh_from_db()
    assert old.expires_at == before


def test_a_key_is_taken_from_the_header_only(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    _key, text = key_of(client_of_city, administrator)
    for asked in (
        Client().get(UNITS, {"key": text, "access_token": text}),
        Client(headers={"Cookie": f"key={text}"}).get(UNITS),
        Client(headers={"Authorization": f"Basic {text}"}).get(UNITS),
    ):
        assert problem(asked)["status"] == 401


def test_a_key_ends_by_itself(client_of_city: ApiClient, administrator: StaffUser) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        _key, text = key_of(client_of_city, administrator, days=1)
        traveller.shift(timedelta(hours=23))
        assert asking_with(text).get(UNITS).status_code == 200
        traveller.shift(timedelta(hours=1))
        assert asking_with(text).get(UNITS).status_code == 401


def test_the_last_use_is_noted_to_the_minute(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        key, text = key_of(client_of_city, administrator)
        for seconds, noted in ((0, 0), (30, 0), (31, 61)):
            traveller.shift(timedelta(seconds=seconds))
            asking_with(text).get(UNITS)
            key.refresh_from_db()
            assert key.last_used_at == NOW + timedelta(seconds=noted)


def test_a_client_that_is_switched_off_gets_nothing(
    client_of_city: ApiClient, administrator: StaffUser
) -> None:
    _key, text = key_of(client_of_city, administrator)
    client_of_city.is_active = False
    save_client(actor=administrator, client=client_of_city)
    assert asking_with(text).get(UNITS).status_code == 401
    with pytest.raises(ValidationError, match="not active"):
        issue_key(actor=administrator, client=client_of_city)


def test_each_client_has_its_own_rate(administrator: StaffUser) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        _client, slow = system(administrator, requests_per_minute=2)
        _other, quick = system(administrator, name="PRM")
        assert [slow.get(UNITS).status_code for _ in range(3)] == [200, 200, 429]
        assert quick.get(UNITS).status_code == 200
        traveller.shift(timedelta(seconds=20))
        refused = slow.get(UNITS)
        assert problem(refused)["status"] == 429
        assert refused.headers["Retry-After"] == "40"
        traveller.shift(timedelta(seconds=40))
        assert slow.get(UNITS).status_code == 200


def test_without_the_cache_requests_go_on_uncounted(administrator: StaffUser) -> None:
    _client, slow = system(administrator, requests_per_minute=1)
    with patch("core.throttle.cache.add", side_effect=RedisConnectionError):
        assert [slow.get(UNITS).status_code for _ in range(3)] == [200, 200, 200]


def test_a_client_sees_a_unit_or_the_whole_company_and_nothing_by_mistake(
    administrator: StaffUser, company: Company
) -> None:
    for reach in ({"unit": None}, {"unit": company.city, "whole_company": True}):
        with pytest.raises(ValidationError, match="Choose a unit, or the whole company"):
            save_client(actor=administrator, client=ApiClient(name="x", **reach))
    wrong = ApiClient(name="x", unit=company.city, scopes=["customers:delete"])
    with pytest.raises(ValidationError, match="no such scope"):
        save_client(actor=administrator, client=wrong)
    assert not StaffUser.objects.filter(role=Role.SYSTEM).exists()


def test_saving_again_changes_nothing(client_of_city: ApiClient, administrator: StaffUser) -> None:
    before = AuditEntry.objects.count()
    save_client(actor=administrator, client=client_of_city)
    assert AuditEntry.objects.count() == before


def test_nobody_signs_in_as_a_system_and_nobody_becomes_one(
    client_of_city: ApiClient, administrator: StaffUser, manager: StaffUser
) -> None:
    account = client_of_city.account
    assert not account.has_usable_password()
    assert not may_sign_in(account)
    with pytest.raises(ValidationError, match="Only active people"):
        staff_services.record_invitation(actor=administrator, user=account)
    account.role = Role.ADMINISTRATOR
    with pytest.raises(ValidationError, match="cannot become"):
        staff_services.change_staff(actor=administrator, user=account)
    manager.role = Role.SYSTEM
    with pytest.raises(ValidationError, match="cannot become"):
        staff_services.change_staff(actor=administrator, user=manager)


def test_the_account_by_itself_sees_no_customer(client_of_city: ApiClient) -> None:
    account = StaffUser.objects.get(pk=client_of_city.account_id)
    assert account.scope.unit_path is None
    assert not account.scope.everything
    assert not account.scope.manager_ids


# --- The Django admin -----------------------------------------------------------------------


def test_an_administrator_makes_a_client_and_is_shown_its_key_once(
    signed_in: SignIn, administrator: StaffUser, company: Company
) -> None:
    browser = signed_in(administrator)
    made = browser.post(
        f"{CLIENTS}add/",
        {
            "name": "PRM",
            "unit": company.city.pk,
            "scopes": ["units:read"],
            "requests_per_minute": 60,
            "is_active": "on",
        },
    )
    assert made.status_code == 302, made.content
    client = ApiClient.objects.get(name="PRM")
    assert (client.scopes, client.created_by) == (["units:read"], administrator)
    assert AuditEntry.objects.filter(verb="api_client.created", actor=administrator).exists()
    data = {"action": "issue_keys", "_selected_action": [client.pk]}
    page = browser.post(CLIENTS, data)
    key = ApiKey.objects.get()
    shown = page.content.decode().split('value="vip_')[1].split('"')[0]
    assert asking_with(f"vip_{shown}").get(UNITS).status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    listed = browser.get("/admin/exchange/apikey/").content.decode()
    assert key.prefix in listed
    assert shown not in listed
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert date_format(timezone.localtime(key.last_used_at), "DATETIME_FORMAT") in listed
    page = browser.post(CLIENTS, {**data, "action": "rotate_keys"})
    assert 'value="vip_' in page.content.decode()
    assert ApiKey.objects.count() == 2


def test_an_administrator_changes_a_client_and_revokes_its_keys(
    signed_in: SignIn, administrator: StaffUser, client_of_city: ApiClient
) -> None:
    browser = signed_in(administrator)
    page = browser.get(f"{CLIENTS}{client_of_city.pk}/change/")
    assert 'value="customers:read"' in page.content.decode()
    changed = browser.post(
        f"{CLIENTS}{client_of_city.pk}/change/",
        {"name": "PRM", "whole_company": "on", "requests_per_minute": 60, "is_active": "on"},
    )
    assert changed.status_code == 302, changed.content
    client_of_city.refresh_from_db()
    assert (client_of_city.unit, client_of_city.scopes) == (None, [])
    assert client_of_city.account.name == "PRM"
    key = ApiKey.objects.get()
    data = {"action": "revoke_keys", "_selected_action": [key.pk]}
    browser.post("/admin/exchange/apikey/", data)
    key.refresh_from_db()
    assert key.revoked_at is not None


@pytest.mark.parametrize("role", ["supervisor", "head_office"])
def test_nobody_else_sees_clients(
    request: pytest.FixtureRequest, signed_in: SignIn, client_of_city: ApiClient, role: str
) -> None:
    browser = signed_in(request.getfixturevalue(role))
    assert browser.get(CLIENTS).status_code == 302


def test_systems_are_no_people_in_the_list_of_staff(
    signed_in: SignIn, administrator: StaffUser, client_of_city: ApiClient
) -> None:
    browser = signed_in(administrator)
    page = browser.get("/admin/staff/staffuser/").content.decode()
    assert administrator.staff_number in page
    assert client_of_city.account.staff_number not in page
    assert 'value="system"' not in browser.get("/admin/staff/staffuser/add/").content.decode()
