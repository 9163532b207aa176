"""My day: what it shows, in which order, to whom, and how it follows what is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from complaints.services.requests import Promise, make_request, tell_customer
from contacts.models import Outcome, Snooze
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact
from contacts.services.snoozes import snooze_row
from customers.models import Channel, ChannelOptOut, Customer
from staff.models import StaffUser
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY, events, get_part, post_part, statements, text_of
from workplans.models.plans import PlanKind
from workplans.services.plans import ItemEntry, add_item, open_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/"


def sections(browser: Client, query: str = "") -> dict[str, list[str]]:
    """The names of the customers by section, in the order of the page."""
    found = get_part(browser, URL + query).context["sections"]
    return {
        section.matter: [shown.line.customer.name for shown in section.rows] for section in found
    }


def contacted(days_ago: int, manager: StaffUser, name: str, **fields: Any) -> Customer:
    """A customer who was last contacted so many days ago."""
    on = TODAY - timedelta(days=days_ago)
    return CustomerFactory(name=name, manager=manager, last_contact_on=on, **fields)


def promise(manager: StaffUser, customer: Customer, day: date) -> None:
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.NO_ANSWER,
        happened_at=NOW - timedelta(days=9),
        follow_up_on=day,
        summary="周一再打",
    )
    log_contact(actor=manager, customer=customer, contact=contact)


def test_everything_that_wants_doing_is_one_ranked_list(
    signed_in: Browser, manager: StaffUser
) -> None:
    contacted(40, manager, "逾期")
    contacted(60, manager, "更久")
    contacted(28, manager, "快到期")
    contacted(3, manager, "不急")
    contacted(3, manager, "生日", birth_month=11, birth_day=25)
    contacted(
        3, manager, "登门", is_key=True, key_since=date(2026, 1, 1), last_visit_on=date(2026, 8, 1)
    )
    promise(manager, contacted(3, manager, "答应过"), TODAY)
    promise(manager, contacted(3, manager, "以后"), TODAY + timedelta(days=1))
    assert sections(signed_in(manager)) == {
        "follow_up": ["答应过"],
        "overdue": ["更久", "逾期"],
        "visit": ["登门"],
        "soon": ["快到期"],
        "birthday": ["生日"],
    }


def test_each_filter_shows_its_own(signed_in: Browser, manager: StaffUser) -> None:
    contacted(40, manager, "逾期生日", birth_month=11, birth_day=24)
    contacted(28, manager, "快到期")
    browser = signed_in(manager)
    assert sections(browser, "?show=overdue") == {"overdue": ["逾期生日"]}
    assert sections(browser, "?show=birthday") == {"birthday": ["逾期生日"]}
    assert sections(browser, "?show=visit") == {}
    assert sections(browser, "?show=nonsense") == sections(browser)
    tabs = {tab.value: tab.count for tab in get_part(browser, URL).context["tabs"]}
    assert tabs == {"": 2, "follow_up": 0, "overdue": 1, "visit": 0, "soon": 1, "birthday": 1}


@pytest.mark.parametrize(
    ("born", "kept_on"),
    [
        ({"birth_month": 11, "birth_day": 23}, date(2026, 11, 23)),
        ({"birth_month": 11, "birth_day": 30, "birth_year": 1980}, date(2026, 11, 30)),
        # 23 November 2026 is the 15th day of the tenth lunar month.
        (
            {"birth_month": 10, "birth_day": 20, "birth_calendar": "lunar"},
            date(2026, 11, 28),
        ),
    ],
)
def test_birthdays_of_both_calendars_are_near_for_seven_days(
    signed_in: Browser, manager: StaffUser, born: dict[str, Any], kept_on: date
) -> None:
    contacted(3, manager, "寿星", **born)
    contacted(3, manager, "早了", birth_month=12, birth_day=1)
    contacted(3, manager, "过了", birth_month=11, birth_day=22)
    (section,) = get_part(signed_in(manager), URL).context["sections"]
    assert [(shown.line.customer.name, shown.line.row.task.on) for shown in section.rows] == [
        ("寿星", kept_on)
    ]


def test_no_greeting_while_a_complaint_is_open(signed_in: Browser, manager: StaffUser) -> None:
    born = {"birth_month": 11, "birth_day": 25}
    customer = contacted(3, manager, "寿星", has_open_complaint=True, **born)
    browser = signed_in(manager)
    assert "No greeting: a complaint is open" in text_of(get_part(browser, URL))
    Customer.objects.filter(pk=customer.pk).update(has_open_complaint=False)
    assert "No greeting" not in text_of(get_part(browser, URL))


def test_a_row_calls_logs_hides_and_opens(signed_in: Browser, manager: StaffUser) -> None:
    customer = contacted(40, manager, "逾期", phone="13912345678")
    page = text_of(get_part(signed_in(manager), URL))
    log = reverse("contacts:contact_log", args=[customer.pk])
    assert 'href="tel:13912345678"' in page
    assert f'data-call="{log}?row=contact&amp;call=1"' in page
    assert f'hx-get="{log}?row=contact"' in page
    assert reverse("contacts:row_snooze", args=[customer.pk]) in page
    assert reverse("customers:customer_detail", args=[customer.pk]) in page


def test_who_wants_no_calls_has_no_call_button(signed_in: Browser, manager: StaffUser) -> None:
    customer = contacted(40, manager, "逾期")
    ChannelOptOut.objects.create(customer=customer, channel="phone", since=TODAY)
    page = text_of(get_part(signed_in(manager), URL))
    assert "tel:" not in page
    assert "Does not want calls" in page


def test_logging_a_reached_call_takes_the_row_away_and_undoing_brings_it_back(
    signed_in: Browser, manager: StaffUser
) -> None:
    customer = contacted(40, manager, "逾期")
    browser = signed_in(manager)
    log = reverse("contacts:contact_log", args=[customer.pk])
    data = {
        "channel": "phone",
        "outcome": "no_answer",
        "occasion": "regular",
        "submission_key": str(uuid4()),
    }
    post_part(browser, log, data)
    assert sections(browser) == {"overdue": ["逾期"]}
    data |= {"outcome": "reached", "submission_key": str(uuid4())}
    answer = post_part(browser, log, data)
    assert sections(browser) == {}
    post_part(browser, events(answer)["toast"]["undo_url"])
    assert sections(browser) == {"overdue": ["逾期"]}


def test_a_snoozed_row_is_hidden_until_its_day_and_counted(
    signed_in: Browser, manager: StaffUser
) -> None:
    customer = contacted(40, manager, "逾期", birth_month=11, birth_day=25)
    snooze_row(
        actor=manager,
        customer=customer,
        subject=Snooze.Subject.CONTACT,
        until=TODAY + timedelta(days=2),
        reason="出差",
    )
    browser = signed_in(manager)
    assert sections(browser) == {"birthday": ["逾期"]}
    assert sections(browser, "?show=snoozed") == {"overdue": ["逾期"]}
    page = get_part(browser, URL + "?show=snoozed")
    assert page.context["snoozed_count"] == 1
    assert "出差" in text_of(page)
    Snooze.objects.update(until=TODAY)
    assert sections(browser) == {"overdue": ["逾期"]}


def test_exempt_customers_are_not_due(signed_in: Browser, manager: StaffUser) -> None:
    contacted(40, manager, "免打扰", contact_exempt_until=TODAY)
    contacted(40, manager, "到期了", contact_exempt_until=TODAY - timedelta(days=1))
    assert sections(signed_in(manager)) == {"overdue": ["到期了"]}


def test_customers_who_left_are_gone(signed_in: Browser, manager: StaffUser) -> None:
    gone = contacted(40, manager, "离网", birth_month=11, birth_day=25, status="left")
    promise(manager, contacted(3, manager, "还在"), TODAY)
    assert gone.contact_due_on is None
    assert sections(signed_in(manager)) == {"follow_up": ["还在"]}


def test_covered_customers_are_marked_and_others_are_not_there(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
) -> None:
    contacted(50, colleague, "代班的", phone="13800001111")
    contacted(40, manager, "自己的")
    contacted(60, outsider, "别人的")
    browser = signed_in(manager)
    assert sections(browser) == {"overdue": ["自己的"]}
    CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    assert sections(browser) == {"overdue": ["代班的", "自己的"]}
    page = text_of(get_part(browser, URL))
    assert page.count(f"for {colleague.name}") == 1
    assert "tel:13800001111" in page


def test_what_was_escalated_is_marked(signed_in: Browser, manager: StaffUser) -> None:
    contacted(60, manager, "久了")
    flag_overdue(as_of=TODAY - timedelta(days=8))
    flag_overdue()
    contacted(33, manager, "刚过")
    flag_overdue()
    (section,) = get_part(signed_in(manager), URL).context["sections"]
    assert [(shown.line.customer.name, shown.line.is_escalated) for shown in section.rows] == [
        ("久了", True),
        ("刚过", False),
    ]


def test_the_head_counts_this_months_contacts(signed_in: Browser, manager: StaffUser) -> None:
    contacted(22, manager, "月初")
    contacted(23, manager, "上月")
    contacted(0, manager, "今天")
    progress = get_part(signed_in(manager), URL).context["day"].progress
    assert (progress.contacted, progress.total) == (2, 3)


def test_a_long_section_is_cut_and_shown_whole_on_demand(
    signed_in: Browser, manager: StaffUser
) -> None:
    for number in range(60):
        contacted(40, manager, f"客户{number}")
    browser = signed_in(manager)

    def shown(query: str) -> tuple[int, int]:
        (section,) = get_part(browser, URL + query).context["sections"]
        return len(section.rows), section.more

    assert shown("") == (8, 52)
    assert shown("?show=overdue") == (50, 10)
    assert shown("?show=overdue&all=on") == (60, 0)


def test_an_empty_day_says_what_would_fill_it(signed_in: Browser, manager: StaffUser) -> None:
    browser = signed_in(manager)
    assert "You have no customers yet" in text_of(browser.get(URL))
    contacted(3, manager, "不急")
    assert "All done for today" in text_of(browser.get(URL))
    assert "Nothing of this kind today" in text_of(browser.get(URL + "?show=visit"))
    assert "Nothing is hidden" in text_of(browser.get(URL + "?show=snoozed"))


def test_the_lunar_date_stands_in_the_chinese_page(signed_in: Browser, manager: StaffUser) -> None:
    browser = signed_in(manager)
    assert "农历" not in text_of(browser.get(URL))
    with override("zh-hans"):
        page = text_of(browser.get(URL, headers={"Accept-Language": "zh-hans"}))
    assert "农历十月十五" in page


def test_htmx_gets_the_list_and_others_the_page(signed_in: Browser, manager: StaffUser) -> None:
    browser = signed_in(manager)
    assert text_of(get_part(browser, URL)).strip().startswith('<div id="_day_list"')
    page = text_of(browser.get(URL + "?show=overdue"))
    assert "<html" in page
    assert 'hx-get="/?show=overdue"' in page


def test_who_serves_nobody_goes_to_where_the_work_is(
    signed_in: Browser,
    supervisor: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
) -> None:
    for person, route in (
        (supervisor, "portfolio:board"),
        (head_office, "portfolio:board"),
        (handler, "complaints:complaint_list"),
        (administrator, "exchange:roster_import_list"),
    ):
        assert signed_in(person).get(URL)["Location"] == reverse(route)


def test_a_supervisor_who_stands_in_has_a_day(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    contacted(40, manager, "代班的")
    contacted(40, colleague, "不代班的")
    CoverFactory(manager=manager, stand_in=supervisor, arranged_by=supervisor)
    supervisor = StaffUser.objects.get(pk=supervisor.pk)
    assert sections(signed_in(supervisor)) == {"overdue": ["代班的"]}


def test_it_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    browser = signed_in(manager)

    def add(count: int) -> None:
        for number in range(count):
            contacted(40 + number, manager, "逾期", birth_month=11, birth_day=25)
            contacted(28, colleague, "快到期")
            contacted(3, manager, "登门", is_key=True, key_since=date(2026, 1, 1))
            promise(manager, contacted(3, manager, "答应过"), TODAY)
        flag_overdue()

    add(1)
    one = statements(browser, URL)
    add(19)
    assert statements(browser, URL) == one
    assert one <= 15


def test_a_missed_call_comes_first_and_goes_with_the_contact_that_reached(
    signed_in: Browser, manager: StaffUser
) -> None:
    contacted(40, manager, "逾期")
    customer = contacted(3, manager, "来过电", phone="13912345678")
    ChannelOptOut.objects.create(customer=customer, channel=Channel.PHONE, since=TODAY)
    rang_at = NOW - timedelta(minutes=10)
    tell(call_centre(), *(a_call("13912345678", rang_at) for _ in range(2)))
    browser = signed_in(manager)
    assert list(sections(browser)) == ["call", "overdue"]
    page = text_of(get_part(browser, URL))
    assert "Rang 2 times" in page
    # Who rang wants to be called back, whatever was said about calls.
    assert 'href="tel:13912345678"' in page
    assert reverse("contacts:row_snooze", args=[customer.pk]) not in page
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=manager, customer=customer, contact=contact)
    assert list(sections(browser)) == ["overdue"]


def test_what_was_promised_for_today_is_there_until_the_customer_is_told(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser
) -> None:
    customer = contacted(3, manager, "等送卡")
    made = [
        make_request(
            actor=person,
            customer=of,
            promise=Promise(what="送新卡上门", due_on=TODAY + timedelta(days=days)),
        )
        for person, of, days in (
            (manager, customer, 0),
            (manager, contacted(3, manager, "以后"), 1),
            (colleague, contacted(3, colleague, "别人的"), 0),
        )
    ]
    browser = signed_in(manager)
    assert sections(browser) == {"request": ["等送卡"]}
    done = reverse("complaints:request_done", args=[made[0].pk])
    assert f'hx-post="{done}"' in text_of(get_part(browser, URL))
    assert "requestChanged" in events(post_part(browser, done))
    assert "Done, tell the customer: 送新卡上门" in text_of(get_part(browser, URL))
    tell_customer(actor=manager, request=made[0])
    assert sections(browser) == {}


def test_the_days_plan_and_log_come_with_it(signed_in: Browser, manager: StaffUser) -> None:
    customer = contacted(40, manager, "排在今天")
    plan = open_plan(actor=manager, kind=PlanKind.WEEK, day=TODAY)
    add_item(actor=manager, plan=plan, entry=ItemEntry(day=TODAY, customer=customer))
    add_item(actor=manager, plan=plan, entry=ItemEntry(day=TODAY, text="整理资料"))
    browser = signed_in(manager)
    panel = reverse("workplans:plan_today")
    assert f'hx-get="{panel}"' in browser.get(URL).content.decode()
    page = text_of(get_part(browser, panel))
    assert "0 of 2 done" in page
    assert "排在今天" in page
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=manager, customer=customer, contact=contact)
    page = text_of(get_part(browser, panel))
    assert "1 of 2 done" in page
    assert "1 contact in it" in page
    (left,) = [item for item in plan.items.all() if item.customer is None]
    post_part(browser, reverse("workplans:plan_item_tick", args=[left.pk]), {"done": "true"})
    assert "2 of 2 done" in text_of(get_part(browser, panel))
