"""Which language people are spoken to in, where their request asks for none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from staff.models import StaffUser
from tests.api import problem, system
from tests.factories import StaffUserFactory
from tests.pages import HTMX
from tests.workplans.plans_of import a_plan, an_item
from workplans.services.feeds import feed_of, make_feed

PAGE = "/staff/profile/"
CHINESE, ENGLISH = ({"Accept-Language": one} for one in ("zh-CN,zh;q=0.9", "en-GB,en;q=0.5"))
SignedIn = Callable[[StaffUser], Client]


def kept(person: StaffUser) -> str:
    return str(StaffUser.objects.values_list("language", flat=True).get(pk=person.pk))


def writes(client: Client, headers: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(PAGE, headers=headers).status_code == 200
    return sum(one["sql"].startswith("UPDATE") for one in asked.captured_queries)


def test_the_language_of_a_page_is_kept_with_one_write(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    browser = signed_in(manager)
    assert [writes(browser, CHINESE) for _ in range(3)] == [1, 0, 0]
    assert kept(manager) == "zh-hans"
    assert writes(browser, ENGLISH) == 1
    assert kept(manager) == "en"


@pytest.mark.parametrize(
    ("page", "headers"),
    [
        (PAGE, {}),
        (PAGE, {"Accept-Language": "fr"}),
        (PAGE, {"Accept-Language": "*"}),
        (PAGE, {**CHINESE, **HTMX}),
        ("/api/v1/units/", CHINESE),
        ("/healthz", CHINESE),
    ],
)
def test_what_is_no_page_read_in_a_language_of_ours_keeps_nothing(
    page: str, headers: dict[str, str], manager: StaffUser, signed_in: SignedIn
) -> None:
    browser = signed_in(manager)
    browser.get(PAGE, headers=ENGLISH)
    assert browser.get(page, headers=headers).status_code == 200
    assert kept(manager) == "en"


def test_switching_keeps_the_language_at_once(manager: StaffUser, signed_in: SignedIn) -> None:
    browser = signed_in(manager)
    browser.post("/i18n/setlang/", {"language": "zh-hans", "next": PAGE}, headers=ENGLISH)
    assert kept(manager) == "zh-hans"
    browser.get(PAGE, headers=ENGLISH)
    assert kept(manager) == "zh-hans"


def test_nobody_signed_in_switches_for_nobody(client: Client, db: None) -> None:
    assert client.post("/i18n/setlang/", {"language": "zh-hans"}).status_code == 302


def test_pages_and_the_api_speak_it_where_nothing_is_asked_for(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    browser = signed_in(manager)
    browser.get(PAGE, headers=CHINESE)
    page = browser.get(PAGE)
    assert '<html lang="zh-hans"' in page.text
    assert page.headers["Content-Language"] == "zh-hans"
    assert problem(browser.get("/api/v1/customers/0/"))["title"] == "未找到"
    assert problem(browser.get("/api/v1/customers/0/", headers=ENGLISH))["title"] == "Not found"


def test_a_key_is_answered_in_the_language_of_the_installation(
    administrator: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _client, asking = system(administrator)
    assert problem(asking.get("/api/v1/customers/0/"))["title"] == "Not found"
    monkeypatch.setattr(settings, "LANGUAGE_CODE", "zh-hans")
    assert problem(asking.get("/api/v1/customers/0/"))["title"] == "未找到"


def invited_by(browser: Client, person: StaffUser, headers: dict[str, str]) -> str:
    data = {"action": "mail_invitations", "_selected_action": [person.pk], "index": 0}
    assert browser.post("/admin/staff/staffuser/", data, headers=headers).status_code == 302
    (letter,) = mail.outbox
    return f"{letter.subject} {letter.body}"


@pytest.mark.parametrize(
    ("own", "sender_s", "is_chinese"),
    [("zh-hans", ENGLISH, True), ("en", CHINESE, False), ("", CHINESE, True)],
)
def test_a_mail_speaks_the_language_of_who_reads_it(
    own: str,
    sender_s: dict[str, str],
    is_chinese: bool,
    administrator: StaffUser,
    signed_in: SignedIn,
) -> None:
    person = StaffUserFactory(email="a@example.com", language=own, name="A")
    words = invited_by(signed_in(administrator), person, sender_s)
    assert bool(re.search("[一-鿿]", words)) is is_chinese


@pytest.mark.usefixtures("frozen")
def test_a_feed_of_who_never_read_a_page_speaks_the_installation_s(
    manager: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_item(a_plan(manager))
    key = make_feed(actor=manager)
    assert "1 other item" in (feed_of(key) or b"").decode()
    monkeypatch.setattr(settings, "LANGUAGE_CODE", "zh-hans")
    assert "1 other item" not in (feed_of(key) or b"").decode()
    assert "1 other item" in (feed_of(key, language="en") or b"").decode()
