"""The schedule: what it names exists, and it runs when it should."""

import pytest
from django.conf import settings

from vipcrm import celery_app

SCHEDULE = settings.CELERY_BEAT_SCHEDULE


@pytest.mark.parametrize("name", SCHEDULE)
def test_each_entry_names_a_task_that_workers_know(name: str) -> None:
    assert SCHEDULE[name]["task"] in celery_app.tasks


def test_the_flag_job_runs_at_ten_past_one_in_shanghai() -> None:
    schedule = SCHEDULE["flag overdue customers"]["schedule"]
    assert (schedule.hour, schedule.minute) == ({1}, {10})
    assert str(celery_app.timezone) == "Asia/Shanghai"


def test_the_broker_is_asked_twice_at_most_before_a_page_goes_on() -> None:
    policy = settings.CELERY_TASK_PUBLISH_RETRY_POLICY
    assert policy["max_retries"] * policy["interval_max"] <= 1
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["socket_connect_timeout"] <= 1


def test_a_task_is_over_before_the_broker_hands_it_out_again() -> None:
    handed_out_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert handed_out_again > settings.CELERY_TASK_TIME_LIMIT


def test_only_json_is_accepted_and_a_lost_worker_loses_nothing() -> None:
    assert celery_app.conf.accept_content == ["json"]
    assert celery_app.conf.task_serializer == "json"
    assert celery_app.conf.task_acks_late is True
    assert celery_app.conf.task_reject_on_worker_lost is True
