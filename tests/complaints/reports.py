"""Test data of complaints, made the way the product makes it."""

from __future__ import annotations

from typing import Any

from complaints.models import Category, Complaint
from complaints.rules.states import Move
from complaints.services.moving import move, respond
from complaints.services.registering import Report, register
from contacts.models import Direction, Outcome
from contacts.services.records import Contact
from customers.models import Channel, Customer
from staff.models import StaffUser

WAY = {
    "registered": [],
    "accepted": [Move.ACCEPT],
    "in_work": [Move.ACCEPT, Move.START],
    "waiting": [Move.ACCEPT, Move.START, Move.WAIT],
    "resolved": [Move.ACCEPT, Move.START, Move.RESOLVE],
    "closed": [Move.ACCEPT, Move.START, Move.RESOLVE, Move.CLOSE],
}
"""The moves that lead to a state."""


def complains(
    actor: StaffUser, customer: Customer, subject: str = "话费多扣", **said: Any
) -> Complaint:
    """Register a complaint as a person who serves the customer does."""
    said.setdefault("category", Category.objects.get(code="billing-dispute"))
    return register(actor=actor, customer=customer, report=Report(subject=subject, **said))


def goes(actor: StaffUser, complaint: Complaint, *moves: Move) -> Complaint:
    """Move a complaint step by step, with words where they are wanted."""
    for one in moves:
        complaint = move(
            actor=actor, complaint=complaint, move=one, reason="客户出差", resolution="已退费"
        )
    return complaint


def stands_at(actor: StaffUser, complaint: Complaint, state: str) -> Complaint:
    """Bring a registered complaint to ``state``."""
    return goes(actor, complaint, *WAY[state])


def answers(
    actor: StaffUser, complaint: Complaint, outcome: Outcome = Outcome.REACHED, **said: Any
) -> None:
    """The handler calls the complainant."""
    contact = Contact(
        channel=Channel.PHONE,
        direction=Direction.OUTGOING,
        outcome=outcome,
        summary="已告知",
        **said,
    )
    respond(actor=actor, complaint=complaint, contact=contact)


def designate(handler: StaffUser | None, *units: Any) -> None:
    """Make ``handler`` the complaint handler of ``units``."""
    for unit in units:
        unit.complaint_handler = handler
        unit.save(update_fields=["complaint_handler"])
