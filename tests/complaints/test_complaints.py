"""Complaints through the services: assigned, clocked, moved, handed over, merged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from complaints.models import (
    Category,
    Complaint,
    ComplaintNotice,
    ComplaintStep,
    Source,
    State,
)
from complaints.rules.states import Move, moves_from
from complaints.services import doubles, moving, parts
from complaints.services.registering import (
    ComplaintChangedError,
    Report,
    change_details,
    register,
)
from complaints.services.story import story_of
from complaints.services.voided import take_back_answers
from complaints.services.writing import clocks_from_steps, columns_of
from contacts.models import ContactRecord, Outcome, RecordedAs
from contacts.services.records import void_contact
from core.models import AuditEntry
from core.querysets import AppendOnlyError
from customers.models import Customer, ServiceStandard, Tier
from staff.models import Role, StaffUser
from staff.services import arrange_cover
from tests.complaints.reports import answers, complains, designate, goes, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import NOW, TODAY

pytestmark = pytest.mark.usefixtures("frozen")
HOUR = timedelta(hours=1)


@pytest.fixture
def customer(manager: StaffUser, company: Company, handler: StaffUser) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(manager=manager, tier=Tier.GOLD)
    return made


def test_a_complaint_is_clocked_and_assigned_at_once(
    manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    complaint = complains(manager, customer, source=Source.REGULATOR)
    assert complaint.handler == handler
    assert (complaint.tier, complaint.manager, complaint.unit) == ("gold", manager, customer.unit)
    assert complaint.response_due_at == complaint.due_at == NOW + 2 * HOUR
    assert complaint.resolution_due_at == NOW + 36 * HOUR
    assert complaint.next_notice_at == NOW + 1.5 * HOUR
    assert complaint.is_appeal
    customer.refresh_from_db()
    assert customer.has_open_complaint
    notice = ComplaintNotice.objects.get(complaint=complaint)
    assert (notice.person, notice.level) == (handler, "assigned")
    entry = AuditEntry.objects.get(verb="complaint.registered")
    assert (entry.actor, entry.customer_id) == (manager, customer.pk)


def test_sent_twice_it_is_one_complaint_and_anothers_key_is_refused(
    manager: StaffUser, customer: Customer, colleague: StaffUser
) -> None:
    report = Report(subject="信号差", category=Category.objects.get(code="network"))
    key = uuid4()
    first = register(actor=manager, customer=customer, report=report, submission_key=key)
    again = register(actor=manager, customer=customer, report=report, submission_key=key)
    assert first == again
    with pytest.raises(ValidationError, match="sent under this key"):
        register(actor=colleague, customer=customer, report=report, submission_key=key)


def test_without_a_handler_of_the_unit_the_next_unit_up_takes_it_and_deputies_stand_in(
    manager: StaffUser,
    company: Company,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    arrange_cover(
        actor=supervisor, manager=handler, stand_in=supervisor, starts_on=TODAY, ends_on=TODAY
    )
    assert complains(manager, customer, "一").handler == supervisor
    StaffUser.objects.filter(pk=handler.pk).update(is_active=False)
    designate(city_supervisor, company.city)
    assert complains(manager, customer, "二").handler == city_supervisor
    designate(None, company.district, company.city)
    alone = complains(manager, customer, "三")
    assert alone.handler is None
    notice = ComplaintNotice.objects.get(complaint=alone)
    assert (notice.person, notice.level) == (supervisor, "unassigned")


@pytest.mark.parametrize("state", State.values)
def test_no_other_changes_are_possible(
    manager: StaffUser, customer: Customer, handler: StaffUser, state: str
) -> None:
    complaint = stands_at(handler, complains(manager, customer), state)
    assert complaint.state == state
    last = complaint.steps.order_by("-pk").values_list("kind", flat=True)[0]
    for one in Move:
        if one in moves_from(state) or one.value == last:
            continue
        with pytest.raises(ValidationError, match="cannot be done from there"):
            goes(handler, complaint, one)


def test_each_change_is_a_step_with_time_and_person_that_stays(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    complaint = complains(manager, customer)
    frozen.shift(HOUR)
    goes(handler, complaint, Move.ACCEPT)
    first, second = complaint.steps.order_by("pk")
    assert (first.kind, first.actor, first.at) == ("registered", manager, NOW)
    assert (second.from_state, second.to_state) == ("registered", "accepted")
    assert (second.actor, second.at) == (handler, NOW + HOUR)
    with pytest.raises(AppendOnlyError):
        second.save()
    with pytest.raises(AppendOnlyError):
        second.delete()
    with pytest.raises(AppendOnlyError):
        ComplaintStep.objects.update(reason="x")


def test_waiting_and_reopening_say_why_and_resolving_says_how(
    manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    complaint = stands_at(handler, complains(manager, customer), "in_work")
    for one in (Move.WAIT, Move.RESOLVE):
        with pytest.raises(ValidationError, match="Say"):
            moving.move(actor=handler, complaint=complaint, move=one)
    complaint = goes(handler, complaint, Move.RESOLVE)
    with pytest.raises(ValidationError, match="Say why"):
        moving.move(actor=handler, complaint=complaint, move=Move.REOPEN)


def test_the_stored_clocks_are_what_the_steps_tell_on_a_long_way(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    complaint = complains(manager, customer, received_at=NOW - HOUR)
    way = [
        *(Move.ACCEPT, Move.START, Move.WAIT, Move.RESUME, Move.WAIT, Move.CLOSE),
        *(Move.REOPEN, Move.WAIT, Move.RESOLVE, Move.CLOSE, Move.REOPEN, Move.RESOLVE),
    ]
    ServiceStandard.objects.create(
        figure="complaint_resolution_hours", tier="gold", effective_from=TODAY, value=36
    )
    for hours, one in enumerate(way, start=1):
        frozen.shift(hours * HOUR)
        complaint = goes(handler, complaint, one)
        if one is Move.START:
            answers(handler, complaint)
            # A standard of a later day moves nothing.
            ServiceStandard.objects.create(
                figure="complaint_resolution_hours",
                tier="gold",
                effective_from=TODAY + timedelta(days=1),
                value=1,
            )
        complaint.refresh_from_db()
        told = columns_of(clocks_from_steps(complaint))
        assert {name: getattr(complaint, name) for name in told} == told
    assert (complaint.reopened, complaint.state) == (2, "resolved")
    assert complaint.next_notice_at is None


def test_closed_straight_from_waiting_keeps_the_pause_and_wants_a_call_back(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    complaint = stands_at(handler, complains(manager, customer), "waiting")
    frozen.shift(100 * HOUR)
    complaint = goes(handler, complaint, Move.CLOSE)
    assert (complaint.paused_seconds, complaint.paused_since) == (360_000, None)
    assert complaint.resolved_at == complaint.closed_at == NOW + 100 * HOUR
    assert complaint.resolved_at is not None
    assert complaint.resolved_at <= complaint.resolution_due_at
    review = complaint.reviews.get()
    assert review.call_back_due_on == TODAY + timedelta(days=7)
    assert complaint.seen_until == NOW + 100 * HOUR + timedelta(days=30)
    customer.refresh_from_db()
    assert not customer.has_open_complaint
    complaint = goes(handler, complaint, Move.REOPEN)
    assert complaint.resolution_due_at == NOW + 136 * HOUR
    review.refresh_from_db()
    assert review.dropped_at is not None
    customer.refresh_from_db()
    assert customer.has_open_complaint


def test_only_a_contact_of_the_handler_that_reached_stops_the_response(
    manager: StaffUser, customer: Customer, handler: StaffUser, supervisor: StaffUser, frozen: Any
) -> None:
    complaint = complains(manager, customer)
    frozen.shift(HOUR)
    answers(handler, complaint, Outcome.NO_ANSWER)
    complaint.refresh_from_db()
    assert complaint.responded_at is None
    with pytest.raises(ValidationError, match="Only the handler"):
        answers(supervisor, complaint)
    with pytest.raises(ValidationError, match="before the complaint came in"):
        answers(handler, complaint, happened_at=NOW - HOUR)
    answers(handler, complaint, happened_at=NOW + HOUR / 2)
    complaint.refresh_from_db()
    assert complaint.responded_at == NOW + HOUR / 2
    record = complaint.steps.get(kind="responded").contact_record
    assert record is not None
    # A handler's contact is none in the sense of article 8.
    assert (record.recorded_as, record.is_counted) == (RecordedAs.HANDLER, False)
    assert complaint.due_at == complaint.resolution_due_at


def test_a_voided_answer_answers_nothing_and_the_response_clock_runs_again(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    complaint = complains(manager, customer)
    others = complains(manager, CustomerFactory(manager=manager))
    for one in (complaint, others):
        answers(handler, one)
    frozen.shift(HOUR)
    answers(handler, complaint)
    first, second = ContactRecord.objects.filter(customer=customer).order_by("pk")
    assert take_back_answers() == 0
    void_contact(actor=handler, record=first, reason="客户未接")
    assert (take_back_answers(), take_back_answers()) == (1, 0)
    # The later answer stands.
    assert Complaint.objects.filter(pk=complaint.pk, responded_at=NOW + HOUR).exists()
    void_contact(actor=handler, record=second, reason="客户未接")
    assert (take_back_answers(), take_back_answers()) == (1, 0)
    complaint.refresh_from_db()
    assert complaint.responded_at is None
    assert complaint.due_at == complaint.response_due_at == NOW + 2 * HOUR
    assert complaint.next_notice_at == NOW + 1.5 * HOUR
    others.refresh_from_db()
    assert others.responded_at == NOW
    assert "The contact that answered was voided" in [e.text for e in story_of(complaint)]


def test_it_is_handed_over_with_a_reason_to_who_may_handle_it(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    city_supervisor: StaffUser,
    company: Company,
) -> None:
    complaint = complains(manager, customer)
    far = StaffUserFactory(role=Role.COMPLAINT_HANDLER, unit=company.far_district)
    with pytest.raises(ValidationError, match="Say why"):
        moving.reassign(actor=handler, complaint=complaint, handler=city_supervisor, reason=" ")
    for wrong in (far, manager):
        with pytest.raises(ValidationError, match="Choose a handler"):
            moving.reassign(actor=handler, complaint=complaint, handler=wrong, reason="休假")
    complaint = moving.reassign(
        actor=handler, complaint=complaint, handler=city_supervisor, reason="需市公司协调"
    )
    assert complaint.handler == city_supervisor
    assert complaint.steps.get(kind="reassigned").details["handler"] == [
        handler.pk,
        city_supervisor.pk,
    ]
    assert complaint.notices.filter(person=city_supervisor, level="assigned").count() == 1


def test_details_are_changed_by_who_read_the_newest(
    manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    complaint = complains(manager, customer)
    report = Report(subject="多扣两次", category=complaint.category)
    changed = change_details(
        actor=handler, complaint=complaint, report=report, version=complaint.version
    )
    assert changed.steps.get(kind="changed").details == {"subject": ["话费多扣", "多扣两次"]}
    with pytest.raises(ComplaintChangedError):
        change_details(
            actor=handler,
            complaint=complaint,
            report=Report(subject="又改", category=complaint.category),
            version=complaint.version,
        )


def test_a_double_report_is_merged_into_the_earlier_and_taken_apart_without_losing_time(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    first = stands_at(handler, complains(manager, customer, "一"), "in_work")
    frozen.shift(HOUR)
    second = stands_at(handler, complains(manager, customer, "二"), "waiting")
    before = Complaint.objects.filter(pk=second.pk).values("due_at", "paused_since", "state").get()
    frozen.shift(HOUR)
    merge = doubles.merge_doubles(actor=handler, first=second, second=first, reason="同一件事")
    assert (merge.survivor, merge.absorbed) == (first, second)
    assert doubles.merge_doubles(actor=handler, first=first, second=second) == merge
    second.refresh_from_db()
    assert (second.state, second.merged_into, second.next_notice_at) == ("closed", first, None)
    with pytest.raises(ValidationError, match="was merged into"):
        goes(handler, second, Move.REOPEN)
    report = Report(subject="又一个", category=second.category)
    with pytest.raises(ValidationError, match="was merged into"):
        change_details(actor=handler, complaint=second, report=report, version=second.version)
    frozen.shift(HOUR)
    doubles.undo_merge(actor=handler, merge=merge)
    doubles.undo_merge(actor=handler, merge=merge)
    after = Complaint.objects.filter(pk=second.pk).values("due_at", "paused_since", "state").get()
    assert after == before
    other = complains(manager, CustomerFactory(manager=manager))
    with pytest.raises(ValidationError, match="two customers"):
        doubles.merge_doubles(actor=handler, first=first, second=other)


def test_files_are_told_by_their_content(
    manager: StaffUser, customer: Customer, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    complaint = complains(manager, customer)
    picture = SimpleUploadedFile("../发票.html", b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "text/html")
    kept = parts.attach_file(actor=manager, complaint=complaint, file=picture)
    assert (kept.content_type, kept.name) == ("image/png", "发票.png")
    assert not str(kept.file.name).endswith("html")
    again = parts.attach_file(actor=manager, complaint=complaint, file=picture)
    assert again == kept
    for name, content in [
        ("a.png", b"<html><script>alert(1)</script>"),
        ("a.pdf", b"MZ\x90\0"),
        ("a.docx", b"PK\x03\x04 not an archive"),
        ("a.txt", b""),
    ]:
        with pytest.raises(ValidationError):
            parts.attach_file(
                actor=manager, complaint=complaint, file=SimpleUploadedFile(name, content)
            )
    assert len(list((tmp_path / "complaints").rglob("*.*"))) == 0
    assert complaint.attachments.count() == 1


def test_another_department_answers_a_sub_task(
    manager: StaffUser, customer: Customer, handler: StaffUser
) -> None:
    complaint = complains(manager, customer)
    task = parts.add_sub_task(
        actor=handler, complaint=complaint, department="网络部", what="查基站", due_at=NOW + HOUR
    )
    with pytest.raises(ValidationError, match="Say what"):
        parts.end_sub_task(actor=handler, task=task, answer="")
    done = parts.end_sub_task(actor=handler, task=task, answer="已修复")
    assert (done.done_at, done.done_by, done.is_open) == (NOW, handler, False)
    with pytest.raises(ValidationError, match="past"):
        parts.add_sub_task(
            actor=handler, complaint=complaint, department="网络部", what="查", due_at=NOW
        )


def test_the_database_refuses_what_cannot_be(manager: StaffUser, customer: Customer) -> None:
    complaint = complains(manager, customer)
    for values in ({"state": "closed"}, {"state": "waiting"}, {"state": "x"}, {"subject": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Complaint.objects.filter(pk=complaint.pk).update(**values)


# --- Who sees what ------------------------------------------------------------------------------


def seen_by(user: StaffUser) -> bool:
    user.refresh_from_db()
    return Complaint.objects.visible_to(user).exists()


def edited_by(user: StaffUser) -> bool:
    user.refresh_from_db()
    return Complaint.objects.editable_by(user).exists()


def test_who_sees_a_complaint_and_who_moves_it(
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
    administrator: StaffUser,
    company: Company,
) -> None:
    complains(manager, customer)
    far_handler = StaffUserFactory(role=Role.COMPLAINT_HANDLER, unit=company.far_district)
    designate(far_handler, company.far_district)
    sees = [manager, handler, supervisor, city_supervisor, head_office]
    assert all(seen_by(user) for user in sees)
    assert not any(seen_by(user) for user in (colleague, outsider, administrator, far_handler))
    everybody: list[StaffUser] = [*sees, colleague, far_handler]
    moves = [user for user in everybody if edited_by(user)]
    assert moves == [handler, supervisor, city_supervisor]


def test_a_handler_sees_the_complainants_history_until_thirty_days_after_the_closing(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    company: Company,
    supervisor: StaffUser,
    frozen: Any,
) -> None:
    designate(None, company.district)
    old = stands_at(supervisor, complains(manager, customer, "旧"), "closed")
    frozen.shift(timedelta(days=60))
    assert not Complaint.objects.visible_to(handler).exists()
    designate(handler, company.district)
    assert not Complaint.objects.visible_to(handler).exists()
    new = complains(manager, customer, "新")
    assert set(Complaint.objects.visible_to(handler)) == {old, new}
    assert list(Complaint.objects.editable_by(handler)) == [new]
    goes(handler, new, Move.ACCEPT, Move.START, Move.RESOLVE, Move.CLOSE)
    frozen.shift(timedelta(days=30) - HOUR)
    assert Complaint.objects.visible_to(handler).count() == 2
    frozen.shift(2 * HOUR)
    assert not Complaint.objects.visible_to(handler).exists()
    assert Complaint.objects.visible_to(supervisor).count() == 2


def test_a_covering_handler_sees_what_the_covered_one_does(
    manager: StaffUser,
    customer: Customer,
    handler: StaffUser,
    supervisor: StaffUser,
    company: Company,
) -> None:
    complains(manager, customer)
    deputy = StaffUserFactory(role=Role.COMPLAINT_HANDLER, unit=company.far_district)
    assert not seen_by(deputy)
    arrange_cover(
        actor=supervisor, manager=handler, stand_in=deputy, starts_on=TODAY, ends_on=TODAY
    )
    assert seen_by(deputy)
    assert edited_by(deputy)


def test_counts_by_unit_and_manager_take_one_statement(
    manager: StaffUser, customer: Customer, django_assert_num_queries: Any
) -> None:
    complains(manager, customer, "一", received_at=NOW - 3 * HOUR)
    complains(manager, customer, "二")
    with django_assert_num_queries(1):
        counts = Complaint.objects.all().counts(NOW)
    assert counts == [
        {"unit_id": customer.unit_id, "manager_id": manager.pk, "open": 2, "overdue": 1}
    ]
