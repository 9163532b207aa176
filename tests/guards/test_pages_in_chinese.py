"""Every page, for every role, is Chinese where Chinese is asked for: no English word is left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from itertools import islice
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric import ec
from django import forms
from django.contrib import admin
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import formats
from django.utils.translation import override
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from complaints.models import Cause, Complaint, ResponseTemplate, State
from complaints.rules.states import Move
from complaints.services.aftermath import Judgement, judge
from complaints.services.doubles import merge_doubles
from complaints.services.notices import tell_due
from complaints.services.parts import add_sub_task, attach_file
from complaints.services.requests import (
    Promise,
    do_request,
    make_complaint_of,
    make_request,
    tell_customer,
)
from contacts.models import Cadence, DiscardReason, Exemption, Outcome, Snooze
from contacts.services.call_records import confirm_call, discard_call
from contacts.services.exemptions import decide_exemption, request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.missed_calls import escalate_missed_calls
from contacts.services.records import Contact, log_contact, void_contact
from contacts.services.snoozes import snooze_row
from core import clock
from customers.models import Channel, Customer, Tier
from exchange.models import (
    INTERRUPTED,
    DepartureImport,
    Export,
    RosterImport,
    RosterImportRow,
    UsageImport,
)
from exchange.services.exports import BROKEN
from portfolio.services.merging import undo_merge
from retention.models import (
    CaseFollowUp,
    ChurnEvent,
    ChurnWarning,
    Departure,
    DepartureCause,
    Measure,
    RiskScore,
    RiskState,
    Signal,
    SignalVersion,
)
from retention.services import cases
from retention.services.departures import cancel_departure, record_return
from retention.services.goals import freeze_base
from retention.services.settlement import settle_warning
from retention.services.warnings import snooze
from staff.models import Role, SavedView, StaffUser
from staff.services import save_view
from tests.complaints.reports import answers, complains, designate, goes, stands_at
from tests.conftest import Company
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import PASSWORD, CoverFactory, CustomerFactory, UnitFactory
from tests.portfolio.handovers import hand_over
from tests.portfolio.merges import merge
from tests.retention.cases_of import a_measure, asks_to_leave, warn
from tests.retention.leavers import home, leave, reviewed
from tests.workplans.inspections_of import one_of_each
from tests.workplans.logs_of import a_submitted_log
from tests.workplans.signs_of import signs_of_every_kind
from tests.workplans.world_of_plans import plans_of_every_state
from workplans.models import Lapse
from workplans.services.leave import enter_leave
from workplans.services.logs import answer_log, open_log

# Names and abbreviations that stay as they are in Chinese.
ALSO_IN_CHINESE = {
    *("VIP", "CRM", "SMS", "MMS", "PIN", "IP", "CSV", "XLSX", "xlsx", "xls", "Excel"),
    *("WPS", "LibreOffice", "xlsb", "ods"),
    *("PNG", "MB", "GB", "UTF", "JavaScript", "Ctrl", "Enter"),
}
# What is data, not text: identifiers in the audit trail, time zones, file names, our test data.
DATA = re.compile(r"[a-z]+[._][a-z_.]+|[A-Z][a-z]+/[A-Z][a-z]+|\S+@\S+|\S+\.(?:xlsx|txt)|VIP\d+")
SENTENCE = re.compile(r"[A-Z][a-z]")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+")

# Routes that answer a GET with no page of their own.
WITHOUT_A_PAGE = {
    "health",
    "readiness",
    "set_language",
    # Only by POST.
    "contacts:exemption_decide",
    "contacts:exemption_end",
    "contacts:exemption_undo",
    "contacts:call_confirm",
    "contacts:contact_note",
    "contacts:follow_up_close",
    "contacts:row_wake",
    "customers:fact_confirm",
    "customers:phone_reveal",
    "exchange:export_cancel",
    "exchange:export_create",
    "portfolio:handover_call_off",
    "staff:session_end",
    "staff:session_end_others",
    "portfolio:handover_dismiss",
    "portfolio:view_refit",
    "retention:signal_group_edit",
    "retention:signal_preview",
    "retention:signal_switch",
    "retention:case_decide",
    "retention:case_edit",
    "retention:measure_choose",
    "retention:offer_answer",
    "retention:offer_decide",
    "retention:offer_undo",
    "retention:warning_wake",
    "workplans:log_answer",
    "workplans:log_edit",
    "workplans:log_read",
    "workplans:log_submit",
    "portfolio:likeness_dismiss",
    "portfolio:likeness_restore",
    "portfolio:merge_undo",
    "exchange:departure_import_confirm",
    "exchange:departure_import_sheet",
    "exchange:roster_import_makings",
    "exchange:roster_import_sheet",
    "exchange:usage_import_confirm",
    "exchange:usage_import_sheet",
    "exchange:usage_import_rejected",
    "api:churn_event_list",
    "api:usage_snapshot_list",
    *(f"complaints:complaint_{what}" for what in ("move", "note", "reassign", "respond")),
    *(f"complaints:double_{what}" for what in ("merge", "undo")),
    *(f"complaints:{what}" for what in ("file_add", "notices_seen", "phone_reveal")),
    *(f"complaints:sub_task_{what}" for what in ("add", "end")),
    "retention:base_freeze",
    "retention:departure_cancel",
    "retention:departure_return",
    "workplans:finding_answer",
    "workplans:finding_settle",
    "workplans:inspection_close",
    "workplans:inspection_judge",
    "workplans:inspection_phone",
    "workplans:inspection_plan_leave_out",
    "workplans:inspection_plan_line",
    "workplans:inspection_plan_make",
    "workplans:plan_decide",
    "workplans:plan_decide_many",
    "workplans:plan_undo",
    "workplans:finding_undo",
    "workplans:plan_draft",
    "workplans:plan_feed_renew",
    "workplans:plan_feed_revoke",
    "workplans:plan_item_remove",
    "workplans:plan_item_restore",
    "workplans:plan_item_tick",
    "workplans:plan_open",
    "workplans:plan_submit",
    "workplans:plan_take_back",
    *(f"complaints:request_{what}" for what in ("complain", "done", "take", "undo")),
    *(f"complaints:review_{what}" for what in ("call", "judge")),
    # Files and data.
    "api:finding_list",
    "api:record_signal_list",
    "api:inspection_detail",
    "api:inspection_list",
    "complaints:file_open",
    *(f"api:service_request_{what}" for what in ("list", "detail", "done")),
    *(
        f"api:complaint_{what}"
        for what in (
            *("attachment_content", "attachment_create", "attachment_detail", "attachment_list"),
            *("cause_list", "figures", "handler_list"),
            *("review_call_back", "review_detail", "review_list"),
            *("sub_task_call_off", "sub_task_create", "sub_task_detail", "sub_task_done"),
            "sub_task_list",
        )
    ),
    *(f"api:departure_{what}" for what in ("cause_list", "review_create")),
    *(f"api:departure_review_{what}" for what in ("detail", "list")),
    "api:duty_list",
    "api:inspection_coverage",
    *(f"api:inspection_plan_{what}" for what in ("detail", "list")),
    *(f"api:leave_{what}" for what in ("call_off", "detail", "list")),
    *(f"api:retention_measure_{what}" for what in ("detail", "list")),
    *(f"api:risk_signal_{what}" for what in ("detail", "list")),
    *(f"api:complaint_{what}" for what in ("list", "detail", "move", "remark", "category_list")),
    "workplans:plan_feed",
    "api:work_plan_detail",
    "api:work_plan_list",
    "api:churn_goal_list",
    "api:departure_detail",
    "api:departure_list",
    "exchange:departure_import_rejected",
    "api:cadence_flag_list",
    "api:call_event_list",
    "api:missed_call_list",
    "api:churn_warning_detail",
    "api:churn_warning_list",
    "api:risk_score_list",
    "api:contact_record_detail",
    "api:contact_record_list",
    "api:contact_record_void",
    "api:customer_detail",
    "api:customer_list",
    "api:reassignment_call_off",
    "api:reassignment_customers",
    "api:reassignment_detail",
    "api:reassignment_list",
    "api:reassignment_preview",
    "api:retention_case_detail",
    "api:retention_case_list",
    "api:plan_lapse_list",
    "api:work_log_detail",
    "api:work_log_list",
    "api:schema",
    "api:staff_list",
    "api:unit_list",
    "exchange:export_download",
    "exchange:roster_import_rejected",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
    # Lead elsewhere.
    "portfolio:reassign_portfolio",
    "workplans:log_today",
    "account_set_password",
}
FORMS_TO_SEND_EMPTY = {
    *(f"complaints:request_{what}" for what in ("make", "cancel", "reassign")),
    "account_change_password",
    "account_login",
    "account_reset_password",
    "contacts:call_discard",
    "contacts:call_explain",
    "complaints:complaint_create",
    "complaints:template_create",
    "contacts:contact_log",
    "contacts:contact_void",
    "contacts:exemption_request",
    "contacts:row_snooze",
    "customers:customer_create",
    "customers:customer_standing_edit",
    "exchange:departure_import_list",
    "exchange:roster_import_list",
    "mfa_activate_totp",
    "mfa_authenticate",
    "portfolio:reassign",
    "portfolio:view_create",
    "retention:signal_create",
    "retention:case_follow_up",
    "retention:case_open",
    "retention:measure_create",
    "retention:warning_follow_up",
    "retention:warning_snooze",
    "retention:cause_create",
    "retention:departure_detail",
    "retention:departure_report",
    "retention:goal_list",
    "staff:cover_create",
    "workplans:finding_add",
    "workplans:inspection_open",
    "workplans:leave_create",
    "workplans:plan_hours",
    "workplans:plan_item_add",
}

# What the Django admin calls its pictures, whatever the language.
ENGLISH_IN_DJANGO = {"Search", "True", "False"}

ABOUT_A_CUSTOMER = (
    "customers:customer_detail",
    "customers:customer_edit",
    "customers:customer_standing_edit",
    "complaints:complaint_create",
    "complaints:customer_complaints",
    "complaints:customer_requests",
    "complaints:request_line",
    "complaints:request_make",
    "contacts:contact_log",
    "contacts:customer_care",
    "contacts:customer_timeline",
    "contacts:exemption_request",
    "contacts:row_snooze",
    "retention:case_open",
    "retention:customer_hint",
    "retention:customer_retention",
    "retention:customer_risk",
    "retention:departure_report",
)


class ShownText(HTMLParser):
    """Collects what a person sees or hears of a page, but for code and texts in English."""

    SPOKEN = ("title", "aria-label", "placeholder", "alt")
    UNSEEN = ("script", "style", "code", "pre", "kbd")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped, self._depth = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped:
            self._depth += tag == self._skipped
            return
        given = {name: value or "" for name, value in attrs}
        if tag in self.UNSEEN or given.get("lang") == "en":
            self._skipped, self._depth = tag, 1
            return
        self.texts += [
            value
            for name, value in given.items()
            if name in self.SPOKEN or (name.startswith("data-") and SENTENCE.match(value))
        ]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.texts.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._depth -= 1
            if not self._depth:
                self._skipped = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts.append(data)


def english_in(html: str) -> set[str]:
    """Return the texts of a page that hold an English word."""
    # The key of an authenticator app, to be typed off.
    html = re.sub(r"\b[A-Z2-7]{32}\b", "", html)
    page = ShownText()
    page.feed(html)
    return {
        " ".join(text.split())
        for text in page.texts
        if set(WORD.findall(DATA.sub(" ", text))) - ALSO_IN_CHINESE
    }


def test_english_would_be_found() -> None:
    html = '<a title="Save it"><b>保存 VIP</b> Log a contact<br><i lang="en">English</i></a>'
    assert english_in(html) == {"Save it", "Log a contact"}
    assert (
        english_in('<code>Save</code><p aria-label="关闭">客户 VIP0001，contact.logged</p>')
        == set()
    )


# --- What there is to see -----------------------------------------------------------------------


Rows = dict[str, list[dict[str, Any]]]
"""What the parameters of a route can be, by route."""


@pytest.fixture
def world(
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    administrator: StaffUser,
    visitors: dict[str, Client],
) -> Rows:
    today = clock.today()
    views = [{"pk": one.pk} for one in saved_views(manager, supervisor)]
    exported = [{"pk": one.pk} for one in exports(manager)]
    signals = [{"pk": pk} for pk in Signal.objects.values_list("pk", flat=True)[:2]]
    customer = customer_with_everything(manager, today)
    left = CustomerFactory(name="离网客户", manager=manager, status="left")
    CustomerFactory(name="池中客户", manager=None, unit=company.district)
    UnitFactory(name="新区", parent=company.district)
    record = logged(manager, customer, Outcome.NO_ANSWER, follow_up_on=today)
    void_contact(actor=manager, record=logged(manager, customer, Outcome.BUSY), reason="选错客户")
    logged(manager, customer, Outcome.REACHED, channel=Channel.SMS)
    overdue = CustomerFactory(name="逾期客户", manager=manager, is_key=True, tier=Tier.SILVER)
    flag_overdue()
    exemption = decided(manager, supervisor, overdue, today)
    snooze = snooze_row(
        actor=manager,
        customer=overdue,
        subject=Snooze.Subject.VISIT,
        until=today + timedelta(days=3),
        reason="出差中",
    )
    cover = CoverFactory(manager=colleague, stand_in=manager, arranged_by=supervisor)
    CoverFactory(
        manager=manager,
        stand_in=colleague,
        arranged_by=supervisor,
        starts_on=today + timedelta(days=3),
    )
    departures = [{"pk": one.pk} for one in departures_of_every_kind(manager, supervisor, today)]
    came = customer_with_everything(colleague, today)
    logged(colleague, came, Outcome.NO_ANSWER, follow_up_on=today)
    gone = CustomerFactory(name="调出客户", manager=manager)
    handovers = [
        hand_over(supervisor, [came], manager, today, note="老客户"),
        hand_over(supervisor, [gone], colleague, today),
        hand_over(supervisor, [gone], manager, today + timedelta(days=1)),
        hand_over(
            supervisor, [CustomerFactory(manager=None, unit=company.district)], manager, today
        ),
    ]
    one, other = alike(manager)
    survivor, absorbed = alike(manager)
    made = merge(supervisor, survivor, absorbed)
    first, second = alike(manager)
    undone = undo_merge(actor=supervisor, made=merge(supervisor, first, second))
    files = [{"pk": one.pk} for one in departure_imports(administrator)]
    usage_files = [{"pk": one.pk} for one in usage_imports(administrator)]
    imports = [{"pk": one.pk} for one in roster_imports(administrator)]
    planned = plans_of_every_state(manager, supervisor, today)
    key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    pages = [{"pk": one.pk} for one in (customer, overdue)]
    return {
        **dict.fromkeys(ABOUT_A_CUSTOMER, pages),
        **{
            f"exchange:roster_import_{page}": imports
            for page in ("makings", "mapping", "preview", "progress", "rejected", "sheet")
        },
        **{f"exchange:export_{page}": exported for page in ("progress", "download", "cancel")},
        **{f"portfolio:view_{page}": views for page in ("edit", "remove", "refit", "name")},
        **{
            f"exchange:usage_import_{page}": usage_files
            for page in ("mapping", "progress", "rejected", "confirm", "sheet")
        },
        **{
            f"exchange:departure_import_{page}": files
            for page in ("mapping", "progress", "rejected", "confirm", "sheet")
        },
        **{
            f"{space}:departure_{page}": departures
            for space, page in (
                ("retention", "detail"),
                ("retention", "cancel"),
                ("retention", "return"),
                ("api", "detail"),
            )
        },
        "retention:cause_edit": [{"pk": DepartureCause.objects.get(code="price").pk}],
        "customers:customer_detail": [*pages, {"pk": left.pk}],
        "retention:signal_detail": signals,
        "api:churn_warning_detail": [{"pk": 1}],
        "retention:signal_past": signals,
        "retention:signal_switch": signals,
        "retention:signal_group_edit": signals,
        "customers:fact_confirm": [{"pk": customer.pk, "fact": "character"}],
        "customers:phone_reveal": [{"pk": customer.pk, "phone_pk": 1}],
        **call_pages(manager, customer),
        "contacts:contact_note": [{"pk": record.pk}],
        "contacts:contact_void": [{"pk": record.pk}],
        "contacts:follow_up_close": [{"pk": record.pk}],
        "contacts:exemption_decide": [{"pk": exemption.pk}],
        "contacts:exemption_end": [{"pk": exemption.pk}],
        "contacts:exemption_undo": [{"pk": exemption.pk}],
        "contacts:row_wake": [{"pk": snooze.pk}],
        "portfolio:handover_detail": [{"pk": one.pk} for one in handovers],
        "portfolio:handover_call_off": [{"pk": 1}],
        "portfolio:handover_dismiss": [{"pk": 1}],
        "portfolio:handover_dossier": [{"pk": came.pk}],
        "portfolio:handover_hint": [{"pk": came.pk}],
        "portfolio:likeness_dismiss": [{"pk": 1}],
        "portfolio:likeness_restore": [{"pk": 1}],
        "portfolio:likeness_hint": [{"pk": one.pk}, {"pk": survivor.pk}],
        "portfolio:merge": [{"pk": one.pk, "other": other.pk}],
        "portfolio:merge_detail": [{"pk": made.pk}, {"pk": undone.pk}],
        "portfolio:merge_undo": [{"pk": made.pk}],
        "portfolio:reassign_portfolio": [{"pk": manager.pk}],
        **of_inspections(manager, supervisor),
        **of_complaints(manager, supervisor, customer),
        **of_logs(manager, colleague, supervisor, today),
        **of_retention(manager, supervisor, today),
        **planned,
        "staff:cover_end": [{"pk": cover.pk}],
        "staff:session_end": [{"reference": "0" * 32}],
        "api:customer_detail": [{"pk": customer.pk}],
        "api:contact_record_detail": [{"pk": record.pk}],
        "api:reassignment_call_off": [{"pk": 1}],
        "api:reassignment_customers": [{"pk": 1}],
        "api:reassignment_detail": [{"pk": 1}],
        "api:contact_record_void": [{"pk": record.pk}],
        "mfa_remove_webauthn": [{"pk": key.pk}],
        "mfa_edit_webauthn": [{"pk": key.pk}],
        "account_reset_password_from_key": [
            key_of_link(manager),
            {"uidb36": "1", "key": "worn-out"},
        ],
    }


def alike(manager: StaffUser) -> tuple[Customer, Customer]:
    """Return two customers who differ in all that can be chosen, with the same number."""
    both = {"manager": manager, "phone": "13812345678"}
    return (
        CustomerFactory(
            name="王芳", gender="female", tier=Tier.GOLD, profile={"sports": "足球"}, **both
        ),
        CustomerFactory(name="王方", is_key=True, preferred_channel=Channel.SMS, **both),
    )


def customer_with_everything(manager: StaffUser, today: date) -> Customer:
    """Return a customer about whom every part of the pages has something to say."""
    born = today + timedelta(days=2)
    customer: Customer = CustomerFactory(
        name="张伟",
        manager=manager,
        tier=Tier.DIAMOND,
        is_key=True,
        gender="male",
        birth_calendar="solar",
        birth_year=1980,
        birth_month=born.month,
        birth_day=min(born.day, 28),
        joined_on=date(2019, 3, 1),
        preferred_channel=Channel.PHONE,
        preferred_from="09:00",
        preferred_to="11:30",
        has_open_complaint=True,
        watched_since=today - timedelta(days=3),
        profile={"character": "爽快", "employer": "滨江机械厂"},
    )
    customer.opt_outs.create(channel=Channel.MMS, since=today)
    return customer


def of_logs(manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, today: date) -> Rows:
    """Make logs and leave of every state."""
    log = a_submitted_log(manager, today, learnt="客户要出国")
    answer_log(actor=supervisor, log=log, text="好")
    logged(manager, CustomerFactory(name="补录客户", manager=manager), Outcome.BUSY)
    opened = open_log(actor=manager, day=today - timedelta(days=1))
    for number in (1, 2):
        Lapse.objects.create(
            manager=manager,
            subject=("log", "week")[number - 1],
            starts_on=today - timedelta(days=7),
            due_at=clock.now(),
        )
    away = enter_leave(
        actor=supervisor,
        manager=manager,
        starts_on=today - timedelta(days=20),
        ends_on=today - timedelta(days=19),
        reason="年假",
    )
    enter_leave(actor=supervisor, manager=colleague, starts_on=today, ends_on=today)
    days = [
        {"pk": person.pk, "day": day}
        for person in (manager, colleague)
        for day in (today, opened.log_date, away.starts_on, today - timedelta(days=90))
    ]
    pages = ("answer", "detail", "edit", "read", "submit")
    return {
        **{f"workplans:log_{page}": days for page in pages},
        "workplans:leave_end": [{"pk": away.pk}],
        "api:work_log_detail": [{"pk": log.pk}],
    }


def of_retention(manager: StaffUser, supervisor: StaffUser, today: date) -> Rows:
    """Make warnings and cases of every state, with measures of every state."""
    customer = CustomerFactory(name="钱女士", manager=manager)
    score = RiskScore.objects.create(
        customer=customer,
        scored_on=today - timedelta(days=9),
        score=30,
        reasons=[[version.pk, 15, "12"] for version in SignalVersion.objects.all()[:2]],
        missing=[SignalVersion.objects.all()[2].pk],
        is_simulated=True,
    )
    RiskState.objects.create(customer=customer, score=30, current=score, scored_at=clock.now())
    warnings = [warn(customer, is_hard=True), warn(CustomerFactory(manager=manager))]
    case = asks_to_leave(
        manager, customer, competitor="联通", code_received_at=clock.now() - timedelta(minutes=9)
    )
    for code, value in (("ready", 50), ("waits", 200), ("approved", 150), ("refused", 250)):
        offer = cases.offer_measure(
            actor=manager, case=case, measure=a_measure(code, value=Decimal(value))
        )
        if code in ("approved", "refused"):
            cases.decide_offer(actor=supervisor, offer=offer, approve=code == "approved", note="知")
    saved = asks_to_leave(manager, CustomerFactory(name="孙先生", manager=manager))
    cases.decide_case(actor=manager, case=saved, saved=True, note="返费")
    follow_ups = list(saved.follow_ups.all())
    cases.do_follow_up(
        actor=manager, follow_up=follow_ups[1], result=CaseFollowUp.Result.CONTENT, note="好"
    )
    lost = asks_to_leave(manager, CustomerFactory(name="李女士", manager=manager))
    cases.decide_case(actor=manager, case=lost, saved=False)
    by_mistake = asks_to_leave(manager, lost.customer)
    cases.withdraw_case(actor=manager, case=by_mistake)
    closed = warn(lost.customer)
    settle_warning(
        actor=manager, warning=closed, found="没有想走", result=ChurnWarning.Result.UNFOUNDED
    )
    snoozed = warn(CustomerFactory(manager=manager))
    snooze(actor=manager, warning=snoozed, until=today + timedelta(days=2), reason="出差")
    all_warnings = [{"pk": one.pk} for one in (*warnings, closed, snoozed)]
    return {
        "retention:warning_detail": all_warnings,
        "retention:warning_follow_up": all_warnings[:1],
        "retention:warning_snooze": all_warnings[:1],
        "retention:warning_wake": all_warnings[:1],
        "retention:case_detail": [{"pk": one.pk} for one in (case, saved, lost, by_mistake)],
        "retention:case_edit": [{"pk": case.pk}],
        "retention:case_decide": [{"pk": case.pk}],
        "retention:case_offers": [{"pk": case.pk}],
        "retention:measure_choose": [{"pk": case.pk, "measure_pk": 1}],
        "retention:offer_answer": [{"pk": 1}],
        "retention:offer_decide": [{"pk": 1}],
        "retention:offer_undo": [{"pk": 1}],
        "retention:case_follow_up": [{"pk": follow_ups[0].pk}],
        "retention:measure_edit": [{"pk": Measure.objects.all()[0].pk}],
        "retention:customer_risk": [{"pk": customer.pk}, {"pk": lost.customer_id}],
        "retention:customer_retention": [{"pk": customer.pk}, {"pk": lost.customer_id}],
        "retention:customer_hint": [{"pk": customer.pk}],
        "api:retention_case_detail": [{"pk": case.pk}],
    }


def of_inspections(manager: StaffUser, supervisor: StaffUser) -> Rows:
    """Make inspections, open and closed, a plan and a log in one of them, and signs."""
    made = one_of_each(manager, supervisor)
    signs_of_every_kind(manager)
    both = [{"pk": made["inspection"]}, {"pk": made["closed_inspection"]}]
    return {
        "workplans:inspection_detail": both,
        "workplans:inspection_walk": both,
        "workplans:finding_add": both,
        "workplans:inspection_close": both[:1],
        "workplans:inspection_judge": [{"pk": made["inspected_item"]}],
        "workplans:inspection_phone": [{"pk": made["inspected_item"]}],
        "workplans:finding_answer": [{"pk": made["finding"]}],
        "workplans:finding_settle": [{"pk": made["finding"]}],
        "workplans:finding_undo": [{"pk": made["finding"]}],
        "workplans:inspection_plan_line": [{"pk": made["inspection_plan"]}],
        "workplans:inspection_plan_leave_out": [{"pk": made["inspection_plan_line"]}],
        "api:inspection_detail": both,
    }


def of_complaints(manager: StaffUser, supervisor: StaffUser, customer: Customer) -> Rows:
    """Make complaints of every state, with all that can belong to one."""
    assert manager.unit is not None
    designate(supervisor, manager.unit)
    made = [
        stands_at(supervisor, complains(manager, customer, f"投诉{number}"), state)
        for number, state in enumerate(State.values)
    ]
    tell_due(now=clock.now() + timedelta(days=1))
    first, second, *_others = made
    merge_doubles(actor=supervisor, first=first, second=second, reason="同一件事")
    answers(supervisor, made[2])
    add_sub_task(
        actor=supervisor,
        complaint=made[2],
        department="网络部",
        what="查基站",
        due_at=clock.now() + timedelta(days=1),
    )
    file = ContentFile("说明".encode(), name="说明.xlsx")
    attach_file(actor=manager, complaint=made[2], file=file)
    goes(supervisor, made[5], Move.REOPEN)
    rows = [{"pk": one.pk} for one in made]
    posted = ("complaint_move", "complaint_note", "complaint_reassign", "complaint_respond")
    more = ("double_merge", "file_add", "phone_reveal", "sub_task_add", "complaint_edit")
    return {
        "complaints:complaint_detail": rows,
        **{f"complaints:{page}": rows[2:3] for page in (*posted, *more)},
        **{f"api:complaint_{page}": rows[:1] for page in ("detail", "move", "remark")},
        **{f"api:{page}": [{"pk": 1}] for page in API_OF_ONE},
        "complaints:double_undo": [{"pk": 1}],
        "complaints:file_open": [{"pk": 1}],
        "complaints:sub_task_end": [{"pk": 1}],
        "complaints:complaint_reviews": rows,
        **of_promises(manager, supervisor, customer, complains(manager, customer, "已结")),
        "complaints:template_edit": [{"pk": ResponseTemplate.objects.all()[0].pk}],
    }


def of_promises(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, complaint: Complaint
) -> Rows:
    """Make promises that are open, done, told and broken; and what follows a closed complaint."""
    made = [
        make_request(actor=manager, customer=customer, promise=Promise(f"承诺{number}"))
        for number in range(4)
    ]
    do_request(actor=manager, request=made[1])
    tell_customer(actor=manager, request=made[2])
    make_complaint_of(actor=manager, request=made[3])
    review = stands_at(supervisor, complaint, "closed").reviews.get()
    judge(
        actor=supervisor,
        review=review,
        judgement=Judgement(is_justified=True, responsibility="unit", cause=Cause.objects.all()[0]),
        version=review.version,
    )
    open_one = [{"pk": made[0].pk}]
    pages = ("cancel", "reassign", "tell", "complain", "done", "undo")
    return {
        **{f"complaints:request_{page}": open_one for page in pages},
        "complaints:request_take": [{"pk": customer.pk}],
        **{
            f"complaints:review_{page}": [{"pk": review.pk}] for page in ("detail", "call", "judge")
        },
        "api:service_request_detail": open_one,
        "api:service_request_done": open_one,
    }


def logged(
    manager: StaffUser,
    customer: Customer,
    outcome: Outcome,
    channel: Channel = Channel.PHONE,
    **fields: Any,
) -> Any:
    contact = Contact(channel=channel, outcome=outcome, summary="谈了新资费", **fields)
    return log_contact(actor=manager, customer=customer, contact=contact)


def call_pages(manager: StaffUser, customer: Customer) -> Rows:
    """Calls of every kind: missed and late, to confirm, discarded, shared and unknown."""
    centre, now = call_centre(home(manager)), clock.now()
    number, shared = "13655550001", "13655550002"
    customer.phones.create(number=number, position=8)
    for _twice in range(2):
        CustomerFactory(manager=manager, phone=shared)
    own = {"staff_number": manager.staff_number, "direction": "outgoing"}
    calls = tell(
        centre,
        a_call(number, now - timedelta(minutes=40)),
        a_call(number, now - timedelta(minutes=30), line="10086"),
        a_call(number, now - timedelta(minutes=20), "busy", **own),
        a_call(number, now - timedelta(minutes=50), "answered", **own),
        a_call(number, now - timedelta(minutes=60), "rejected", **own),
        a_call(number, now - timedelta(minutes=70), "switched_off", **own),
        a_call(shared, now),
        a_call("13655550003", now),
    )
    discard_call(actor=manager, event=calls[4], reason=DiscardReason.OTHER, note="打错了")
    confirm_call(actor=manager, event=calls[5])
    escalate_missed_calls()
    return {
        "contacts:call_confirm": [{"pk": calls[3].pk}],
        "contacts:call_discard": [{"pk": calls[3].pk}],
        "contacts:call_explain": [{"pk": calls[6].pk}, {"pk": calls[7].pk}],
    }


def decided(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, today: date
) -> Exemption:
    """Return a request that waits; another one is approved already."""
    approved = request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.VISIT,
        reason=Exemption.Reason.ABROAD,
        ends_on=today + timedelta(days=9),
    )
    decide_exemption(actor=supervisor, exemption=approved, approve=True, note="同意")
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.OTHER,
        ends_on=today + timedelta(days=9),
        note="住院",
    )


def roster_imports(administrator: StaffUser) -> Iterator[RosterImport]:
    """Make an import of each state, with rows of each outcome."""
    for state in RosterImport.State:
        made = RosterImport.objects.create(
            original_name="客户名册.xlsx",
            size=1,
            uploaded_by=administrator,
            state=state,
            problem=INTERRUPTED if state == RosterImport.State.FAILED else "",
            columns=[{"index": 0, "heading": "客户编号", "field": "number", "samples": ["1"]}],
            rows_total=4,
            new_rows=1,
            changed_rows=1,
            unchanged_rows=1,
            rejected_rows=1,
            rows_done=1,
        )
        for number, outcome in enumerate(RosterImportRow.Outcome, start=2):
            refused = outcome == RosterImportRow.Outcome.REJECTED
            RosterImportRow.objects.create(
                roster_import=made,
                row_number=number,
                outcome=outcome,
                number=f"VIP00{number}",
                name="王小明",
                changes={"tier": ["silver", "gold"]} if outcome == "changed" else {},
                reasons=[["tier", "no_such_tier", "铜卡"]] if refused else [],
            )
        yield made


def saved_views(*owners: StaffUser) -> Iterator[SavedView]:
    for owner in owners:
        yield save_view(
            actor=owner,
            list_name="customers",
            name="钻卡",
            query="tier=diamond",
            columns=["name", "tier"],
            shared=True,
        )


def exports(manager: StaffUser) -> Iterator[Export]:
    """Make an export of each state."""
    manager.may_export = manager.may_export_numbers = True
    manager.save(update_fields=["may_export", "may_export_numbers"])
    for number, state in enumerate(Export.State):
        yield Export.objects.create(
            requested_by=manager,
            list_name="customers",
            file_format="xlsx",
            language="zh-hans",
            has_numbers=number % 2 == 0,
            fingerprint=str(number),
            state=state,
            problem=BROKEN if state == Export.State.FAILED else "",
            file="exports/1-1.xlsx" if state == Export.State.DONE else "",
            rows_total=3000,
            rows_done=1000,
        )


def departures_of_every_kind(
    manager: StaffUser, supervisor: StaffUser, today: date
) -> list[Departure]:
    """Return one of each kind, of a frozen base: reviewed, warned of, taken back, returned."""
    customers = [CustomerFactory(manager=manager, name=f"离网{kind}") for kind in "甲乙丙丁戊己"]
    freeze_base(year=today.year)
    kinds = [*Departure.Kind, Departure.Kind.CLOSED]
    made = [
        leave(customer, kind, today - timedelta(days=2), actor=supervisor, competitor="电信")
        for customer, kind in zip(customers, kinds, strict=True)
    ]
    reviewed(made[0], supervisor)
    cancel_departure(actor=supervisor, departure=made[1], reason="号码有误")
    record_return(actor=supervisor, departure=made[5], on=today)
    warning = ChurnWarning.objects.create(
        customer=customers[0],
        manager=manager,
        unit=home(manager),
        opened_at=clock.now() - timedelta(days=20),
        follow_up_due_at=clock.now(),
        closed_at=clock.now(),
        result=ChurnWarning.Result.LEFT,
        is_hard=True,
    )
    event = ChurnEvent.objects.create(
        customer=customers[0],
        kind=ChurnEvent.Kind.PORT_OUT_STARTED,
        happened_at=warning.opened_at,
    )
    warning.reasons.create(event=event, added_at=warning.opened_at)
    customers[0].risk_scores.create(scored_on=today - timedelta(days=30), score=40)
    return made


def usage_imports(administrator: StaffUser) -> Iterator[UsageImport]:
    """Make an import of each state, with a rejected row."""
    for state in UsageImport.State:
        made = UsageImport.objects.create(
            original_name="用量.xlsx",
            size=1,
            uploaded_by=administrator,
            state=state,
            problem=INTERRUPTED if state == UsageImport.State.FAILED else "",
            columns=[{"index": 0, "heading": "客户编号", "field": "number"}],
            rows_total=3,
            new_rows=1,
            rejected_rows=1,
            rows_done=1,
        )
        reasons = [["month", "no_such_date", "九月"], ["bill", "not_a_number", "很多"]]
        made.rejected.create(row_number=2, reasons=reasons, cells=["X1"])
        yield made


def departure_imports(administrator: StaffUser) -> Iterator[DepartureImport]:
    """Make an import of each state, with a rejected row."""
    for state in DepartureImport.State:
        made = DepartureImport.objects.create(
            original_name="离网名单.xlsx",
            size=1,
            uploaded_by=administrator,
            state=state,
            problem=INTERRUPTED if state == DepartureImport.State.FAILED else "",
            columns=[{"index": 0, "heading": "客户编号"}],
            rows_total=3,
            new_rows=1,
            unchanged_rows=1,
            rejected_rows=1,
            rows_done=1,
        )
        made.rejected.create(row_number=2, reasons=[["kind", "no_such_kind", "飞走"]], cells=["X1"])
        yield made


def security_key(user: StaffUser) -> Authenticator:
    public_key = ES256.from_cryptography_key(  # type: ignore[no-untyped-call]
        ec.generate_private_key(ec.SECP256R1()).public_key()
    )
    data = AuthenticatorData.create(
        rp_id_hash=bytes(32),
        flags=AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT,
        counter=0,
        credential_data=AttestedCredentialData.create(Aaguid.NONE, bytes(16), public_key),
    )
    answer = AuthenticatorAttestationResponse(
        client_data=CollectedClientData.create("webauthn.create", bytes(16), "https://testserver"),
        attestation_object=AttestationObject.create("none", data, {}),
    )
    credential = RegistrationResponse(raw_id=bytes(16), response=answer)
    return WebAuthn.add(user, "办公钥匙", json.loads(json.dumps(dict(credential)))).instance


def key_of_link(user: StaffUser) -> dict[str, str]:
    return {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}


# --- Who looks ----------------------------------------------------------------------------------


def signed_in_by_password(user: StaffUser) -> Client:
    """Return a Chinese browser that has just signed in, so that no page asks to confirm it."""
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    answer = client.post(
        reverse("account_login"), {"login": user.staff_number, "password": PASSWORD}
    )
    assert answer.status_code == 302
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.fixture
def visitors(
    manager: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
    head_office: StaffUser,
    administrator: StaffUser,
) -> dict[str, Client]:
    """A browser of each role, one of nobody, and one that is asked for its second factor."""
    people = (manager, supervisor, handler, head_office)
    browsers = {person.role: signed_in_by_password(person) for person in people}
    browsers[administrator.role] = signed_in_by_password(administrator)
    TOTP.activate(administrator, generate_totp_secret())
    RecoveryCodes.activate(administrator)
    security_key(administrator)
    browsers["at the second factor"] = signed_in_by_password(administrator)
    browsers["nobody"] = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    return browsers


# --- Looking ------------------------------------------------------------------------------------


def routes(
    patterns: list[URLPattern | URLResolver] | None = None, namespace: str = ""
) -> Iterator[str]:
    """Yield the name of every route of the product, but for the administration's."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield f"{namespace}{pattern.name}"
        elif pattern.namespace != "admin":
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from routes(pattern.url_patterns, namespace + inner)


API_OF_ONE = (
    *(f"complaint_attachment_{what}" for what in ("content", "create", "detail")),
    *("complaint_review_call_back", "complaint_review_detail"),
    *(f"complaint_sub_task_{what}" for what in ("call_off", "create", "detail", "done")),
    *("departure_review_create", "departure_review_detail"),
    *("inspection_plan_detail", "leave_call_off", "leave_detail"),
    *("retention_measure_detail", "risk_signal_detail"),
)
"""Endpoints of one row, which answer with no page whatever the row."""


def addresses(route: str, world: Rows) -> list[str]:
    """Return the addresses of a route: one for each row that it can be about.

    A route with parameters that ``world`` does not know ends the test: say there what it needs.
    """
    return [reverse(route, kwargs=kwargs) for kwargs in world.get(route, [{}])]


def is_page(answer: Any) -> bool:
    return answer.status_code in (200, 422) and answer["Content-Type"].startswith("text/html")


def is_closed(answer: Any) -> bool:
    """Say whether a route is not for this visitor, or has nothing for a GET."""
    to_sign_in = answer.get("Location", "").startswith(reverse("account_login"))
    return to_sign_in or answer.status_code in (404, 405)


def end(answer: Any) -> None:
    """Read a file to its end, which closes it; closing an answer would close the connection."""
    if answer.streaming:
        b"".join(answer.streaming_content)


def looks(client: Client, route: str, world: Rows) -> Iterator[Any]:
    """Yield what a browser gets: whole, as htmx asks for it, and back for an empty form."""
    for address in addresses(route, world):
        whole = client.get(address, follow=route == "account_reset_password_from_key")
        yield whole
        end(whole)
        if is_closed(whole):
            return
        part = client.get(address, HTTP_HX_REQUEST="true")
        yield part
        end(part)
        if route in FORMS_TO_SEND_EMPTY:
            yield client.post(address, {})


@pytest.mark.django_db
def test_no_page_holds_an_english_word(visitors: dict[str, Client], world: Rows) -> None:
    """Each page in one of its states, as the first whom it is for sees it: supervisors see most."""
    first = (Role.SUPERVISOR, Role.MANAGER, Role.COMPLAINT_HANDLER)
    order = [*first, *(who for who in visitors if who not in first)]
    left: dict[tuple[str, str], set[str]] = {}
    seen = set()
    for route in routes():
        for who in order:
            pages = list(islice(filter(is_page, looks(visitors[who], route, world)), 2))
            if english := set[str]().union(*(english_in(page.text) for page in pages)):
                left[who, route] = english
            if pages:
                seen.add(route)
                break
    assert left == {}
    assert set(routes()) - seen == WITHOUT_A_PAGE


@pytest.mark.whole
@pytest.mark.django_db
def test_nobodys_page_holds_an_english_word(visitors: dict[str, Client], world: Rows) -> None:
    left: dict[tuple[str, str], set[str]] = {}
    for route in routes():
        for who, client in visitors.items():
            for answer in filter(is_page, looks(client, route, world)):
                if english := english_in(answer.text):
                    left.setdefault((str(who), route), set()).update(english)
    assert left == {}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/nowhere/", "/customers/999999/"])
def test_a_missing_page_says_so_in_chinese(visitors: dict[str, Client], address: str) -> None:
    answer = visitors["manager"].get(address)
    assert answer.status_code == 404
    assert english_in(answer.text) == set()


@pytest.mark.django_db
def test_no_page_of_the_administration_holds_an_english_word(
    visitors: dict[str, Client], world: Rows
) -> None:
    client = visitors["administrator"]
    pages = {address: client.get(address) for address in admin_addresses()}
    left = {address: english_in(page.text) for address, page in pages.items() if is_page(page)}
    assert len(left) > 10
    assert {address: texts for address, texts in left.items() if texts - ENGLISH_IN_DJANGO} == {}


def admin_addresses() -> Iterator[str]:
    yield reverse("admin:index")
    for model in admin.site._registry:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{place}_changelist")
        yield reverse(f"{place}_add")
        if row := model._default_manager.first():
            yield reverse(f"{place}_change", args=[row.pk])
            yield reverse(f"{place}_history", args=[row.pk])


def test_days_and_numbers_can_be_read_back() -> None:
    with override("zh-hans"):
        assert formats.number_format(1234567, force_grouping=True) == "1,234,567"
        for text in ("2026年11月23日", "2026-11-23", "2026/11/23"):
            assert forms.DateField(localize=True).clean(text) == date(2026, 11, 23)


@pytest.mark.django_db
def test_days_are_written_the_chinese_way(visitors: dict[str, Client], world: Rows) -> None:
    address = reverse("customers:customer_detail", kwargs=world["customers:customer_detail"][0])
    page = visitors["manager"].get(address).text
    assert "2019年3月1日入网" in page
    assert '<html lang="zh-hans"' in page
