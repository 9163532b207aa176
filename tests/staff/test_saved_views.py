"""Saved views: whose they are, who sees shared ones, and that saving twice saves once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from core.models import AuditEntry
from staff import services
from staff.models import DefaultView, Role, SavedView, StaffUser
from tests.conftest import Company
from tests.factories import StaffUserFactory


def saved(owner: StaffUser, name: str = "钻卡", *, shared: bool = False) -> SavedView:
    return services.save_view(
        actor=owner,
        list_name="customers",
        name=name,
        query="tier=diamond",
        columns=["name", "tier"],
        shared=shared,
    )


def test_a_private_view_is_seen_by_its_owner_only(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, head_office: StaffUser
) -> None:
    view = saved(manager)
    assert list(SavedView.objects.visible_to(manager)) == [view]
    for other in (colleague, supervisor, head_office):
        assert not SavedView.objects.visible_to(other).exists()


def test_a_shared_view_is_seen_in_the_unit_and_below_it_and_nowhere_else(
    city_supervisor: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    company: Company,
) -> None:
    view = saved(city_supervisor, shared=True)
    above = StaffUserFactory(role=Role.SUPERVISOR, unit=company.province)
    for person in (city_supervisor, manager, other_manager):
        assert list(SavedView.objects.visible_to(person)) == [view]
    for person in (outsider, head_office, above):
        assert not SavedView.objects.visible_to(person).exists()


def test_only_the_owner_edits_and_the_units_supervisor_removes(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    shared, private = saved(manager, "共享", shared=True), saved(manager, "私有")
    for person in (colleague, supervisor):
        assert not SavedView.objects.editable_by(person).exists()
    assert set(SavedView.objects.removable_by(manager)) == {shared, private}
    assert list(SavedView.objects.removable_by(supervisor)) == [shared]
    assert not SavedView.objects.removable_by(colleague).exists()
    assert not SavedView.objects.removable_by(city_supervisor).exists()


def test_the_same_view_sent_twice_is_one(manager: StaffUser) -> None:
    assert saved(manager) == saved(manager)
    assert SavedView.objects.count() == AuditEntry.objects.filter(verb="view.saved").count() == 1


def test_a_name_is_taken_once_by_each_person_and_list(
    manager: StaffUser, colleague: StaffUser
) -> None:
    saved(manager)
    saved(colleague)
    with pytest.raises(ValidationError):
        services.save_view(
            actor=manager, list_name="customers", name="钻卡", query="", columns=[], shared=False
        )
    services.save_view(
        actor=manager, list_name="contacts", name="钻卡", query="", columns=[], shared=False
    )
    assert SavedView.objects.count() == 3


def test_who_has_no_unit_cannot_share(head_office: StaffUser) -> None:
    with pytest.raises(ValidationError):
        saved(head_office, shared=True)
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_how_many_one_person_keeps(
    manager: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.people, "MOST_VIEWS", 2)
    saved(manager, "一")
    saved(manager, "二")
    with pytest.raises(ValidationError):
        saved(manager, "三")


def test_a_change_is_audited_and_the_same_again_is_none(manager: StaffUser) -> None:
    view = saved(manager)
    for _twice in range(2):
        services.change_view(actor=manager, view=view, name="金卡", shared=True)
    view.refresh_from_db()
    assert (view.name, view.unit) == ("金卡", manager.unit)
    entry = AuditEntry.objects.get(verb="view.changed")
    assert entry.changes == {"name": ["钻卡", "金卡"], "unit_id": [None, manager.unit_id]}


def test_one_default_a_person_and_list_and_it_goes_with_the_view(
    manager: StaffUser, colleague: StaffUser
) -> None:
    first, second = saved(manager, "一", shared=True), saved(manager, "二")
    for view in (first, second, second):
        services.choose_default_view(actor=manager, list_name="customers", view=view)
    services.choose_default_view(actor=colleague, list_name="customers", view=first)
    assert DefaultView.objects.get(person=manager).view == second
    assert AuditEntry.objects.filter(verb="view.default_chosen").count() == 3
    services.choose_default_view(actor=manager, list_name="customers", view=None)
    services.remove_view(actor=manager, view=first)
    services.remove_view(actor=manager, view=first)
    assert not DefaultView.objects.exists()
    assert AuditEntry.objects.filter(verb="view.removed").count() == 1


@pytest.mark.parametrize(
    ("role", "may_export", "fits"),
    [
        (Role.MANAGER, True, True),
        (Role.SUPERVISOR, True, True),
        (Role.MANAGER, False, False),
        (Role.HEAD_OFFICE, True, False),
        (Role.ADMINISTRATOR, True, False),
    ],
)
def test_whole_numbers_are_for_managers_and_supervisors_who_may_export(
    company: Company, administrator: StaffUser, role: Role, may_export: bool, fits: bool
) -> None:
    person = StaffUserFactory(role=role, unit=company.district)
    person.may_export, person.may_export_numbers = may_export, True
    if fits:
        services.change_staff(actor=administrator, user=person)
        assert person.exports_numbers
        changes = AuditEntry.objects.get(verb="staff.permissions_changed").changes
        assert changes["may_export_numbers"] == [False, True]
    else:
        with pytest.raises(ValidationError):
            services.change_staff(actor=administrator, user=person)
        assert not person.exports_numbers
