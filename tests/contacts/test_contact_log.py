"""The log drawer: what it guesses and asks, what it saves, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import CadenceFlag, ContactRecord, Outcome
from contacts.rules import guessed_channel, likely_channel, likely_occasion
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact, void_contact
from core import clock
from core.models import AuditEntry
from customers.models import Channel, ChannelOptOut, Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY, events, get_part, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """A gold customer who was never contacted: overdue."""
    return CustomerFactory(name="王小美", manager=manager, vip_since=date(2026, 9, 1))


def log_url(customer: Customer, query: str = "") -> str:
    return reverse("contacts:contact_log", args=[customer.pk]) + query


def form_data(**changed: object) -> dict[str, object]:
    return {
        "channel": "phone",
        "outcome": "reached",
        "occasion": "regular",
        "direction": "outgoing",
        "summary": "",
        "submission_key": str(uuid4()),
        **changed,
    }


# --- What is guessed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "preferred", "opted_out", "expected"),
    [
        ("contact", "", [], "phone"),
        ("contact", "sms", [], "sms"),
        ("contact", "sms", ["sms"], "phone"),
        ("contact", "", ["phone"], "im"),
        ("contact", "phone", ["phone", "im"], "sms"),
        ("visit", "sms", [], "visit"),
        ("visit", "sms", ["visit"], "reception"),
        ("contact", "", ["phone", "im", "sms", "mms", "visit", "reception"], "phone"),
    ],
)
def test_a_plan_takes_the_channel_that_is_liked(
    row: str, preferred: str, opted_out: list[str], expected: str
) -> None:
    assert likely_channel(row, preferred, opted_out) == expected


@pytest.mark.parametrize(
    ("row", "preferred", "opted_out", "expected"),
    [
        ("contact", "", [], "phone"),
        ("contact", "sms", [], "sms"),
        ("contact", "reception", [], "phone"),
        ("birthday", "visit", ["phone"], "im"),
        ("follow_up", "activity", ["phone", "im", "sms", "mms"], ""),
        ("visit", "sms", [], ""),
    ],
)
def test_a_meeting_is_never_guessed(
    row: str, preferred: str, opted_out: list[str], expected: str
) -> None:
    assert guessed_channel(row, preferred, opted_out) == expected


@pytest.mark.parametrize("meeting", ["visit", "reception", "activity"])
@pytest.mark.parametrize("query", ["", "?row=visit", "?row=follow_up", "?row=contact&channel={}"])
def test_the_drawer_never_chooses_a_meeting(
    signed_in: Browser, manager: StaffUser, meeting: str, query: str
) -> None:
    customer = CustomerFactory(manager=manager, preferred_channel=meeting)
    met = Contact(channel=Channel(meeting), outcome=Outcome.REACHED)
    log_contact(actor=manager, customer=customer, contact=met)
    form = get_part(signed_in(manager), log_url(customer, query.format(meeting))).context["form"]
    assert form["channel"].value() in ("", "phone")
    # Without a channel there is no outcome either: both are chosen.
    assert bool(form["channel"].value()) == bool(form["outcome"].value())


def test_from_the_call_the_channel_stays_the_phone_and_what_was_typed_goes_along(
    signed_in: Browser, manager: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager, preferred_channel="sms")
    key = str(uuid4())
    typed = {"more": "on", "row": "follow_up", "summary": "刚才说的话", "submission_key": key}
    response = post_part(signed_in(manager), log_url(customer), typed)
    form = response.context["form"]
    assert response.status_code == 200
    assert (form["channel"].value(), form["summary"].value()) == ("phone", "刚才说的话")
    assert str(form["submission_key"].value()) == key
    assert not ContactRecord.objects.exists()


def test_no_address_and_no_older_note_fills_in_what_was_said(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    promise = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        summary="上次的记录",
        follow_up_on=TODAY,
        happened_at=NOW - timedelta(days=1),
    )
    log_contact(actor=manager, customer=customer, contact=promise)
    browser = signed_in(manager)
    for query in ("?row=follow_up&summary=上次的记录", "?call=1&summary=上次的记录"):
        response = get_part(browser, log_url(customer, query))
        assert not response.context["form"]["summary"].value()
    # Beside, as text: what was promised.
    text = text_of(get_part(browser, log_url(customer, "?row=follow_up")))
    assert "上次的记录" in text
    assert "上次的记录</textarea>" not in text


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("contact", "regular"),
        ("visit", "regular"),
        ("follow_up", "follow_up"),
        ("birthday", "care"),
    ],
)
def test_the_occasion_is_guessed(row: str, expected: str) -> None:
    assert likely_occasion(row) == expected


def test_the_drawer_opens_with_the_guesses_chosen(signed_in: Browser, manager: StaffUser) -> None:
    customer = CustomerFactory(manager=manager, preferred_channel="sms")
    response = get_part(signed_in(manager), log_url(customer, "?row=birthday"))
    form = response.context["form"]
    assert form["channel"].value() == "sms"
    assert form["outcome"].value() == "reached"
    assert form["occasion"].value() == "care"
    assert text_of(response).strip().startswith('<div id="_log_drawer"')
    assert 'value="sms" data-kind="written" autocomplete="off" checked' in text_of(response)


def test_without_htmx_it_is_a_whole_page_with_the_same_form(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    page = text_of(signed_in(manager).get(log_url(customer)))
    assert "<html" in page
    assert 'id="_log_drawer"' in page
    assert "hx-post" not in page.split('id="_log_drawer"')[1].split("</form>")[0]


def test_it_warns_of_complaint_opt_outs_exemption_and_hours(
    signed_in: Browser, manager: StaffUser
) -> None:
    customer = CustomerFactory(
        manager=manager,
        has_open_complaint=True,
        contact_exempt_until=TODAY,
        preferred_from="09:00",
        preferred_to="11:30",
    )
    ChannelOptOut.objects.create(customer=customer, channel="mms", since=TODAY)
    plain = CustomerFactory(manager=manager)
    browser = signed_in(manager)
    page = text_of(get_part(browser, log_url(customer)))
    for warning in (
        "A complaint is open",
        "Opted out of: MMS.",
        "Excused from contacts until",
        "Best reached from 09:00 to 11:30.",
    ):
        assert warning in page
        assert warning not in text_of(get_part(browser, log_url(plain)))


# --- Saving -------------------------------------------------------------------------------------


def test_saving_logs_the_contact_and_closes_the_flag(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    response = post_part(signed_in(manager), log_url(customer), form_data(summary="问了套餐"))
    assert response.status_code == 204
    record = ContactRecord.objects.get()
    assert (record.customer, record.recorded_by, record.summary) == (customer, manager, "问了套餐")
    assert (record.happened_at, record.is_counted) == (NOW, True)
    assert not CadenceFlag.objects.open().exists()
    sent = events(response)
    assert {"contactLogged", "close_drawer", "toast"} <= set(sent)
    undo = reverse("contacts:contact_void", args=[record.pk]) + "?undo=1"
    assert sent["toast"]["undo_url"] == undo
    assert "王小美" in sent["toast"]["text"]


def test_the_notice_takes_it_back(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    browser = signed_in(manager)
    undo = events(post_part(browser, log_url(customer), form_data()))["toast"]["undo_url"]
    response = post_part(browser, undo)
    assert response.status_code == 204
    assert "contactLogged" in events(response)
    customer.refresh_from_db()
    assert ContactRecord.objects.get().is_voided
    assert customer.last_contact_on is None
    assert CadenceFlag.objects.open().filter(customer=customer).count() == 1


def test_an_unanswered_call_is_logged_and_the_flag_stays(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    response = post_part(signed_in(manager), log_url(customer), form_data(outcome="no_answer"))
    assert "does not count" in events(response)["toast"]["text"]
    assert ContactRecord.objects.get().outcome == "no_answer"
    assert CadenceFlag.objects.open().count() == 1


def test_sent_twice_it_is_one_record(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser, data = signed_in(manager), form_data()
    first = post_part(browser, log_url(customer), data)
    second = post_part(browser, log_url(customer), data)
    assert (first.status_code, second.status_code) == (204, 204)
    assert events(first) == events(second)
    assert ContactRecord.objects.count() == 1
    assert AuditEntry.objects.filter(verb="contact.logged").count() == 1


def test_two_forms_are_two_records(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    for _time in range(2):
        post_part(browser, log_url(customer), form_data())
    assert ContactRecord.objects.count() == 2


# --- The same again -----------------------------------------------------------------------------


def hidden_fields(response: Any) -> dict[str, str]:
    """What a fetched drawer or page sends along by itself."""
    text = text_of(response)
    found = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)
        for name in ("submission_key", "seen")
    }
    return {name: match[1] for name, match in found.items() if match}


@pytest.mark.parametrize("summary", ["问了套餐", ""])
def test_the_same_from_a_page_fetched_anew_is_asked_about(
    signed_in: Browser, manager: StaffUser, customer: Customer, summary: str
) -> None:
    browser = signed_in(manager)
    for status in (302, 422):
        hidden = hidden_fields(browser.get(log_url(customer)))
        data = form_data(summary=summary, **hidden)
        answer = browser.post(log_url(customer), data)
        assert answer.status_code == status
    assert ContactRecord.objects.count() == 1
    text = text_of(answer)
    assert "You saved the same 0 seconds ago. Save it once more?" in text
    assert summary in text
    # Under a new key, and only with the button that says so.
    data |= hidden_fields(answer)
    assert browser.post(log_url(customer), data).status_code == 422
    assert browser.post(log_url(customer), data | {"again": "on"}).status_code == 302
    assert ContactRecord.objects.count() == 2


def test_other_words_under_the_same_key_are_not_lost(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    first = form_data(summary="问了套餐")
    assert post_part(browser, log_url(customer), first).status_code == 204
    assert post_part(browser, log_url(customer), first).status_code == 204
    changed = post_part(browser, log_url(customer), first | {"summary": "问了套餐和漫游"})
    assert changed.status_code == 422
    assert "问了套餐和漫游" in text_of(changed)
    assert "with other words" in text_of(changed)
    assert ContactRecord.objects.count() == 1


def test_it_is_not_asked_later_nor_after_an_undo(
    signed_in: Browser,
    manager: StaffUser,
    customer: Customer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = signed_in(manager)
    assert post_part(browser, log_url(customer), form_data(summary="一")).status_code == 204
    void_contact(actor=manager, record=ContactRecord.objects.get(), reason="按错了")
    assert post_part(browser, log_url(customer), form_data(summary="一")).status_code == 204
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=11))
    assert post_part(browser, log_url(customer), form_data(summary="一")).status_code == 204


def test_the_drawer_says_who_logged_minutes_ago_and_what_was_not_seen_is_asked_about(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    opened = hidden_fields(get_part(browser, log_url(customer)))
    log_contact(
        actor=supervisor,
        customer=customer,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.BUSY),
    )
    words = f"Logged 0 seconds ago by {supervisor.name}: Phone call · Busy."
    asked = post_part(browser, log_url(customer), form_data(summary="我也打了", **opened))
    assert asked.status_code == 422
    assert f"{words} Log yours too?" in text_of(asked)
    assert "我也打了" in text_of(asked)
    # Who opens the drawer now sees it, and is not asked again.
    for query in ("", "?call=1"):
        seen = get_part(browser, log_url(customer, query))
        assert words in text_of(seen)
    data = form_data(summary="我也打了", **hidden_fields(seen))
    assert post_part(browser, log_url(customer), data).status_code == 204


def test_without_htmx_it_leads_on_to_the_next_page(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    detail = reverse("customers:customer_detail", args=[customer.pk])
    response = browser.post(log_url(customer), form_data())
    assert (response.status_code, response["Location"]) == (302, detail)
    response = browser.post(log_url(customer), form_data(next="/?show=overdue"))
    assert response["Location"] == "/?show=overdue"
    response = browser.post(log_url(customer), form_data(next="https://elsewhere.example/"))
    assert response["Location"] == detail


def test_time_length_place_and_direction_are_kept(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    data = form_data(
        channel="visit",
        direction="incoming",
        place="客户办公室",
        happened_at_0="2026-11-20",
        happened_at_1="14:30",
        duration_minutes="25",
    )
    assert post_part(signed_in(manager), log_url(customer), data).status_code == 204
    record = ContactRecord.objects.get()
    assert record.happened_at.isoformat() == "2026-11-20T06:30:00+00:00"
    assert (record.duration_seconds, record.place, record.direction) == (
        1500,
        "客户办公室",
        "incoming",
    )
    assert record.is_late


def test_the_promised_day_is_kept_and_open_promises_are_offered(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    promised = [
        log_contact(
            actor=manager,
            customer=customer,
            contact=Contact(
                channel=Channel.PHONE,
                outcome=Outcome.NO_ANSWER,
                happened_at=NOW - timedelta(days=2),
                follow_up_on=day,
            ),
        )
        for day in (TODAY, TODAY + timedelta(days=5))
    ]
    browser = signed_in(manager)
    offered = get_part(browser, log_url(customer)).context["promises"]
    assert [(p.record.pk, p.is_ticked) for p in offered] == [
        (promised[0].pk, True),
        (promised[1].pk, False),
    ]
    data = form_data(
        outcome=Outcome.NO_ANSWER, closes=[promised[1].pk], follow_up_on=TODAY + timedelta(days=1)
    )
    assert post_part(browser, log_url(customer), data).status_code == 204
    kept = ContactRecord.objects.filter(follow_up_closed_at__isnull=False)
    assert list(kept) == [promised[1]]
    assert ContactRecord.objects.latest("pk").follow_up_on == TODAY + timedelta(days=1)


def test_one_or_two_facts_are_asked_and_learnt(signed_in: Browser, manager: StaffUser) -> None:
    customer = CustomerFactory(
        manager=manager,
        gender="female",
        preferred_channel="phone",
        profile={
            "id_province": "江海",
            "character": "直爽",
            "sports": "羽毛球",
            "rewards": "音乐会",
            "employer": "旧港务",
            "position": "经理",
        },
    )
    browser = signed_in(manager)
    asked = get_part(browser, log_url(customer)).context["asked"]
    assert [item.question.fact for item in asked] == ["occupation", "family_background"]
    data = form_data(fact_occupation="船长", fact_family_background="")
    assert post_part(browser, log_url(customer), data).status_code == 204
    customer.profile.refresh_from_db()
    assert customer.profile.occupation == "船长"
    assert customer.confirmations.get(fact="occupation").confirmed_by == manager
    asked = get_part(browser, log_url(customer)).context["asked"]
    assert asked[0].question.fact == "family_background"
    assert asked[1].question.known != ""
    still = asked[1].question.fact
    data = form_data(**{f"still_{still}": "on"})
    assert post_part(browser, log_url(customer), data).status_code == 204
    assert customer.confirmations.get(fact=still).confirmed_on == TODAY


# --- After a call -------------------------------------------------------------------------------


def test_after_a_call_four_answers_are_one_tap_each(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    page = text_of(get_part(signed_in(manager), log_url(customer, "?row=contact&call=1")))
    assert page.strip().startswith('<div id="_call_drawer"')
    for answer in ("talked", "no_answer", "busy", "switched_off", "rejected", "tomorrow"):
        assert f'name="tapped" value="{answer}"' in page


@pytest.mark.parametrize(
    ("tapped", "outcome", "follow_up_on"),
    [
        ("talked", "reached", None),
        ("no_answer", "no_answer", None),
        ("busy", "busy", None),
        ("switched_off", "switched_off", None),
        ("rejected", "rejected", None),
        ("tomorrow", "no_answer", date(2026, 11, 24)),
    ],
)
def test_each_answer_logs_the_call_at_once(
    signed_in: Browser,
    manager: StaffUser,
    customer: Customer,
    tapped: str,
    outcome: str,
    follow_up_on: date | None,
) -> None:
    data = {"tapped": tapped, "occasion": "regular", "submission_key": str(uuid4())}
    response = post_part(signed_in(manager), log_url(customer), data)
    record = ContactRecord.objects.get()
    assert (record.channel, record.outcome, record.follow_up_on) == ("phone", outcome, follow_up_on)
    assert "contactLogged" in events(response)
    assert events(response)["toast"]["undo_url"]


def test_talked_offers_to_add_a_line_unless_there_is_one(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    data = {"tapped": "talked", "occasion": "regular", "submission_key": str(uuid4())}
    response = post_part(browser, log_url(customer), data)
    record = ContactRecord.objects.get()
    assert response.status_code == 200
    assert reverse("contacts:contact_note", args=[record.pk]) in text_of(response)
    data |= {"summary": "都说了", "submission_key": str(uuid4())}
    assert post_part(browser, log_url(customer), data).status_code == 204


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"outcome": "not_met"}, "This outcome does not go with this channel."),
        (
            {"happened_at_0": "2026-11-23", "happened_at_1": "10:01"},
            "That is in the future. A contact can only be logged afterwards.",
        ),
        ({"happened_at_0": "2026-11-23"}, "Enter a time, such as 14:30."),
        ({"happened_at_1": "09:00"}, "Enter a day, such as 2026-11-23."),
        ({"follow_up_on": "2026-11-22"}, "The promised day is before the contact."),
        ({"channel": "pigeon"}, "Select a valid choice."),
        ({"duration_minutes": "-1"}, "greater than or equal to 0"),
        ({"submission_key": "none"}, "Enter a valid UUID."),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    signed_in: Browser,
    manager: StaffUser,
    customer: Customer,
    changed: dict[str, object],
    words: str,
) -> None:
    browser = signed_in(manager)
    data = form_data(summary="不要丢了这一行", place="一号楼", **changed)
    for response in (
        post_part(browser, log_url(customer), data),
        browser.post(log_url(customer), data),
    ):
        assert response.status_code == 422
        assert words in text_of(response).replace("&#x27;", "'")
        assert "不要丢了这一行" in text_of(response)
        assert "一号楼" in text_of(response)
    assert not ContactRecord.objects.exists()


def test_a_refused_fact_is_shown_beside_its_field(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    data = form_data(fact_gender="neither")
    response = post_part(signed_in(manager), log_url(customer), data)
    assert response.status_code == 422
    assert response.context["form"].errors["fact_gender"]
    assert not ContactRecord.objects.exists()


# --- Who may ------------------------------------------------------------------------------------


def test_who_serves_or_supervises_logs_and_others_find_nothing(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
    head_office: StaffUser,
    administrator: StaffUser,
    customer: Customer,
) -> None:
    for person in (colleague, outsider, handler, head_office, administrator):
        browser = signed_in(person)
        assert get_part(browser, log_url(customer)).status_code == 404
        assert post_part(browser, log_url(customer), form_data()).status_code == 404
    assert not ContactRecord.objects.exists()
    for person in (manager, supervisor):
        browser = signed_in(person)
        assert get_part(browser, log_url(customer)).status_code == 200
        assert post_part(browser, log_url(customer), form_data()).status_code == 204
    assert ContactRecord.objects.count() == 2


def test_under_cover_the_record_keeps_both_names(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    assert post_part(signed_in(colleague), log_url(customer), form_data()).status_code == 204
    record = ContactRecord.objects.get()
    assert (record.manager, record.recorded_by, record.recorded_as) == (
        manager,
        colleague,
        "cover",
    )


def test_logging_takes_few_statements(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    browser = signed_in(manager)
    with CaptureQueriesContext(connection) as captured:
        assert post_part(browser, log_url(customer), form_data()).status_code == 204
    savepoints = [q for q in captured.captured_queries if "SAVEPOINT" in q["sql"]]
    assert len(captured) - len(savepoints) <= 14


def test_opening_the_drawer_takes_the_same_for_many_promises(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)

    def taken() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert get_part(browser, log_url(customer)).status_code == 200
        return len(captured)

    def promise() -> None:
        contact = Contact(
            channel=Channel.PHONE,
            outcome=Outcome.BUSY,
            happened_at=NOW - timedelta(days=3),
            follow_up_on=TODAY,
        )
        log_contact(actor=manager, customer=customer, contact=contact)

    promise()
    one = taken()
    for _number in range(19):
        promise()
    assert taken() == one
    assert one <= 12


# --- A competitor was mentioned (article 17) ----------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ({}, (False, "")),
        ({"mentions_competitor": "on"}, (True, "")),
        ({"mentions_competitor": "on", "competitor": " 联通 "}, (True, "联通")),
        # The name alone says it too.
        ({"competitor": "联通"}, (True, "联通")),
    ],
)
def test_a_mentioned_competitor_is_kept_with_the_contact(
    signed_in: Browser,
    manager: StaffUser,
    customer: Customer,
    entered: dict[str, str],
    expected: tuple[bool, str],
) -> None:
    answer = post_part(signed_in(manager), log_url(customer), form_data(**entered))
    assert answer.status_code == 204
    record = ContactRecord.objects.get()
    assert (record.mentions_competitor, record.competitor) == expected
    assert ContactRecord.objects.mentions_to_take().exists() is expected[0]


# --- What the contact was made for --------------------------------------------------------------


def test_a_contact_that_counts_goes_on_to_what_it_was_made_for(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    page = signed_in(manager)
    then = {"then": "/retention/warnings/7/follow-up/"}
    assert 'value="/retention/warnings/7/follow-up/"' in text_of(
        get_part(page, log_url(customer, "?then=/retention/warnings/7/follow-up/"))
    )
    missed = post_part(page, log_url(customer), form_data(outcome="no_answer", **then))
    assert "close_drawer" in events(missed)
    assert "open_drawer" not in events(missed)
    reached = post_part(page, log_url(customer), form_data(**then))
    record = ContactRecord.objects.get(is_counted=True)
    assert events(reached)["open_drawer"] == {
        "url": f"/retention/warnings/7/follow-up/?record={record.pk}"
    }
    plain = page.post(log_url(customer), form_data(**then))
    assert plain.status_code == 302
    assert plain.headers["Location"].startswith("/retention/warnings/7/follow-up/?record=")


@pytest.mark.parametrize("then", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_it_goes_on_to_pages_of_ours_only(
    signed_in: Browser, manager: StaffUser, customer: Customer, then: str
) -> None:
    reached = post_part(signed_in(manager), log_url(customer), form_data(then=then))
    assert "open_drawer" not in events(reached)
    assert "close_drawer" in events(reached)
