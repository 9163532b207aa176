"""Jobs of the exchange app. Each may run twice and side by side."""

from __future__ import annotations

from collections.abc import Callable

from celery import shared_task
from django.db import IntegrityError, OperationalError

from exchange.models import INTERRUPTED, UNREAD
from exchange.services import (
    departure_import,
    exports,
    roster_commit,
    roster_import,
    usage_import,
)

# A lost database comes back; a number that somebody took meanwhile is seen the second time.
PASSING = (OperationalError, IntegrityError)
RETRIES = 8
RETRY_SECONDS = 5


@shared_task(
    name="exchange.tasks.read_roster",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def read_roster(roster_import_id: int) -> None:
    """Find the headings of a received roster; preview it where all are known."""
    _or_fail(roster_import_id, roster_import.read_roster, UNREAD)


@shared_task(
    name="exchange.tasks.preview_roster",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def preview_roster(roster_import_id: int) -> None:
    """Prepare the preview of a roster whose columns are known."""
    _or_fail(roster_import_id, roster_import.preview_roster, UNREAD)


@shared_task(
    name="exchange.tasks.commit_roster",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def commit_roster(roster_import_id: int) -> None:
    """Import a confirmed roster, from where it was stopped."""
    _or_fail(roster_import_id, roster_commit.commit_roster, INTERRUPTED)


@shared_task(
    name="exchange.tasks.preview_departures",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def preview_departures(departure_import_id: int) -> None:
    """Read a file of departures through."""
    _departures_or_fail(departure_import_id, departure_import.preview_departures, UNREAD)


@shared_task(
    name="exchange.tasks.commit_departures",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def commit_departures(departure_import_id: int) -> None:
    """Record a confirmed file of departures, from where it was stopped."""
    _departures_or_fail(departure_import_id, departure_import.commit_departures, INTERRUPTED)


@shared_task(name="exchange.tasks.resume_departure_imports")
def resume_departure_imports() -> int:
    """Start the work of killed workers anew."""
    return departure_import.resume_stalled_departures()


def _departures_or_fail(departure_import_id: int, work: Callable[..., None], problem: str) -> None:
    """Do ``work``. A fault of ours is shown on the page and raised; what passes is retried."""
    try:
        work(departure_import_id=departure_import_id)
    except PASSING:
        raise
    except Exception:
        departure_import.fail_departures(departure_import_id=departure_import_id, problem=problem)
        raise


@shared_task(name="exchange.tasks.resume_roster_imports")
def resume_roster_imports() -> int:
    """Start the work of killed workers anew."""
    return roster_commit.resume_stalled_imports()


@shared_task(
    name="exchange.tasks.preview_usage",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def preview_usage(usage_import_id: int) -> None:
    """Read a received usage file through."""
    _usage_or_fail(usage_import_id, usage_import.preview_usage, UNREAD)


@shared_task(
    name="exchange.tasks.commit_usage",
    autoretry_for=PASSING,
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def commit_usage(usage_import_id: int) -> None:
    """Take in a confirmed usage file, from where it was stopped."""
    _usage_or_fail(usage_import_id, usage_import.commit_usage, INTERRUPTED)


@shared_task(name="exchange.tasks.resume_usage_imports")
def resume_usage_imports() -> int:
    """Start the work of killed workers anew."""
    return usage_import.resume_stalled_usage()


def _usage_or_fail(usage_import_id: int, work: Callable[..., None], problem: str) -> None:
    """Do ``work``. A fault of ours is shown on the page and raised; what passes is retried."""
    try:
        work(usage_import_id=usage_import_id)
    except PASSING:
        raise
    except Exception:
        usage_import.fail_usage(usage_import_id=usage_import_id, problem=problem)
        raise


@shared_task(
    name="exchange.tasks.write_export",
    autoretry_for=(OperationalError,),
    retry_backoff=RETRY_SECONDS,
    max_retries=RETRIES,
)
def write_export(export_id: int) -> None:
    """Write an export into its file, from its beginning."""
    try:
        exports.write_export(export_id=export_id)
    except OperationalError:
        raise
    except Exception:
        exports.fail(export_id=export_id, problem=exports.BROKEN)
        raise


@shared_task(name="exchange.tasks.resume_exports")
def resume_exports() -> int:
    """Start exports of killed workers anew."""
    return exports.resume_stalled_exports()


@shared_task(name="exchange.tasks.remove_old_exports")
def remove_old_exports() -> int:
    """Remove the files of exports that were kept long enough."""
    return exports.remove_old_exports()


def _or_fail(roster_import_id: int, work: Callable[..., None], problem: str) -> None:
    """Do ``work``. A fault of ours is shown on the page and raised; what passes is retried."""
    try:
        work(roster_import_id=roster_import_id)
    except PASSING:
        raise
    except Exception:
        roster_import.fail(roster_import_id=roster_import_id, problem=problem)
        raise
