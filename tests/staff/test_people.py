"""People: what must not be is refused, and every change is written down."""

from __future__ import annotations

from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.models import AuditEntry
from staff import services
from staff.models import ROLES_WITH_UNIT, Role, StaffUser
from tests.conftest import Company
from tests.factories import PASSWORD, StaffUserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ROLES_WITH_UNIT)
def test_who_works_in_a_unit_has_one(company: Company, role: Role) -> None:
    with pytest.raises(ValidationError, match="belong to a unit"):
        services.create_staff(actor=None, staff_number="1", name="甲", role=role)
    made = services.create_staff(
        actor=None, staff_number="1", name="甲", role=role, unit=company.district
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffUser.objects.filter(pk=made.pk).update(unit=None)


@pytest.mark.parametrize("role", [Role.HEAD_OFFICE, Role.ADMINISTRATOR])
def test_head_office_and_administrators_need_no_unit(role: Role) -> None:
    assert services.create_staff(actor=None, staff_number="1", name="甲", role=role).pk


def test_the_database_knows_the_roles(manager: StaffUser) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffUser.objects.filter(pk=manager.pk).update(role="queen")


def test_a_staff_number_and_an_address_belong_to_one_person(company: Company) -> None:
    StaffUserFactory(staff_number="77", email="a@example.com", unit=company.district)
    make = partial(StaffUser.objects.create_user, name="乙", unit=company.district)
    with pytest.raises(ValidationError, match="Somebody with this staff number"):
        make("77")
    with pytest.raises(ValidationError, match="Somebody with this e-mail address"):
        make("78", email="a@example.com")
    assert StaffUserFactory(unit=company.district).email == ""
    assert StaffUserFactory(unit=company.district).email == ""


def test_a_person_without_a_password_cannot_be_signed_in_as(company: Company) -> None:
    made = services.create_staff(
        actor=None, staff_number="1", name="甲", role=Role.MANAGER, unit=company.district
    )
    assert not made.has_usable_password()
    assert not made.check_password("")


def test_a_change_is_written_down_with_both_values(
    company: Company, manager: StaffUser, administrator: StaffUser
) -> None:
    manager.unit, manager.name = company.other_district, "王新"
    services.change_staff(actor=administrator, user=manager)
    entry = AuditEntry.objects.get(verb="staff.changed")
    assert (entry.actor, entry.object_id) == (administrator, manager.pk)
    assert entry.changes == {
        "name": ["王经理", "王新"],
        "unit_id": [company.district.pk, company.other_district.pk],
    }
    services.change_staff(actor=administrator, user=manager)
    assert AuditEntry.objects.filter(verb="staff.changed").count() == 1


def test_a_refused_change_leaves_nothing_behind(
    manager: StaffUser, administrator: StaffUser
) -> None:
    manager.unit = None
    with pytest.raises(ValidationError):
        services.change_staff(actor=administrator, user=manager)
    assert StaffUser.objects.get(pk=manager.pk).unit is not None
    assert not AuditEntry.objects.filter(verb="staff.changed").exists()


@pytest.mark.parametrize(("field", "value"), [("is_active", False), ("role", Role.HEAD_OFFICE)])
def test_administrators_do_not_lock_themselves_out(
    administrator: StaffUser, field: str, value: object
) -> None:
    other = StaffUserFactory(role=Role.ADMINISTRATOR, unit=None)
    setattr(administrator, field, value)
    with pytest.raises(ValidationError, match="cannot take the administration from yourself"):
        services.change_staff(actor=administrator, user=administrator)
    services.change_staff(actor=other, user=administrator)
    administrator.refresh_from_db()
    assert getattr(administrator, field) == value


def test_a_new_password_is_written_down_but_not_shown(
    manager: StaffUser, administrator: StaffUser
) -> None:
    services.set_password(actor=administrator, user=manager, password="Another-word-8")
    manager.refresh_from_db()
    assert manager.check_password("Another-word-8")
    assert not manager.check_password(PASSWORD)
    assert AuditEntry.objects.get(verb="staff.password_changed").changes == {}


def test_only_active_people_are_invited(manager: StaffUser, administrator: StaffUser) -> None:
    services.record_invitation(actor=administrator, user=manager)
    assert AuditEntry.objects.get(verb="staff.invited").object_id == manager.pk
    manager.is_active = False
    with pytest.raises(ValidationError, match="Only active people"):
        services.record_invitation(actor=administrator, user=manager)


def test_second_factors_are_taken_away_once(manager: StaffUser, administrator: StaffUser) -> None:
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=manager, type=kind, data={})
    assert services.reset_second_factor(actor=administrator, user=manager) == 2
    assert services.reset_second_factor(actor=administrator, user=manager) == 0
    entry = AuditEntry.objects.get(verb="staff.second_factor_reset")
    assert entry.changes == {"second_factors": [2, 0]}


def test_spare_codes_alone_are_no_second_factor(manager: StaffUser) -> None:
    Authenticator.objects.create(user=manager, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert not services.second_factors().exists()
    Authenticator.objects.create(user=manager, type=Authenticator.Type.TOTP, data={})
    assert services.second_factors().count() == 1


def test_a_superuser_is_an_administrator() -> None:
    made = StaffUser.objects.create_superuser("1", "A-long-word-5", name="甲")
    assert made.is_staff
    assert made.has_perm("staff.change_unit")
    assert not made.has_perm("mfa.change_authenticator")


def test_an_inactive_administrator_administers_nothing(administrator: StaffUser) -> None:
    assert administrator.has_perms(["staff.change_unit", "core.view_auditentry"])
    administrator.is_active = False
    assert not administrator.is_staff
    assert not administrator.has_module_perms("staff")
