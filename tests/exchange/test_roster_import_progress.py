"""The page that shows how far an import has come, and how it ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from exchange.models import INTERRUPTED, RosterImport
from exchange.services import roster_commit
from exchange.services.roster_commit import commit_piece, commit_roster, confirm_import
from staff.models import StaffUser
from tests.exchange.rosters import ROSTER, receive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
SignIn = Callable[[StaffUser], Client]
State = RosterImport.State


@pytest.fixture
def confirmed(administrator: StaffUser, monkeypatch: pytest.MonkeyPatch) -> RosterImport:
    monkeypatch.setattr(roster_commit, "PIECE", 300)
    received = receive(ROSTER, administrator)
    confirm_import(actor=administrator, roster_import=received)
    return received


def url_of(roster_import: RosterImport) -> str:
    return reverse("exchange:roster_import_progress", args=[roster_import.pk])


def test_the_bar_asks_again_until_the_end(
    signed_in: SignIn, administrator: StaffUser, confirmed: RosterImport
) -> None:
    client = signed_in(administrator)
    commit_piece(roster_import_id=confirmed.pk)
    page = client.get(url_of(confirmed)).content.decode()
    assert 'value="300" max="1191"' in page
    assert 'hx-trigger="every 1s"' in page
    part = client.get(url_of(confirmed), headers={"HX-Request": "true"}).content.decode()
    assert '<section id="_roster_import_progress"' in part
    assert "<html" not in part
    commit_roster(roster_import_id=confirmed.pk)
    done = client.get(url_of(confirmed), headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in done
    assert "The roster is imported." in done
    for count in ("1191", "9", "24"):
        assert f">{count}<" in done


def test_when_the_preview_is_ready_the_browser_goes_there(
    signed_in: SignIn, administrator: StaffUser
) -> None:
    received = receive(ROSTER, administrator)
    client = signed_in(administrator)
    preview = reverse("exchange:roster_import_preview", args=[received.pk])
    assert client.get(url_of(received), headers={"HX-Request": "true"})["HX-Redirect"] == preview
    assert client.get(url_of(received))["Location"] == preview


def test_a_file_that_is_being_read_shows_so(signed_in: SignIn, administrator: StaffUser) -> None:
    received = receive(ROSTER, administrator)
    RosterImport.objects.filter(pk=received.pk).update(state=State.PREVIEWING)
    page = signed_in(administrator).get(url_of(received)).content.decode()
    assert "The file is being read. 1200 rows so far." in page


@pytest.mark.parametrize(
    ("problem", "words", "goes_on"),
    [("password", "protected by a password", False), (INTERRUPTED, "go on with the rest", True)],
)
def test_a_failed_import_says_why_and_what_can_be_done(
    signed_in: SignIn, administrator: StaffUser, problem: str, words: str, goes_on: bool
) -> None:
    received = receive(ROSTER, administrator)
    RosterImport.objects.filter(pk=received.pk).update(state=State.FAILED, problem=problem)
    page = signed_in(administrator).get(url_of(received)).content.decode()
    assert words in page
    assert ("Go on with the rest" in page) is goes_on
