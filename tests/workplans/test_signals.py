"""The nightly search for signs of careless records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from contacts.models import ContactRecord
from contacts.services.records import void_contact
from core import clock
from core.models import AuditEntry
from customers.models import Customer, CustomerAddress
from staff.models import StaffUser
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import NOW, TODAY
from tests.workplans.records_of import a_record, save
from workplans.models import RecordSignal, SignalRun
from workplans.services import signals
from workplans.services.signal_words import WORDS, explain, others_in
from workplans.services.signals import SignalChanges, find_signals
from workplans.tasks import find_signals as task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def customers(manager: StaffUser) -> list[Customer]:
    return [CustomerFactory(manager=manager) for _ in range(3)]


def pasted(person: StaffUser, customers: list[Customer]) -> list[ContactRecord]:
    """Save the same words with each customer, hours apart."""
    return save(
        [
            a_record(
                person,
                customer,
                YESTERDAY - timedelta(hours=n),
                summary="客户对套餐满意，没有问题。",
            )
            for n, customer in enumerate(customers)
        ]
    )


def found() -> set[tuple[int, str]]:
    return set(RecordSignal.objects.values_list("record_id", "kind"))


def test_signs_are_found_explained_and_found_once(
    manager: StaffUser, customers: list[Customer]
) -> None:
    records = pasted(manager, customers)
    late = save([a_record(manager, customers[0], NOW - timedelta(days=20), recorded_at=NOW)])[0]
    assert find_signals() == SignalChanges(people=1, found=4, gone=0)
    assert found() == {*((record.pk, "pasted") for record in records), (late.pk, "late")}
    sign = RecordSignal.objects.get(record=records[0])
    assert (sign.person, sign.happened_on) == (manager, records[0].happened_on)
    assert others_in(sign) == sorted(record.pk for record in records[1:])
    assert "3 times" in explain(sign, clock.zone_info())
    # Again: the same people are looked at, and nothing changes.
    assert find_signals() == SignalChanges(people=1)
    entry = AuditEntry.objects.filter(verb="signals.judged").order_by("pk")[0]
    assert entry.changes == {"people": 1, "found": 4, "gone": 0}


def test_a_call_that_the_call_centre_knows_nothing_of_is_asked_for_once_it_tells_of_the_persons(
    manager: StaffUser, colleague: StaffUser, customers: list[Customer]
) -> None:
    known, unknown = save([a_record(manager, customer, YESTERDAY) for customer in customers[:2]])
    theirs = CustomerFactory(manager=colleague)
    save([a_record(colleague, theirs, YESTERDAY)])
    assert find_signals().found == 0
    calls = [
        a_call(
            customers[0].phones.get().number,
            at,
            "answered",
            "outgoing",
            staff_number=manager.staff_number,
        )
        for at in (YESTERDAY - timedelta(hours=2), YESTERDAY + timedelta(minutes=4))
    ]
    tell(call_centre(), *calls)
    find_signals()
    # The colleague's telephone is not the call centre's.
    assert found() == {(unknown.pk, "no_call")}
    assert known.pk not in {record for record, _kind in found()}


def test_a_void_record_takes_the_signs_of_the_others_away(
    manager: StaffUser, customers: list[Customer]
) -> None:
    records = pasted(manager, customers)
    task()
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        void_contact(actor=manager, record=records[0], reason="选错客户")
        assert task() == {"people": 1, "found": 0, "gone": 3}
    assert found() == set()


def test_only_people_with_changed_records_are_judged_until_a_month_has_ended(
    manager: StaffUser, colleague: StaffUser, customers: list[Customer]
) -> None:
    pasted(manager, customers)
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        find_signals()
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        save([a_record(colleague, customers[0], NOW)])
        assert find_signals().people == 1
    with time_machine.travel(NOW + timedelta(days=8), tick=False):
        assert find_signals(as_of=TODAY + timedelta(days=8)).people == 2
    # The signs do not wear out with the days.
    with time_machine.travel(NOW + timedelta(days=60), tick=False):
        assert find_signals() == SignalChanges()
    assert len(found()) == 3


def test_what_the_system_sent_what_was_written_and_what_was_imported_is_not_judged(
    manager: StaffUser, customers: list[Customer]
) -> None:
    same: dict[str, Any] = {"summary": "尊敬的客户，祝您生日快乐。"}
    of_channel = [
        a_record(manager, one, YESTERDAY, channel="sms", text_key="x", **same) for one in customers
    ]
    imported = [
        a_record(manager, one, NOW - timedelta(days=30), recorded_at=NOW, recorded_as="import")
        for one in customers
    ]
    automatic = [
        a_record(manager, one, YESTERDAY, is_automatic=True, is_counted=False, **same)
        for one in customers
    ]
    save([*of_channel, *imported, *automatic])
    find_signals()
    assert found() == set()


def test_visits_are_placed_by_the_record_else_by_the_customers_addresses(
    manager: StaffUser, customers: list[Customer]
) -> None:
    east, west, unknown = customers
    CustomerAddress.objects.create(customer=east, text="东城区人民路1号", city="滨江")
    CustomerAddress.objects.create(customer=west, text="东城区人民路9号", city="滨江")
    there: dict[str, Any] = {"channel": "visit", "place": "滨江市西城区解放路"}
    records = save(
        [
            a_record(manager, east, YESTERDAY, 60, channel="visit"),
            a_record(manager, west, YESTERDAY + timedelta(minutes=10), **there),
            a_record(manager, unknown, YESTERDAY + timedelta(minutes=10), channel="visit"),
        ]
    )
    find_signals()
    assert found() == {(record.pk, "two_places") for record in records[:2]}


def test_the_statements_do_not_grow_with_people_or_records(
    manager: StaffUser, customers: list[Customer]
) -> None:
    pasted(manager, customers)
    with CaptureQueriesContext(connection) as few:
        find_signals()
    RecordSignal.objects.all().delete()
    SignalRun.objects.all().delete()
    people = [StaffUserFactory(unit=manager.unit) for _ in range(10)]
    for person in people:
        pasted(person, customers)
    with CaptureQueriesContext(connection) as many:
        assert find_signals() == SignalChanges(people=11, found=33)
    assert len(many) == len(few)


def test_chunks_together_judge_what_one_would(
    manager: StaffUser,
    colleague: StaffUser,
    customers: list[Customer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signals, "CHUNK", 1)
    pasted(manager, customers)
    pasted(colleague, customers)
    assert find_signals() == SignalChanges(people=2, found=6)


def test_signs_are_for_the_persons_supervisors_and_about_their_customers(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
    outsider: StaffUser,
    customers: list[Customer],
) -> None:
    pasted(manager, customers)
    find_signals()
    seen = {
        person.name: RecordSignal.objects.visible_to(person).count()
        for person in (manager, colleague, outsider, supervisor, city_supervisor, head_office)
    }
    assert list(seen.values()) == [0, 0, 0, 3, 3, 3]
    # A customer who went to another unit is not the supervisor's to see any more.
    Customer.objects.filter(pk=customers[0].pk).update(unit=outsider.unit, manager=outsider)
    assert RecordSignal.objects.visible_to(supervisor).count() == 2


def test_every_kind_has_its_words_even_without_facts() -> None:
    assert set(WORDS) == set(RecordSignal.Kind)
    for language in ("en", "zh-hans"):
        with override(language):
            for kind in RecordSignal.Kind:
                assert explain(RecordSignal(kind=kind, facts={}), clock.zone_info())
