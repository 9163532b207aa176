"""Invented calls of the demonstration, told as a call centre tells them (article 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random

from contacts.models import CallResult, Direction
from contacts.services.calls import Call, take_calls
from contacts.services.missed_calls import escalate_missed_calls
from core import clock
from customers.models import Customer
from exchange.models import ApiClient
from exchange.services.api_clients import save_client
from staff.models import StaffUser

DAYS = 30
CALLS_A_DAY = 24
MISSED_SHARE = {**dict.fromkeys(range(7), 0.45), **dict.fromkeys(range(7, 22), 0.08)}
"""How many of the calls of an hour nobody answers; late in the evening a quarter."""
LATE_SHARE = 0.25
OPEN = (timedelta(minutes=46), timedelta(minutes=21), timedelta(minutes=4))
"""How long ago the calls were missed that are still to be returned."""
AT_ONCE = 500


def add_invented_calls(*, administrator: StaffUser, random: Random, logins: list[str]) -> int:
    """Let a call centre tell of a month's calls; return how many. Not safe twice.

    ``logins``: staff numbers of the managers with whom visitors sign in; each finds missed calls
    and calls to confirm.
    """
    client = ApiClient(name="呼叫中心", whole_company=True, scopes=["calls:write", "calls:read"])
    save_client(actor=administrator, client=client)
    centre = client.account
    centre.scope = client.row_scope
    calls = sorted(_calls(random, logins), key=lambda call: call.started_at)
    for start in range(0, len(calls), AT_ONCE):
        take_calls(actor=centre, calls=calls[start : start + AT_ONCE])
    escalate_missed_calls()
    return len(calls)


def _calls(random: Random, logins: list[str]) -> Iterator[Call]:
    ids, now = count(1), clock.now()
    customers = Customer.objects.active().filter(manager__isnull=False, phones__isnull=False)
    numbers = sorted(set(customers.values_list("phones__number", flat=True)))
    for day in range(1, DAYS):
        for _call in range(CALLS_A_DAY):
            at = now - timedelta(days=day) + timedelta(minutes=random.randrange(24 * 60))
            if at < now - timedelta(hours=2):
                yield from _rings(random, ids, random.choice(numbers), at)
    yield _call_of(ids, "02866660000", now - timedelta(minutes=90), CallResult.MISSED)
    for login in logins:
        yield from _of_manager(ids, login, now)


def _rings(random: Random, ids: Iterator[int], number: str, at: datetime) -> Iterator[Call]:
    """One call; where nobody answers, the customer rings again or is told of by the desk."""
    hour = at.astimezone(clock.zone_info()).hour
    if random.random() >= MISSED_SHARE.get(hour, LATE_SHARE):
        yield _call_of(ids, number, at, CallResult.ANSWERED)
        return
    yield _call_of(ids, number, at, CallResult.MISSED)
    later = timedelta(minutes=random.choice([4, 9, 14, 18, 22, 27, 41, 75]))
    yield _call_of(ids, number, at + later, CallResult.ANSWERED)


def _of_manager(ids: Iterator[int], login: str, now: datetime) -> Iterator[Call]:
    """Three missed calls that are still open, and two of the manager's own to confirm."""
    mine = Customer.objects.active().filter(
        manager__staff_number=login, phones__position=0, last_contact_on__lt=clock.today()
    )
    numbers = list(mine.order_by("pk").values_list("phones__number", flat=True)[: len(OPEN) + 2])
    for number, ago in zip(numbers, OPEN, strict=False):
        yield _call_of(ids, number, now - ago, CallResult.MISSED)
    own = [(CallResult.ANSWERED, Direction.OUTGOING), (CallResult.ANSWERED, Direction.INCOMING)]
    for number, (result, direction) in zip(numbers[len(OPEN) :], own, strict=False):
        yield _call_of(ids, number, now - timedelta(minutes=35), result, direction, login)
    if numbers:
        at = now - timedelta(minutes=30)
        yield _call_of(ids, numbers[0], at, CallResult.BUSY, Direction.OUTGOING, login)


def _call_of(
    ids: Iterator[int],
    number: str,
    at: datetime,
    result: CallResult,
    direction: Direction = Direction.INCOMING,
    staff_number: str = "",
) -> Call:
    answered = result == CallResult.ANSWERED
    return Call(
        event_id=f"demo-{next(ids)}",
        direction=direction,
        result=result,
        number=number,
        started_at=at,
        line="10086",
        staff_number=staff_number,
        answered_at=at + timedelta(seconds=8) if answered else None,
        ended_at=at + timedelta(seconds=200 if answered else 35),
    )
