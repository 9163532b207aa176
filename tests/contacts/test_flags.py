"""The flag job: set-based, safe twice and side by side, escalating, exempting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from contacts.models import Cadence, CadenceFlag, Exemption, Outcome
from contacts.services.exemptions import decide_exemption, end_exemption, request_exemption
from contacts.services.flags import FlagChanges, flag_overdue
from contacts.services.records import Contact, log_contact
from contacts.tasks import flag_overdue as flag_task
from core.models import AuditEntry
from customers.models import Channel, Customer, ServiceStandard
from customers.rules import Cadence as CadenceCode
from customers.services.standards import set_standard
from customers.services.standing import mark_key, mark_left
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def gold(manager: StaffUser, vip_since: date = date(2026, 9, 1)) -> Customer:
    return CustomerFactory(manager=manager, tier="gold", vip_since=vip_since)


def test_one_flag_for_each_overdue_customer_and_none_for_others(manager: StaffUser) -> None:
    overdue = gold(manager)
    gold(manager, vip_since=date(2026, 10, 23))  # due today: not overdue
    assert flag_overdue() == FlagChanges(opened=1)
    flag = CadenceFlag.objects.get()
    assert (flag.customer, flag.cadence, flag.due_on) == (overdue, "contact", date(2026, 10, 1))
    assert flag.opened_on == TODAY


def test_run_twice_it_changes_nothing_more(manager: StaffUser) -> None:
    gold(manager)
    flag_overdue()
    assert flag_overdue() == FlagChanges()
    assert AuditEntry.objects.filter(verb="flags.settled").count() == 1


def test_the_database_refuses_a_second_open_flag(manager: StaffUser) -> None:
    gold(manager)
    flag_overdue()
    flag = CadenceFlag.objects.get()
    flag.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        flag.save(force_insert=True)


def test_the_cost_does_not_grow_with_the_customers(
    manager: StaffUser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    gold(manager)
    with django_assert_max_num_queries(20) as few:
        flag_overdue()
    for _ in range(20):
        gold(manager)
    with django_assert_max_num_queries(20) as many:
        assert flag_overdue().opened == 20
    assert len(few) == len(many)


def test_as_of_another_day(manager: StaffUser, capsys: pytest.CaptureFixture[str]) -> None:
    gold(manager, vip_since=date(2026, 11, 1))
    call_command("flag_overdue", "--as-of", "2026-12-01")
    assert not CadenceFlag.objects.exists()
    call_command("flag_overdue", as_of=date(2026, 12, 2))
    assert CadenceFlag.objects.count() == 1
    assert "opened 1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="not a date"):
        call_command("flag_overdue", "--as-of", "tomorrow")


def test_both_cadences_have_flags_of_their_own(manager: StaffUser, supervisor: StaffUser) -> None:
    customer = gold(manager, vip_since=date(2026, 6, 1))
    mark_key(actor=supervisor, customer=customer, is_key=True, on=date(2026, 6, 1))
    assert flag_overdue().opened == 2
    call = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=manager, customer=customer, contact=call)
    assert [flag.cadence for flag in CadenceFlag.objects.open()] == ["visit"]


def test_who_left_loses_the_flag(manager: StaffUser) -> None:
    customer = gold(manager)
    flag_overdue()
    mark_left(actor=None, customer=customer)
    assert flag_overdue() == FlagChanges(closed=1)
    assert CadenceFlag.objects.get().close_reason == CadenceFlag.CloseReason.LEFT


def test_escalated_after_seven_days_and_once(manager: StaffUser) -> None:
    gold(manager)
    flag_overdue()
    with time_machine.travel(NOW + timedelta(days=6), tick=False):
        assert flag_overdue() == FlagChanges()
    with time_machine.travel(NOW + timedelta(days=7), tick=False):
        assert flag_overdue() == FlagChanges(escalated=1)
        assert flag_overdue() == FlagChanges()
    assert CadenceFlag.objects.escalated().count() == 1


def test_each_unit_is_judged_by_its_own_today(manager: StaffUser, company: Company) -> None:
    west = CustomerFactory(
        unit=company.far_district, manager=None, tier="gold", vip_since=date(2026, 10, 22)
    )
    company.far_district.time_zone = "America/Los_Angeles"
    company.far_district.save()
    east = gold(manager, vip_since=date(2026, 10, 22))  # due 22 November
    flag_overdue()  # 23 November in Shanghai, still the 22nd in Los Angeles
    assert [flag.customer for flag in CadenceFlag.objects.all()] == [east]
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        flag_overdue()
    assert set(CadenceFlag.objects.values_list("customer", flat=True)) == {east.pk, west.pk}


def test_a_stricter_standard_moves_the_clocks_before_the_flags(
    manager: StaffUser, administrator: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager, tier="silver", vip_since=date(2026, 9, 20))
    row = ServiceStandard(
        figure="contact_interval_months", tier="silver", effective_from=date(2026, 11, 24), value=2
    )
    set_standard(actor=administrator, row=row)
    flag_overdue()
    customer.refresh_from_db()
    assert customer.contact_due_on == date(2026, 12, 20)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        flag_overdue()
        customer.refresh_from_db()
        assert customer.contact_due_on == date(2026, 12, 1)  # at least seven days
        call_command("verify_clocks")


# --- Exemptions --------------------------------------------------------------------------------


@pytest.fixture
def request_(manager: StaffUser) -> Exemption:
    customer = gold(manager)
    flag_overdue()
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY + timedelta(days=30),
    )


def test_a_request_alone_changes_nothing(request_: Exemption) -> None:
    assert CadenceFlag.objects.open().count() == 1
    assert flag_overdue() == FlagChanges()


def test_approved_the_flag_closes_the_due_day_stays_and_it_ends_by_itself(
    supervisor: StaffUser, request_: Exemption
) -> None:
    due = request_.customer.contact_due_on
    decide_exemption(actor=supervisor, exemption=request_, approve=True)
    assert CadenceFlag.objects.get().close_reason == CadenceFlag.CloseReason.EXEMPT
    customer = Customer.objects.get(pk=request_.customer_id)
    assert customer.contact_due_on == due
    assert Customer.objects.exempt(CadenceCode.CONTACT, TODAY).count() == 1
    assert not Customer.objects.overdue(CadenceCode.CONTACT, TODAY).exists()
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert flag_overdue() == FlagChanges()
    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        assert flag_overdue() == FlagChanges(opened=1)


def test_refused_everything_stays(supervisor: StaffUser, request_: Exemption) -> None:
    decide_exemption(actor=supervisor, exemption=request_, approve=False, note="仍可短信")
    request_.refresh_from_db()
    assert (request_.state, request_.decided_by) == (Exemption.State.REFUSED, supervisor)
    assert CadenceFlag.objects.open().count() == 1


def test_a_decision_stands_whatever_is_sent_again(
    supervisor: StaffUser, request_: Exemption
) -> None:
    decide_exemption(actor=supervisor, exemption=request_, approve=True)
    again = decide_exemption(actor=supervisor, exemption=request_, approve=False)
    assert again.state == Exemption.State.APPROVED


def test_ended_early_the_flag_comes_back(
    supervisor: StaffUser, manager: StaffUser, request_: Exemption
) -> None:
    decide_exemption(actor=supervisor, exemption=request_, approve=True)
    end_exemption(actor=manager, exemption=request_)
    assert CadenceFlag.objects.open().count() == 1


@pytest.mark.parametrize(("days", "allowed"), [(89, True), (90, False), (-1, False)])
def test_at_most_ninety_days(manager: StaffUser, days: int, allowed: bool) -> None:
    customer = gold(manager)

    def ask() -> Exemption:
        return request_exemption(
            actor=manager,
            customer=customer,
            cadence=Cadence.CONTACT,
            reason=Exemption.Reason.ABROAD,
            ends_on=TODAY + timedelta(days=days),
        )

    if allowed:
        assert ask().state == Exemption.State.REQUESTED
    else:
        with pytest.raises(ValidationError):
            ask()


# --- Jobs ---------------------------------------------------------------------------------------


def test_the_task_takes_plain_values(manager: StaffUser) -> None:
    gold(manager)
    assert flag_task("2026-11-23") == {"opened": 1, "closed": 0, "escalated": 0}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_jobs_at_once_open_one_flag_a_customer(manager: StaffUser) -> None:
    for _ in range(30):
        gold(manager)

    def run() -> int:
        try:
            return flag_overdue().opened
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        opened = [job.result() for job in [pool.submit(run) for _ in range(4)]]
    assert sum(opened) == 30
    assert CadenceFlag.objects.open().count() == 30
