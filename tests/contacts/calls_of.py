"""What tests of calls share: the call centre's account, and calls as it tells of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from contacts.models import CallEvent, CallResult, Direction, MissedCall
from contacts.services.calls import Call, TakenCall, take_calls
from staff.models import Role, StaffUser, Unit
from staff.rules import Scope
from tests.factories import StaffUserFactory

NUMBERS = count(1)


def call_centre(unit: Unit | None = None) -> StaffUser:
    """Return the account of a call centre: of a unit, or of the whole company."""
    account: StaffUser = StaffUserFactory(
        staff_number=f"{9_000_000 + next(NUMBERS)}", name="呼叫中心", role=Role.SYSTEM, unit=unit
    )
    account.scope = Scope(
        user_id=account.pk, everything=unit is None, unit_path=unit.path if unit else None
    )
    return account


def a_call(
    number: str, at: datetime, result: str = "missed", direction: str = "incoming", **more: Any
) -> Call:
    """Return a call: missed, or answered after 5 seconds and 3 minutes long."""
    answered = result == "answered"
    values: dict[str, Any] = {
        "event_id": f"C-{next(NUMBERS)}",
        "answered_at": at + timedelta(seconds=5) if answered else None,
        "ended_at": at + timedelta(seconds=185 if answered else 20),
        **more,
    }
    return Call(
        direction=Direction(direction),
        result=CallResult(result),
        number=number,
        started_at=at,
        **values,
    )


def tell(centre: StaffUser, *calls: Call) -> list[CallEvent]:
    """Let the call centre tell of the calls; return the events."""
    return [taken.event for taken in told(centre, *calls)]


def told(centre: StaffUser, *calls: Call) -> list[TakenCall]:
    """The same, with what became of each."""
    return take_calls(actor=centre, calls=calls)


def only_missed() -> MissedCall:
    """Return the one missed call there is."""
    return MissedCall.objects.get()
