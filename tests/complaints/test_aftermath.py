"""After the closing: the call-back, the judgement, and the figures' page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from complaints.models import Cause, Complaint, ComplaintReview, State
from complaints.rules.states import Move
from complaints.services.aftermath import (
    Answer,
    Judgement,
    ReviewChangedError,
    call_back,
    judge,
)
from complaints.services.figures import figures_of, names_of
from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.complaints.reports import answers, complains, designate, goes, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory, UnitFactory
from tests.pages import NOW, TODAY, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
HOUR = timedelta(hours=1)


@pytest.fixture
def customer(manager: StaffUser, company: Company, handler: StaffUser) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(name="王小美", manager=manager)
    return made


def closed(manager: StaffUser, customer: Customer, handler: StaffUser) -> ComplaintReview:
    complaint = stands_at(handler, complains(manager, customer), "closed")
    return ComplaintReview.objects.get(complaint=complaint, round=complaint.reopened)


def justified(**more: object) -> Judgement:
    return Judgement(
        is_justified=True,
        responsibility="manager",
        cause=Cause.objects.get(code="promise-forgotten"),
        **more,  # type: ignore[arg-type]
    )


def test_a_satisfied_customer_is_called_back_once_with_a_contact_record(
    manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    review = closed(manager, customer, handler)
    assert review.call_back_due_on == TODAY + timedelta(days=3)
    key = uuid4()
    tried = call_back(actor=handler, review=review, answer=Answer.NO_ANSWER, submission_key=uuid4())
    assert tried.called_at is None
    done = call_back(actor=handler, review=review, answer=Answer.SATISFIED, submission_key=key)
    again = call_back(actor=handler, review=review, answer=Answer.SATISFIED, submission_key=key)
    assert (done.is_satisfied, done.called_by) == (True, handler)
    assert again.version == done.version
    assert done.contact_record is not None
    assert not done.contact_record.is_counted
    assert ContactRecord.objects.count() == 2


def test_an_unsatisfied_one_reopens_the_complaint_and_the_next_closing_asks_again(
    manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    review = closed(manager, customer, handler)
    with pytest.raises(ValidationError):
        call_back(actor=handler, review=review, answer=Answer.UNSATISFIED, reopens=True)
    done = call_back(
        actor=handler, review=review, answer=Answer.UNSATISFIED, note="仍多扣", reopens=True
    )
    complaint = Complaint.objects.get()
    assert (complaint.state, complaint.reopened) == (State.IN_WORK, 1)
    assert (done.is_satisfied, done.dropped_at) == (False, None)
    with pytest.raises(ValidationError, match="Only a closed"):
        judge(actor=handler, review=done, judgement=justified(), version=done.version)
    goes(handler, complaint, Move.RESOLVE, Move.CLOSE)
    assert ComplaintReview.objects.to_call().get().round == 1


def test_a_judgement_wants_responsibility_and_cause_and_another_persons_stands(
    manager: StaffUser, customer: Customer, handler: StaffUser, supervisor: StaffUser
) -> None:
    review = closed(manager, customer, handler)
    with pytest.raises(ValidationError) as refusal:
        judge(
            actor=handler,
            review=review,
            judgement=Judgement(is_justified=True, responsibility="unit"),
            version=review.version,
        )
    assert "cause" in refusal.value.error_dict
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    strange = log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)
    with pytest.raises(ValidationError):
        judge(
            actor=handler,
            review=review,
            judgement=justified(clumsy_contact=strange),
            version=review.version,
        )
    own = log_contact(actor=manager, customer=customer, contact=contact)
    said = justified(clumsy_contact=own)
    judged = judge(actor=handler, review=review, judgement=said, version=review.version)
    assert (judged.judged_by, judged.clumsy_contact) == (handler, own)
    assert (
        judge(actor=supervisor, review=review, judgement=said, version=review.version).version
        == judged.version
    )
    with pytest.raises(ReviewChangedError):
        judge(
            actor=supervisor,
            review=review,
            judgement=Judgement(is_justified=False),
            version=review.version,
        )


def test_the_list_tells_what_is_overdue_and_the_pages_belong_to_who_handles(
    manager: StaffUser,
    other_manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    signed_in: Browser,
    frozen: Traveller,
) -> None:
    review = closed(manager, customer, handler)
    url = reverse("complaints:review_list")
    one = reverse("complaints:review_detail", args=[review.pk])
    browser = signed_in(handler)
    assert "王小美" in text_of(browser.get(url))
    assert "王小美" not in text_of(browser.get(f"{url}?state=overdue"))
    frozen.move_to(NOW + timedelta(days=4))
    browser = signed_in(handler)
    assert "call-back was due" in text_of(browser.get(f"{url}?state=overdue"))
    assert signed_in(other_manager).get(one).status_code == 404
    call = reverse("complaints:review_call", args=[review.pk])
    sent = {"answer": "satisfied", "note": "满意", "submission_key": str(uuid4())}
    assert signed_in(manager).post(call, sent).status_code == 404
    assert browser.post(call, sent).status_code == 302
    assert "满意" in text_of(browser.get(one))
    judging = reverse("complaints:review_judge", args=[review.pk])
    sent = {"is_justified": "yes", "version": "2", "responsibility": "unit"}
    assert "Choose the root cause" in text_of(browser.post(judging, sent))
    sent["cause"] = str(Cause.objects.get(code="wrong-bill").pk)
    assert browser.post(judging, sent).status_code == 302
    assert "王小美" in text_of(browser.get(f"{url}?state=justified"))


def test_units_that_are_called_the_same_stay_apart_in_the_figures(
    supervisor: StaffUser, manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    complains(manager, customer, "一")
    here = customer.unit
    twin = UnitFactory(parent=here, name=here.name)
    moved = complains(manager, CustomerFactory(manager=manager), "二")
    Complaint.objects.filter(pk=moved.pk).update(unit=twin)
    found = figures_of(
        Complaint.objects.counted_for(supervisor),
        since=NOW - timedelta(days=1),
        until=NOW + timedelta(days=1),
        by="unit",
        repeat_days=30,
    )
    assert [line.name for line in found.lines] == [here.full_name, twin.full_name]
    assert [line[:2] for line in found.repeats.by_unit] == [
        (here.full_name, 1),
        (twin.full_name, 1),
    ]
    assert names_of([here]) == {here.pk: here.name}


def test_the_figures_tell_causes_times_and_repeats_at_the_same_cost_for_more(
    manager: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
    handler: StaffUser,
    signed_in: Browser,
    frozen: Traveller,
) -> None:
    def once(subject: str) -> None:
        complaint = complains(manager, customer, subject)
        frozen.shift(HOUR)
        answers(handler, complaint)
        frozen.shift(3 * HOUR)
        stands_at(handler, complaint, "closed")
        review = ComplaintReview.objects.get(complaint=complaint)
        judge(actor=handler, review=review, judgement=justified(), version=review.version)

    once("一")
    browser, url = signed_in(supervisor), reverse("complaints:complaint_figures")
    page = text_of(browser.get(url))
    assert "A promise was forgotten" in page
    assert "All: median 1.0 h" in page
    assert "All: median 4.0 h, 90th percentile 4.0 h, in time 100.0 %." in page
    assert "0 of 1 complainants" in page
    before = statements(browser, url)
    once("二")
    # This look also notes that the session is in use.
    assert "1 of 1 complainants" in text_of(browser.get(url))
    assert statements(browser, url) == before + 1
    for by in ("quarter", "unit", "tier", "category"):
        assert "complaint-resolution" in text_of(browser.get(f"{url}?by={by}"))
    book = browser.get(f"{url}?download=complaint-causes")
    assert book["Content-Type"].startswith("application/vnd")
    assert "No complaint in this period" in text_of(browser.get(f"{url}?year=2020"))
