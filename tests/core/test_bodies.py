"""Bodies that are too large or of no known charset are refused before anything reads them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import FakePayload, RequestFactory
from django.urls import reverse, reverse_lazy

from core.bodies import LARGEST_OF_NOBODY
from staff.models import StaffUser
from vipcrm.wsgi import application

MEBIBYTE = 1024 * 1024
IMPORTS = reverse_lazy("exchange:roster_import_list")
SignedIn = Callable[[StaffUser], Client]


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, *_args: Any) -> bytes:
        raise AssertionError("The body was read.")


def send(client: Client, url: str, length: int, kind: str = "multipart/form-data") -> Any:
    """Send a body of a stated length that must not be read."""
    body: Any = FakePayload(b"")
    body.read = Unread().read
    stated: dict[str, Any] = {"CONTENT_LENGTH": str(length), "wsgi.input": body}
    return client.generic("POST", url, b"", content_type=f"{kind}; boundary=x", **stated)


def test_nobody_sends_a_file_before_signing_in(db: None) -> None:
    response = send(Client(), "/accounts/login/", LARGEST_OF_NOBODY + 1)
    assert response.status_code == 413
    assert "too large" in response.content.decode()


def test_signing_in_is_small_enough(db: None) -> None:
    response = Client().post("/accounts/login/", {"login": "1", "password": "x" * 1000})
    assert response.status_code == 200


def test_a_page_takes_two_mebibytes(manager: StaffUser, signed_in: SignedIn) -> None:
    assert (
        send(signed_in(manager), reverse("contacts:contact_list"), 2 * MEBIBYTE + 1).status_code
        == 413
    )


def test_a_page_of_files_takes_a_file(supervisor: StaffUser, signed_in: SignedIn) -> None:
    client = signed_in(supervisor)
    file = SimpleUploadedFile("a.csv", b"x" * (3 * MEBIBYTE))
    assert client.post(IMPORTS, {"file": file}).status_code in (200, 302)
    assert send(client, str(IMPORTS), 52 * MEBIBYTE).status_code == 413


def test_the_api_says_it_in_its_own_way(db: None) -> None:
    response = send(Client(), "/api/v1/customers/", 3 * MEBIBYTE, "application/json")
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_part_of_a_page_keeps_what_was_typed(manager: StaffUser, signed_in: SignedIn) -> None:
    client = signed_in(manager)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    response = send(client, reverse("contacts:contact_list"), 3 * MEBIBYTE)
    assert response.status_code == 413
    assert "toast" in response.headers["HX-Trigger"]


@pytest.mark.parametrize("charset", ["zlib", "hex", "utf-7", "gbk", "nonsense", "utf-16", "idna"])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"]
)
@pytest.mark.parametrize("url", ["/accounts/login/", "/api/v1/customers/"])
def test_no_page_falls_over_a_charset(db: None, url: str, kind: str, charset: str) -> None:
    environ = RequestFactory().generic("POST", url, b"x=1").environ
    environ |= {
        "CONTENT_TYPE": f"{kind}; charset={charset}; boundary=x",
        "QUERY_STRING": "q=%C4%E3",
        "HTTP_ACCEPT": "*/*",
    }
    statuses: list[str] = []
    start: Any = lambda status, *_: statuses.append(status)  # noqa: E731
    body = application(environ, start)
    assert b"".join(body)
    assert statuses[0][:3] in ("400", "404")
