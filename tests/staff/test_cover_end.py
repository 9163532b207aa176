"""The page that ends a cover."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from staff.models import Cover, StaffUser
from tests.factories import CoverFactory

pytestmark = pytest.mark.django_db

SignedIn = Callable[[StaffUser], Client]


@pytest.fixture
def cover(supervisor: StaffUser, manager: StaffUser, colleague: StaffUser) -> Cover:
    return CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)


def end_of(cover: Cover) -> str:
    return f"/staff/covers/{cover.pk}/end/"


def test_a_supervisor_is_asked_and_then_ends_it(
    cover: Cover, supervisor: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(supervisor)
    page = client.get(end_of(cover))
    assert "李经理 stands in for 王经理" in page.text
    cover.refresh_from_db()
    assert cover.cancelled_at is None
    response = client.post(end_of(cover), follow=True)
    assert "The cover has ended." in response.text
    cover.refresh_from_db()
    assert cover.cancelled_at is not None


def test_ending_it_in_two_tabs_is_ending_it_once(
    cover: Cover, supervisor: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(supervisor)
    client.post(end_of(cover))
    first = Cover.objects.get().cancelled_at
    assert client.post(end_of(cover)).status_code == 302
    assert Cover.objects.get().cancelled_at == first


@pytest.mark.parametrize(
    "role", ["manager", "colleague", "handler", "head_office", "administrator", "outsider"]
)
def test_nobody_else_ends_it(
    request: pytest.FixtureRequest,
    cover: Cover,
    supervisor: StaffUser,
    signed_in: SignedIn,
    role: str,
) -> None:
    person: StaffUser = request.getfixturevalue(role)
    for answer in (signed_in(person).get, signed_in(person).post):
        assert answer(end_of(cover)).status_code == 404
    cover.refresh_from_db()
    assert cover.cancelled_at is None
    assert signed_in(supervisor).post(end_of(cover)).status_code == 302


def test_another_units_cover_is_not_there(
    cover: Cover, other_manager: StaffUser, city_supervisor: StaffUser, signed_in: SignedIn
) -> None:
    StaffUser.objects.filter(pk=other_manager.pk).update(role="supervisor")
    assert signed_in(other_manager).post(end_of(cover)).status_code == 404
    assert signed_in(city_supervisor).post(end_of(cover)).status_code == 302
