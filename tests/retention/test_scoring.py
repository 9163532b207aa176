"""Scoring by service: what is looked at, what is written, and that it may run twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from core.models import AuditEntry, OutboxTask
from customers.models import Customer
from customers.rules import Cadence
from customers.services.standing import assign_manager, excuse, mark_left
from retention.models import (
    ChurnWarning,
    RiskRun,
    RiskScore,
    RiskState,
    Signal,
    SignalVersion,
    UsageSnapshot,
)
from retention.services.scoring import RiskChanges, flag_churn_risk
from retention.tasks import flag_churn_risk as fan_out_task
from retention.tasks import flag_churn_risk_of_unit
from staff.models import StaffUser
from tests.complaints.reports import complains, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.retention.usage_of import LAST_MONTH, LEAVING, use, use_for_months

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """Somebody who was reached lately, so that no cadence speaks."""
    return CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))


def reasons_of(customer: Customer) -> list[tuple[str, int, str | None]]:
    """The present reasons by signal."""
    current = RiskState.objects.get(customer=customer).current
    assert current is not None
    codes = dict(SignalVersion.objects.values_list("pk", "signal__code"))
    return [(codes[version], points, value) for version, points, value in current.reasons]


def test_a_customer_with_ordinary_use_has_no_points_and_no_row(customer: Customer) -> None:
    use_for_months(customer)
    assert flag_churn_risk() == RiskChanges(judged=1)
    state = RiskState.objects.get(customer=customer)
    assert (state.score, state.current, state.is_stale) == (0, None, False)
    assert state.monthly_bill == Decimal("300.00")


def test_the_reasons_are_the_points_largest_first(customer: Customer) -> None:
    use_for_months(customer, **LEAVING)
    assert flag_churn_risk() == RiskChanges(judged=1, changed=1, opened=1)
    score = RiskScore.objects.get()
    assert (score.customer, score.scored_on, score.score) == (customer, TODAY, 56)
    assert reasons_of(customer) == [
        ("dormant", 28, "18"),
        ("contract-ending", 16, "27"),
        ("voice-falling", 12, "-80"),
    ]


def test_run_twice_it_changes_nothing_more(customer: Customer) -> None:
    use_for_months(customer, **LEAVING)
    flag_churn_risk()
    # The warning halved the contact interval: the due day moved, which is looked at once.
    assert flag_churn_risk() == RiskChanges(judged=1)
    assert flag_churn_risk() == RiskChanges()
    assert RiskScore.objects.count() == ChurnWarning.objects.count() == 1
    assert AuditEntry.objects.filter(verb="risk.scored").count() == 1


def test_data_that_is_not_there_is_named_and_gives_no_points(customer: Customer) -> None:
    flag_churn_risk()
    score = RiskScore.objects.get()
    codes = dict(SignalVersion.objects.values_list("pk", "signal__code"))
    assert score.score == 0
    assert {"voice-falling", "dormant", "arrears", "contract-ended"} <= {
        codes[version] for version in score.missing
    }
    # It is known that nothing is overdue and that the manager never changed.
    assert not {"contact-overdue", "manager-changed"} & {codes[v] for v in score.missing}


def test_only_what_changed_is_looked_at(customer: Customer, manager: StaffUser) -> None:
    others: list[Customer] = [
        CustomerFactory(manager=manager, last_contact_on=TODAY) for _ in range(3)
    ]
    for one in [customer, *others]:
        use_for_months(one)
    assert flag_churn_risk().judged == 4
    assert flag_churn_risk().judged == 0
    use(others[0], LAST_MONTH, days_without_use=20)
    assert flag_churn_risk() == RiskChanges(judged=1, changed=1)


def test_a_contract_speaks_on_the_day_it_comes_within_sixty_days(
    customer: Customer, frozen: time_machine.Traveller
) -> None:
    use_for_months(customer, contract_end=TODAY + timedelta(days=61))
    flag_churn_risk()
    assert RiskState.objects.get().recheck_on == TODAY + timedelta(days=1)
    frozen.shift(timedelta(days=1))
    assert flag_churn_risk() == RiskChanges(judged=1, changed=1)
    assert reasons_of(customer) == [("contract-ending", 16, "60")]
    frozen.shift(timedelta(days=1))
    # The value runs on; the score is the same and no row is added.
    assert flag_churn_risk().changed == 0


def test_usage_that_stops_coming_in_is_missing_after_two_months(
    customer: Customer, frozen: time_machine.Traveller
) -> None:
    use_for_months(customer, days_without_use=20)
    flag_churn_risk()
    assert RiskState.objects.get().score == 28
    frozen.move_to(datetime(2026, 12, 31, 2, tzinfo=UTC))
    Customer.objects.update(contact_due_on=date(2027, 6, 1))
    flag_churn_risk()
    assert RiskState.objects.get().score == 28
    frozen.move_to(datetime(2027, 1, 1, 2, tzinfo=UTC))
    flag_churn_risk()
    assert RiskState.objects.get().score == 0


def test_an_overdue_contact_speaks_and_stops_with_the_next_contact(
    customer: Customer, frozen: time_machine.Traveller
) -> None:
    use_for_months(customer)
    flag_churn_risk()
    frozen.move_to(datetime(2026, 12, 27, 2, tzinfo=UTC))  # due on 20 December
    assert flag_churn_risk().changed == 1
    assert reasons_of(customer) == [("contact-overdue", 8, "7")]
    Customer.objects.filter(pk=customer.pk).update(contact_due_on=date(2027, 1, 27))
    assert flag_churn_risk().changed == 1
    assert RiskState.objects.get().score == 0


def test_an_open_complaint_speaks_until_it_is_closed_and_a_second_one_too(
    customer: Customer, supervisor: StaffUser, frozen: time_machine.Traveller
) -> None:
    use_for_months(customer)
    flag_churn_risk()
    first = complains(supervisor, customer)
    assert flag_churn_risk().changed == 1
    assert reasons_of(customer) == [("complaint-open", 10, "1")]
    stands_at(supervisor, first, "closed")
    assert flag_churn_risk().changed == 1
    assert RiskState.objects.get().score == 0
    complains(supervisor, customer, "再次多扣")
    flag_churn_risk()
    assert {code for code, _points, _value in reasons_of(customer)} == {
        "complaint-open",
        "complaints-repeated",
    }
    assert RiskState.objects.get().score == 20  # the group's cap
    assert flag_churn_risk().changed == 0


def test_a_due_day_that_moved_back_is_seen(customer: Customer) -> None:
    use_for_months(customer)
    flag_churn_risk()
    Customer.objects.filter(pk=customer.pk).update(contact_due_on=date(2026, 11, 1))
    assert flag_churn_risk().changed == 1
    assert reasons_of(customer) == [("contact-overdue", 8, "22")]
    excuse(actor=None, customer=customer, cadence=Cadence.CONTACT, until=TODAY)
    assert flag_churn_risk().changed == 1
    assert RiskState.objects.get().score == 0


def test_another_manager_is_seen_and_forgotten_after_sixty_days(
    customer: Customer, colleague: StaffUser, frozen: time_machine.Traveller
) -> None:
    use_for_months(customer)
    flag_churn_risk()
    assign_manager(actor=None, customer=customer, manager=colleague)
    assert flag_churn_risk().changed == 1
    assert reasons_of(customer) == [("manager-changed", 6, "0")]
    assert RiskState.objects.get().recheck_on is not None
    Customer.objects.update(contact_due_on=date(2027, 6, 1))
    for month in (date(2026, 11, 1), date(2026, 12, 1)):
        use(customer, month)
    frozen.move_to(datetime(2027, 1, 23, 2, tzinfo=UTC))
    flag_churn_risk()
    assert RiskState.objects.get().score == 0


def test_customers_who_left_are_not_looked_at(customer: Customer) -> None:
    use_for_months(customer, **LEAVING)
    mark_left(actor=None, customer=customer)
    assert flag_churn_risk() == RiskChanges()


def test_a_month_counts_once_it_is_over_and_known(
    customer: Customer, frozen: time_machine.Traveller
) -> None:
    use_for_months(customer)
    use(customer, date(2026, 11, 1), received_at=NOW, days_without_use=20)
    flag_churn_risk()
    assert RiskState.objects.get().score == 0
    assert RiskState.objects.get().recheck_on == date(2026, 12, 1)
    frozen.move_to(datetime(2026, 11, 30, 17, tzinfo=UTC))  # 1 December in Shanghai
    flag_churn_risk()
    assert RiskState.objects.get().score == 28


def test_a_past_day_knows_only_what_had_come_in(customer: Customer) -> None:
    use_for_months(customer)
    use(customer, LAST_MONTH, days_without_use=20, received_at=NOW)
    flag_churn_risk(as_of=date(2026, 11, 22))
    assert RiskState.objects.get().score == 0
    flag_churn_risk(as_of=TODAY)
    assert list(RiskScore.objects.order_by("pk").values_list("scored_on", "score")) == [(TODAY, 28)]


def test_a_day_before_the_last_scoring_is_refused(
    customer: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    use_for_months(customer, **LEAVING)
    call_command("flag_churn_risk", "--as-of", "2026-11-20")
    assert "looked at 1, scores changed 1, warnings opened 1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Scored up to 2026-11-20 already"):
        call_command("flag_churn_risk", as_of=date(2026, 11, 19))
    with pytest.raises(CommandError, match="future"):
        call_command("flag_churn_risk", as_of=date(2026, 11, 24))
    with pytest.raises(CommandError, match="not a date"):
        call_command("flag_churn_risk", "--as-of", "tomorrow")
    assert RiskScore.objects.get().scored_on == date(2026, 11, 20)
    assert flag_churn_risk_of_unit(customer.unit_id, "2026-11-19") == {
        "judged": 0, "changed": 0, "opened": 0, "updated": 0, "closed": 0,
    }  # fmt: skip


def test_scored_again_the_same_day_the_row_of_the_day_is_replaced(customer: Customer) -> None:
    use_for_months(customer, **LEAVING)
    flag_churn_risk()
    use(customer, LAST_MONTH, days_without_use=16)
    assert flag_churn_risk().changed == 1
    score = RiskScore.objects.get()
    assert (score.scored_on, score.score) == (TODAY, 28)
    assert RiskState.objects.get().current == score


def test_simulated_usage_labels_the_score_and_the_warning(customer: Customer) -> None:
    use_for_months(customer, **LEAVING)
    UsageSnapshot.objects.update(source="simulated")
    flag_churn_risk()
    assert RiskScore.objects.get().is_simulated
    assert ChurnWarning.objects.get().is_simulated


def test_another_version_of_a_signal_scores_everybody_anew(customer: Customer) -> None:
    use_for_months(customer, days_without_use=20)
    flag_churn_risk(as_of=date(2026, 11, 22))
    before = list(RiskScore.objects.values())
    old = Signal.objects.get(code="dormant").versions.get()
    SignalVersion.objects.filter(pk=old.pk).update(is_current=False)
    old.pk, old.number, old.points = None, 2, 9
    old.save()
    assert flag_churn_risk() == RiskChanges(judged=1, changed=1)
    assert list(RiskScore.objects.filter(scored_on=date(2026, 11, 22)).values()) == before
    assert reasons_of(customer) == [("dormant", 9, "20")]


def test_the_cost_does_not_grow_with_the_customers(
    manager: StaffUser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def some(count: int) -> None:
        for _ in range(count):
            use_for_months(CustomerFactory(manager=manager, last_contact_on=TODAY), **LEAVING)

    some(2)
    with django_assert_max_num_queries(150) as few:
        assert flag_churn_risk(unit_id=manager.unit_id).opened == 2
    some(10)
    with django_assert_max_num_queries(150) as many:
        assert flag_churn_risk(unit_id=manager.unit_id).opened == 10
    assert len(many) <= len(few)


def test_the_nightly_task_asks_for_one_task_a_unit(
    customer: Customer, outsider: StaffUser, company: Company
) -> None:
    CustomerFactory(manager=outsider)
    assert fan_out_task() == 2
    asked = OutboxTask.objects.order_by("pk").values_list("task", "kwargs")
    assert {task for task, _kwargs in asked} == {"retention.tasks.flag_churn_risk_of_unit"}
    assert {kwargs["unit_id"] for _task, kwargs in asked} == {
        company.district.pk,
        company.far_district.pk,
    }
    for _task, kwargs in asked:
        flag_churn_risk_of_unit(**kwargs)
    assert RiskRun.objects.filter(as_of=TODAY).count() == 2
    assert RiskState.objects.filter(is_stale=False).count() == 2


def test_a_unit_alone(customer: Customer, outsider: StaffUser, company: Company) -> None:
    CustomerFactory(manager=outsider)
    assert flag_churn_risk(unit_id=company.district.pk).judged == 1
    with pytest.raises(ValidationError):
        flag_churn_risk(as_of=date(2026, 11, 1), unit_id=company.district.pk)
    assert flag_churn_risk(as_of=date(2026, 11, 22), unit_id=company.far_district.pk).judged == 1
