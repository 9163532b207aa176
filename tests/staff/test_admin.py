"""The administrator's tables: every change goes through the services."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from core.models import AuditEntry
from staff.models import Role, StaffUser, Unit
from tests.conftest import Company
from tests.factories import CoverFactory, StaffUserFactory

pytestmark = pytest.mark.django_db

UNITS = "/admin/staff/unit/"
PEOPLE = "/admin/staff/staffuser/"
SignedIn = Callable[[StaffUser], Client]


@pytest.fixture
def admin(administrator: StaffUser, signed_in: SignedIn) -> Client:
    """A browser in which the administrator is signed in."""
    return signed_in(administrator)


def person(**changes: Any) -> dict[str, Any]:
    return {
        "staff_number": "2500",
        "name": "孙经理",
        "role": Role.MANAGER,
        "unit": "",
        "email": "",
        "phone": "",
        "is_active": "on",
        **changes,
    }


def act(admin: Client, action: str, *people: StaffUser) -> Any:
    data = {"action": action, "_selected_action": [one.pk for one in people], "index": 0}
    return admin.post(PEOPLE, data, follow=True)


def test_a_unit_is_made_with_its_path(
    admin: Client, company: Company, administrator: StaffUser
) -> None:
    data = {"name": "北城区", "parent": company.city.pk, "time_zone": "Asia/Shanghai"}
    assert admin.post(f"{UNITS}add/", data).status_code == 302
    unit = Unit.objects.get(name="北城区")
    assert unit.path == f"{company.city.path}{unit.pk}/"
    entry = AuditEntry.objects.get(verb="unit.created", object_id=unit.pk)
    assert entry.actor == administrator


def test_a_moved_unit_takes_those_below_along(admin: Client, company: Company) -> None:
    data = {"name": "滨江市", "parent": company.other_city.pk, "time_zone": "Asia/Shanghai"}
    assert admin.post(f"{UNITS}{company.city.pk}/change/", data).status_code == 302
    company.district.refresh_from_db()
    assert company.district.full_name == "江海省/临山市/滨江市/东城区"


def test_what_the_service_refuses_shows_on_the_form(admin: Client, company: Company) -> None:
    data = {"name": "滨江市", "parent": company.district.pk, "time_zone": "Asia/Shanghai"}
    response = admin.post(f"{UNITS}{company.city.pk}/change/", data)
    assert response.status_code == 200
    assert "A unit cannot belong to itself" in response.text
    response = admin.post(f"{UNITS}add/", {**data, "parent": "", "name": "江海省"})
    assert "A unit of this name is there already." in response.text


def test_a_person_is_made_without_a_password(
    admin: Client, company: Company, administrator: StaffUser
) -> None:
    response = admin.post(f"{PEOPLE}add/", person(unit=company.district.pk))
    assert response.status_code == 302
    made = StaffUser.objects.get(staff_number="2500")
    assert not made.has_usable_password()
    assert AuditEntry.objects.get(verb="staff.created", object_id=made.pk).actor == administrator


def test_a_manager_without_a_unit_is_refused(admin: Client) -> None:
    response = admin.post(f"{PEOPLE}add/", person())
    assert response.status_code == 200
    assert "belong to a unit" in response.text
    assert not StaffUser.objects.filter(staff_number="2500").exists()


def test_a_change_is_written_down(
    admin: Client, company: Company, manager: StaffUser, administrator: StaffUser
) -> None:
    data = person(staff_number="2001", name="王经理", unit=company.other_district.pk)
    assert admin.post(f"{PEOPLE}{manager.pk}/change/", data).status_code == 302
    entry = AuditEntry.objects.get(verb="staff.changed", object_id=manager.pk)
    assert entry.actor == administrator
    assert entry.changes == {"unit_id": [company.district.pk, company.other_district.pk]}


def test_nobody_is_deleted(admin: Client, manager: StaffUser, company: Company) -> None:
    assert admin.get(f"{PEOPLE}{manager.pk}/delete/").status_code == 403
    assert admin.get(f"{UNITS}{company.district.pk}/delete/").status_code == 403
    assert "delete_selected" not in admin.get(PEOPLE).text


def test_a_link_is_shown_with_which_a_new_person_sets_a_password_and_signs_in(
    admin: Client, company: Company, administrator: StaffUser
) -> None:
    new = StaffUserFactory(staff_number="2600", unit=company.district, password=None)
    page = act(admin, "show_invitations", new)
    link = re.search(r'value="http://testserver(/accounts/[^"]+)"', page.text)
    assert link is not None
    entry = AuditEntry.objects.get(verb="staff.invited")
    assert (entry.actor, entry.object_id) == (administrator, new.pk)
    client, word = Client(), "Brand-new-word-7"
    form_at = client.get(link[1], follow=True).redirect_chain[-1][0]
    client.post(form_at, {"password1": word, "password2": word})
    client.post("/accounts/login/", {"login": "2600", "password": word})
    assert client.get("/staff/profile/").status_code == 200
    assert "This link is no longer good" in Client().get(link[1], follow=True).text


def test_who_has_left_is_given_no_link(admin: Client, company: Company) -> None:
    gone = StaffUserFactory(unit=company.district, is_active=False)
    page = act(admin, "show_invitations", gone)
    assert "Only active people can be invited." in page.text
    assert "/accounts/password/reset/key/" not in page.text


def test_links_go_by_mail_to_who_has_an_address(admin: Client, company: Company) -> None:
    reachable = StaffUserFactory(unit=company.district, email="a@example.com", password=None)
    mute = StaffUserFactory(name="无邮箱", unit=company.district, password=None)
    page = act(admin, "mail_invitations", reachable, mute)
    (letter,) = mail.outbox
    assert letter.to == ["a@example.com"]
    assert reachable.staff_number in letter.body
    assert "/accounts/password/reset/key/" in letter.body
    assert "1 link sent." in page.text
    assert "has no e-mail address" in page.text


def test_second_factors_are_taken_away(admin: Client, manager: StaffUser) -> None:
    Authenticator.objects.create(user=manager, type=Authenticator.Type.TOTP, data={})
    assert "1 second factor taken away." in act(admin, "reset_second_factors", manager).text
    assert not Authenticator.objects.exists()


def test_covers_and_the_audit_trail_are_read_and_never_changed(
    admin: Client, supervisor: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    cover = CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    entry = AuditEntry.objects.get(verb="cover.arranged")
    for table, pk in (("staff/cover", cover.pk), ("core/auditentry", entry.pk)):
        assert admin.get(f"/admin/{table}/").status_code == 200
        assert admin.get(f"/admin/{table}/{pk}/change/").status_code == 200
        assert admin.post(f"/admin/{table}/{pk}/change/", {}).status_code == 403
        assert admin.get(f"/admin/{table}/add/").status_code == 403
        assert admin.get(f"/admin/{table}/{pk}/delete/").status_code == 403


@pytest.mark.parametrize("table", ["mfa/authenticator", "account/emailaddress", "auth/group"])
def test_the_tables_of_the_sign_in_are_not_edited_by_hand(admin: Client, table: str) -> None:
    assert admin.get(f"/admin/{table}/").status_code == 403


def test_the_password_is_changed_where_everybody_changes_it(admin: Client) -> None:
    response = admin.get("/admin/password_change/")
    assert response.headers["Location"] == "/accounts/password/change/"


@pytest.mark.parametrize("role", ["manager", "supervisor", "handler", "head_office"])
def test_others_do_not_come_in(
    request: pytest.FixtureRequest, admin: Client, signed_in: SignedIn, role: str
) -> None:
    client = signed_in(request.getfixturevalue(role))
    for page in (UNITS, PEOPLE, "/admin/staff/cover/", "/admin/core/auditentry/"):
        assert client.get(page, follow=True).status_code == 403
        assert admin.get(page).status_code == 200
