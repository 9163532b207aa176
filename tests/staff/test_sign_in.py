"""Signing in: who may, what throttles, and what ends a session."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import DjangoAssertNumQueries, Settings

from core.models import AuditEntry
from staff import services
from staff.auth import StaffBackend, StaffMFAAdapter
from staff.models import StaffUser
from tests.factories import PASSWORD, StaffUserFactory
from tests.mails import send_letters

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
PROFILE = "/staff/profile/"
SignedIn = Callable[[StaffUser], Client]


def sign_in(client: Client, staff_number: str, password: str = PASSWORD) -> str:
    """Try to sign in; return the page's words, or an empty text where it worked."""
    response = client.post(LOGIN, {"login": staff_number, "password": password})
    return "" if response.status_code == 302 else response.text


def is_signed_in(client: Client) -> bool:
    return client.get(PROFILE).status_code == 200


def test_a_person_signs_in_with_staff_number_and_password(manager: StaffUser) -> None:
    client = Client()
    assert not is_signed_in(client)
    assert sign_in(client, " 2001 ") == ""
    assert is_signed_in(client)


@pytest.mark.parametrize(("number", "password"), [("2001", "wrong"), ("9999", PASSWORD)])
def test_a_wrong_number_and_a_wrong_password_are_answered_alike(
    manager: StaffUser, number: str, password: str
) -> None:
    client = Client()
    assert "The staff number or the password is not right." in sign_in(client, number, password)
    assert not is_signed_in(client)


def test_an_e_mail_address_is_no_staff_number(manager: StaffUser) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(email="wang@example.com")
    assert "is not right" in sign_in(Client(), "wang@example.com")


def test_five_failures_stop_further_tries_even_with_the_right_password(
    manager: StaffUser,
) -> None:
    client = Client()
    for _ in range(5):
        assert "is not right" in sign_in(client, "2001", "wrong")
    assert "Too many failed tries" in sign_in(client, "2001")
    assert not is_signed_in(client)


def test_after_five_minutes_a_person_may_try_again(manager: StaffUser) -> None:
    client = Client()
    with time_machine.travel("2026-11-23T04:00:00Z", tick=False) as clock:
        for _ in range(6):
            sign_in(client, "2001", "wrong")
        assert "Too many failed tries" in sign_in(client, "2001")
        clock.shift(301)
        assert sign_in(client, "2001") == ""


def test_another_persons_failures_stop_nobody_else(
    manager: StaffUser, colleague: StaffUser
) -> None:
    for _ in range(6):
        sign_in(Client(), "2001", "wrong")
    assert sign_in(Client(), "2002") == ""


def test_a_flood_of_tries_from_one_address_gets_a_page_that_says_so(
    manager: StaffUser, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip", "login_failed": "100/m/ip"}
    client = Client()
    for _ in range(2):
        assert "is not right" in sign_in(client, "2001", "wrong")
    response = client.post(LOGIN, {"login": "2001", "password": PASSWORD})
    assert response.status_code == 429
    assert "Too many tries" in response.text


def test_the_admin_has_no_sign_in_of_its_own(administrator: StaffUser) -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN)
    refused = Client().post("/admin/login/", {"username": "6001", "password": PASSWORD})
    assert refused.status_code == 302
    assert refused.headers["Location"].startswith(LOGIN)


def test_who_is_no_administrator_is_refused_the_admin(
    manager: StaffUser, administrator: StaffUser, signed_in: SignedIn
) -> None:
    assert signed_in(administrator).get("/admin/").status_code == 200
    assert signed_in(manager).get("/admin/", follow=True).status_code == 403


def test_who_has_left_cannot_sign_in_and_is_signed_out(
    manager: StaffUser, administrator: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(manager)
    assert is_signed_in(client)
    manager.is_active = False
    services.change_staff(actor=administrator, user=manager)
    assert not is_signed_in(client)
    response = Client().post(LOGIN, {"login": "2001", "password": PASSWORD}, follow=True)
    assert "You cannot sign in here" in response.text


def test_demonstration_logins_are_refused_outside_a_demonstration(
    manager: StaffUser, settings: Settings, signed_in: SignedIn
) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(is_demonstration=True)
    settings.DEMONSTRATION = True
    client = Client()
    assert sign_in(client, "2001") == ""
    assert is_signed_in(client)
    settings.DEMONSTRATION = False
    assert not is_signed_in(client)
    response = Client().post(LOGIN, {"login": "2001", "password": PASSWORD}, follow=True)
    assert "You cannot sign in here" in response.text
    assert not is_signed_in(Client())


def test_a_new_password_ends_all_other_sessions(manager: StaffUser) -> None:
    here, elsewhere = Client(), Client()
    sign_in(here, "2001")
    sign_in(elsewhere, "2001")
    new = "Brand-new-word-7"
    response = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert response.headers["Location"] == PROFILE
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert "is not right" in sign_in(elsewhere, "2001", PASSWORD)
    assert sign_in(elsewhere, "2001", new) == ""
    entry = AuditEntry.objects.get(verb="staff.password_changed")
    assert (entry.actor, entry.object_id) == (manager, manager.pk)


def test_the_present_password_is_needed_for_a_new_one(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    new = "Brand-new-word-7"
    response = signed_in(manager).post(
        "/accounts/password/change/", {"oldpassword": "x", "password1": new, "password2": new}
    )
    assert "The present password is not right." in response.text
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)


def test_a_session_ends_after_its_hours(manager: StaffUser, settings: Settings) -> None:
    settings.SESSION_COOKIE_AGE = 3600
    with time_machine.travel("2026-11-23T04:00:00Z", tick=False) as clock:
        client = Client()
        sign_in(client, "2001")
        clock.shift(3599)
        assert is_signed_in(client)
        clock.shift(2)
        assert not is_signed_in(client)


def test_signing_out_takes_a_post(manager: StaffUser, signed_in: SignedIn) -> None:
    client = signed_in(manager)
    assert "Do you want to sign out?" in client.get("/accounts/logout/").text
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_confirm_email", "account_login_by_code"]
)
def test_nobody_signs_up_or_manages_addresses_by_themselves(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
    assert Client().get("/accounts/signup/").status_code == 404


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(manager: StaffUser) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(email="wang@example.com")
    Client().post("/accounts/password/reset/", {"email": "Wang@example.com"})
    assert send_letters() == 1
    (letter,) = mail.outbox
    assert letter.to == ["wang@example.com"]
    assert letter.subject.startswith("[VIP CRM] ")
    assert "2001" in letter.body
    link = re.search(r"http://testserver(/\S+)", str(letter.body))
    assert link is not None
    client, new = Client(), "Brand-new-word-7"
    page = client.get(link[1], follow=True)
    form_at = page.redirect_chain[-1][0]
    client.post(form_at, {"password1": new, "password2": new})
    assert sign_in(client, "2001", new) == ""
    assert "This link is no longer good" in Client().get(link[1], follow=True).text
    assert AuditEntry.objects.get(verb="staff.password_changed").actor == manager


def test_an_unknown_address_is_answered_like_a_known_one(manager: StaffUser) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(email="wang@example.com")
    answers = {
        Client().post("/accounts/password/reset/", {"email": address}).headers["Location"]
        for address in ("wang@example.com", "nobody@example.com")
    }
    assert answers == {"/accounts/password/reset/done/"}
    assert send_letters() == 2
    assert len(mail.outbox) == 1


def test_a_link_for_a_new_password_is_good_for_a_day(manager: StaffUser) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(email="wang@example.com")
    with time_machine.travel("2026-11-23T04:00:00Z", tick=False) as clock:
        Client().post("/accounts/password/reset/", {"email": "wang@example.com"})
        send_letters()
        link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
        assert link is not None
        clock.shift(24 * 3600)
        assert "Choose a new password" in Client().get(link[1], follow=True).text
        clock.shift(1)
        assert "This link is no longer good" in Client().get(link[1], follow=True).text


def test_a_mail_server_that_is_away_fails_no_change_of_password(
    manager: StaffUser, signed_in: SignedIn, settings: Settings
) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(email="wang@example.com")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    new = "Brand-new-word-7"
    response = signed_in(manager).post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert response.status_code == 302
    manager.refresh_from_db()
    assert manager.check_password(new)


def test_knowing_somebody_again_costs_one_statement_with_the_unit(
    manager: StaffUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        user = StaffBackend().get_user(manager.pk)
        assert user is not None
        assert user.unit is not None
        assert user.unit.full_name == "江海省/滨江市/东城区"
        assert user.has_second_factor is False  # type: ignore[attr-defined]


def test_nobody_is_known_by_an_id_that_is_not_there() -> None:
    assert StaffBackend().get_user(12345) is None


def test_secrets_of_second_factors_are_unreadable_in_the_database(
    settings: Settings,
) -> None:
    adapter = StaffMFAAdapter()
    kept = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in kept
    assert adapter.decrypt(kept) == "JBSWY3DPEHPK3PXP"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-secret", [settings.SECRET_KEY]
    assert StaffMFAAdapter().decrypt(kept) == "JBSWY3DPEHPK3PXP"


def test_two_people_at_one_address_of_the_office_do_not_share_a_factor(
    manager: StaffUser,
) -> None:
    other = StaffUserFactory(unit=manager.unit)
    Authenticator.objects.create(user=other, type=Authenticator.Type.TOTP, data={})
    mine = StaffBackend().get_user(manager.pk)
    assert mine is not None
    assert mine.has_second_factor is False  # type: ignore[attr-defined]
