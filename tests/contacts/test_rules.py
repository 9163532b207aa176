"""What counts as a contact, what is late, what is a broadcast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Outcome, RecordedAs
from contacts.rules import (
    OUTCOMES_OF_CHANNEL,
    Attempt,
    Message,
    broadcast_records,
    counts,
    counts_face_to_face,
    guessed_channel,
    is_late,
    likely_channel,
    text_key,
)
from customers.models import Channel

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALL = Attempt(channel="phone", outcome="reached", recorded_as="manager")


def test_a_call_that_was_answered_counts() -> None:
    assert counts(CALL)
    assert not counts_face_to_face(CALL)


@pytest.mark.parametrize(
    "outcome", ["no_answer", "busy", "rejected", "switched_off", "wrong_number", "failed"]
)
def test_only_reached_counts(outcome: str) -> None:
    assert not counts(replace(CALL, outcome=outcome))


@pytest.mark.parametrize("channel", ["sms", "mms", "im"])
def test_a_message_to_this_one_customer_counts_unless_it_failed(channel: str) -> None:
    assert counts(replace(CALL, channel=channel))
    assert not counts(replace(CALL, channel=channel, outcome="failed"))


@pytest.mark.parametrize("channel", ["sms", "mms", "im"])
def test_what_the_customer_wrote_does_not_count_by_itself(channel: str) -> None:
    assert not counts(replace(CALL, channel=channel, direction="incoming"))
    assert text_key(channel, "收到", "incoming") == ""


@pytest.mark.parametrize("channel", ["phone", "reception"])
def test_a_call_or_a_visit_of_the_customer_counts(channel: str) -> None:
    assert counts(replace(CALL, channel=channel, direction="incoming"))


@pytest.mark.parametrize("channel", ["visit", "reception", "activity"])
def test_meeting_the_customer_counts_face_to_face(channel: str) -> None:
    assert counts_face_to_face(replace(CALL, channel=channel))
    assert not counts_face_to_face(replace(CALL, channel=channel, outcome="not_met"))


@pytest.mark.parametrize(
    ("recorded_as", "expected"),
    [
        ("manager", True),
        ("cover", True),
        ("supervisor", True),
        ("import", True),
        ("handler", False),
        ("system", False),
    ],
)
def test_records_of_those_who_serve_count_and_a_handlers_do_not(
    recorded_as: str, expected: bool
) -> None:
    assert counts(replace(CALL, recorded_as=recorded_as)) is expected


@pytest.mark.parametrize(
    "attempt",
    [
        replace(CALL, is_automatic=True),
        replace(CALL, is_broadcast=True),
        replace(CALL, is_voided=True),
    ],
    ids=["automatic", "broadcast", "voided"],
)
def test_automatic_broadcast_and_voided_records_do_not_count(attempt: Attempt) -> None:
    assert not counts(attempt)


def test_every_channel_has_outcomes_that_exist_and_every_outcome_a_channel() -> None:
    assert set(OUTCOMES_OF_CHANNEL) == set(Channel.values)
    assert {o for outcomes in OUTCOMES_OF_CHANNEL.values() for o in outcomes} == set(Outcome.values)


@given(
    st.sampled_from(Channel.values),
    st.sampled_from(Outcome.values),
    st.sampled_from(RecordedAs.values),
)
def test_face_to_face_is_a_part_of_what_counts(channel: str, outcome: str, role: str) -> None:
    attempt = Attempt(channel=channel, outcome=outcome, recorded_as=role)
    assert counts(attempt) or not counts_face_to_face(attempt)


@pytest.mark.parametrize(("hours", "late"), [(48, False), (49, True)])
def test_more_than_48_hours_later_is_late(hours: int, late: bool) -> None:
    entered = NOON + timedelta(hours=hours)
    assert is_late(NOON, entered, date_only=False, late_after_hours=48) is late
    assert not is_late(NOON, entered, date_only=True, late_after_hours=48)


def test_only_written_words_have_a_text() -> None:
    assert text_key("phone", "您好") == ""
    assert text_key("sms", "  ") == ""
    assert text_key("sms", "您好 王先生") == text_key("im", " 您好\n王先生 ")
    assert text_key("sms", "您好") != text_key("sms", "您好!")


def sent(*minutes: int, customers: list[int] | None = None) -> list[Message]:
    who = customers or list(range(len(minutes)))
    return [
        Message(record=n, customer=who[n], sent_at=NOON + timedelta(minutes=m))
        for n, m in enumerate(minutes)
    ]


def broadcast(messages: list[Message]) -> set[int]:
    return broadcast_records(messages, most_customers=5, window=HOUR)


def test_the_same_text_to_five_customers_within_an_hour_counts() -> None:
    assert broadcast(sent(0, 10, 20, 30, 40)) == set()


def test_the_sixth_customer_makes_all_six_a_broadcast() -> None:
    assert broadcast(sent(0, 10, 20, 30, 40, 60)) == {0, 1, 2, 3, 4, 5}


def test_the_sixth_after_more_than_an_hour_does_not() -> None:
    assert broadcast(sent(0, 10, 20, 30, 40, 61)) == set()


def test_six_times_to_one_customer_is_no_broadcast() -> None:
    assert broadcast(sent(0, 1, 2, 3, 4, 5, customers=[1] * 6)) == set()


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 200)), max_size=20))
def test_broadcasts_are_what_a_look_at_every_hour_finds(rows: list[tuple[int, int]]) -> None:
    messages = [
        Message(record=n, customer=who, sent_at=NOON + timedelta(minutes=minute))
        for n, (who, minute) in enumerate(rows)
    ]
    slow = set()
    for first, last in product(messages, repeat=2):
        span = [m for m in messages if first.sent_at <= m.sent_at <= last.sent_at]
        if last.sent_at - first.sent_at <= HOUR and len({m.customer for m in span}) > 5:
            slow |= {m.record for m in span}
    assert broadcast(messages) == slow


def test_a_text_of_hours_before_does_not_hide_a_broadcast() -> None:
    early = Message(0, 9, NOON - 3 * HOUR)
    many = [Message(n, n, NOON + n * timedelta(minutes=10)) for n in range(1, 7)]
    found = broadcast_records([*many, early], most_customers=5, window=HOUR)
    assert found == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(
    ("row", "preferred", "opted_out", "likely", "guessed"),
    [
        ("contact", "", (), "phone", "phone"),
        ("contact", "sms", (), "sms", "sms"),
        ("contact", "sms", ("sms",), "phone", "phone"),
        ("contact", "reception", (), "reception", "phone"),
        ("contact", "visit", ("phone",), "visit", "im"),
        ("visit", "sms", (), "visit", ""),
        ("visit", "sms", ("visit",), "reception", ""),
        ("contact", "", ("phone", "im", "sms", "mms"), "visit", ""),
        ("contact", "", tuple(OUTCOMES_OF_CHANNEL), "phone", ""),
    ],
)
def test_a_meeting_is_planned_where_it_is_liked_and_never_guessed(
    row: str, preferred: str, opted_out: tuple[str, ...], likely: str, guessed: str
) -> None:
    assert likely_channel(row, preferred, opted_out) == likely
    assert guessed_channel(row, preferred, opted_out) == guessed
