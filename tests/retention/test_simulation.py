"""The simulator: only where it belongs, labelled, the same for a seed; the whole loop on top."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Q

from contacts.services.verification import differing_clocks
from core import clock
from core.models import AuditEntry, OutboxTask
from customers.models import Customer, Status
from customers.services.standing import mark_left
from retention.models import (
    ChurnBaseYear,
    ChurnEvent,
    ChurnWarning,
    Departure,
    DepartureReview,
    RiskScore,
    RiskState,
    UsageSnapshot,
)
from retention.models.usage import Source
from retention.rules.departures import HORIZON_DAYS
from retention.rules.simulation import Leavers
from retention.services.scoring import flag_churn_risk
from retention.services.simulation import Population, Simulated, simulate_history
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.retention.usage_of import use

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture
def demonstration(settings: Any) -> None:
    settings.DEMONSTRATION = True


def simulate(*populations: Population, seed: int = 5, **options: Any) -> Simulated:
    return simulate_history(
        actor=None, years=2, seed=seed, populations=populations or [Population()], **options
    )


def everything() -> list[Any]:
    """All that a simulation writes, without keys."""
    columns = {
        Customer: ["number", "name", "tier", "status", "left_on", "contact_due_on"],
        UsageSnapshot: ["customer__number", "month", "bill", "voice_minutes", "care_calls"],
        ChurnEvent: ["customer__number", "kind", "happened_at"],
        Departure: ["customer__number", "kind", "left_on", "competitor", "review__cause__code"],
        ChurnWarning: ["customer__number", "opened_at", "score", "result", "found"],
        RiskScore: ["customer__number", "scored_on", "score"],
    }
    return [
        list(model._default_manager.order_by(*names).values_list(*names))
        for model, names in columns.items()
    ]


def test_it_is_refused_outside_the_demonstration(manager: StaffUser) -> None:
    customer = CustomerFactory(manager=manager)
    with pytest.raises(CommandError, match="demonstration mode only"):
        call_command("simulate_history", "--customers", "3")
    for refused in ([Population()], [Population(new_customers=3), Population()]):
        with pytest.raises(ImproperlyConfigured, match="only new customers"):
            simulate(*refused, outside_demonstration=True)
    with pytest.raises(ImproperlyConfigured, match="unscored"):
        simulate(Population(new_customers=3), scored_months=2, outside_demonstration=True)
    assert not UsageSnapshot.objects.exists()
    assert list(Customer.objects.all()) == [customer]


def test_with_the_flag_it_makes_only_customers_of_its_own(manager: StaffUser) -> None:
    real = CustomerFactory(manager=manager)
    taken = CustomerFactory(manager=manager, number="SIM000002")
    out = StringIO()
    call_command("simulate_history", "--customers", "3", "--outside-demonstration", stdout=out)
    assert "customers made 2, simulated 2" in out.getvalue()
    owners = set(UsageSnapshot.objects.values_list("customer__number", flat=True))
    assert owners == {"SIM000001", "SIM000003"}
    assert not RiskScore.objects.exists()
    assert not ChurnBaseYear.objects.exists()
    for customer in (real, taken):
        assert not RiskState.objects.filter(customer=customer).exists()


@pytest.mark.usefixtures("demonstration")
def test_without_a_manager_there_is_nobody_to_give_customers_to() -> None:
    with pytest.raises(CommandError, match="no active customer manager"):
        call_command("simulate_history", "--customers", "3")


@pytest.mark.parametrize("wrong", [["--customers", "0"], ["--years", "-1"], ["--years", "two"]])
def test_numbers_that_are_none_are_refused(wrong: list[str]) -> None:
    with pytest.raises(CommandError, match="no number from 1 on"):
        call_command("simulate_history", *wrong)


@pytest.mark.usefixtures("demonstration")
def test_who_has_real_rows_is_never_touched(manager: StaffUser) -> None:
    with_usage, with_event, gone, left, blank = CustomerFactory.create_batch(
        5, manager=manager, vip_since=date(2020, 1, 1)
    )
    kept = use(with_usage)
    ChurnEvent.objects.create(customer=with_event, kind="sim_returned", happened_at=clock.now())
    Departure.objects.create(
        customer=gone, kind="vip_ended", left_on=date(2026, 1, 5), tier="gold", unit=gone.unit
    )
    mark_left(actor=None, customer=left, on=date(2026, 1, 5))
    before = {row["id"]: row for row in Customer.objects.exclude(pk=blank.pk).values()}
    done = simulate(scored_months=2)
    assert (done.customers_made, done.customers) == (0, 1)
    rows = UsageSnapshot.objects.exclude(pk=kept.pk)
    assert set(rows.values_list("customer", "source")) == {(blank.pk, Source.SIMULATED)}
    assert UsageSnapshot.objects.get(pk=kept.pk).source == Source.API
    after = {row["id"]: row for row in Customer.objects.exclude(pk=blank.pk).values()}
    assert after == before
    assert not RiskScore.objects.filter(customer=with_usage, is_simulated=True).exists()


@pytest.mark.usefixtures("demonstration", "supervisor")
def test_the_same_seed_writes_the_same_and_twice_changes_nothing_more(
    manager: StaffUser, colleague: StaffUser
) -> None:
    population = Population(new_customers=12, leavers=Leavers.EVERYBODY)
    with transaction.atomic():
        simulate(population, scored_months=1)
        first = everything()
        transaction.set_rollback(True)
    assert not Customer.objects.exists()
    done = simulate(population, scored_months=1)
    assert everything() == first
    assert done.lived.departures == 12
    entries = AuditEntry.objects.count()
    assert simulate(population, scored_months=1) == Simulated()
    assert simulate() == Simulated()
    assert everything() == first
    assert AuditEntry.objects.count() == entries


@pytest.mark.usefixtures("demonstration")
def test_more_customers_later_leave_those_that_are_there_as_they_are(manager: StaffUser) -> None:
    simulate(Population(new_customers=4))
    first = everything()[1]
    done = simulate(Population(new_customers=6))
    assert (done.customers_made, done.customers) == (2, 2)
    assert [row for row in everything()[1] if row[0] <= "SIM000004"] == first
    simulate(Population(new_customers=7), seed=6)
    assert UsageSnapshot.objects.values("customer").distinct().count() == 7


@pytest.mark.whole
@pytest.mark.usefixtures("demonstration", "city_supervisor", "colleague", "other_manager")
def test_the_whole_loop_warns_of_those_who_leave(manager: StaffUser) -> None:
    done = simulate(Population(new_customers=200), seed=1, scored_months=25)
    lived = done.lived
    assert (done.customers_made, done.customers) == (200, 200)
    assert min(lived.events, lived.departures, lived.reviews, lived.followed_up) > 0
    assert lived.bases == 2
    assert set(ChurnBaseYear.objects.values_list("year", "is_rebuilt")) == {
        (2025, False),
        (2026, False),
    }

    today = clock.today()
    judged = ChurnWarning.objects.filter(
        opened_at__lt=clock.start_of_day(today - timedelta(days=HORIZON_DAYS))
    )
    within = [
        warning
        for warning in judged.select_related("customer")
        if warning.customer.left_on is not None
        and warning.customer.left_on - clock.local_date(warning.opened_at)
        <= timedelta(days=HORIZON_DAYS)
        and warning.customer.departures.filter(kind__in=["closed", "ported_out"]).exists()
    ]
    leavers = Departure.objects.counted().count()
    days = (today - date(2024, 11, 1)).days
    base_rate = leavers / done.customers * HORIZON_DAYS / days
    assert len(within) >= 2
    assert len(within) / judged.count() > 2 * base_rate

    # Everything says what it is, and nothing lies in the future.
    assert not UsageSnapshot.objects.exclude(source=Source.SIMULATED).exists()
    assert not ChurnEvent.objects.exclude(source=Source.SIMULATED).exists()
    assert not Departure.objects.exclude(source=Source.SIMULATED).exists()
    assert not ChurnWarning.objects.filter(is_simulated=False).exists()
    assert not RiskScore.objects.filter(is_simulated=False).exists()
    assert not UsageSnapshot.objects.filter(received_at__gt=clock.now()).exists()
    assert not AuditEntry.objects.filter(at__gt=clock.now()).exists()
    assert not OutboxTask.objects.exists()
    assert list(differing_clocks()) == []

    # Each departure happened on its day, to a customer who is marked so.
    for departure in Departure.objects.select_related("customer"):
        assert departure.customer.left_on == departure.left_on
        assert clock.local_date(departure.reported_at) == departure.left_on
    assert not ChurnWarning.objects.open().filter(customer__status=Status.LEFT).exists()
    reviewed = DepartureReview.objects.select_related("departure", "cause")
    assert all(review.cause.parent_id and review.departure.is_counted for review in reviewed)
    twice = Customer.objects.annotate(
        open=Count("churn_warnings", filter=Q(churn_warnings__closed_at=None))
    )
    assert not twice.filter(open__gt=1).exists()

    # The nightly job goes on from there.
    assert flag_churn_risk().judged < done.customers
