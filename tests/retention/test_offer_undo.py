"""A decision on a retention measure is taken back, until somebody acted on it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from retention.models import MeasureOffer
from retention.services import cases
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import events, post_part, text_of
from tests.retention.cases_of import a_measure, asks_to_leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
State = MeasureOffer.State


@pytest.fixture
def offer(manager: StaffUser) -> MeasureOffer:
    """A measure that waits for the unit's supervisor."""
    case = asks_to_leave(manager, CustomerFactory(manager=manager))
    return cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))


@pytest.mark.parametrize("approve", [True, False])
def test_it_waits_again(
    manager: StaffUser, supervisor: StaffUser, offer: MeasureOffer, approve: bool
) -> None:
    cases.decide_offer(actor=supervisor, offer=offer, approve=approve, note="急")
    with pytest.raises(PermissionDenied):
        cases.undo_offer_decision(actor=manager, offer=offer)
    for _time in range(2):
        waiting = cases.undo_offer_decision(actor=supervisor, offer=offer)
        assert (waiting.state, waiting.decided_by, waiting.decision_note) == (
            State.WAITING,
            None,
            "",
        )
    assert AuditEntry.objects.filter(verb="measure.decision_undone").count() == 1


def test_once_it_was_offered_or_another_was_taken_it_stays(
    manager: StaffUser, supervisor: StaffUser, offer: MeasureOffer
) -> None:
    cases.decide_offer(actor=supervisor, offer=offer, approve=False)
    other = a_measure("other", value=Decimal(200))
    second = cases.offer_measure(actor=manager, case=offer.case, measure=other)
    with pytest.raises(ValidationError, match="Another measure was chosen since"):
        cases.undo_offer_decision(actor=supervisor, offer=offer)
    cases.decide_offer(actor=supervisor, offer=second, approve=True)
    cases.note_answer(actor=manager, offer=second, answer=State.OFFERED)
    with pytest.raises(ValidationError, match="cannot be undone any more"):
        cases.undo_offer_decision(actor=supervisor, offer=second)


def test_the_notice_and_the_queue_offer_it(
    signed_in: Browser, supervisor: StaffUser, offer: MeasureOffer
) -> None:
    boss = signed_in(supervisor)
    undo = reverse("retention:offer_undo", args=[offer.pk])
    decided = post_part(boss, reverse("retention:offer_decide", args=[offer.pk]), {"approve": "no"})
    assert events(decided)["toast"]["undo_url"] == undo
    assert undo in text_of(decided)
    assert post_part(boss, undo).status_code == 204
    assert undo not in text_of(boss.get(reverse("retention:approval_list")))
