"""The page where rosters are sent, and who may see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from exchange.models import RosterImport
from exchange.services import receiving
from staff.models import StaffUser
from tests.exchange.rosters import HEADINGS, ROSTER, receive, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
SignIn = Callable[[StaffUser], Client]
URL = "/exchange/rosters/"


def send(client: Client, content: bytes, name: str = "roster.xlsx") -> HttpResponse:
    answer: Any = client.post(URL, {"file": SimpleUploadedFile(name, content)})
    return answer  # type: ignore[no-any-return]


@pytest.mark.parametrize("role", ["administrator", "supervisor"])
def test_administrators_and_supervisors_import(
    request: pytest.FixtureRequest, signed_in: SignIn, role: str
) -> None:
    page = signed_in(request.getfixturevalue(role)).get(URL)
    assert page.status_code == 200
    assert b"multipart/form-data" in page.content


@pytest.mark.parametrize("role", ["manager", "handler", "head_office"])
def test_to_others_the_pages_are_not_there(
    request: pytest.FixtureRequest, signed_in: SignIn, administrator: StaffUser, role: str
) -> None:
    received = receive(ROSTER, administrator)
    person = request.getfixturevalue(role)
    RosterImport.objects.filter(pk=received.pk).update(uploaded_by=person)
    client = signed_in(person)
    pages = [URL] + [
        reverse(f"exchange:{name}", args=[received.pk])
        for name in (
            "roster_import_mapping",
            "roster_import_preview",
            "roster_import_progress",
            "roster_import_rejected",
        )
    ]
    assert {client.get(page).status_code for page in pages} == {404}
    assert client.post(pages[2]).status_code == 404
    assert send(client, ROSTER.read_bytes()).status_code == 404
    assert not Customer.objects.exists()
    assert RosterImport.objects.count() == 1


def test_a_supervisor_sees_only_the_own_imports(
    signed_in: SignIn, administrator: StaffUser, supervisor: StaffUser
) -> None:
    theirs, own = receive(ROSTER, administrator), receive(ROSTER, supervisor)
    client = signed_in(supervisor)
    shown = [row.pk for row, _ in client.get(URL).context["imports"]]
    assert shown == [own.pk]
    pages = {pk: reverse("exchange:roster_import_preview", args=[pk]) for pk in (theirs.pk, own.pk)}
    assert client.get(pages[own.pk]).status_code == 200
    assert client.get(pages[theirs.pk]).status_code == 404
    assert client.post(pages[theirs.pk]).status_code == 404
    everything = signed_in(administrator).get(URL).context["imports"]
    assert {row.pk for row, _ in everything} == {theirs.pk, own.pk}


def test_a_small_roster_leads_straight_to_its_preview(
    signed_in: SignIn, administrator: StaffUser
) -> None:
    answer = send(signed_in(administrator), ROSTER.read_bytes())
    received = RosterImport.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}{received.pk}/preview/")
    assert str(received.file.name).startswith("roster-imports/")
    assert not str(received.file.name).endswith(".xlsx")


def test_a_large_roster_is_read_in_the_background(
    signed_in: SignIn, administrator: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "AT_ONCE_BYTES", 1000)
    answer = send(signed_in(administrator), ROSTER.read_bytes())
    received = RosterImport.objects.get()
    assert answer["Location"] == f"{URL}{received.pk}/"
    assert received.state == RosterImport.State.UPLOADED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "not a spreadsheet"),
        (ROSTER.read_bytes()[:5000], "is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is damaged"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "very old Excel version"),
        (b"a\n1\n", "No row with headings"),
        ('客户编号,姓名\nB1,"王\n'.encode(), "in row 2 is not closed"),
    ],
)
def test_a_bad_file_is_told_on_the_page_and_changes_nothing(
    signed_in: SignIn, administrator: StaffUser, content: bytes, words: str
) -> None:
    answer = send(signed_in(administrator), content)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Customer.objects.exists()
    assert set(RosterImport.objects.values_list("state", flat=True)) == {"failed"}


def test_a_file_that_is_too_large_is_not_even_kept(
    signed_in: SignIn, administrator: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.forms.MAX_UPLOAD_BYTES", 100)
    answer = send(signed_in(administrator), bytes(101))
    assert answer.status_code == 422
    assert "larger than 50 MB" in answer.content.decode()
    assert not RosterImport.objects.exists()


def test_storage_that_is_full_is_told_and_leaves_nothing(
    signed_in: SignIn, administrator: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    answer = send(signed_in(administrator), ROSTER.read_bytes())
    assert answer.status_code == 422
    assert "could not be kept" in answer.content.decode()
    assert not RosterImport.objects.exists()


def test_no_file_at_all_is_told(signed_in: SignIn, administrator: StaffUser) -> None:
    assert signed_in(administrator).post(URL, {}).status_code == 422
    assert not RosterImport.objects.exists()


def test_a_name_that_points_elsewhere_is_only_a_name(
    signed_in: SignIn, administrator: StaffUser, workbook: Callable[..., Path]
) -> None:
    content = workbook([HEADINGS, row_of("B1")]).read_bytes()
    send(signed_in(administrator), content, name="../../etc/<b>x</b>.xlsx")
    received = RosterImport.objects.get()
    assert str(received.file.name).startswith("roster-imports/")
    page = signed_in(administrator).get(URL).content.decode()
    assert "<b>x</b>" not in page


def test_the_list_costs_the_same_for_one_import_and_for_thirty(
    signed_in: SignIn, administrator: StaffUser, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(administrator)

    def statements() -> int:
        with django_assert_max_num_queries(100) as captured:
            client.get(URL)
        return len(captured)

    receive(ROSTER, administrator)
    client.get(URL)
    few = statements()
    first = RosterImport.objects.get()
    for _ in range(29):
        first.pk = None
        first.save()
    assert statements() == few
