"""Nothing that the product answers is kept by browsers or proxies, whatever the status."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.views.decorators.cache import cache_control

from core.middleware import NoStoreMiddleware
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.guards.test_routes import assert_not_kept

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        *("/admin/", "/admin/staff/staffuser/", "/admin/core/auditentry/", "/admin/jsi18n/"),
        *("/accounts/login/", "/accounts/2fa/", "/accounts/password/change/"),
        *("/accounts/password/reset/", "/accounts/logout/", "/healthz", "/readyz"),
        *("/nowhere", "/customers/999999/", "/api/v1/nowhere", "/api/v1/customers/999999/"),
        *("/staff/profile", "/api/v1/schema/", "/accounts/2fa/totp/activate/"),
    ],
)
def test_pages_of_the_library_and_errors_are_not_kept(
    administrator: StaffUser, address: str
) -> None:
    signed_in = Client()
    signed_in.force_login(administrator)
    for client in (signed_in, Client()):
        assert_not_kept(client.get(address))
        assert_not_kept(client.post(address))


def test_a_fault_is_not_kept(administrator: StaffUser, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(administrator)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("staff.views.render", fail)
    answer = client.get("/staff/profile/")
    assert answer.status_code == 500
    assert_not_kept(answer)


def test_a_view_that_may_be_kept_says_so_itself() -> None:
    @cache_control(private=True, max_age=60)
    def open_to_all(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("x")

    answer = NoStoreMiddleware(open_to_all)(RequestFactory().get("/"))
    assert answer.headers["Cache-Control"] == "private, max-age=60"


def test_the_api_still_answers_conditional_requests(manager: StaffUser) -> None:
    client = Client()
    client.force_login(manager)
    address = f"/api/v1/customers/{CustomerFactory(manager=manager).pk}/"
    first = client.get(address)
    assert_not_kept(first)
    etag = first.headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert again.status_code in (200, 304)
    assert_not_kept(again)
    changed = client.patch(
        address, {"name": "新名"}, content_type="application/json", headers={"If-Match": etag}
    )
    assert changed.status_code == 200
