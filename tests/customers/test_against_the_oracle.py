"""The pure rules against a plain, slow reading of the standard, over random histories."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.rules.clocks import Deadlines, Event, clocks_of
from contacts.models import Outcome, RecordedAs
from contacts.rules import (
    OUTCOMES_OF_CHANNEL,
    Attempt,
    Message,
    broadcast_records,
    counts,
    counts_face_to_face,
)
from core import clock
from customers.rules import (
    Cadence,
    CadenceHistory,
    StandardRow,
    Standards,
    TierSpan,
    WatchSpan,
    cadence_due_on,
)
from staff.rules import CoverSpan, covered_by, makes_loop, standing_in
from tests import oracle

FIRST = date(2027, 11, 1)
BEGINNING = date(2000, 1, 1)
LEAP_DAY = date(2028, 2, 29)
TIERS = ("diamond", "gold", "silver")
DEFAULTS = [
    *(
        oracle.Row("contact_interval_months", tier, BEGINNING, n)
        for tier, n in zip(TIERS, (1, 1, 3), strict=True)
    ),
    *(
        oracle.Row("contact_watched_days", tier, BEGINNING, n)
        for tier, n in zip(TIERS, (15, 15, 45), strict=True)
    ),
    oracle.Row("visit_interval_months", "", BEGINNING, 3),
    oracle.Row("visit_watched_days", "", BEGINNING, 45),
    oracle.Row("change_grace_days", "", BEGINNING, 7),
]
FIGURES = ("contact_interval_months", "contact_watched_days", "visit_interval_months")

# Month ends and leap days are drawn as often as all other days together.
days = st.one_of(
    st.integers(0, 400).map(lambda n: FIRST + timedelta(days=n)),
    st.sampled_from(
        [date(2027, 11, 30), date(2027, 12, 31), date(2028, 1, 31), date(2028, 2, 28), LEAP_DAY]
    ),
    st.sampled_from([date(2028, 3, 31), date(2028, 5, 30), date(2028, 8, 31)]),
)


@st.composite
def rows(draw: st.DrawFn) -> list[oracle.Row]:
    """Draw the standard: its first rows and some later ones, of one tier or of all."""
    found = {(row.figure, row.tier, row.day): row for row in DEFAULTS}
    for _ in range(draw(st.integers(0, 5))):
        name = draw(st.sampled_from([*FIGURES, "change_grace_days"]))
        tier = "" if name == "change_grace_days" else draw(st.sampled_from(["", *TIERS]))
        most = 4 if name.endswith("months") else 30
        row = oracle.Row(name, tier, draw(days), draw(st.integers(1, most)))
        found[row.figure, row.tier, row.day] = row
    return list(found.values())


@st.composite
def persons(draw: st.DrawFn) -> oracle.Person:
    """Draw a customer's tiers, open warnings that do not overlap, and the key mark."""
    since = draw(days)
    changes = sorted(draw(st.lists(st.tuples(days, st.sampled_from(TIERS)), max_size=4)))
    tiers = [(since, draw(st.sampled_from(TIERS)))]
    tiers += [pair for pair in changes if pair[0] >= since]
    marks = sorted(set(draw(st.lists(days, max_size=5))))
    watches: list[tuple[date, date | None]] = list(zip(marks[::2], marks[1::2], strict=False))
    if len(marks) % 2:
        watches.append((marks[-1], None))
    return oracle.Person(since, tiers, watches, draw(st.none() | days))


@settings(max_examples=300)
@given(rows(), persons(), st.lists(days, max_size=2), st.integers(0, 120), st.booleans())
def test_due_days_are_those_of_a_walk_from_day_to_day(
    standard: list[oracle.Row],
    person: oracle.Person,
    contacts: list[date],
    later: int,
    is_visit: bool,
) -> None:
    start = max([person.vip_since, *contacts])
    today = start + timedelta(days=later)
    name = "visit" if is_visit else "contact"
    found = cadence_due_on(
        Cadence(name),
        start=start,
        history=CadenceHistory(
            [TierSpan(*pair) for pair in person.tiers],
            [WatchSpan(*pair) for pair in person.watches],
        ),
        standards=Standards(StandardRow(r.figure, r.tier, r.day, r.value) for r in standard),
        today=today,
    )
    assert found == oracle.due(standard, name, person, start, today)


@st.composite
def messages(draw: st.DrawFn) -> list[oracle.Said]:
    """Draw records of few people, texts and customers within some hours."""
    begin = datetime(2028, 2, 1, 1, tzinfo=UTC)
    found = []
    for _ in range(draw(st.integers(0, 18))):
        at = begin + timedelta(minutes=draw(st.integers(0, 180)))
        channel = draw(st.sampled_from(["sms", "im", "sms", "phone", "visit"]))
        found.append(
            oracle.Said(
                day=at.date(),
                at=at,
                customer=draw(st.integers(1, 9)),
                sender=draw(st.integers(1, 2)),
                channel=channel,
                outcome=draw(st.sampled_from(["reached"] * 5 + ["failed"])),
                direction=draw(st.sampled_from(["outgoing"] * 4 + ["incoming"])),
                role=draw(st.sampled_from(["manager"] * 4 + ["handler", "system"])),
                text=draw(st.sampled_from(["节日快乐", "节日快乐", "您好"])),
                automatic=draw(st.sampled_from([False] * 5 + [True])),
                voided=draw(st.sampled_from([False] * 5 + [True])),
            )
        )
    return found


@settings(max_examples=100)
@given(messages())
def test_what_counts_is_what_a_look_at_every_record_finds(records: list[oracle.Said]) -> None:
    many: set[int] = set()
    for sender, text in {(one.sender, one.text) for one in records}:
        sent = [
            Message(place, one.customer, one.at)
            for place, one in enumerate(records)
            if (one.sender, one.text, one.direction) == (sender, text, "outgoing")
            and one.channel in ("sms", "im")
            and not (one.voided or one.automatic)
        ]
        many |= broadcast_records(sent, most_customers=5, window=timedelta(hours=1))
    found = [
        one
        for place, one in enumerate(records)
        if counts(
            Attempt(
                channel=one.channel,
                outcome=one.outcome,
                recorded_as=one.role,
                direction=one.direction,
                is_automatic=one.automatic,
                is_broadcast=place in many,
                is_voided=one.voided,
            )
        )
    ]
    assert found == oracle.counted(records)


NEXT = {
    "registered": ("in_work",),
    "in_work": ("waiting", "resolved"),
    "waiting": ("resumed", "resolved", "closed"),
    "resolved": ("closed", "reopened"),
    "closed": ("reopened",),
}
STATE_AFTER = {"resumed": "in_work", "reopened": "in_work"}


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[str, datetime]]:
    """Draw the steps of a complaint, at whole minutes."""
    state, at, found = "registered", datetime(2028, 2, 28, 3, tzinfo=UTC), []
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(NEXT[state]))
        at += timedelta(minutes=draw(st.integers(0, 900)))
        state = STATE_AFTER.get(kind, kind)
        if kind != "in_work":
            found.append((kind, at))
    return found


@settings(max_examples=60)
@given(courses(), st.sampled_from([1, 24, 36, 48]), st.sampled_from([1, 4]))
def test_the_resolution_clock_is_one_that_ticks_each_minute(
    steps: list[tuple[str, datetime]], hours: int, least: int
) -> None:
    received = datetime(2028, 2, 28, 3, tzinfo=UTC)
    clocks = clocks_of(
        received,
        [Event(kind, at) for kind, at in steps],
        Deadlines(120, hours, least, 15, 75, 100, 150),
        clock.zone_info("Asia/Urumqi"),
    )
    expected = oracle.resolution_due(received, hours, least, steps)
    assert clocks.resolution_due_at == expected
    assert clocks.response_due_at == received + timedelta(hours=2)
    assert clocks.statutory_due_at == datetime(2028, 3, 14, 18, tzinfo=UTC)


ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Kathmandu", "America/New_York", "Africa/Cairo")


@settings(max_examples=40)
@given(st.integers(0, 400 * 24 * 60), st.sampled_from(ZONES), st.sampled_from([15, 1, 0, 30]))
def test_the_statutory_day_ends_when_the_wall_calendar_says_so(
    minutes: int, zone: str, number: int
) -> None:
    received = datetime(2027, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    info = clock.zone_info(zone)
    clocks = clocks_of(received, [], Deadlines(120, 36, 4, number, 75, 100, 150), info)
    assert clocks.statutory_due_at == oracle.statutory_due(received, number, info)


def test_every_kind_of_record_counts_as_the_standard_says() -> None:
    at = datetime(2028, 2, 1, 1, tzinfo=UTC)
    kinds = product(
        OUTCOMES_OF_CHANNEL,
        Outcome.values,
        ("incoming", "outgoing"),
        RecordedAs.values,
        (False, True),
        (False, True),
    )
    seen = 0
    for channel, outcome, direction, role, automatic, voided in kinds:
        said = oracle.Said(
            at.date(), at, 1, 1, channel, outcome, direction, role, "", automatic, voided
        )
        attempt = Attempt(
            channel=channel,
            outcome=outcome,
            recorded_as=role,
            direction=direction,
            is_automatic=automatic,
            is_voided=voided,
        )
        is_contact = bool(oracle.counted([said]))
        assert counts(attempt) == is_contact, said
        is_met = channel in ("visit", "reception", "activity")
        assert counts_face_to_face(attempt) == (is_contact and is_met), said
        seen += is_contact
    # Of those who serve the customer: every channel outgoing, and incoming all but what is written.
    assert seen == 4 * (7 + 4)


@st.composite
def wishes(draw: st.DrawFn) -> list[oracle.Away]:
    """Draw covers of few people within few days, so that they meet."""
    found = []
    for _ in range(draw(st.integers(0, 9))):
        first = FIRST + timedelta(days=draw(st.integers(0, 7)))
        last = first + timedelta(days=draw(st.integers(0, 4)))
        found.append(oracle.Away(draw(st.integers(1, 5)), draw(st.integers(1, 5)), first, last))
    return found


@settings(max_examples=100)
@given(wishes())
def test_covers_are_arranged_and_passed_on_as_a_look_at_every_day_says(
    wanted: list[oracle.Away],
) -> None:
    kept: list[oracle.Away] = []
    spans: list[CoverSpan] = []
    for one in wanted:
        if one.who == one.stand_in:
            continue
        new = CoverSpan(one.who, one.stand_in, one.first, one.last)
        is_second = any(span.manager == new.manager and span.meets(new) for span in spans)
        taken = not is_second and not makes_loop(new, spans)
        assert taken == oracle.can_be_arranged(one, kept)
        if taken:
            kept.append(one)
            spans.append(new)
    for n in range(-1, 13):
        day = FIRST + timedelta(days=n)
        stand_ins = {c.who: c.stand_in for c in kept if c.is_on(day)}
        for person in range(1, 6):
            line = standing_in(person, stand_ins)
            assert {person, *line} == oracle.serving(person, day, kept)
            assert len(line) == len(set(line))
            served = {who for who in range(1, 6) if person in oracle.serving(who, day, kept)}
            assert covered_by(person, stand_ins) == served - {person}
