"""Signals are edited as versions: past scores stay, who is slower is told, a preview counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from core.models import AuditEntry
from customers.models import Customer
from customers.rules import add_months
from retention.models import (
    Departure,
    RiskScore,
    RiskState,
    Signal,
    SignalGroup,
    SignalVersion,
)
from retention.rules.features import Feature, Operator
from retention.rules.judging import Past, judge, share_interval
from retention.services import preview, signals
from retention.services.scoring import flag_churn_risk
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.retention.usage_of import LAST_MONTH, ORDINARY, unit_of, use, use_for_months

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def effect_of(**asked: Any) -> preview.Effect:
    return preview.effect_of(customers=Customer.objects.all(), **asked)


def past_of(version: Any) -> preview.PastOfSignal:
    return preview.past_of(version, Customer.objects.all())


def dormant() -> Signal:
    return Signal.objects.get(code="dormant")


def draft(**changes: object) -> signals.Draft:
    """What the signal of dormancy says, with changes."""
    present = dormant().versions.select_related("group").get(is_current=True)
    return replace(signals.draft_of(present), **changes)  # type: ignore[arg-type]


def silent(manager: StaffUser, days: int) -> Customer:
    customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))
    use_for_months(customer, days_without_use=days)
    return customer


def test_fourteen_signals_are_delivered_with_both_languages(db: None) -> None:
    versions = SignalVersion.objects.filter(is_current=True, is_active=True)
    assert versions.count() == 14
    assert all(v.reason_en.isascii() and not v.reason_zh.isascii() for v in versions)
    assert {v.field for v in versions} == {f.value for f in Feature}
    assert set(SignalGroup.objects.values_list("code", "cap")) == {
        ("usage", 40),
        ("payment", 25),
        ("contract", 22),
        ("service", 20),
    }


def test_a_change_is_a_version_and_says_who_made_it(head_office: StaffUser) -> None:
    made = signals.change_signal(
        actor=head_office, signal=dormant(), draft=draft(points=33), seen_number=1
    )
    assert (made.number, made.points, made.changed_by, made.is_current) == (
        2,
        33,
        head_office,
        True,
    )
    first = dormant().versions.get(number=1)
    assert (first.points, first.is_current) == (28, False)
    entry = AuditEntry.objects.get(verb="signal.changed")
    assert (entry.actor, entry.changes) == (head_office, {"points": [28, 33]})


def test_sent_twice_it_is_one_version(head_office: StaffUser) -> None:
    for _ in range(2):
        signals.change_signal(
            actor=head_office, signal=dormant(), draft=draft(points=33), seen_number=1
        )
    assert dormant().versions.count() == 2


def test_who_is_slower_is_told_and_nothing_is_lost(
    head_office: StaffUser, administrator: StaffUser
) -> None:
    mine, theirs = draft(points=33), draft(points=20)
    signals.change_signal(actor=administrator, signal=dormant(), draft=theirs, seen_number=1)
    with pytest.raises(ValidationError) as refusal:
        signals.change_signal(actor=head_office, signal=dormant(), draft=mine, seen_number=1)
    assert refusal.value.code == signals.CHANGED_MEANWHILE
    assert dormant().versions.get(is_current=True).points == 20
    with pytest.raises(ValidationError):
        signals.switch_signal(actor=head_office, signal=dormant(), is_active=False, seen_number=1)


def test_a_signal_that_is_off_gives_no_points(manager: StaffUser, head_office: StaffUser) -> None:
    customer = silent(manager, 20)
    flag_churn_risk(as_of=date(2026, 11, 22))
    assert RiskState.objects.get().score == 28
    signals.switch_signal(actor=head_office, signal=dormant(), is_active=False, seen_number=1)
    flag_churn_risk()
    assert RiskState.objects.get().score == 0
    signals.switch_signal(actor=head_office, signal=dormant(), is_active=True, seen_number=2)
    flag_churn_risk()
    assert RiskState.objects.get(customer=customer).score == 28


def test_a_new_signal_counts_from_the_next_scoring_on(
    manager: StaffUser, head_office: StaffUser
) -> None:
    silent(manager, 10)
    wanted = draft(threshold=Decimal(8), points=5, group=None)
    signals.create_signal(actor=head_office, code="hardly-used", draft=wanted)
    flag_churn_risk()
    assert RiskState.objects.get().score == 5
    with pytest.raises(ValidationError):
        signals.create_signal(actor=head_office, code="hardly-used", draft=wanted)


def test_a_groups_cap_holds_from_the_next_scoring_on(
    manager: StaffUser, head_office: StaffUser
) -> None:
    silent(manager, 20)
    flag_churn_risk(as_of=date(2026, 11, 22))
    usage = SignalGroup.objects.get(code="usage")
    for _ in range(2):
        signals.change_cap(actor=head_office, group=usage, cap=10, seen_cap=40)
    flag_churn_risk()
    assert list(RiskScore.objects.order_by("scored_on").values_list("score", flat=True)) == [
        28,
        10,
    ]
    assert AuditEntry.objects.filter(verb="signal_group.changed").count() == 1
    with pytest.raises(ValidationError):
        signals.change_cap(actor=head_office, group=usage, cap=20, seen_cap=40)
    with pytest.raises(ValidationError):
        signals.change_cap(actor=head_office, group=usage, cap=0, seen_cap=10)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    edits=st.lists(
        st.tuples(
            st.sampled_from(["dormant", "arrears", "contract-ending", "voice-falling"]),
            st.integers(1, 100),
            st.integers(-60, 90),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_edit_changes_a_past_score(
    head_office: StaffUser, manager: StaffUser, edits: list[tuple[str, int, int, bool]]
) -> None:
    if not RiskScore.objects.exists():
        for days in (0, 16, 25):
            use(
                silent(manager, days),
                LAST_MONTH,
                **{
                    **ORDINARY,
                    "days_without_use": days,
                    "balance": Decimal(-days),
                    "contract_end": TODAY + timedelta(days=days),
                },
            )
        flag_churn_risk(as_of=date(2026, 11, 22))
    past = list(RiskScore.objects.filter(scored_on=date(2026, 11, 22)).order_by("pk").values())
    assert past
    for code, points, threshold, is_active in edits:
        signal = Signal.objects.get(code=code)
        present = signal.versions.select_related("group").get(is_current=True)
        made = signals.change_signal(
            actor=head_office,
            signal=signal,
            draft=replace(signals.draft_of(present), points=points, threshold=Decimal(threshold)),
            seen_number=present.number,
        )
        signals.switch_signal(
            actor=head_office, signal=signal, is_active=is_active, seen_number=made.number
        )
    flag_churn_risk()
    now = RiskScore.objects.filter(scored_on=date(2026, 11, 22)).order_by("pk").values()
    assert list(now) == past
    for score in RiskScore.objects.all():
        assert sum(points for _version, points, _value in score.reasons) == score.score <= 100


# --- Preview ------------------------------------------------------------------------------------


def test_the_preview_counts_who_would_come_above_the_line(manager: StaffUser) -> None:
    for days in (0, 12, 20):
        silent(manager, days)
    present = dormant().versions.get()
    effect = preview.effect_of(
        customers=Customer.objects.all(), draft=draft(points=40).as_version(), instead_of=present.pk
    )
    assert (effect.line, effect.customers, effect.asked) == (40, 3, 3)
    assert (effect.above, effect.more, effect.fewer, effect.is_sample) == (0, 1, 0, False)
    assert effect.more_of_all == (1, 1)
    wider = draft(points=40, threshold=Decimal(10)).as_version()
    assert effect_of(draft=wider, instead_of=present.pk).more == 2
    assert not RiskScore.objects.exists()


def test_the_preview_counts_who_would_fall_below_the_line(
    manager: StaffUser, head_office: StaffUser
) -> None:
    silent(manager, 20)
    made = signals.change_signal(
        actor=head_office, signal=dormant(), draft=draft(points=40), seen_number=1
    )
    assert effect_of(draft=None, instead_of=made.pk).fewer == 1


def test_of_many_customers_some_stand_for_all(
    manager: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "EXACT_UP_TO", 5)
    for _ in range(12):
        silent(manager, 20)
    present = dormant().versions.get()
    effect = preview.effect_of(
        customers=Customer.objects.all(), draft=draft(points=40).as_version(), instead_of=present.pk
    )
    assert effect.is_sample
    assert effect.customers == 12
    assert 3 <= effect.asked <= 5
    assert effect.more == effect.asked
    low, high = effect.more_of_all
    assert effect.more <= low <= high == 12


def test_the_preview_costs_the_same_for_many(
    manager: StaffUser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    version = draft(points=40).as_version()

    def cost() -> int:
        with django_assert_max_num_queries(25) as captured:
            effect_of(draft=version, instead_of=None)
            past_of(version)
        return len(captured)

    silent(manager, 20)
    few = cost()
    for _ in range(10):
        silent(manager, 20)
    assert cost() == few


def left_after_silence(manager: StaffUser, left_on: date, silent_months: int) -> None:
    """Somebody whose number was silent for the months before leaving."""
    customer = CustomerFactory(
        manager=manager, vip_since=date(2024, 1, 1), status="left", left_on=left_on
    )
    month = left_on.replace(day=1)
    for back in range(1, 7):
        days = 20 if back <= silent_months else 0
        # Loaded long afterwards: judged as if it had come in as usual.
        use(customer, add_months(month, -back), days_without_use=days, received_at=NOW)
    Departure.objects.create(
        customer=customer,
        kind="ported_out",
        left_on=left_on,
        tier="gold",
        manager=manager,
        unit=unit_of(manager),
    )


def test_how_a_signal_did_in_the_past(manager: StaffUser) -> None:
    for n in range(12):
        left_after_silence(manager, date(2026, 6, 20), silent_months=4 if n < 9 else 0)
    for _ in range(6):
        stayer = CustomerFactory(manager=manager, vip_since=date(2024, 1, 1))
        for back in range(1, 16):
            use(stayer, add_months(date(2026, 11, 1), -back))
    past = past_of(draft().as_version())
    assert past.performance is not None
    assert not past.has_few
    assert past.performance.leavers == 12
    assert past.performance.precision == 1.0
    assert past.performance.recall == 0.75
    assert past.performance.lift is not None
    assert past.performance.lift > 2
    # February's silence was known by 10 March: it spoke from 1 April on.
    assert past.performance.lead_days == (date(2026, 6, 20) - date(2026, 4, 1)).days
    few = preview.past_of(
        draft(threshold=Decimal(99)).as_version(), Customer.objects.all()
    ).performance
    assert few is not None
    assert (few.precision, few.recall, few.lead_days) == (None, 0.0, None)


def test_of_overdue_contacts_nothing_can_be_told_of_the_past(db: None) -> None:
    version = draft(field=Feature.CONTACT_OVERDUE_DAYS).as_version()
    assert past_of(version).is_untold


def test_a_manager_who_changed_is_judged_by_the_day(manager: StaffUser) -> None:
    version = draft(
        field=Feature.DAYS_WITH_MANAGER, operator=Operator.AT_MOST, threshold=Decimal(60)
    ).as_version()
    assert past_of(version).has_few


def test_judging_counts_each_day_and_weighs_those_who_stand_for_others() -> None:
    first, second, third = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
    leaver = Past([(first, True), (second, False), (third, True)], 1, date(2026, 3, 20))
    stayer = Past([(first, True), (second, False), (third, False)], 9)
    found = judge([leaver, stayer], ahead_days=60)
    # Spoken: 2 of the leaver's days and 9 of the stayers'; one of them within 60 days.
    assert found.precision == pytest.approx(2 / 11 / 2)
    assert found.recall == 1.0
    assert found.lead_days == 19
    assert found.lift == pytest.approx((1 / 11) / (2 / 30))


@given(asked=st.integers(1, 500), share=st.floats(0, 1), times=st.integers(1, 400))
def test_the_range_holds_what_was_seen(asked: int, share: float, times: int) -> None:
    hits = round(asked * share)
    low, high = share_interval(hits, asked, asked * times)
    assert hits <= low <= high <= asked * times
    if times == 1:
        assert low == high == hits


def test_the_past_of_a_signal_is_told_of_the_askers_customers_alone(
    manager: StaffUser, outsider: StaffUser, head_office: StaffUser
) -> None:
    for person in (manager, outsider):
        CustomerFactory(manager=person, vip_since=date(2020, 1, 1))
    version = draft().as_version()
    judged = [
        preview.past_of(version, Customer.objects.visible_to(person)).customers
        for person in (manager, outsider, head_office)
    ]
    assert judged == [1, 1, 2]
