"""The unit tree: paths, names, moves."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.models import AuditEntry
from staff import services
from staff.models import StaffUser, Unit
from tests.conftest import Company

pytestmark = pytest.mark.django_db


def paths_are_right() -> bool:
    return all(
        unit.path == f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
        and unit.full_name == (f"{unit.parent.full_name}/" if unit.parent else "") + unit.name
        for unit in Unit.objects.select_related("parent")
    )


def test_a_unit_knows_its_way_from_the_root(company: Company) -> None:
    path = f"/{company.province.pk}/{company.city.pk}/{company.district.pk}/"
    assert company.district.path == path
    assert company.district.full_name == "江海省/滨江市/东城区"
    assert company.city.contains(company.district)
    assert company.city.contains(company.city)
    assert not company.district.contains(company.city)


def test_a_unit_takes_the_time_zone_of_the_one_above(company: Company) -> None:
    company.city.time_zone = "Asia/Urumqi"
    services.save_unit(actor=None, unit=company.city)
    unit = services.create_unit(actor=None, name=" 新区 ", parent=company.city)
    assert (unit.name, unit.time_zone) == ("新区", "Asia/Urumqi")


def test_a_moved_unit_takes_all_below_it_along(company: Company, administrator: StaffUser) -> None:
    company.city.parent = company.other_city
    services.save_unit(actor=administrator, unit=company.city)
    assert paths_are_right()
    company.district.refresh_from_db()
    assert company.district.full_name == "江海省/临山市/滨江市/东城区"


def test_a_renamed_unit_renames_all_below_it(company: Company, administrator: StaffUser) -> None:
    company.province.name = "江海"
    services.save_unit(actor=administrator, unit=company.province)
    assert paths_are_right()
    entry = AuditEntry.objects.get(verb="unit.changed")
    assert entry.actor == administrator
    assert entry.changes == {"name": ["江海省", "江海"]}


def test_ids_that_begin_alike_are_not_below_one_another(company: Company) -> None:
    lookalike = Unit.objects.create(
        name="x", path=f"{company.city.path[:-1]}9/", full_name="lookalike"
    )
    assert lookalike not in Unit.objects.within(company.city.path)


@pytest.mark.parametrize("below", ["city", "district"])
def test_a_unit_cannot_come_to_stand_below_itself(company: Company, below: str) -> None:
    company.city.parent = getattr(company, below)
    with pytest.raises(ValidationError, match="cannot belong to itself"):
        services.save_unit(actor=None, unit=company.city)


@pytest.mark.parametrize("name", ["", "  ", "东/城"])
def test_a_name_is_not_empty_and_holds_no_slash(company: Company, name: str) -> None:
    with pytest.raises(ValidationError):
        services.create_unit(actor=None, name=name, parent=company.city)


def test_a_name_is_taken_once_under_one_parent(company: Company) -> None:
    with pytest.raises(ValidationError, match="A unit of this name is there already"):
        services.create_unit(actor=None, name="东城区", parent=company.city)
    with pytest.raises(ValidationError, match="A unit of this name is there already"):
        services.create_unit(actor=None, name="江海省")
    assert services.create_unit(actor=None, name="东城区", parent=company.other_city).pk


def test_the_database_refuses_a_second_name_and_an_empty_one(company: Company) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(name="东城区", parent=company.city, path="/x/", full_name="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(name="", path="/y/", full_name="y")


def test_a_time_zone_exists(company: Company) -> None:
    company.district.time_zone = "Asia/Nowhere"
    with pytest.raises(ValidationError, match="is not a time zone"):
        services.save_unit(actor=None, unit=company.district)


def test_only_who_may_handle_complaints_is_the_handler(
    company: Company, handler: StaffUser, supervisor: StaffUser, manager: StaffUser
) -> None:
    for person in (handler, supervisor):
        company.district.complaint_handler = person
        services.save_unit(actor=None, unit=company.district)
    company.district.complaint_handler = manager
    with pytest.raises(ValidationError, match="can handle complaints"):
        services.save_unit(actor=None, unit=company.district)


def test_saving_what_did_not_change_writes_no_entry(company: Company) -> None:
    before = AuditEntry.objects.count()
    services.save_unit(actor=None, unit=company.district)
    assert AuditEntry.objects.count() == before
