"""What a merge does, refuses and keeps; what undoing gives back after things have come since."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from contacts.models import CadenceFlag, ContactRecord, Exemption
from contacts.services.flags import flag_overdue
from contacts.services.verification import differing_clocks
from core.models import AuditEntry
from customers.models import Customer, FactConfirmation, SearchEntry, Status, Tier
from customers.services.profile import confirm_facts
from portfolio.models import Merge
from portfolio.services.merging import compare, merge_customers, undo_merge
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.portfolio.merges import log, merge, rich_customer, whole_database

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture
def pair(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> tuple[Customer, Customer]:
    return (
        rich_customer(manager, supervisor, name="王芳", tier=Tier.SILVER),
        rich_customer(colleague, supervisor, 1, name="王 芳", tier=Tier.GOLD, is_key=True),
    )


def test_the_absorbed_one_answers_with_the_survivor_and_nobody_sees_it(
    pair: tuple[Customer, Customer], manager: StaffUser, supervisor: StaffUser
) -> None:
    survivor, absorbed = pair
    merge(supervisor, survivor, absorbed)
    assert (absorbed.status, absorbed.merged_into) == (Status.MERGED, survivor)
    for user in (manager, supervisor):
        assert list(Customer.objects.visible_to(user)) == [survivor]
        assert list(Customer.objects.editable_by(user)) == [survivor]
    found = Customer.objects.visible_to(supervisor)
    assert list(found.matching(absorbed.number, supervisor)) == [survivor]
    assert list(found.matching("13700000001", supervisor)) == [survivor]
    assert list(found.answering_for(absorbed.pk)) == [survivor]
    flag_overdue()
    assert not CadenceFlag.objects.open().filter(customer=absorbed).exists()
    assert list(differing_clocks()) == []


def test_contacts_of_both_move_the_survivors_clock(
    pair: tuple[Customer, Customer], colleague: StaffUser, supervisor: StaffUser
) -> None:
    survivor, absorbed = pair
    log(colleague, absorbed, NOW - timedelta(days=1))
    flag_overdue()
    merge(supervisor, survivor, absorbed, "tier")
    assert survivor.last_contact_on == TODAY - timedelta(days=1)
    assert survivor.tier == Tier.GOLD
    assert survivor.tier_changes.count() == 2
    assert ContactRecord.objects.filter(customer=survivor).count() == 5


def test_of_two_open_flags_and_two_requests_one_stays_open(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    one, other = (CustomerFactory(manager=manager) for _ in range(2))
    flag_overdue()
    for customer in (one, other):
        Exemption.objects.create(
            customer=customer,
            cadence="contact",
            reason="abroad",
            starts_on=TODAY,
            ends_on=TODAY,
            requested_by=manager,
        )
    made = merge(supervisor, one, other)
    assert CadenceFlag.objects.open().get().customer == one
    assert CadenceFlag.objects.filter(customer=one).count() == 2
    assert Exemption.objects.waiting().get().customer == one
    assert Exemption.objects.filter(customer=one).count() == 2
    undo_merge(actor=supervisor, made=made)
    assert CadenceFlag.objects.open().count() == 2
    assert Exemption.objects.waiting().count() == 2


def test_what_is_suggested_is_known_higher_earlier_fresher(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    first = CustomerFactory(
        manager=manager, name="王芳", tier=Tier.GOLD, profile={"sports": "足球", "employer": "甲"}
    )
    second = CustomerFactory(
        manager=manager,
        name="王芳",
        tier=Tier.DIAMOND,
        vip_since=date(2019, 1, 1),
        profile={"employer": "乙", "character": "直爽"},
    )
    confirm_facts(actor=manager, customer=first, facts=["employer"])
    seen = compare(first, second)
    assert seen.survivor == second.pk
    assert {field.name: field.chosen for field in seen.differing} == {
        "tier": second.pk,
        "vip_since": second.pk,
        "sports": first.pk,
        "employer": first.pk,
        "character": second.pk,
    }


def test_a_confirmation_stands_with_the_value_that_stays(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    one, other = (CustomerFactory(manager=manager, profile={"sports": name}) for name in "甲乙")
    for customer, ago in ((one, 1), (other, 9)):
        FactConfirmation.objects.create(
            customer=customer,
            fact="sports",
            confirmed_on=TODAY - timedelta(days=ago),
            confirmed_by=manager,
        )
    merge(supervisor, one, other, "sports")
    assert one.profile.sports == "乙"
    assert one.confirmations.get().confirmed_on == TODAY - timedelta(days=9)
    assert other.confirmations.get().confirmed_on == TODAY - timedelta(days=1)


def test_both_trails_tell_of_it(pair: tuple[Customer, Customer], supervisor: StaffUser) -> None:
    survivor, absorbed = pair
    made = merge(supervisor, survivor, absorbed)
    undo_merge(actor=supervisor, made=made)
    for customer, verb in ((survivor, "customer.merged"), (absorbed, "customer.merged_away")):
        verbs = AuditEntry.objects.filter(customer_id=customer.pk, actor=supervisor)
        assert {verb, "customer.merge_undone"} <= set(verbs.values_list("verb", flat=True))


def test_sent_twice_it_is_one_merge_and_one_undoing(
    pair: tuple[Customer, Customer], supervisor: StaffUser
) -> None:
    made = merge(supervisor, *pair)
    merged = whole_database()
    assert merge(supervisor, *pair) == made
    assert whole_database() == merged
    undo_merge(actor=supervisor, made=made)
    undone = whole_database()
    undo_merge(actor=supervisor, made=made)
    assert whole_database() == undone
    assert AuditEntry.objects.filter(verb="customer.merge_undone").count() == 2


def test_who_supervises_only_one_of_the_two_does_not_merge_them(
    manager: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    one, other = CustomerFactory(manager=manager), CustomerFactory(manager=other_manager)
    for actor in (supervisor, manager):
        with pytest.raises(ValidationError):
            merge(actor, one, other)
    made = merge(city_supervisor, one, other)
    with pytest.raises(ValidationError):
        undo_merge(actor=supervisor, made=made)
    undo_merge(actor=city_supervisor, made=made)
    other.refresh_from_db()
    assert other.is_active


def test_who_has_left_does_not_survive_who_is_here(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    left, here = CustomerFactory(manager=manager, status="left"), CustomerFactory(manager=manager)
    with pytest.raises(ValidationError):
        merge(supervisor, left, here)
    merge(supervisor, here, left)
    assert left.is_merged


def test_merges_are_undone_the_last_one_first(manager: StaffUser, supervisor: StaffUser) -> None:
    one, two, three = (CustomerFactory(manager=manager) for _ in range(3))
    before = whole_database()
    first = merge(supervisor, two, three)
    second = merge(supervisor, one, two)
    three.refresh_from_db()
    assert three.merged_into == one
    found = Customer.objects.visible_to(supervisor)
    assert list(found.matching(three.number, supervisor)) == [one]
    with pytest.raises(ValidationError):
        undo_merge(actor=supervisor, made=first)
    undo_merge(actor=supervisor, made=second)
    undo_merge(actor=supervisor, made=first)
    assert whole_database() == before


def test_what_has_come_since_stays_with_the_survivor(
    pair: tuple[Customer, Customer], manager: StaffUser, supervisor: StaffUser
) -> None:
    survivor, absorbed = pair
    before = {one.pk: set(one.contact_records.values_list("pk", flat=True)) for one in pair}
    made = merge(supervisor, survivor, absorbed, "employer", "name")
    survivor.profile.employer = "新单位"
    survivor.profile.save()
    log(manager, survivor)
    undo_merge(actor=supervisor, made=made)
    survivor, absorbed = (Customer.objects.get(pk=one.pk) for one in pair)
    since = set(survivor.contact_records.values_list("pk", flat=True)) - before[survivor.pk]
    assert len(since) == 1
    assert set(absorbed.contact_records.values_list("pk", flat=True)) == before[absorbed.pk]
    assert (survivor.name, survivor.profile.employer) == ("王芳", "新单位")
    assert (survivor.last_contact_on, absorbed.is_active) == (TODAY, True)
    assert absorbed.last_contact_on == TODAY - timedelta(days=51)
    assert list(differing_clocks()) == []
    words = SearchEntry.objects.get(customer=survivor).words
    assert absorbed.number.lower() not in words


def test_a_value_that_has_taken_the_place_since_is_kept(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    """The survivor's flag cannot be opened again where a newer one is open by now."""
    one, other = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    flag_overdue()
    closed = CadenceFlag.objects.get(customer=one)
    log(manager, other, NOW - timedelta(days=2))
    made = merge(supervisor, one, other)
    CadenceFlag.objects.create(
        customer=one, cadence="contact", due_on=TODAY, opened_on=TODAY, opened_at=NOW
    )
    undo_merge(actor=supervisor, made=made)
    closed.refresh_from_db()
    assert closed.closed_at is not None
    assert CadenceFlag.objects.open().filter(customer=one).count() == 1


# --- Concurrency --------------------------------------------------------------------------------


def at_once(jobs: Sequence[tuple[StaffUser, Customer, Customer]]) -> list[str]:
    """Run the merges side by side; return how each came out."""
    both_begin = threading.Barrier(len(jobs))

    def run(job: tuple[StaffUser, Customer, Customer]) -> str:
        both_begin.wait()
        try:
            merge_customers(actor=job[0], survivor=job[1], absorbed=job[2], choices={})
        except ValidationError:
            return "refused"
        finally:
            connection.close()
        return "merged"

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return sorted(pool.map(run, jobs))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_same_pair_at_once_is_merged_once(manager: StaffUser, supervisor: StaffUser) -> None:
    one, other = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    assert at_once([(supervisor, one, other)] * 3) == ["merged"] * 3
    assert Merge.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_crossing_pairs_at_once_never_lock_each_other_out(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    one, other = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    assert at_once([(supervisor, one, other), (supervisor, other, one)]) == ["merged", "refused"]
    three: list[Customer] = [CustomerFactory(manager=manager) for _ in range(3)]
    ring = [(supervisor, three[n], three[(n + 1) % 3]) for n in range(3)]
    came_out = at_once(ring)
    assert came_out.count("merged") == 2
    assert Customer.objects.visible_to(supervisor).filter(pk__in=[c.pk for c in three]).count() == 1
