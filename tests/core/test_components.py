"""The shared pieces of pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from django.utils.timesince import timeuntil

from core.context_processors import site
from core.models import OutboxTask
from core.pagination import Page
from core.templatetags.ui import days_left

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-3, "3 days overdue"),
        (-1, "1 day overdue"),
        (0, "due today"),
        (1, "in 1 day"),
        (7, "in 7 days"),
        (30, "12/23/2026"),
    ],
)
def test_a_due_date_says_how_long_is_left(days: int, words: str) -> None:
    context = {"due": TODAY + timedelta(days=days), "today": TODAY}
    assert words in render_to_string("components/_due.html", context)


def test_without_a_due_date_there_is_a_dash() -> None:
    assert "—" in render_to_string("components/_due.html", {"due": None, "today": TODAY})


def test_days_count_from_the_day_given() -> None:
    assert days_left(date(2026, 12, 1), TODAY) == 8
    assert days_left(None, TODAY) is None


@pytest.mark.parametrize(
    ("tier", "words", "mark"),
    [
        ("diamond", "Diamond", "#diamond-filled"),
        ("gold", "Gold", "#star-filled"),
        ("silver", "Silver", "#circle"),
    ],
)
def test_each_tier_has_its_word_and_its_own_shape(tier: str, words: str, mark: str) -> None:
    html = render_to_string("components/_tier_badge.html", {"tier": tier})
    assert words in html
    assert mark in html


def test_the_pager_keeps_the_filters() -> None:
    request = RequestFactory().get("/?tier=gold&cursor=old")
    page: Page[OutboxTask] = Page(rows=[], next_cursor="new", previous_cursor=None)
    html = render_to_string("components/_pager.html", {"page": page}, request)
    assert "tier=gold&amp;cursor=new" in html
    assert "Previous page" not in html


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("auto", "auto"), ("x", "auto")])
def test_the_theme_is_what_the_cookie_says_or_left_to_the_device(cookie: str, theme: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert site(request)["theme"] == theme


def test_dates_follow_the_language() -> None:
    with translation.override("zh-hans"):
        html = render_to_string("components/_due.html", {"due": date(2027, 1, 31), "today": TODAY})
    assert "2027年1月31日" in html


@pytest.mark.parametrize(
    ("language", "word", "meaning"),
    [
        ("en", "Simulated", "not the life of a real customer"),
        ("zh-hans", "模拟数据", "并非真实客户"),
    ],
)
def test_what_is_simulated_says_so_to_eyes_and_ears(language: str, word: str, meaning: str) -> None:
    with translation.override(language):
        badge = render_to_string("retention/_simulated.html")
    assert f">{word}<" in badge
    assert meaning in badge.partition("title=")[2].partition(">")[0]
    assert meaning in badge.partition("visually-hidden")[2]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_running_clock_has_the_words_of_the_server(language: str) -> None:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    with translation.override(language):
        page = Template("{% load core_tags %}{% clock_words %}").render(Context())
        shown = timeuntil(now + timedelta(days=1, hours=2), now)
    words = {unit: page.split(f'data-{unit}="')[1].split('"')[0] for unit in ("days", "hours")}
    joint = page.split('data-joint="')[1].split('"')[0]
    one, several = words["days"].split("|")[0], words["hours"].split("|")[1]
    assert joint.join([one.replace("#", "1"), several.replace("#", "2")]) == shown
