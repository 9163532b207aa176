"""The life of a warning: opened by score or event, followed up, snoozed, closed, escalated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core.models import AuditEntry
from customers.models import Channel, Customer, ServiceStandard, WatchPeriod
from customers.services.standing import assign_manager, mark_left, watch_many
from retention.models import (
    ChurnEvent,
    ChurnWarning,
    Departure,
    RetentionCase,
    RiskCalibration,
    RiskScore,
    RiskState,
    WarningReason,
)
from retention.services import warnings
from retention.services.calibration import calibrate_of_month, scores_and_leavers
from retention.services.scoring import flag_churn_risk
from retention.services.warnings import Opening
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.retention.usage_of import LAST_MONTH, LEAVING, ORDINARY, unit_of, use, use_for_months

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Result = ChurnWarning.Result


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))


def leaving(manager: StaffUser, **last: object) -> Customer:
    """Somebody far above the line."""
    made = CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))
    use_for_months(made, **{**LEAVING, **last})
    return made


def event(customer: Customer, kind: str = "port_out_started", **more: object) -> ChurnEvent:
    return ChurnEvent.objects.create(customer=customer, kind=kind, happened_at=NOW, **more)


def open_one(customer: Customer, **more: object) -> ChurnWarning:
    made = warnings.open_warning(actor=None, opening=Opening(customer=customer.pk, **more))  # type: ignore[arg-type]
    assert made is not None
    return made


def kinds(warning: ChurnWarning) -> list[str]:
    return list(warning.steps.values_list("kind", flat=True))


def test_the_nightly_job_opens_a_warning_with_its_reasons(manager: StaffUser) -> None:
    customer = leaving(manager)
    assert flag_churn_risk().opened == 1
    warning = ChurnWarning.objects.get()
    assert (warning.customer, warning.manager, warning.unit) == (customer, manager, manager.unit)
    assert (warning.score, warning.line, warning.is_hard) == (56, 40, False)
    assert warning.rank == Decimal("50.40")  # 0.56 × the bill of 90
    assert warning.follow_up_due_at == NOW + timedelta(hours=48)
    of_it = warning.reasons.values_list("signal_version__signal__code", "points", "is_first")
    assert list(of_it) == [
        ("dormant", 28, True),
        ("contract-ending", 16, True),
        ("voice-falling", 12, True),
    ]
    assert kinds(warning) == ["opened"]
    assert AuditEntry.objects.get(verb="warning.opened").customer_id == customer.pk


def test_an_open_warning_marks_the_customer_as_watched(manager: StaffUser) -> None:
    customer = leaving(manager)
    assert customer.contact_due_on == date(2026, 12, 20)
    flag_churn_risk()
    customer.refresh_from_db()
    assert (customer.watched_since, customer.contact_due_on) == (TODAY, date(2026, 12, 5))
    warning = ChurnWarning.objects.get()
    warnings.follow_up(actor=manager, warning=warning, found="在用副卡", next_step="下月再联系")
    warnings.close(actor=manager, warning=warning, result=Result.STAYS)
    customer.refresh_from_db()
    assert (customer.watched_since, customer.contact_due_on) == (None, date(2026, 12, 20))
    assert WatchPeriod.objects.get().ended_on == TODAY


def test_no_more_warnings_than_one_person_can_follow_up(
    manager: StaffUser, colleague: StaffUser
) -> None:
    ServiceStandard.objects.create(
        figure="warning_capacity", effective_from=date(2026, 11, 1), value=2
    )
    mine = [leaving(manager, bill=Decimal(bill)) for bill in (50, 90, 70)]
    theirs = leaving(colleague)
    assert flag_churn_risk().opened == 3
    opened = set(ChurnWarning.objects.values_list("customer_id", flat=True))
    assert opened == {mine[1].pk, mine[2].pk, theirs.pk}
    # A place that becomes free is taken by the next one.
    first = ChurnWarning.objects.get(customer=mine[1])
    warnings.follow_up(actor=manager, warning=first, found="不走", next_step="")
    warnings.close(actor=manager, warning=first, result=Result.UNFOUNDED)
    assert flag_churn_risk().opened == 1
    assert ChurnWarning.objects.open().filter(customer=mine[0]).exists()


def test_the_pool_of_a_unit_has_one_capacity(manager: StaffUser) -> None:
    ServiceStandard.objects.create(
        figure="warning_capacity", effective_from=date(2026, 11, 1), value=1
    )
    for _ in range(2):
        assign_manager(actor=None, customer=leaving(manager), manager=None, unit=manager.unit)
    leaving(manager)
    assert flag_churn_risk().opened == 2
    assert ChurnWarning.objects.filter(manager=None).count() == 1


def test_a_new_reason_updates_the_open_warning(manager: StaffUser) -> None:
    customer = leaving(manager)
    flag_churn_risk()
    use(customer, LAST_MONTH, **{**ORDINARY, **LEAVING, "balance": Decimal(-20)})
    changes = flag_churn_risk()
    assert (changes.opened, changes.updated) == (0, 1)
    warning = ChurnWarning.objects.get()
    assert warning.score == 71
    added = warning.reasons.get(is_first=False)
    assert (added.points, added.value) == (15, Decimal(20))
    assert kinds(warning) == ["opened", "reason_added"]
    assert flag_churn_risk().updated == 0


def test_sixty_days_of_rest_after_a_warning(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    customer = leaving(manager, contract_end=None)
    use(customer, LAST_MONTH, **{**LEAVING, "contract_end": None, "balance": Decimal(-1)})
    flag_churn_risk()
    warning = ChurnWarning.objects.get()
    assert warning.score == 55
    warnings.follow_up(actor=manager, warning=warning, found="出国", next_step="")
    warnings.close(actor=manager, warning=warning, result=Result.STAYS)
    Customer.objects.update(contact_due_on=date(2027, 6, 1))
    assert flag_churn_risk().opened == 0
    # 15 points more end the rest.
    use(
        customer,
        LAST_MONTH,
        **{**LEAVING, "contract_end": TODAY, "balance": Decimal(-1), "suspensions": 1},
    )
    assert flag_churn_risk().opened == 1


def test_rest_is_over_after_sixty_days(manager: StaffUser, frozen: time_machine.Traveller) -> None:
    leaving(manager)
    flag_churn_risk()
    warning = ChurnWarning.objects.get()
    warnings.close(actor=None, warning=warning, result=Result.FADED)
    # By then the usage is too old to speak, which is kept out of this test.
    frozen.move_to(NOW + timedelta(days=59))
    RiskState.objects.update(recheck_on=None)
    Customer.objects.update(contact_due_on=date(2027, 6, 1))
    flag_churn_risk()
    assert ChurnWarning.objects.open().count() == 0
    frozen.move_to(NOW + timedelta(days=60))
    RiskState.objects.update(score=56, recheck_on=None, is_stale=False)
    assert ChurnWarning.objects.open().count() == 0
    flag_churn_risk()
    assert ChurnWarning.objects.open().count() == 1


def test_a_warning_fades_after_two_months_far_below_the_line(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    customer = leaving(manager)
    flag_churn_risk()
    use(customer, LAST_MONTH)
    flag_churn_risk()
    warning = ChurnWarning.objects.get()
    assert (warning.score, warning.low_since) == (0, TODAY)
    Customer.objects.update(contact_due_on=date(2027, 6, 1))
    frozen.move_to(datetime(2027, 1, 22, 2, tzinfo=UTC))
    assert flag_churn_risk().closed == 0
    frozen.move_to(datetime(2027, 1, 23, 2, tzinfo=UTC))
    assert flag_churn_risk().closed == 1
    warning.refresh_from_db()
    customer.refresh_from_db()
    assert (warning.result, warning.closed_by, customer.watched_since) == ("faded", None, None)
    assert kinds(warning)[-1] == "closed"


def test_an_event_opens_a_warning_at_once_whatever_the_score(customer: Customer) -> None:
    one = event(customer)
    assert warnings.judge_events(event_ids=[one.pk]) == 1
    warning = ChurnWarning.objects.get()
    assert (warning.is_hard, warning.score) == (True, 0)
    assert warning.reasons.get().event == one
    customer.refresh_from_db()
    one.refresh_from_db()
    assert (customer.watched_since, one.judged_at) == (TODAY, NOW)
    assert warnings.judge_events(event_ids=[one.pk]) == 0
    assert WarningReason.objects.count() == 1


def test_an_event_brings_the_scores_reasons_along(manager: StaffUser) -> None:
    customer = leaving(manager, bill=None)
    ServiceStandard.objects.create(
        figure="warning_line_points", effective_from=date(2026, 11, 1), value=90
    )
    flag_churn_risk()
    assert not ChurnWarning.objects.exists()
    warnings.judge_events(event_ids=[event(customer).pk])
    warning = ChurnWarning.objects.get()
    assert warning.score == 56
    assert warning.reasons.count() == 4
    # The night adds nothing that is known already.
    assert flag_churn_risk().updated == 0


def test_neither_capacity_nor_rest_holds_an_event_up(customer: Customer) -> None:
    first = open_one(customer)
    warnings.close(actor=None, warning=first, result=Result.FADED)
    ServiceStandard.objects.create(
        figure="warning_capacity", effective_from=date(2026, 11, 1), value=1
    )
    open_one(CustomerFactory(manager=customer.manager))
    warnings.judge_events(event_ids=[event(customer).pk])
    assert ChurnWarning.objects.open().filter(customer=customer).count() == 1


def test_an_event_makes_an_open_warning_want_following_up_again(
    customer: Customer, manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    warning = open_one(customer)
    warnings.follow_up(actor=manager, warning=warning, found="满意", next_step="")
    warnings.snooze(actor=manager, warning=warning, until=date(2026, 12, 1), reason="出差")
    ChurnWarning.objects.update(low_since=TODAY)
    frozen.shift(timedelta(hours=5))
    warnings.judge_events(event_ids=[event(customer, "authorisation_code").pk])
    warning.refresh_from_db()
    assert (warning.is_hard, warning.contacted_at, warning.low_since) == (True, None, None)
    assert (warning.snoozed_until, warning.snooze_reason) == (None, "")
    assert warning.follow_up_due_at == NOW + timedelta(hours=53)
    assert warning.found == "满意"
    assert kinds(warning)[-1] == "reason_added"
    assert not warning.reasons.get().is_first


def test_events_of_customers_who_left_are_only_marked(customer: Customer) -> None:
    mark_left(actor=None, customer=customer)
    assert warnings.judge_events(event_ids=[event(customer).pk]) == 1
    assert not ChurnWarning.objects.exists()


def test_many_events_cost_as_many_statements_as_one(
    manager: StaffUser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def judge(count: int) -> None:
        ids = [event(CustomerFactory(manager=manager)).pk for _ in range(count)]
        assert warnings.judge_events(event_ids=ids) == count

    with django_assert_max_num_queries(200):
        judge(1)
    events = [event(CustomerFactory(manager=manager)).pk for _ in range(1)]
    with django_assert_max_num_queries(60) as few:
        warnings.judge_events(event_ids=events)
    events = [event(CustomerFactory(manager=manager)).pk for _ in range(12)]
    with django_assert_max_num_queries(60) as many:
        warnings.judge_events(event_ids=events)
    assert len(many) == len(few)


def test_a_follow_up_says_what_was_found_and_the_next_step(
    customer: Customer, manager: StaffUser
) -> None:
    warning = open_one(customer)
    record = log_contact(
        actor=manager,
        customer=customer,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.REACHED),
    )
    for _ in range(2):
        warnings.follow_up(
            actor=manager,
            warning=warning,
            found="嫌套餐贵",
            next_step="发优惠方案",
            next_step_on=date(2026, 11, 25),
            contact_record=record,
        )
    warning.refresh_from_db()
    assert (warning.contacted_at, warning.contacted_by) == (NOW, manager)
    assert (warning.contact_record, warning.next_step) == (record, "发优惠方案")
    assert kinds(warning) == ["opened", "contacted"]
    assert AuditEntry.objects.filter(verb="warning.followed_up").count() == 1


def test_what_a_follow_up_refuses(customer: Customer, manager: StaffUser) -> None:
    warning = open_one(customer)
    other = CustomerFactory(manager=manager)
    record = log_contact(
        actor=manager,
        customer=other,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.REACHED),
    )
    with pytest.raises(ValidationError, match="what was found"):
        warnings.follow_up(actor=manager, warning=warning, found=" ", next_step="")
    with pytest.raises(ValidationError, match="later day"):
        warnings.follow_up(
            actor=manager,
            warning=warning,
            found="a",
            next_step="",
            next_step_on=date(2026, 11, 22),
        )
    with pytest.raises(ValidationError, match="another customer"):
        warnings.follow_up(
            actor=manager, warning=warning, found="a", next_step="", contact_record=record
        )
    warnings.close(actor=None, warning=warning, result=Result.FADED)
    with pytest.raises(ValidationError, match="closed"):
        warnings.follow_up(actor=manager, warning=warning, found="a", next_step="")


def test_a_snooze_hides_until_a_day_with_a_reason(customer: Customer, manager: StaffUser) -> None:
    warning = open_one(customer)
    until = date(2026, 12, 1)
    with pytest.raises(ValidationError, match="after today"):
        warnings.snooze(actor=manager, warning=warning, until=TODAY, reason="a")
    with pytest.raises(ValidationError, match="few words"):
        warnings.snooze(actor=manager, warning=warning, until=until, reason="")
    for _ in range(2):
        warnings.snooze(actor=manager, warning=warning, until=until, reason="出差")
    warning.refresh_from_db()
    assert (warning.snoozed_until, warning.snooze_reason) == (until, "出差")
    for _ in range(2):
        warnings.wake(actor=manager, warning=warning)
    warning.refresh_from_db()
    assert warning.snoozed_until is None
    assert kinds(warning) == ["opened", "snoozed", "woken"]
    warnings.close(actor=None, warning=warning, result=Result.FADED)
    with pytest.raises(ValidationError, match="closed"):
        warnings.snooze(actor=manager, warning=warning, until=until, reason="出差")


def test_nobody_says_stays_without_having_asked(customer: Customer, manager: StaffUser) -> None:
    warning = open_one(customer)
    with pytest.raises(ValidationError, match="nobody has asked"):
        warnings.close(actor=manager, warning=warning, result=Result.STAYS)
    RetentionCase.objects.create(
        customer=customer, manager=manager, unit=unit_of(manager), opened_by=manager, reason="price"
    )
    for _ in range(2):
        warnings.close(actor=manager, warning=warning, result=Result.STAYS, note="降了套餐")
    warning.refresh_from_db()
    assert (warning.result, warning.closed_by, warning.close_note) == (
        "stays",
        manager,
        "降了套餐",
    )
    assert kinds(warning) == ["opened", "closed"]
    assert AuditEntry.objects.filter(verb="warning.closed").count() == 1


def test_a_warning_of_somebody_who_left_can_be_closed(customer: Customer) -> None:
    warning = open_one(customer)
    mark_left(actor=None, customer=customer)
    warnings.close(actor=None, warning=warning, result=Result.LEFT)
    customer.refresh_from_db()
    assert (customer.watched_since, customer.contact_due_on) == (None, None)


def test_what_nobody_followed_up_in_time_goes_to_the_supervisor(
    customer: Customer, manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    late = open_one(customer)
    asked = open_one(CustomerFactory(manager=manager))
    warnings.follow_up(actor=manager, warning=asked, found="a", next_step="")
    in_case = open_one(CustomerFactory(manager=manager))
    RetentionCase.objects.create(
        customer=in_case.customer,
        manager=manager,
        unit=unit_of(manager),
        opened_by=manager,
        reason="price",
    )
    frozen.shift(timedelta(hours=48))
    assert warnings.escalate_overdue() == 0
    frozen.shift(timedelta(seconds=1))
    assert warnings.escalate_overdue() == 1
    assert warnings.escalate_overdue() == 0
    late.refresh_from_db()
    assert late.escalated_at == NOW + timedelta(hours=48, seconds=1)
    assert kinds(late) == ["opened", "escalated"]
    assert AuditEntry.objects.get(verb="warning.escalated").object_id == late.pk


def test_the_database_refuses_a_second_open_warning(customer: Customer) -> None:
    warning = open_one(customer)
    assert warnings.open_warning(actor=None, opening=Opening(customer=customer.pk)) is None
    warning.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        warning.save(force_insert=True)


def test_watching_many_does_what_watching_one_does(
    manager: StaffUser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def some(count: int) -> list[int]:
        return [
            CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20)).pk
            for _ in range(count)
        ]

    left = CustomerFactory(manager=manager, status="left")
    ids = some(3)
    with django_assert_max_num_queries(15) as few:
        assert watch_many(actor=None, customer_ids=[*ids, left.pk], watched=True) == 3
    assert watch_many(actor=None, customer_ids=ids, watched=True) == 0
    rows = Customer.objects.filter(pk__in=ids).values_list("watched_since", "contact_due_on")
    assert set(rows) == {(TODAY, date(2026, 12, 5))}
    assert watch_many(actor=None, customer_ids=ids, watched=False) == 3
    assert WatchPeriod.objects.filter(ended_on=TODAY).count() == 3
    rows = Customer.objects.filter(pk__in=ids).values_list("watched_since", "contact_due_on")
    assert set(rows) == {(None, date(2026, 12, 20))}
    more = some(12)
    with django_assert_max_num_queries(15) as many:
        watch_many(actor=None, customer_ids=more, watched=True)
    assert len(many) == len(few)


def a_year_of_scores(manager: StaffUser, leavers: int, stayers: int) -> None:
    """Leavers had 60 points in May and left in July; stayers had 10 all along."""
    for number in range(leavers + stayers):
        leaves = number < leavers
        customer = CustomerFactory(
            manager=manager,
            vip_since=date(2025, 1, 1),
            **({"status": "left", "left_on": date(2026, 7, 10)} if leaves else {}),
        )
        RiskScore.objects.create(
            customer=customer, scored_on=date(2026, 5, 20), score=60 if leaves else 10
        )
        if leaves:
            Departure.objects.create(
                customer=customer,
                kind="ported_out",
                left_on=date(2026, 7, 10),
                tier="gold",
                manager=manager,
                unit=unit_of(manager),
            )


def test_the_line_is_learnt_from_who_left(manager: StaffUser) -> None:
    a_year_of_scores(manager, leavers=4, stayers=6)
    assert scores_and_leavers(date(2026, 6, 1)) == {60: (4, 4), 10: (6, 0)}
    assert scores_and_leavers(date(2026, 8, 1)) == {10: (6, 0)}
    assert scores_and_leavers(date(2026, 4, 1)) == {}
    made = calibrate_of_month(day=TODAY)
    # 1 June, 1 July and 1 August were looked at.
    assert made.bands == [[10, 18, 0], [60, 8, 8]]
    assert (made.computed_on, made.days) == (date(2026, 11, 1), 3)
    assert calibrate_of_month(day=TODAY) == made
    assert RiskCalibration.objects.count() == 1


def test_the_learnt_line_holds_in_the_night(manager: StaffUser) -> None:
    RiskCalibration.objects.create(
        computed_on=date(2026, 11, 1), bands=[[0, 900, 10], [50, 100, 30]], days=12
    )
    above = leaving(manager)  # 56
    below = leaving(manager, contract_end=None)  # 40
    assert flag_churn_risk().opened == 1
    warning = ChurnWarning.objects.get()
    assert (warning.customer, warning.line) == (above, 50)
    assert warning.rank == Decimal("27.00")  # 30 % × 90
    assert RiskState.objects.get(customer=below).score == 40
