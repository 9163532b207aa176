"""Who may see whom: units, people, covers. Closed when unsure."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from staff.models import Cover, Role, StaffUser, Unit
from staff.querysets import ScopedQuerySet
from staff.rules import Scope
from tests.conftest import Company
from tests.factories import CoverFactory, StaffUserFactory

pytestmark = pytest.mark.django_db


def fresh(user: StaffUser) -> StaffUser:
    return StaffUser.objects.select_related("unit").get(pk=user.pk)


def test_a_manager_sees_own_unit_own_row_and_nobody_else(
    manager: StaffUser, colleague: StaffUser, other_manager: StaffUser, outsider: StaffUser
) -> None:
    assert list(Unit.objects.visible_to(manager)) == [manager.unit]
    assert list(StaffUser.objects.visible_to(manager)) == [manager]
    assert not StaffUser.objects.editable_by(manager).exists()


def test_a_manager_sees_whom_the_manager_stands_in_for(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    cover = CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    assert set(StaffUser.objects.visible_to(fresh(manager))) == {manager, colleague}
    assert fresh(manager).scope.manager_ids == {manager.pk, colleague.pk}
    assert list(Cover.objects.visible_to(fresh(manager))) == [cover]
    assert list(Cover.objects.visible_to(fresh(colleague))) == [cover]
    assert not Cover.objects.editable_by(fresh(manager)).exists()


def test_a_supervisor_sees_the_unit_and_all_below_it(
    company: Company,
    manager: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    assert list(Unit.objects.visible_to(supervisor)) == [company.district]
    assert set(StaffUser.objects.visible_to(supervisor)) == {manager, supervisor}
    assert set(Unit.objects.visible_to(city_supervisor)) == {
        company.city,
        company.district,
        company.other_district,
    }
    assert set(StaffUser.objects.visible_to(city_supervisor)) == {
        manager,
        other_manager,
        supervisor,
        city_supervisor,
    }


def test_covers_follow_the_unit_of_the_covered_manager(
    manager: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
    outsider: StaffUser,
) -> None:
    cover = CoverFactory(manager=other_manager, stand_in=manager, arranged_by=city_supervisor)
    assert not Cover.objects.visible_to(fresh(supervisor)).exists()
    assert list(Cover.objects.visible_to(fresh(city_supervisor))) == [cover]
    assert list(Cover.objects.editable_by(fresh(city_supervisor))) == [cover]
    assert list(Cover.objects.visible_to(head_office)) == [cover]
    assert not Cover.objects.editable_by(head_office).exists()
    assert not Cover.objects.visible_to(outsider).exists()


def test_head_office_sees_everything_and_changes_nothing(
    head_office: StaffUser, manager: StaffUser, outsider: StaffUser
) -> None:
    assert set(StaffUser.objects.visible_to(head_office)) == {head_office, manager, outsider}
    assert Unit.objects.visible_to(head_office).count() == Unit.objects.count()
    assert not StaffUser.objects.editable_by(head_office).exists()
    assert not Unit.objects.editable_by(head_office).exists()


def test_an_administrator_keeps_units_and_people_and_serves_nobody(
    administrator: StaffUser, manager: StaffUser
) -> None:
    assert set(StaffUser.objects.editable_by(administrator)) == {administrator, manager}
    assert Unit.objects.editable_by(administrator).count() == Unit.objects.count()
    assert administrator.scope == Scope(user_id=administrator.pk)


@pytest.mark.parametrize("role", list(Role))
def test_who_has_left_sees_nothing(company: Company, role: Role) -> None:
    person = StaffUserFactory(role=role, unit=company.district)
    assert fresh(person).scope.user_id == person.pk
    StaffUser.objects.filter(pk=person.pk).update(is_active=False)
    assert fresh(person).scope == Scope()
    assert not StaffUser.objects.visible_to(fresh(person)).exists()
    assert not Unit.objects.visible_to(fresh(person)).exists()


def test_who_is_not_signed_in_sees_nothing(manager: StaffUser) -> None:
    for model in (StaffUser, Unit, Cover):
        assert not model.objects.visible_to(AnonymousUser()).exists()
        assert not model.objects.editable_by(AnonymousUser()).exists()


def test_a_queryset_without_a_scope_of_its_own_shows_nothing(
    supervisor: StaffUser, head_office: StaffUser
) -> None:
    plain: ScopedQuerySet[StaffUser] = ScopedQuerySet(StaffUser)
    assert not plain.visible_to(supervisor).exists()
    assert not plain.editable_by(supervisor).exists()
    assert plain.visible_to(head_office).exists()


def test_a_scope_is_asked_once_and_forgotten_when_the_row_is_loaded_anew(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    person = fresh(manager)
    assert person.scope is person.scope
    CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    assert colleague.pk not in person.scope.manager_ids
    person.refresh_from_db()
    assert colleague.pk in person.scope.manager_ids
