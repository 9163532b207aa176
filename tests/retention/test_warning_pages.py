"""The pages of churn warnings, the customer page's panels, and the rows of My day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from retention.models import (
    CaseFollowUp,
    ChurnWarning,
    RiskScore,
    RiskState,
    SignalVersion,
)
from retention.services import cases
from retention.services import warnings as warning_services
from retention.views.panels import plot_of
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, events, get_part, post_part, statements, text_of
from tests.retention.cases_of import a_measure, asks_to_leave, warn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(name="王小美", manager=manager, last_contact_on=TODAY)


@pytest.fixture
def warning(customer: Customer) -> ChurnWarning:
    return warn(customer)


def url(name: str, *args: int) -> str:
    return reverse(f"retention:{name}", args=args)


def names(page: Client, query: str = "") -> list[str]:
    context = page.get(url("warning_list") + query).context
    return [row.customer.name for row, _reasons in context["shown"]]


# --- The list and the page ----------------------------------------------------------------------


def test_the_list_is_filtered_and_the_earliest_due_stands_first(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    def warned(name: str, hours_ago: int, *, is_hard: bool = False) -> ChurnWarning:
        customer = CustomerFactory(name=name, manager=manager)
        return warn(customer, is_hard=is_hard, at=NOW - timedelta(hours=hours_ago))

    warned("新的", 1)
    warned("急的", 3, is_hard=True)
    late = warned("过期", 60)
    closed = warned("关闭", 5)
    warning_services.close(actor=None, warning=closed, result=ChurnWarning.Result.LEFT)
    warning_services.escalate_overdue()
    page = signed_in(manager)
    assert names(page) == ["过期", "急的", "新的"]
    assert names(page, "?kind=hard") == ["急的"]
    assert names(page, "?state=overdue") == ["过期"]
    assert names(page, "?escalated=yes") == ["过期"]
    assert names(page, "?escalated=no") == ["急的", "新的"]
    assert names(page, "?state=closed") == ["关闭"]
    assert names(page, "?result=left") == ["关闭"]
    assert names(page, "?result=stays") == []
    assert names(signed_in(supervisor), f"?manager={manager.pk}&unit={manager.unit_id}") == [
        "过期",
        "急的",
        "新的",
    ]
    assert late.customer.name == "过期"


def test_the_list_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, warning: ChurnWarning
) -> None:
    page = signed_in(manager)
    few = statements(page, url("warning_list"))
    for _ in range(9):
        warn(CustomerFactory(manager=manager))
    assert statements(page, url("warning_list")) == few


def test_the_page_gives_the_reasons_in_the_readers_language_most_points_first(
    signed_in: Browser, manager: StaffUser, warning: ChurnWarning
) -> None:
    page = signed_in(manager)
    first, second = SignalVersion.objects.order_by("pk")[:2]
    text = text_of(page.get(url("warning_detail", warning.pk)))
    assert text.index(second.reason_en) < text.index(first.reason_en)
    assert "+25" in text
    page.cookies["django_language"] = "zh-hans"
    assert second.reason_zh in text_of(page.get(url("warning_detail", warning.pk)))


def test_a_follow_up_wants_a_next_step_or_a_result_and_keeps_what_was_typed(
    signed_in: Browser, manager: StaffUser, warning: ChurnWarning
) -> None:
    page, address = signed_in(manager), url("warning_follow_up", warning.pk)
    undecided = post_part(page, address, {"found": "嫌贵"})
    assert undecided.status_code == 422
    assert set(undecided.context["form"].errors) == {"next_step", "next_step_on"}
    assert "嫌贵" in text_of(undecided)
    data = {"found": "嫌贵", "next_step": "报新套餐", "next_step_on": TOMORROW.isoformat()}
    assert "careChanged" in events(post_part(page, address, data))
    warning.refresh_from_db()
    assert (warning.found, warning.contacted_by, warning.next_step_on) == (
        "嫌贵",
        manager,
        TOMORROW,
    )
    assert warning.is_open
    closing = post_part(page, address, {"found": "已换套餐", "result": "stays"})
    assert closing.status_code == 204
    again = post_part(page, address, {"found": "已换套餐", "result": "stays"})
    assert again.status_code == 204
    warning.refresh_from_db()
    assert (warning.result, warning.close_note) == ("stays", "已换套餐")
    text = text_of(page.get(url("warning_detail", warning.pk)))
    assert "已换套餐" in text


def test_a_refusal_of_the_service_keeps_both_changes_back(
    signed_in: Browser, manager: StaffUser, warning: ChurnWarning
) -> None:
    past = {"found": "嫌贵", "next_step": "再打", "next_step_on": "2026-11-01", "result": "stays"}
    answer = post_part(signed_in(manager), url("warning_follow_up", warning.pk), past)
    assert answer.status_code == 422
    warning.refresh_from_db()
    assert (warning.found, warning.is_open) == ("", True)


def test_a_snoozed_warning_is_hidden_from_my_day_and_shown_again(
    signed_in: Browser, manager: StaffUser, customer: Customer, warning: ChurnWarning
) -> None:
    page = signed_in(manager)
    assert day(page)["warning"] == ["王小美"]
    data = {"until": TOMORROW.isoformat(), "reason": "出差"}
    assert (
        post_part(page, url("warning_snooze", warning.pk), {**data, "until": TODAY}).status_code
        == 422
    )
    assert "careChanged" in events(post_part(page, url("warning_snooze", warning.pk), data))
    assert "warning" not in day(page)
    hidden = get_part(page, "/?show=snoozed")
    assert url("warning_wake", warning.pk) in text_of(hidden)
    assert "出差" in text_of(hidden)
    post_part(page, url("warning_wake", warning.pk))
    assert day(page)["warning"] == ["王小美"]


# --- My day -------------------------------------------------------------------------------------


def day(page: Client) -> dict[str, list[str]]:
    found = get_part(page, "/").context["sections"]
    return {
        section.matter: [shown.line.customer.name for shown in section.rows] for section in found
    }


def test_cases_promises_warnings_and_saved_customers_stand_before_what_is_overdue(
    signed_in: Browser, manager: StaffUser
) -> None:
    def somebody(name: str, **fields: Any) -> Customer:
        return CustomerFactory(name=name, manager=manager, **{"last_contact_on": TODAY, **fields})

    somebody("逾期", last_contact_on=date(2026, 9, 1))
    saved = asks_to_leave(manager, somebody("已留"))
    cases.decide_case(actor=manager, case=saved, saved=True)
    CaseFollowUp.objects.filter(kind="day").update(due_on=TODAY)
    warn(somebody("先来"), at=NOW - timedelta(hours=40))
    warn(somebody("后来"), at=NOW - timedelta(hours=2))
    warn(somebody("急的"), is_hard=True)
    promise = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.NO_ANSWER,
        follow_up_on=TODAY,
        happened_at=NOW - timedelta(days=1),
    )
    log_contact(actor=manager, customer=somebody("承诺"), contact=promise)
    asks_to_leave(manager, somebody("要走"))
    found = day(signed_in(manager))
    assert list(found)[:5] == ["case", "follow_up", "warning", "retention", "overdue"]
    assert found["warning"] == ["急的", "先来", "后来"]
    assert found["case"] == ["要走"]
    assert found["retention"] == ["已留"]


def test_a_case_takes_the_place_of_its_warning(
    signed_in: Browser, manager: StaffUser, customer: Customer, warning: ChurnWarning
) -> None:
    asks_to_leave(manager, customer)
    found = day(signed_in(manager))
    assert found["case"] == ["王小美"]
    assert "warning" not in found


def test_a_warning_that_was_followed_up_comes_back_on_the_day_of_the_next_step(
    signed_in: Browser, manager: StaffUser, warning: ChurnWarning, frozen: Any
) -> None:
    warning_services.follow_up(
        actor=manager, warning=warning, found="嫌贵", next_step="报价", next_step_on=TOMORROW
    )
    page = signed_in(manager)
    assert "warning" not in day(page)
    frozen.move_to(NOW + timedelta(days=1))
    page = signed_in(manager)
    assert day(page)["warning"] == ["王小美"]
    assert "Next step: 报价" in text_of(get_part(page, "/"))


def test_follow_ups_are_due_on_their_days_only(
    signed_in: Browser, manager: StaffUser, customer: Customer, frozen: Any
) -> None:
    cases.decide_case(actor=manager, case=asks_to_leave(manager, customer), saved=True)
    page = signed_in(manager)
    assert "retention" not in day(page)
    frozen.move_to(NOW + timedelta(days=1))
    page = signed_in(manager)
    assert day(page)["retention"] == ["王小美"]
    assert "After 24 hours" in text_of(get_part(page, "/"))
    follow_up = CaseFollowUp.objects.get(kind="day")
    cases.do_follow_up(actor=manager, follow_up=follow_up, result=CaseFollowUp.Result.CONTENT)
    assert "retention" not in day(page)
    frozen.move_to(NOW + timedelta(days=7))
    page = signed_in(manager)
    assert day(page)["retention"] == ["王小美"]


def test_the_row_tells_how_long_is_left_and_what_the_supervisor_said(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    warn(CustomerFactory(name="急的", manager=manager), is_hard=True, at=NOW - timedelta(hours=2))
    case = asks_to_leave(manager, customer, deadline_at=NOW + timedelta(minutes=40))
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    page = signed_in(manager)
    with override("en"):
        text = text_of(get_part(page, "/")).replace("\xa0", " ")
        assert "1 day, 22 hours left" in text
        assert "40 minutes left" in text
        assert "1 measure waits for approval" in text
        cases.decide_offer(actor=supervisor, offer=offer, approve=True)
        assert "1 measure may be offered" in text_of(get_part(page, "/"))


def test_a_contact_from_the_row_leads_on_to_what_was_found(
    signed_in: Browser, manager: StaffUser, customer: Customer, warning: ChurnWarning
) -> None:
    page = signed_in(manager)
    row = get_part(page, "/").context["sections"][0].rows[0]
    assert row.url == url("warning_detail", warning.pk)
    opens = re.search(r'hx-get="([^"]+)"', row.log)
    assert opens
    drawer = text_of(get_part(page, unescape(opens[1])))
    assert f'name="then" value="{url("warning_follow_up", warning.pk)}"' in drawer
    data = {
        "channel": "phone",
        "outcome": "reached",
        "occasion": "regular",
        "summary": "客户嫌贵",
        "submission_key": "6d4a7a86-0f1d-4f5c-9c70-0d2a3c1d8f11",
        "then": url("warning_follow_up", warning.pk),
    }
    logged = post_part(page, reverse("contacts:contact_log", args=[customer.pk]), data)
    then = events(logged)["open_drawer"]["url"]
    form = text_of(get_part(page, then))
    record = ContactRecord.objects.get()
    assert f'name="record" value="{record.pk}"' in form
    assert "客户嫌贵" in form
    given = {"found": "嫌贵", "result": "stays", "record": record.pk}
    post_part(page, url("warning_follow_up", warning.pk), given)
    warning.refresh_from_db()
    assert warning.contact_record == record


def test_my_day_stays_within_its_statements_however_much_there_is(
    signed_in: Browser, manager: StaffUser
) -> None:
    page = signed_in(manager)

    def fill(count: int) -> None:
        for n in range(count):
            warn(CustomerFactory(manager=manager), is_hard=bool(n % 2))
            asks_to_leave(manager, CustomerFactory(manager=manager))
            saved = asks_to_leave(manager, CustomerFactory(manager=manager))
            cases.decide_case(actor=manager, case=saved, saved=True)
        CaseFollowUp.objects.filter(kind="day").update(due_on=TODAY)

    fill(1)
    one = statements(page, "/")
    assert one <= 15
    fill(5)
    assert statements(page, "/") == one


# --- The customer page --------------------------------------------------------------------------


def scored(customer: Customer, *scores: tuple[int, int]) -> None:
    """Give the customer scores, each so many days ago; the last is the present one."""
    first, second, third = SignalVersion.objects.order_by("pk")[:3]
    for days_ago, points in scores:
        score = RiskScore.objects.create(
            customer=customer,
            scored_on=TODAY - timedelta(days=days_ago),
            score=points,
            reasons=[[first.pk, points - 5, "-42.50"], [second.pk, 5, "3"]],
            missing=[third.pk],
        )
    RiskState.objects.create(customer=customer, score=points, current=score, scored_at=NOW)


def test_the_panel_shows_score_reasons_what_is_missing_and_the_year(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    scored(customer, (400, 10), (200, 30), (3, 55))
    context = get_part(signed_in(manager), url("customer_risk", customer.pk)).context
    third = SignalVersion.objects.order_by("pk")[2]
    assert sum(reason.points for reason in context["reasons"]) == 55 == context["risk"].score
    assert context["missing"] == [third.reason_en]
    # The year begins with the score that held on its first day.
    assert context["plot"].days == [
        (TODAY - timedelta(days=365), 10),
        (TODAY - timedelta(days=200), 30),
        (TODAY - timedelta(days=3), 55),
    ]


def test_the_panel_leads_to_the_warning_and_the_case(
    signed_in: Browser, manager: StaffUser, head_office: StaffUser, customer: Customer
) -> None:
    page, address = signed_in(manager), url("customer_risk", customer.pk)
    assert url("case_open", customer.pk) in text_of(get_part(page, address))
    assert url("case_open", customer.pk) not in text_of(get_part(signed_in(head_office), address))
    warning = warn(customer)
    case = asks_to_leave(manager, customer)
    for part in ("customer_risk", "customer_hint"):
        text = text_of(get_part(page, url(part, customer.pk)))
        assert url("warning_detail", warning.pk) in text
        assert url("case_detail", case.pk) in text
    assert url("case_open", customer.pk) not in text_of(get_part(page, address))
    cases.decide_case(actor=manager, case=case, saved=False, note="移民")
    history = text_of(get_part(page, url("customer_retention", customer.pk)))
    assert url("warning_detail", warning.pk) in history
    assert "移民" in history


def test_the_customer_page_asks_for_its_panels(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    text = text_of(signed_in(manager).get(reverse("customers:customer_detail", args=[customer.pk])))
    for part in ("customer_risk", "customer_hint", "customer_retention"):
        assert f'hx-get="{url(part, customer.pk)}"' in text


def test_the_plot_is_made_of_steps_within_its_box() -> None:
    plot = plot_of([(TODAY - timedelta(days=365), 0), (TODAY, 100)], TODAY)
    assert plot is not None
    assert plot.points == "0.0,72.0 0.0,72.0 320.0,72.0 320.0,0.0 320.0,0.0"
    assert (plot.lowest, plot.highest) == (0, 100)
    assert plot_of([], TODAY) is None
