"""The data sheet as a form: what it saves, what it refuses, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import (
    ChannelOptOut,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    FamilyMember,
    JobChange,
)
from customers.services import standing
from customers.services.profile import confirm_facts
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory

SignIn = Callable[[StaffUser], Client]

TODAY = date(2026, 11, 23)
PHONE = "13812345678"


@pytest.fixture(autouse=True)
def _a_monday_in_november() -> Any:
    with time_machine.travel("2026-11-23T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(
        name="王伟芳", manager=manager, phone=PHONE, profile={"sports": "羽毛球"}
    )


def url_of(customer: Customer) -> str:
    return reverse("customers:customer_edit", args=[customer.pk])


def opened(client: Client, customer: Customer) -> dict[str, Any]:
    """What the browser would send if nothing was typed."""
    response = client.get(url_of(customer))
    assert response.status_code == 200
    form = response.context["form"]
    data: dict[str, Any] = {"version": response.context["version"]}
    for part in (form.customer, form.profile):
        for name in part.fields:
            data[name] = part[name].value()
    for rows in form.lists.values():
        for part in (rows.management_form, *rows.forms):
            for name in part.fields:
                data[part.add_prefix(name)] = part[name].value()
    return {k: value for k, value in data.items() if value is not None and value is not False}


def saved(client: Client, customer: Customer, data: dict[str, Any]) -> None:
    response = client.post(url_of(customer), data)
    assert response.status_code == 302, errors_of(response)
    assert response["Location"] == reverse("customers:customer_detail", args=[customer.pk])


def refused(client: Client, customer: Customer, data: dict[str, Any]) -> Any:
    response = client.post(url_of(customer), data)
    assert response.status_code == 422
    return response


def errors_of(response: Any) -> Any:
    form = response.context["form"]
    lists = {name: (rows.errors, rows.non_form_errors()) for name, rows in form.lists.items()}
    return form.customer.errors, form.profile.errors, lists


def more_rows(data: dict[str, Any], prefix: str, **values: Any) -> dict[str, Any]:
    """One more row of a list, as the page's button makes it."""
    place = int(data[f"{prefix}-TOTAL_FORMS"])
    row = {f"{prefix}-{place}-{name}": value for name, value in values.items()}
    return {**data, **row, f"{prefix}-TOTAL_FORMS": place + 1}


def edits() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb="customer.edited").order_by("pk"))


def stands(customer: Customer, *facts: str) -> list[Any]:
    """Return the facts as they are stored now."""
    row = Customer.objects.select_related("profile").get(pk=customer.pk)
    return [getattr(row.profile if hasattr(row.profile, fact) else row, fact) for fact in facts]


# --- Who --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "supervisor", "city_supervisor"])
def test_who_edits(
    role: str, customer: Customer, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(role))
    saved(client, customer, {**opened(client, customer), "sports": "乒乓球"})
    customer.profile.refresh_from_db()
    assert customer.profile.sports == "乒乓球"


@pytest.mark.parametrize(
    "role", ["head_office", "handler", "administrator", "colleague", "other_manager", "outsider"]
)
def test_who_does_not_find_the_form(
    role: str,
    customer: Customer,
    manager: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    data = {**opened(signed_in(manager), customer), "sports": "乒乓球"}
    client = signed_in(request.getfixturevalue(role))
    assert client.get(url_of(customer)).status_code == 404
    assert client.post(url_of(customer), data).status_code == 404
    customer.profile.refresh_from_db()
    assert customer.profile.sports == "羽毛球"


def test_the_cover_edits_while_it_lasts(
    customer: Customer, manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(colleague)
    assert client.get(url_of(customer)).status_code == 404
    CoverFactory(manager=manager, stand_in=colleague, starts_on=TODAY, ends_on=TODAY)
    saved(client, customer, {**opened(client, customer), "sports": "乒乓球"})
    assert stands(customer, "sports") == ["乒乓球"]
    (entry,) = edits()
    assert (entry.actor, entry.changes) == (colleague, {"sports": ["羽毛球", "乒乓球"]})


# --- What it saves ----------------------------------------------------------------------------


def test_everything_on_the_sheet_is_saved_confirmed_and_audited(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    data = opened(client, customer) | {
        "name": "王维芳",
        "gender": "female",
        "joined_on": "2010-05-01",
        "birth_calendar": "lunar",
        "birth_year": "1980",
        "birth_month": "8",
        "birth_day": "15",
        "preferred_channel": "phone",
        "preferred_from": "09:30",
        "preferred_to": "11:30",
        "opt_outs": ["sms", "mms"],
        "character": "爽快",
        "employer": "水务集团",
        "remarks": "只在上午联系",
    }
    data = more_rows(data, "phone", number="139 0000-1111", kind="work")
    # The first row of an empty list is there already.
    data |= {"address-0-text": "人民路 1 号", "address-0-city": "滨江市", "address-0-kind": "home"}
    data |= {"family_members-0-relation": "女儿", "family_members-0-birth_year": "2004"}
    data |= {"job_history-0-employer": "自来水公司", "job_history-0-from_year": "1998"}
    saved(client, customer, data)

    customer.refresh_from_db()
    assert (customer.name, customer.gender, customer.joined_on) == (
        "王维芳",
        "female",
        date(2010, 5, 1),
    )
    assert (customer.birth_calendar, customer.birth_year, customer.birth_month) == (
        "lunar",
        1980,
        8,
    )
    assert str(customer.preferred_from) == "09:30:00"
    assert list(customer.phones.values_list("number", "kind", "position")) == [
        (PHONE, "mobile", 0),
        ("13900001111", "work", 1),
    ]
    assert CustomerAddress.objects.get().text == "人民路 1 号"
    assert FamilyMember.objects.get().birth_year == 2004
    assert JobChange.objects.get().from_year == 1998
    opted = ChannelOptOut.objects.values_list("channel", "since", "recorded_by")
    assert set(opted) == {("sms", TODAY, manager.pk), ("mms", TODAY, manager.pk)}

    confirmed = FactConfirmation.objects.filter(confirmed_on=TODAY, confirmed_by=manager)
    assert set(confirmed.values_list("fact", flat=True)) == {
        "gender",
        "birthday",
        "phone",
        "address",
        "preferred_channel",
        "preferred_hours",
        "character",
        "employer",
        "family_members",
        "job_history",
    }
    (entry,) = edits()
    assert (entry.actor, entry.customer_id) == (manager, customer.pk)
    assert entry.changes["name"] == ["王伟芳", "王维芳"]
    assert entry.changes["birthday"][1]["month"] == 8
    assert [row["number"] for row in entry.changes["phone"][1]] == ["138****5678", "139****1111"]
    assert PHONE not in str(entry.changes)
    assert "sports" not in entry.changes


def test_nothing_typed_changes_nothing(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    before = Customer.objects.values().get(pk=customer.pk)
    saved(client, customer, opened(client, customer))
    assert Customer.objects.values().get(pk=customer.pk) == before
    assert edits() == []
    assert not FactConfirmation.objects.exists()


def test_the_same_form_sent_twice_is_one_change(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    data = {**opened(client, customer), "sports": "乒乓球"}
    data = more_rows(data, "phone", number="13900001111", kind="work")
    saved(client, customer, data)
    saved(client, customer, data)
    assert len(edits()) == 1
    assert customer.phones.count() == 2
    assert Customer.objects.get(pk=customer.pk).version == customer.version + 1


def test_the_new_name_and_number_are_found(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    data = {**opened(client, customer), "name": "欧阳修", "phone-0-number": "13700009999"}
    saved(client, customer, data)

    def found(text: str) -> bool:
        return Customer.objects.visible_to(manager).matching(text, manager).exists()

    assert found("oyx")
    assert found("9999")
    assert not found("wwf")
    assert not found("5678")


def test_a_fact_that_is_emptied_is_no_longer_confirmed(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    confirm_facts(actor=manager, customer=customer, facts=["sports", "phone"])
    client = signed_in(manager)
    saved(client, customer, {**opened(client, customer), "sports": ""})
    assert list(FactConfirmation.objects.values_list("fact", flat=True)) == ["phone"]


def test_rows_are_changed_in_place_and_removed(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    kept = FamilyMember.objects.create(customer=customer, relation="妻子", name="刘芳")
    gone = FamilyMember.objects.create(customer=customer, relation="儿子", position=1)
    client = signed_in(manager)
    data = opened(client, customer)
    data |= {"family_members-0-name": "刘方", "family_members-1-DELETE": "on"}
    saved(client, customer, data)
    assert list(FamilyMember.objects.values_list("pk", "name")) == [(kept.pk, "刘方")]
    assert not FamilyMember.objects.filter(pk=gone.pk).exists()


def test_two_numbers_change_places(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerPhone.objects.create(customer=customer, number="13900001111", position=1)
    client = signed_in(manager)
    data = opened(client, customer)
    data |= {"phone-0-number": "13900001111", "phone-1-number": PHONE}
    saved(client, customer, data)
    assert list(customer.phones.values_list("number", flat=True)) == ["13900001111", PHONE]


def test_a_row_of_another_customer_cannot_be_taken_over(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    other = CustomerFactory(manager=manager)
    theirs = FamilyMember.objects.create(customer=other, relation="妻子")
    client = signed_in(manager)
    data = opened(client, customer)
    data |= {"family_members-0-id": theirs.pk, "family_members-0-relation": "儿子"}
    saved(client, customer, data)
    theirs.refresh_from_db()
    assert (theirs.customer, theirs.relation) == (other, "妻子")
    assert customer.family_members.get().relation == "儿子"


def test_lifting_an_opt_out(customer: Customer, manager: StaffUser, signed_in: SignIn) -> None:
    for channel in ("sms", "phone"):
        ChannelOptOut.objects.create(customer=customer, channel=channel, since=date(2025, 1, 1))
    client = signed_in(manager)
    saved(client, customer, {**opened(client, customer), "opt_outs": ["phone"]})
    kept = ChannelOptOut.objects.get()
    assert (kept.channel, kept.since) == ("phone", date(2025, 1, 1))


# --- What it refuses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"birth_month": "2", "birth_day": "30"}, "birth_day"),
        ({"birth_year": "1981", "birth_month": "2", "birth_day": "29"}, "birth_day"),
        ({"birth_month": "2"}, "birth_day"),
        ({"birth_day": "2"}, "birth_month"),
        ({"birth_year": "1980"}, "birth_month"),
        ({"birth_year": "2027", "birth_month": "1", "birth_day": "1"}, "birth_year"),
        ({"birth_month": "13", "birth_day": "1"}, "birth_month"),
        ({"birth_month": "1", "birth_day": "99999999999999999999"}, "birth_day"),
        (
            {"birth_month": "6", "birth_day": "1", "birth_leap_month": "on"},
            "birth_leap_month",
        ),
        (
            {
                "birth_calendar": "lunar",
                "birth_year": "1980",
                "birth_month": "6",
                "birth_day": "1",
                "birth_leap_month": "on",
            },
            "birth_day",
        ),
        ({"joined_on": "2026-11-24"}, "joined_on"),
        ({"preferred_from": "09:00"}, "preferred_to"),
        ({"preferred_to": "09:00"}, "preferred_from"),
        ({"preferred_from": "12:00", "preferred_to": "09:00"}, "preferred_to"),
        ({"preferred_channel": "sms", "opt_outs": ["sms"]}, "preferred_channel"),
        ({"preferred_channel": "activity"}, "preferred_channel"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_nothing_typed_is_lost(
    customer: Customer,
    manager: StaffUser,
    signed_in: SignIn,
    typed: dict[str, Any],
    field: str,
) -> None:
    client = signed_in(manager)
    data = {**opened(client, customer), "sports": "新的爱好", **typed}
    response = refused(client, customer, data)
    assert field in response.context["form"].customer.errors
    assert "新的爱好" in response.content.decode()
    assert edits() == []


@pytest.mark.parametrize(
    ("typed", "is_fine"),
    [
        ({"birth_month": "2", "birth_day": "29"}, True),
        ({"birth_calendar": "lunar", "birth_month": "6", "birth_day": "30"}, True),
        (
            {
                "birth_calendar": "lunar",
                "birth_year": "2025",
                "birth_month": "6",
                "birth_day": "1",
                "birth_leap_month": "on",
            },
            True,
        ),
        (
            {
                "birth_calendar": "lunar",
                "birth_year": "2025",
                "birth_month": "6",
                "birth_day": "30",
                "birth_leap_month": "on",
            },
            False,
        ),
    ],
)
def test_birthdays_that_are_and_are_not(
    customer: Customer,
    manager: StaffUser,
    signed_in: SignIn,
    typed: dict[str, Any],
    is_fine: bool,
) -> None:
    client = signed_in(manager)
    response = client.post(url_of(customer), {**opened(client, customer), **typed})
    assert response.status_code == (302 if is_fine else 422)
    wanted = (typed["birth_month"], typed["birth_day"]) if is_fine else ("None", "None")
    assert tuple(map(str, stands(customer, "birth_month", "birth_day"))) == wanted
    assert stands(customer, "birth_leap_month") == [is_fine and "birth_leap_month" in typed]
    assert len(edits()) == int(is_fine)


@pytest.mark.parametrize(
    ("rows", "prefix"),
    [
        ({"number": PHONE, "kind": "work"}, "phone"),
        ({"number": "+86 138 1234 5678", "kind": "work"}, "phone"),
        ({"number": "12ab", "kind": "work"}, "phone"),
        ({"number": "", "kind": "work"}, "phone"),
        ({"text": "", "city": "滨江", "kind": "home"}, "address"),
        ({"relation": "儿子", "birth_year": "99999"}, "family_members"),
        ({"employer": "甲", "from_year": "2010", "to_year": "2000"}, "job_history"),
    ],
)
def test_rows_that_are_refused(
    customer: Customer,
    manager: StaffUser,
    signed_in: SignIn,
    rows: dict[str, str],
    prefix: str,
) -> None:
    client = signed_in(manager)
    data = more_rows(opened(client, customer), prefix, **rows)
    response = refused(client, customer, data)
    assert any(response.context["form"].lists[prefix].errors)
    assert customer.phones.count() == 1


def test_a_row_that_was_added_and_left_empty_is_no_row(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    data = more_rows(opened(client, customer), "phone", number="", kind="mobile")
    saved(client, customer, data)
    assert customer.phones.count() == 1


# --- Numbers that are seen masked -------------------------------------------------------------


def test_a_supervisors_form_holds_no_whole_number_and_keeps_it(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    page = client.get(url_of(customer)).content.decode()
    assert PHONE not in page
    assert "138****5678" in page
    data = more_rows(opened(client, customer), "phone", number="13900001111", kind="work")
    saved(client, customer, {**data, "phone-0-kind": "other"})
    assert list(customer.phones.values_list("number", "kind")) == [
        (PHONE, "other"),
        ("13900001111", "work"),
    ]


def test_a_supervisor_removes_a_masked_number(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    saved(client, customer, {**opened(client, customer), "phone-0-DELETE": "on"})
    assert not customer.phones.exists()


def test_a_masked_number_cannot_be_added_twice(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    data = more_rows(opened(client, customer), "phone", number=PHONE, kind="work")
    response = refused(client, customer, data)
    assert "This number is there already." in response.content.decode()


# --- Two people at once -----------------------------------------------------------------------


@pytest.fixture
def clash(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> tuple[Client, dict[str, Any]]:
    """The manager has the form open; meanwhile the supervisor has saved another sport."""
    client = signed_in(manager)
    data = opened(client, customer)
    other = signed_in(supervisor)
    saved(other, customer, {**opened(other, customer), "sports": "网球", "employer": "水务集团"})
    return client, data


def test_the_second_is_shown_the_firsts_change_and_nothing_is_written(
    clash: tuple[Client, dict[str, Any]], customer: Customer
) -> None:
    client, data = clash
    response = refused(client, customer, {**data, "sports": "乒乓球", "character": "爽快"})
    choices = {choice.name: choice for choice in response.context["choices"]}
    assert choices.keys() == {"sports", "employer"}
    assert (choices["sports"].theirs, choices["sports"].mine) == (["网球"], ["乒乓球"])
    # What the second did not touch is theirs unless the second says otherwise.
    assert choices["sports"].suggested == ""
    assert choices["employer"].suggested == "theirs"
    page = response.content.decode()
    for words in ("陈主管", "网球", "乒乓球", "爽快", "水务集团"):
        assert words in page
    customer.profile.refresh_from_db()
    assert (customer.profile.sports, customer.profile.character) == ("网球", "")
    assert len(edits()) == 1


@pytest.mark.parametrize(("choice", "sports"), [("theirs", "网球"), ("mine", "乒乓球")])
def test_the_second_chooses_and_the_rest_is_saved_too(
    clash: tuple[Client, dict[str, Any]], customer: Customer, choice: str, sports: str
) -> None:
    client, data = clash
    typed = {**data, "sports": "乒乓球", "character": "爽快"}
    response = refused(client, customer, typed)
    chosen = {
        **typed,
        "version": response.context["version"],
        "choice-sports": choice,
        "choice-employer": "theirs",
    }
    saved(client, customer, chosen)
    customer.profile.refresh_from_db()
    profile = customer.profile
    assert (profile.sports, profile.employer, profile.character) == (sports, "水务集团", "爽快")


def test_what_was_not_chosen_is_asked_again(
    clash: tuple[Client, dict[str, Any]], customer: Customer
) -> None:
    client, data = clash
    typed = {**data, "sports": "乒乓球"}
    version = refused(client, customer, typed).context["version"]
    response = refused(client, customer, {**typed, "version": version, "choice-employer": "theirs"})
    assert [choice.name for choice in response.context["choices"]] == ["sports"]


def test_a_third_change_while_choosing_is_shown_too(
    clash: tuple[Client, dict[str, Any]],
    customer: Customer,
    city_supervisor: StaffUser,
    signed_in: SignIn,
) -> None:
    client, data = clash
    typed = {**data, "sports": "乒乓球"}
    version = refused(client, customer, typed).context["version"]
    third = signed_in(city_supervisor)
    saved(third, customer, {**opened(third, customer), "sports": "游泳"})
    response = refused(
        client,
        customer,
        {**typed, "version": version, "choice-sports": "mine", "choice-employer": "theirs"},
    )
    (choice,) = response.context["choices"]
    assert (choice.theirs, choice.mine) == (["游泳"], ["乒乓球"])


def test_both_typed_the_same(clash: tuple[Client, dict[str, Any]], customer: Customer) -> None:
    client, data = clash
    saved(client, customer, {**data, "sports": "网球", "employer": "水务集团", "rewards": "茶"})
    customer.profile.refresh_from_db()
    assert customer.profile.rewards == "茶"


def test_lists_clash_as_a_whole_and_can_be_put_back(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    FamilyMember.objects.create(customer=customer, relation="妻子")
    client, other = signed_in(manager), signed_in(supervisor)
    data = more_rows(opened(client, customer), "family_members", relation="女儿")
    theirs = {**opened(other, customer), "family_members-0-DELETE": "on"}
    saved(other, customer, more_rows(theirs, "family_members", relation="母亲"))
    response = refused(client, customer, data)
    (choice,) = response.context["choices"]
    assert (choice.theirs, choice.mine) == (["母亲"], ["妻子", "女儿"])
    version = response.context["version"]
    saved(client, customer, {**data, "version": version, "choice-family_members": "mine"})
    assert list(customer.family_members.values_list("relation", flat=True)) == ["妻子", "女儿"]


def test_a_change_of_something_else_is_no_clash(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    data = opened(client, customer)
    standing.mark_key(actor=supervisor, customer=customer, is_key=True)
    saved(client, customer, {**data, "sports": "乒乓球"})
    assert stands(customer, "sports", "is_key") == ["乒乓球", True]


def test_a_version_that_is_not_ours_asks_instead_of_overwriting(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    data = {**opened(client, customer), "sports": "乒乓球", "version": "1"}
    response = refused(client, customer, data)
    assert [choice.name for choice in response.context["choices"]] == ["sports"]
    assert (stands(customer, "sports"), edits()) == (["羽毛球"], [])


def test_the_version_in_the_page_tells_nothing_personal(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    version = opened(signed_in(supervisor), customer)["version"]
    assert PHONE not in version
    assert "羽毛球" not in version


# --- Somebody who is there already --------------------------------------------------------------


def test_a_new_likeness_among_the_own_customers_warns_before_it_is_saved(
    customer: Customer, manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    own = CustomerFactory(manager=manager, name=customer.name, profile={"employer": "电力公司"})
    CustomerFactory(manager=colleague, name=customer.name, profile={"employer": "电力公司"})
    client = signed_in(manager)
    data = {**opened(client, customer), "employer": "电力公司"}
    response = refused(client, customer, data)
    assert [one.customer for one in response.context["alike"]] == [own]
    assert "电力公司" in response.content.decode()
    assert stands(customer, "employer") == [""]
    saved(client, customer, {**data, "somebody_else": str(own.pk)})
    # Known by now: another change does not warn of the same again.
    saved(client, customer, {**opened(client, customer), "sports": "足球"})
    assert stands(customer, "employer", "sports") == ["电力公司", "足球"]


def test_who_sees_only_the_colleagues_customers_is_not_warned_of_others(
    customer: Customer, manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(manager=colleague, name=customer.name, profile={"employer": "电力公司"})
    client = signed_in(manager)
    saved(client, customer, {**opened(client, customer), "employer": "电力公司"})
    assert stands(customer, "employer") == ["电力公司"]
