"""The pages of retention cases: opened, kept while typing, decided, followed up, listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from retention.models import CaseFollowUp, ChurnEvent, MeasureOffer, RetentionCase
from retention.services import cases
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, events, get_part, post_part, statements, text_of
from tests.retention.cases_of import a_measure, asks_to_leave, warn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(name="王小美", manager=manager, profile={"character": "爽快"})


@pytest.fixture
def case(manager: StaffUser, customer: Customer) -> RetentionCase:
    return asks_to_leave(manager, customer, competitor="联通")


def url(name: str, *args: int) -> str:
    return reverse(f"retention:{name}", args=args)


def said(**changed: object) -> dict[str, object]:
    return {"reason": "price", "submission_key": str(uuid4()), **changed}


# --- Opening ------------------------------------------------------------------------------------


def test_a_case_is_opened_in_the_drawer_and_leads_to_its_page(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    page = signed_in(manager)
    data = said(competitor="联通", code_just_now="on")
    assert "王小美" in text_of(get_part(page, url("case_open", customer.pk)))
    for _ in range(2):
        answer = post_part(page, url("case_open", customer.pk), data)
        case = RetentionCase.objects.get()
        assert answer.headers["HX-Redirect"] == url("case_detail", case.pk)
    assert case.code_received_at == NOW
    assert case.deadline_at == NOW + timedelta(minutes=60)


def test_what_was_typed_stays_where_something_is_missing(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    data = said(reason="", reason_note="对方便宜50元", deadline_at_0="2026-11-24")
    answer = post_part(signed_in(manager), url("case_open", customer.pk), data)
    assert answer.status_code == 422
    assert "对方便宜50元" in text_of(answer)
    assert set(answer.context["form"].errors) == {"reason", "deadline_at"}
    assert not RetentionCase.objects.exists()


def test_an_event_of_the_last_hour_fills_in_what_it_knows(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    ChurnEvent.objects.create(
        customer=customer,
        kind=ChurnEvent.Kind.AUTHORISATION_CODE,
        happened_at=NOW - timedelta(minutes=7),
        competitor="电信",
    )
    text = text_of(get_part(signed_in(manager), url("case_open", customer.pk)))
    assert 'value="09:53"' in text
    assert 'value="电信"' in text


def test_a_second_case_leads_to_the_first(
    signed_in: Browser, manager: StaffUser, customer: Customer, case: RetentionCase
) -> None:
    answer = signed_in(manager).get(url("case_open", customer.pk))
    assert answer.headers["Location"] == url("case_detail", case.pk)


# --- The page -----------------------------------------------------------------------------------


def test_the_page_tells_what_is_needed_during_the_call(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    warn(customer, is_hard=True)
    case = asks_to_leave(manager, customer, code_received_at=NOW - timedelta(minutes=15))
    a_measure("for-all", name_en="Six free months")
    a_measure("for-diamond", name_en="Only for diamonds", tiers=["diamond"])
    text = text_of(signed_in(manager).get(url("case_detail", case.pk)))
    assert "爽快" in text
    assert "Number-portability query" in text
    assert "Six free months" in text
    assert "Only for diamonds" not in text
    # The countdown runs from the server's own times.
    assert 'data-countdown="2026-11-23T10:45:00+08:00"' in text
    assert 'data-now="2026-11-23T10:00:00+08:00"' in text


def test_who_only_reads_gets_no_forms(
    signed_in: Browser, head_office: StaffUser, case: RetentionCase
) -> None:
    text = text_of(signed_in(head_office).get(url("case_detail", case.pk)))
    assert "联通" in text
    assert url("case_edit", case.pk) not in text
    assert url("case_decide", case.pk) not in text


def test_the_stand_in_works_on_it_and_the_number_is_whole(
    signed_in: Browser, colleague: StaffUser, manager: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager, phone="13812345678")
    case = asks_to_leave(manager, customer)
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    assert "tel:13812345678" in text_of(signed_in(colleague).get(url("case_detail", case.pk)))
    seen = text_of(signed_in(supervisor).get(url("case_detail", case.pk)))
    assert "13812345678" not in seen
    assert url("case_edit", case.pk) in seen


def test_the_page_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, case: RetentionCase
) -> None:
    page = signed_in(manager)
    for code in ("one", "two"):
        cases.offer_measure(actor=manager, case=case, measure=a_measure(code))
    few = statements(page, url("case_detail", case.pk))
    for n in range(9):
        offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(f"more-{n}"))
        cases.note_answer(actor=manager, offer=offer, answer=MeasureOffer.State.OFFERED)
    assert statements(page, url("case_detail", case.pk)) == few


# --- Kept while typing --------------------------------------------------------------------------


def test_whatever_is_left_is_kept_and_gives_the_new_version(
    signed_in: Browser, manager: StaffUser, case: RetentionCase
) -> None:
    page = signed_in(manager)
    data = said(version=1, competitor="电信", reason_note="没有优惠")
    answer = post_part(page, url("case_edit", case.pk), data)
    assert answer.status_code == 200
    assert 'name="version" value="2"' in text_of(answer)
    assert "caseChanged" in events(answer)
    case.refresh_from_db()
    assert (case.competitor, case.reason_note) == ("电信", "没有优惠")


def test_a_code_given_out_now_sets_the_deadline_and_fills_the_field(
    signed_in: Browser, manager: StaffUser, case: RetentionCase
) -> None:
    page = signed_in(manager)
    answer = post_part(page, url("case_edit", case.pk), said(version=1, code_just_now="on"))
    text = text_of(answer)
    assert 'hx-swap-oob="true"' in text
    assert 'value="10:00"' in text
    case.refresh_from_db()
    assert case.deadline_at == NOW + timedelta(minutes=60)
    # Left as it is, the field without its seconds does not move the code.
    RetentionCase.objects.update(code_received_at=NOW - timedelta(seconds=40))
    kept = said(version=2, code_received_at_0="2026-11-23", code_received_at_1="09:59")
    post_part(page, url("case_edit", case.pk), kept | {"competitor": "电信"})
    case.refresh_from_db()
    assert (case.competitor, case.code_received_at) == ("电信", NOW - timedelta(seconds=40))


def test_the_second_of_two_people_sees_the_first_and_chooses(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    first = said(version=1, competitor="电信", reason_note="主管记的")
    post_part(signed_in(supervisor), url("case_edit", case.pk), first)
    page = signed_in(manager)
    mine = said(version=1, competitor="联通", reason_note="经理记的")
    answer = post_part(page, url("case_edit", case.pk), mine)
    assert answer.status_code == 422
    text = text_of(answer)
    assert supervisor.name in text
    assert "主管记的" in text
    assert 'name="version" value="2"' in text
    case.refresh_from_db()
    assert case.reason_note == "主管记的"
    # Without scripts the whole page comes, with what was typed.
    whole = page.post(url("case_edit", case.pk), mine)
    assert whole.status_code == 409
    assert "经理记的" in text_of(whole)
    post_part(page, url("case_edit", case.pk), mine | {"version": 2})
    case.refresh_from_db()
    assert case.reason_note == "经理记的"


def test_what_cannot_be_is_said_and_nothing_is_saved(
    signed_in: Browser, manager: StaffUser, case: RetentionCase
) -> None:
    future = said(version=1, code_received_at_0="2026-11-23", code_received_at_1="18:00")
    answer = post_part(signed_in(manager), url("case_edit", case.pk), future)
    assert answer.status_code == 422
    assert "That is in the future." in text_of(answer)
    case.refresh_from_db()
    assert case.version == 1


# --- Measures -----------------------------------------------------------------------------------


def test_a_measure_is_chosen_and_the_page_asks_again_while_it_waits(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    page = signed_in(manager)
    measure = a_measure(value=Decimal(200))
    chosen = post_part(page, url("measure_choose", case.pk, measure.pk), {"note": "急"})
    assert "every 5s" in text_of(chosen)
    assert "caseChanged" in events(chosen)
    offer = MeasureOffer.objects.get()
    queue = signed_in(supervisor)
    post_part(queue, url("offer_decide", offer.pk), {"approve": "yes", "note": "同意"})
    polled = text_of(get_part(page, url("case_offers", case.pk) + "?open"))
    assert "May be offered" in polled
    assert "同意" in polled
    assert "every 5s" not in polled


def test_answers_are_one_tap(signed_in: Browser, manager: StaffUser, case: RetentionCase) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure())
    page = signed_in(manager)
    for _ in range(2):
        answer = post_part(page, url("offer_answer", offer.pk), {"answer": "accepted"})
        assert answer.status_code == 200
    offer.refresh_from_db()
    assert offer.state == "accepted"
    wrong = post_part(page, url("offer_answer", offer.pk), {"answer": "ready"})
    assert wrong.status_code == 422


def test_the_page_that_asks_again_hears_that_the_case_is_closed(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    cases.decide_case(actor=supervisor, case=case, saved=True)
    polled = text_of(get_part(signed_in(manager), url("case_offers", case.pk) + "?open"))
    assert f"{supervisor.name} closed this case meanwhile" in polled


# --- The queue ----------------------------------------------------------------------------------


def test_the_queue_shows_whose_word_is_needed(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    case: RetentionCase,
) -> None:
    for code, value in (("mine", 200), ("above", 900)):
        cases.offer_measure(actor=manager, case=case, measure=a_measure(code, value=Decimal(value)))
    mine, above = MeasureOffer.objects.order_by("value")
    page = text_of(signed_in(supervisor).get(url("approval_list")))
    assert url("offer_decide", mine.pk) in page
    assert url("offer_decide", above.pk) not in page
    assert signed_in(supervisor).post(url("offer_decide", above.pk)).status_code == 404
    both = text_of(signed_in(city_supervisor).get(url("approval_list")))
    assert url("offer_decide", mine.pk) in both
    assert url("offer_decide", above.pk) in both
    asked = text_of(signed_in(manager).get(url("approval_list")))
    assert "王小美" in asked
    assert url("offer_decide", mine.pk) not in asked


def test_a_decision_answers_with_the_queue_as_it_is_then(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    page = signed_in(supervisor)
    undecided = post_part(page, url("offer_decide", offer.pk), {"note": "再想想"})
    assert undecided.status_code == 422
    refused = post_part(page, url("offer_decide", offer.pk), {"approve": "no", "note": "太贵"})
    assert "No measure is waiting" in text_of(refused)
    assert "太贵" in text_of(refused)
    again = post_part(page, url("offer_decide", offer.pk), {"approve": "yes"})
    assert "settled already" in str(events(again)["toast"])
    offer.refresh_from_db()
    assert offer.state == "refused"


def test_the_board_and_my_day_tell_of_what_waits(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    case: RetentionCase,
) -> None:
    told = "1 retention measure waits for your approval"
    board = signed_in(supervisor)
    assert told not in text_of(board.get("/board/"))
    cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    assert told in text_of(board.get("/board/"))
    CoverFactory(manager=colleague, stand_in=supervisor, arranged_by=supervisor)
    assert told in text_of(signed_in(supervisor).get("/"))
    assert told not in text_of(signed_in(manager).get("/"))


# --- Deciding, following up ---------------------------------------------------------------------


def test_a_decision_leads_back_to_the_page_and_comes_once(
    signed_in: Browser, manager: StaffUser, case: RetentionCase
) -> None:
    page = signed_in(manager)
    for _ in range(2):
        answer = page.post(url("case_decide", case.pk), {"outcome": "saved", "note": "返费"})
        assert answer.headers["Location"] == url("case_detail", case.pk)
    assert CaseFollowUp.objects.count() == 4
    other = page.post(url("case_decide", case.pk), {"outcome": "lost", "note": "写了很多"})
    assert other.status_code == 422
    nothing = page.post(url("case_decide", case.pk), {"note": "写了很多"})
    assert nothing.status_code == 422


def test_what_was_written_stays_where_no_end_was_chosen(
    signed_in: Browser, manager: StaffUser, case: RetentionCase
) -> None:
    answer = signed_in(manager).post(url("case_decide", case.pk), {"note": "写了很多"})
    assert answer.status_code == 422
    assert "写了很多" in text_of(answer)
    assert "Choose how it ended." in text_of(answer)


def test_a_follow_up_is_noted_with_the_contact_that_was_just_made(
    signed_in: Browser, manager: StaffUser, customer: Customer, case: RetentionCase
) -> None:
    cases.decide_case(actor=manager, case=case, saved=True)
    follow_up = CaseFollowUp.objects.get(kind="day")
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    record = log_contact(actor=manager, customer=customer, contact=contact)
    page = signed_in(manager)
    drawer = get_part(page, url("case_follow_up", follow_up.pk) + f"?record={record.pk}")
    assert f'name="record" value="{record.pk}"' in text_of(drawer)
    unchosen = post_part(page, url("case_follow_up", follow_up.pk), {"note": "还不错"})
    assert unchosen.status_code == 422
    assert "还不错" in text_of(unchosen)
    data = {"result": "content", "note": "还不错", "record": record.pk}
    noted = post_part(page, url("case_follow_up", follow_up.pk), data)
    assert "careChanged" in events(noted)
    follow_up.refresh_from_db()
    assert (follow_up.result, follow_up.contact_record) == ("content", record)


# --- The list -----------------------------------------------------------------------------------


def test_open_cases_stand_first_by_their_deadline(signed_in: Browser, manager: StaffUser) -> None:
    def asks(name: str, **given: object) -> RetentionCase:
        return asks_to_leave(manager, CustomerFactory(name=name, manager=manager), **given)

    asks("没有期限")
    asks("晚一些", deadline_at=NOW + timedelta(hours=9))
    asks("马上", code_received_at=NOW)
    done = asks("已留")
    cases.decide_case(actor=manager, case=done, saved=True)
    page = signed_in(manager)
    context = page.get(url("case_list")).context
    assert [row.customer.name for row in context["pressing"]] == ["马上", "晚一些", "没有期限"]
    assert [row.customer.name for row in context["page"]] == ["已留"]
    lost = page.get(url("case_list") + "?state=lost").context
    assert (lost["pressing"], list(lost["page"])) == ([], [])
    assert len(page.get(url("case_list") + "?state=open").context["page"]) == 3
    assert not page.get(url("case_list") + "?reason=service").context["pressing"]


def test_the_list_is_paged_and_takes_the_same_statements(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser
) -> None:
    page = signed_in(supervisor)

    def decide(count: int) -> None:
        for _ in range(count):
            case = asks_to_leave(manager, CustomerFactory(manager=manager))
            cases.decide_case(actor=manager, case=case, saved=False)

    decide(1)
    few = statements(page, url("case_list"))
    decide(51)
    assert statements(page, url("case_list")) == few
    first = page.get(url("case_list")).context["page"]
    assert len(first) == 50
    second = page.get(url("case_list") + f"?cursor={first.next_cursor}").context["page"]
    assert len(second) == 2
