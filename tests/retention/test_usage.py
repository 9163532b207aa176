"""Monthly usage comes in: once a customer and month, the last word counts, nothing twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.models import AuditEntry
from customers.models import Customer
from retention.models import RiskState, UsageSnapshot
from retention.models.usage import Source
from retention.services.usage import (
    USAGE_FIELDS,
    SnapshotRow,
    Taken,
    Usage,
    take_snapshots,
)
from staff.models import StaffUser
from tests.factories import CustomerFactory

OCTOBER = date(2026, 10, 1)
SEPTEMBER = date(2026, 9, 1)


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


def take(*rows: SnapshotRow) -> list[Taken]:
    return list(take_snapshots(actor=None, rows=rows, source=Source.API).each)


def kept() -> dict[tuple[int, date], Usage]:
    return {
        (row.customer_id, row.month): Usage(**{name: getattr(row, name) for name in USAGE_FIELDS})
        for row in UsageSnapshot.objects.all()
    }


def test_a_month_is_kept_with_its_figures(customer: Customer) -> None:
    usage = Usage(bill=Decimal("188.00"), voice_minutes=320, plan="尊享288", roaming_days=2)
    assert take(SnapshotRow(customer.pk, OCTOBER, usage)) == [Taken.NEW]
    assert kept() == {(customer.pk, OCTOBER): usage}


def test_the_same_month_again_changes_nothing(customer: Customer) -> None:
    row = SnapshotRow(customer.pk, OCTOBER, Usage(bill=Decimal("188.00")))
    take(row)
    before = UsageSnapshot.objects.values().get()
    RiskState.objects.update(is_stale=False)
    assert take(row) == [Taken.SAME]
    assert UsageSnapshot.objects.values().get() == before
    assert not RiskState.objects.get().is_stale
    assert AuditEntry.objects.filter(verb="usage.taken_in").count() == 1


def test_a_correction_replaces_the_month_and_says_when_it_came(customer: Customer) -> None:
    take(SnapshotRow(customer.pk, OCTOBER, Usage(bill=Decimal("188.00"))))
    RiskState.objects.update(is_stale=False)
    later = clock.now() + timedelta(days=3)
    counts = take_snapshots(
        actor=None,
        rows=[SnapshotRow(customer.pk, OCTOBER, Usage(bill=Decimal("190.50")))],
        source=Source.IMPORT,
        received_at=later,
    )
    assert (counts.new, counts.changed, counts.same) == (0, 1, 0)
    row = UsageSnapshot.objects.get()
    assert (row.bill, row.received_at, row.source) == (Decimal("190.50"), later, Source.IMPORT)
    assert RiskState.objects.get().is_stale


def test_of_two_rows_for_one_month_the_last_counts(customer: Customer) -> None:
    first = SnapshotRow(customer.pk, OCTOBER, Usage(data_mb=1))
    last = SnapshotRow(customer.pk, OCTOBER, Usage(data_mb=2))
    assert take(first, last) == [Taken.NEW, Taken.NEW]
    assert kept()[customer.pk, OCTOBER].data_mb == 2


def usage_of(bill: Decimal | None, minutes: int | None, plan: str) -> Usage:
    return Usage(bill=bill, voice_minutes=minutes, plan=plan)


figures = st.builds(
    usage_of,
    st.none() | st.integers(0, 999_999).map(lambda cents: Decimal(cents) / 100),
    st.none() | st.integers(0, 5000),
    st.sampled_from(["", "尊享288"]),
)
months = st.sampled_from([SEPTEMBER, OCTOBER])
batches = st.lists(st.lists(st.tuples(st.integers(0, 1), months, figures), max_size=4), max_size=5)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=batches)
def test_whatever_is_sent_the_last_word_on_each_month_is_kept(
    company: object, manager: StaffUser, sent: list[list[tuple[int, date, Usage]]]
) -> None:
    UsageSnapshot.objects.all().delete()
    customers = [
        Customer.objects.filter(number=number).first()
        or CustomerFactory(number=number, manager=manager)
        for number in ("P1", "P2")
    ]
    expected: dict[tuple[int, date], Usage] = {}
    for batch in sent:
        rows = [SnapshotRow(customers[who].pk, month, usage) for who, month, usage in batch]
        take(*rows)
        take(*rows)
        expected |= {(row.customer, row.month): row.usage for row in rows}
    assert kept() == expected


def test_many_rows_cost_as_many_statements_as_one(manager: StaffUser) -> None:
    def statements(count: int, month: date) -> int:
        customers = [CustomerFactory(manager=manager) for _ in range(count)]
        with CaptureQueriesContext(connection) as asked:
            take(*(SnapshotRow(customer.pk, month) for customer in customers))
        return len(asked)

    assert statements(1, OCTOBER) == statements(20, OCTOBER)
