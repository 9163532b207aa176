"""The outbox: work asked for by a committed change is done, whatever the broker does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Task, current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from core import clock, outbox
from core.models import OutboxTask
from core.tasks import relay_outbox

pytestmark = pytest.mark.django_db

TASK = "tests.core.noted"
CaptureOnCommit = Callable[..., Any]


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """A task whose sendings are noted; the real broker is not asked."""

    @shared_task(name=TASK)
    def note(**kwargs: Any) -> None:
        raise AssertionError("sent, not run")

    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Task, "apply_async", lambda self, kwargs: sent.append(kwargs), raising=True)
    yield sent
    current_app.tasks.pop(TASK)


@pytest.fixture
def broker_is_away(noted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(Task, "apply_async", refuse)


def make_older(row: OutboxTask, by: timedelta) -> None:
    OutboxTask.objects.filter(pk=row.pk).update(created_at=clock.now() - by)


def test_the_task_is_sent_after_the_commit_and_not_before(
    noted: list[dict[str, Any]], django_capture_on_commit_callbacks: CaptureOnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = outbox.enqueue(TASK, customer_id=7)
        assert noted == []
    assert noted == [{"customer_id": 7}]
    row.refresh_from_db()
    assert row.sent_at is not None


def test_a_change_that_is_rolled_back_asks_for_nothing(
    noted: list[dict[str, Any]], django_capture_on_commit_callbacks: CaptureOnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        outbox.enqueue(TASK)
        transaction.set_rollback(True)
    assert noted == []
    assert not OutboxTask.objects.exists()


@pytest.mark.usefixtures("broker_is_away")
def test_a_dead_broker_does_not_fail_the_change(
    django_capture_on_commit_callbacks: CaptureOnCommit,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = outbox.enqueue(TASK)
    row.refresh_from_db()
    assert row.sent_at is None


def test_the_relay_sends_what_was_left_behind_once(noted: list[dict[str, Any]]) -> None:
    row = outbox.enqueue(TASK, n=1)
    make_older(row, timedelta(minutes=1))
    assert relay_outbox() == 1
    assert noted == [{"n": 1}]
    assert relay_outbox() == 0
    assert noted == [{"n": 1}]


def test_the_relay_leaves_alone_what_was_asked_for_just_now(noted: list[dict[str, Any]]) -> None:
    outbox.enqueue(TASK)
    assert outbox.relay() == 0
    assert noted == []


@pytest.mark.usefixtures("broker_is_away")
def test_the_relay_keeps_what_the_broker_still_refuses() -> None:
    row = outbox.enqueue(TASK)
    make_older(row, timedelta(minutes=1))
    assert outbox.relay() == 0
    row.refresh_from_db()
    assert row.sent_at is None


def test_the_relay_clears_away_what_was_sent_long_ago(noted: list[dict[str, Any]]) -> None:
    old, young = outbox.enqueue(TASK), outbox.enqueue(TASK)
    OutboxTask.objects.filter(pk=old.pk).update(sent_at=clock.now() - timedelta(days=8))
    OutboxTask.objects.filter(pk=young.pk).update(sent_at=clock.now() - timedelta(days=6))
    outbox.relay()
    assert list(OutboxTask.objects.all()) == [young]
