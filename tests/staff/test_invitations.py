"""From the invitation to the second factor: the whole way that everybody goes, in every role."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from staff import services
from staff.models import Role, StaffUser
from tests.conftest import Company
from tests.factories import StaffUserFactory
from tests.mails import send_letters
from tests.staff.soft_key import SoftKey
from tests.staff.test_second_factor import code_of

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/staff/staffuser/"
PROFILE = "/staff/profile/"
WORD = "Brand-new-word-7"
PEOPLE_OF_PRODUCT = [role for role in Role if role != Role.SYSTEM]
SignedIn = Callable[[StaffUser], Client]


@pytest.fixture(autouse=True)
def as_in_production(settings: Settings, frozen: time_machine.Traveller) -> None:
    """Whose role needs one sets up a second factor. The clock stands, and with it an app's code."""
    settings.MFA_REQUIRED_ROLES = ["supervisor", "head_office", "administrator"]


@pytest.fixture
def admin(administrator: StaffUser, signed_in: SignedIn) -> Client:
    """A browser of the administrator, who has a second factor."""
    Authenticator.objects.create(user=administrator, type=Authenticator.Type.TOTP, data={})
    return signed_in(administrator)


def act(admin: Client, action: str, person: StaffUser) -> str:
    data = {"action": action, "_selected_action": [person.pk], "index": 0}
    return admin.post(PEOPLE, data, follow=True).text


def link_in(text: str) -> str:
    found = re.search(r"http://testserver(/accounts/password/reset/key/[\w-]+/)", text)
    assert found is not None
    return found[1]


def mailed_link(admin: Client, person: StaffUser) -> str:
    act(admin, "mail_invitations", person)
    return link_in(str(mail.outbox[-1].body))


def shown_link(admin: Client, person: StaffUser) -> str:
    return link_in(act(admin, "show_invitations", person))


def choose_password(link: str, word: str = WORD) -> Client:
    client = Client()
    form_at = client.get(link, follow=True).redirect_chain[-1][0]
    answer = client.post(form_at, {"password1": word, "password2": word})
    assert answer.headers["Location"] == "/accounts/password/reset/key/done/"
    return client


def sign_in(person: StaffUser, word: str = WORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": person.staff_number, "password": word})
    client.post("/accounts/reauthenticate/", {"password": word})
    return client


def set_up_app(client: Client) -> str:
    page = client.get("/accounts/2fa/totp/activate/")
    found = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', page.text)
    assert found is not None, page.headers.get("Location")
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])})
    return found[1]


def set_up_key(client: Client, person: StaffUser) -> SoftKey:
    key = SoftKey(user_pk_to_url_str(person).encode())
    assert client.get("/accounts/2fa/webauthn/add/", secure=True).status_code == 200
    data = {"name": "手机", "passwordless": "on", "credential": key.registration(client)}
    assert client.post("/accounts/2fa/webauthn/add/", data, secure=True).status_code == 302
    return key


def new_person(company: Company, role: str, email: str = "new@example.com") -> StaffUser:
    unit = company.district if role not in ("head_office", "administrator") else None
    return StaffUserFactory(staff_number="2600", role=role, unit=unit, email=email, password=None)


@pytest.mark.parametrize("role", PEOPLE_OF_PRODUCT)
def test_from_the_letter_to_the_app_and_the_passkey(
    admin: Client, company: Company, settings: Settings, role: str
) -> None:
    person = new_person(company, role)
    choose_password(mailed_link(admin, person))
    client = sign_in(person)
    must = role in settings.MFA_REQUIRED_ROLES
    assert client.get(PROFILE).status_code == (302 if must else 200)

    secret = set_up_app(client)
    assert client.get(PROFILE).status_code == 200
    key = set_up_key(client, person)
    kinds = Authenticator.objects.filter(user=person).values_list("type", flat=True)
    assert set(kinds) == {"totp", "webauthn", "recovery_codes"}

    # The app's code after the password.
    cache.clear()
    again = sign_in(person)
    assert again.get(PROFILE).status_code == 302
    again.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert again.get(PROFILE).status_code == 200

    # The passkey alone.
    alone = Client()
    ajax = {"X-Requested-With": "XMLHttpRequest"}
    alone.get("/accounts/2fa/webauthn/login/", headers=ajax, secure=True)
    data = {"credential": key.assertion(alone)}
    assert alone.post("/accounts/2fa/webauthn/login/", data, secure=True).status_code == 302
    assert alone.get(PROFILE, secure=True).status_code == 200

    # A recovery code, where phone and key are at home.
    codes = re.findall(r"<li>(\w+)</li>", client.get("/accounts/2fa/recovery-codes/").text)
    spare = sign_in(person)
    spare.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert spare.get(PROFILE).status_code == 200


@pytest.mark.parametrize("email", ["", "New@Example.COM"])
@pytest.mark.parametrize("get_link", [shown_link, mailed_link])
def test_with_and_without_an_address_shown_and_mailed(
    admin: Client, company: Company, email: str, get_link: Callable[[Client, StaffUser], str]
) -> None:
    person = new_person(company, Role.SUPERVISOR, email)
    if not email and get_link is mailed_link:
        assert "has no e-mail address" in act(admin, "mail_invitations", person)
        get_link = shown_link
    choose_password(get_link(admin, person))
    client = sign_in(person)
    set_up_app(client)
    assert client.get(PROFILE).status_code == 200


def test_a_link_out_of_a_letter_proves_the_address_and_a_shown_one_does_not(
    admin: Client, company: Company
) -> None:
    person = new_person(company, Role.SUPERVISOR)
    choose_password(shown_link(admin, person))
    assert not EmailAddress.objects.filter(user=person, verified=True).exists()
    choose_password(mailed_link(admin, person), "Another-good-word-8")
    kept = EmailAddress.objects.get(user=person)
    assert (kept.email, kept.verified, kept.primary) == ("new@example.com", True, True)


def test_who_got_another_address_meanwhile_sets_up_a_second_factor(
    admin: Client, company: Company, administrator: StaffUser
) -> None:
    person = new_person(company, Role.SUPERVISOR)
    choose_password(mailed_link(admin, person))
    person.refresh_from_db()
    person.email = "Other@Example.com "
    services.change_staff(actor=administrator, user=person)
    client = sign_in(person)
    set_up_key(client, person)
    assert client.get(PROFILE).status_code == 200
    assert not EmailAddress.objects.filter(email="new@example.com").exists()


def test_who_is_invited_twice_uses_either_link_but_only_once(
    admin: Client, company: Company
) -> None:
    person = new_person(company, Role.SUPERVISOR)
    first, second = mailed_link(admin, person), mailed_link(admin, person)
    choose_password(second)
    assert "This link is no longer good" in Client().get(first, follow=True).text
    client = sign_in(person)
    set_up_app(client)
    assert client.get(PROFILE).status_code == 200


def test_who_resets_the_password_later_keeps_or_sets_up_the_second_factor(
    admin: Client, company: Company
) -> None:
    person = new_person(company, Role.HEAD_OFFICE)
    choose_password(mailed_link(admin, person))
    Client().post("/accounts/password/reset/", {"email": "new@example.com"})
    assert send_letters() == 1
    choose_password(link_in(str(mail.outbox[-1].body)), "Another-good-word-8")
    client = sign_in(person, "Another-good-word-8")
    secret = set_up_app(client)
    assert client.get(PROFILE).status_code == 200
    Client().post("/accounts/password/reset/", {"email": "new@example.com"})
    send_letters()
    choose_password(link_in(str(mail.outbox[-1].body)), "A-third-good-word-9")
    assert client.get(PROFILE).status_code == 302
    cache.clear()
    again = sign_in(person, "A-third-good-word-9")
    again.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert again.get(PROFILE).status_code == 200


def test_an_address_of_before_leads_to_nobody_any_more(
    admin: Client, company: Company, administrator: StaffUser
) -> None:
    """The address may be somebody else's by now."""
    person = new_person(company, Role.MANAGER)
    choose_password(mailed_link(admin, person))
    sign_in(person)
    person.refresh_from_db()
    person.email = "other@example.com"
    services.change_staff(actor=administrator, user=person)
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": "new@example.com"})
    send_letters()
    assert mail.outbox == []
    Client().post("/accounts/password/reset/", {"email": "OTHER@example.com"})
    send_letters()
    assert [letter.to for letter in mail.outbox] == [["other@example.com"]]
