"""Every route for every role, complete by comparison with the URL conf.

`+` answers, `-` is 404 as if it were not there, `>` leads to the sign-in page or home, `!` is the
API's way to say that one has to sign in (401).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from complaints.models import ResponseTemplate
from complaints.services.doubles import merge_doubles
from complaints.services.parts import add_sub_task, attach_file
from complaints.services.requests import Promise, make_request
from contacts.models import Cadence, Exemption, Outcome, Snooze
from contacts.services.exemptions import request_exemption
from contacts.services.records import Contact, log_contact
from contacts.services.snoozes import snooze_row
from core import clock
from customers.models import Channel, Customer, LikePair
from exchange.models import Export
from exchange.services.departure_import import prepare_departures, receive_departures
from exchange.services.roster_import import prepare, receive_roster
from exchange.services.usage_import import prepare_usage, receive_usage
from retention.models import Departure, DepartureCause, Signal, SignalGroup
from retention.services import cases
from staff.models import Role, StaffUser
from staff.services import save_view
from tests.complaints.reports import complains, designate, stands_at
from tests.conftest import Company
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory
from tests.portfolio.handovers import hand_over
from tests.portfolio.merges import merge
from tests.retention.cases_of import a_measure, asks_to_leave, warn
from tests.retention.leavers import leave
from tests.workplans.inspections_of import one_of_each
from tests.workplans.logs_of import a_submitted_log
from tests.workplans.plans_of import a_plan
from tests.workplans.world_of_plans import one_plan
from workplans.services.leave import enter_leave

ROLES = (
    "anonymous",
    "manager",  # whose customer it is
    "colleague",  # a manager of the same unit
    "outsider",  # a manager of another city
    "supervisor",  # of the unit
    "far_supervisor",  # of another city
    "handler",
    "head_office",
    "administrator",
)

# In the order of ROLES. A method that is not here is not allowed (405).
TABLE: dict[tuple[str, str], str] = {
    ("api:api_docs", "GET"): "> + + + + + + + +",
    ("api:cadence_flag_list", "GET"): "! + + + + + - + -",
    ("api:call_event_list", "GET"): "! + + + + + - + -",
    # Only systems tell of calls.
    ("api:call_event_list", "POST"): "! - - - - - - - -",
    ("api:missed_call_list", "GET"): "! + + + + + - + -",
    ("api:churn_event_list", "GET"): "! + + + + + - + -",
    ("api:churn_event_list", "POST"): "! - - - + + - - -",
    ("api:churn_warning_detail", "GET"): "! + - - + - - + -",
    ("api:churn_warning_list", "GET"): "! + + + + + - + -",
    ("api:plan_lapse_list", "GET"): "! + + + + + - + -",
    ("api:work_log_detail", "GET"): "! + - - + - - + -",
    ("api:work_log_list", "GET"): "! + + + + + - + -",
    ("api:churn_goal_list", "GET"): "! + + + + + + + +",
    ("api:contact_record_detail", "GET"): "! + - - + - - + -",
    ("api:contact_record_list", "GET"): "! + + + + + - + -",
    ("api:contact_record_list", "POST"): "! + + + + + - - -",
    ("api:contact_record_void", "POST"): "! + - - + - - - -",
    ("api:customer_detail", "GET"): "! + - - + - - + -",
    ("api:customer_detail", "PATCH"): "! + - - + - - - -",
    ("api:customer_list", "GET"): "! + + + + + - + -",
    ("api:reassignment_call_off", "POST"): "! - - - + - - - -",
    ("api:reassignment_customers", "GET"): "! + - - + - - + -",
    ("api:reassignment_detail", "GET"): "! + - - + - - + -",
    ("api:reassignment_list", "GET"): "! + + + + + - + -",
    ("api:reassignment_list", "POST"): "! - - - + + - - -",
    ("api:reassignment_preview", "POST"): "! - - - + + - - -",
    ("api:finding_list", "GET"): "! + + + + + - + -",
    ("api:record_signal_list", "GET"): "! + + + + + - + -",
    ("api:inspection_detail", "GET"): "! - - - + - - + -",
    ("api:inspection_list", "GET"): "! + + + + + - + -",
    ("api:risk_score_list", "GET"): "! + + + + + - + -",
    ("api:retention_case_detail", "GET"): "! + - - + - - + -",
    ("api:retention_case_list", "GET"): "! + + + + + - + -",
    ("api:departure_detail", "GET"): "! + - - + - - + -",
    ("api:work_plan_detail", "GET"): "! + - - + - - + -",
    ("api:work_plan_list", "GET"): "! + + + + + - + -",
    ("api:departure_list", "GET"): "! + + + + + - + -",
    ("api:departure_list", "POST"): "! - - - + + - - -",
    ("api:schema", "GET"): "! + + + + + + + +",
    ("api:staff_list", "GET"): "! + + + + + + + +",
    ("api:unit_list", "GET"): "! + + + + + + + +",
    ("api:usage_snapshot_list", "GET"): "! + + + + + - + -",
    ("api:usage_snapshot_list", "POST"): "! - - - + + - - -",
    # The manager had the call.
    ("contacts:call_confirm", "POST"): "> + - - - - - - -",
    ("contacts:call_discard", "GET"): "> + - - - - - - -",
    ("contacts:call_discard", "POST"): "> + - - - - - - -",
    ("contacts:call_explain", "GET"): "> - - - + - - - -",
    ("contacts:call_explain", "POST"): "> - - - + - - - -",
    ("contacts:call_figures", "GET"): "> - - - + + - + -",
    ("contacts:call_list", "GET"): "> + + + + + - + -",
    ("contacts:duty_roster", "GET"): "> + + + + + - + -",
    ("api:complaint_category_list", "GET"): "! + + + + + + + -",
    ("api:complaint_detail", "GET"): "! + - - + - + + -",
    ("api:complaint_list", "GET"): "! + + + + + + + -",
    ("api:complaint_list", "POST"): "! + + + + + - - -",
    ("api:complaint_move", "POST"): "! - - - + - + - -",
    ("api:complaint_remark", "POST"): "! + - - + - + - -",
    ("api:service_request_detail", "GET"): "! + - - + - - + -",
    ("api:service_request_done", "POST"): "! + - - + - - - -",
    ("api:service_request_list", "GET"): "! + + + + + - + -",
    ("api:service_request_list", "POST"): "! + + + + + - - -",
    ("complaints:complaint_figures", "GET"): "> + + + + + + + -",
    ("complaints:complaint_reviews", "GET"): "> + - - + - + + -",
    ("complaints:customer_requests", "GET"): "> + - - + - - + -",
    ("complaints:request_cancel", "GET"): "> + - - + - - - -",
    ("complaints:request_cancel", "POST"): "> + - - + - - - -",
    ("complaints:request_reassign", "GET"): "> + - - + - - - -",
    ("complaints:request_reassign", "POST"): "> + - - + - - - -",
    ("complaints:request_tell", "GET"): "> + - - + - - - -",
    ("complaints:request_tell", "POST"): "> + - - + - - - -",
    ("complaints:request_make", "GET"): "> + - - + - - - -",
    ("complaints:request_make", "POST"): "> + - - + - - - -",
    ("complaints:request_complain", "POST"): "> + - - + - - - -",
    ("complaints:request_done", "POST"): "> + - - + - - - -",
    ("complaints:request_take", "POST"): "> + - - + - - - -",
    ("complaints:request_undo", "POST"): "> + - - + - - - -",
    ("complaints:request_line", "GET"): "> + - - + - - - -",
    ("complaints:request_list", "GET"): "> + + + + + - + -",
    ("complaints:review_call", "POST"): "> - - - + - + - -",
    ("complaints:review_judge", "POST"): "> - - - + - + - -",
    ("complaints:review_detail", "GET"): "> + - - + - + + -",
    ("complaints:review_list", "GET"): "> + + + + + + + -",
    ("complaints:complaint_create", "GET"): "> + - - + - - - -",
    ("complaints:complaint_create", "POST"): "> + - - + - - - -",
    ("complaints:complaint_detail", "GET"): "> + - - + - + + -",
    ("complaints:complaint_edit", "GET"): "> - - - + - + - -",
    ("complaints:complaint_edit", "POST"): "> - - - + - + - -",
    ("complaints:complaint_list", "GET"): "> + + + + + + + -",
    ("complaints:complaint_move", "POST"): "> - - - + - + - -",
    ("complaints:complaint_note", "POST"): "> + - - + - + - -",
    ("complaints:complaint_reassign", "POST"): "> - - - + - + - -",
    ("complaints:complaint_register", "GET"): "> + + + + + - - -",
    ("complaints:complaint_respond", "POST"): "> - - - + - + - -",
    ("complaints:customer_complaints", "GET"): "> + - - + - - + -",
    ("complaints:double_merge", "POST"): "> - - - + - + - -",
    ("complaints:double_undo", "POST"): "> - - - + - + - -",
    ("complaints:file_add", "POST"): "> + - - + - + - -",
    ("complaints:file_open", "GET"): "> + - - + - + + -",
    ("complaints:notices_seen", "POST"): "> + + + + + + + -",
    ("complaints:phone_reveal", "POST"): "> - - - + - + - -",
    ("complaints:sub_task_add", "POST"): "> - - - + - + - -",
    ("complaints:sub_task_end", "POST"): "> - - - + - + - -",
    ("complaints:template_create", "GET"): "> - - - + + + + -",
    ("complaints:template_create", "POST"): "> - - - + + + + -",
    ("complaints:template_edit", "GET"): "> - - - + + + + -",
    ("complaints:template_edit", "POST"): "> - - - + + + + -",
    ("complaints:template_list", "GET"): "> + + + + + + + -",
    ("contacts:contact_list", "GET"): "> + + + + + - + -",
    ("contacts:contact_log", "GET"): "> + - - + - - - -",
    ("contacts:contact_log", "POST"): "> + - - + - - - -",
    ("contacts:contact_note", "POST"): "> + - - + - - - -",
    ("contacts:contact_void", "GET"): "> + - - + - - - -",
    ("contacts:contact_void", "POST"): "> + - - + - - - -",
    ("contacts:customer_care", "GET"): "> + - - + - - + -",
    ("contacts:customer_timeline", "GET"): "> + - - + - - + -",
    ("contacts:exemption_decide", "POST"): "> - - - + - - - -",
    ("contacts:exemption_end", "POST"): "> + - - + - - - -",
    ("contacts:exemption_list", "GET"): "> + + + + + - + -",
    ("contacts:exemption_request", "GET"): "> + - - + - - - -",
    ("contacts:exemption_request", "POST"): "> + - - + - - - -",
    ("contacts:flag_list", "GET"): "> + + + + + - + -",
    ("contacts:follow_up_close", "POST"): "> + - - + - - - -",
    ("contacts:row_snooze", "GET"): "> + - - - - - - -",
    ("contacts:row_snooze", "POST"): "> + - - - - - - -",
    ("contacts:row_wake", "POST"): "> + - - - - - - -",
    ("customers:customer_create", "GET"): "> - - - + + - - -",
    ("customers:customer_create", "POST"): "> - - - + + - - -",
    ("customers:customer_detail", "GET"): "> + - - + - - + -",
    ("customers:customer_edit", "GET"): "> + - - + - - - -",
    ("customers:customer_edit", "POST"): "> + - - + - - - -",
    ("customers:customer_list", "GET"): "> + + + + + - + -",
    ("customers:customer_search", "GET"): "> + + + + + - + -",
    ("customers:customer_standing_edit", "GET"): "> - - - + - - - -",
    ("customers:customer_standing_edit", "POST"): "> - - - + - - - -",
    ("customers:fact_confirm", "POST"): "> + - - + - - - -",
    ("customers:phone_reveal", "POST"): "> + - - + - - - -",
    # Only the manager of the table has the permission to export.
    ("exchange:export_cancel", "POST"): "> + - - - - - - -",
    ("exchange:export_create", "POST"): "> + - - - - - - -",
    ("exchange:export_download", "GET"): "> + - - - - - - -",
    ("exchange:export_list", "GET"): "> + - - - - - - -",
    ("exchange:export_progress", "GET"): "> + - - - - - - -",
    ("exchange:departure_import_confirm", "POST"): "> - - - + - - - +",
    ("exchange:departure_import_list", "GET"): "> - - - + + - - +",
    ("exchange:departure_import_list", "POST"): "> - - - + + - - +",
    ("exchange:departure_import_mapping", "GET"): "> - - - + - - - +",
    ("exchange:departure_import_mapping", "POST"): "> - - - + - - - +",
    ("exchange:departure_import_sheet", "POST"): "> - - - + - - - +",
    ("exchange:departure_import_progress", "GET"): "> - - - + - - - +",
    ("exchange:departure_import_rejected", "GET"): "> - - - + - - - +",
    ("exchange:roster_import_list", "GET"): "> - - - + + - - +",
    ("exchange:roster_import_list", "POST"): "> - - - + + - - +",
    ("exchange:roster_import_makings", "POST"): "> - - - + - - - +",
    ("exchange:roster_import_sheet", "POST"): "> - - - + - - - +",
    ("exchange:roster_import_mapping", "GET"): "> - - - + - - - +",
    ("exchange:roster_import_mapping", "POST"): "> - - - + - - - +",
    ("exchange:roster_import_preview", "GET"): "> - - - + - - - +",
    ("exchange:roster_import_preview", "POST"): "> - - - + - - - +",
    ("exchange:roster_import_progress", "GET"): "> - - - + - - - +",
    ("exchange:roster_import_rejected", "GET"): "> - - - + - - - +",
    ("exchange:usage_import_confirm", "POST"): "> - - - + - - - +",
    ("exchange:usage_import_list", "GET"): "> - - - + + - - +",
    ("exchange:usage_import_list", "POST"): "> - - - + + - - +",
    ("exchange:usage_import_mapping", "GET"): "> - - - + - - - +",
    ("exchange:usage_import_mapping", "POST"): "> - - - + - - - +",
    ("exchange:usage_import_sheet", "POST"): "> - - - + - - - +",
    ("exchange:usage_import_progress", "GET"): "> - - - + - - - +",
    ("exchange:usage_import_rejected", "GET"): "> - - - + - - - +",
    ("portfolio:access_report", "GET"): "> - - - + + - + -",
    ("portfolio:audit_trail", "GET"): "> - - - + + - + +",
    ("portfolio:board", "GET"): "> - - - + + - + -",
    ("portfolio:board_care", "GET"): "> - - - + + - + -",
    ("portfolio:board_work", "GET"): "> - - - + + - + -",
    ("portfolio:column_choice", "GET"): "> + + + + + - + -",
    ("portfolio:handover_call_off", "POST"): "> - - - + - - - -",
    ("portfolio:handover_detail", "GET"): "> + - - + - - + -",
    ("portfolio:handover_dismiss", "POST"): "> + - - - - - - -",
    ("portfolio:handover_dossier", "GET"): "> + - - + - - + -",
    ("portfolio:handover_hint", "GET"): "> + - - + - - + -",
    ("portfolio:handover_list", "GET"): "> + + + + + - + -",
    ("portfolio:likeness_dismiss", "POST"): "> - - - + - - - -",
    ("portfolio:likeness_hint", "GET"): "> + - - + - - + -",
    ("portfolio:likeness_list", "GET"): "> + + + + + - + -",
    ("portfolio:likeness_restore", "POST"): "> - - - + - - - -",
    ("portfolio:merge", "GET"): "> - - - + - - - -",
    ("portfolio:merge", "POST"): "> - - - + - - - -",
    ("portfolio:merge_detail", "GET"): "> + - - + - - + -",
    ("portfolio:merge_undo", "POST"): "> - - - + - - - -",
    ("portfolio:my_day", "GET"): "> + + + + + + + +",
    ("portfolio:reassign", "GET"): "> - - - + + - - -",
    ("portfolio:reassign", "POST"): "> - - - + + - - -",
    ("portfolio:reassign_portfolio", "GET"): "> - - - + - - - -",
    ("retention:signal_create", "GET"): "> - - - - - - + +",
    ("retention:signal_create", "POST"): "> - - - - - - + +",
    ("retention:signal_detail", "GET"): "> + + + + + + + +",
    ("retention:signal_detail", "POST"): "> - - - - - - + +",
    ("retention:signal_group_edit", "POST"): "> - - - - - - + +",
    ("retention:signal_list", "GET"): "> + + + + + + + +",
    ("retention:signal_past", "GET"): "> + + + + + + + +",
    ("retention:signal_preview", "POST"): "> - - - - - - + +",
    ("retention:signal_switch", "POST"): "> - - - - - - + +",
    ("portfolio:view_create", "GET"): "> + + + + + - + -",
    ("portfolio:view_create", "POST"): "> + + + + + - + -",
    # The view of the table is the manager's, shared with the unit.
    ("portfolio:view_edit", "GET"): "> + + - + - - - -",
    ("portfolio:view_edit", "POST"): "> + + - + - - - -",
    ("portfolio:view_list", "GET"): "> + + + + + - + -",
    ("portfolio:view_name", "GET"): "> + + - + - - - -",
    ("portfolio:view_refit", "POST"): "> + - - - - - - -",
    ("portfolio:view_remove", "GET"): "> + - - + - - - -",
    ("portfolio:view_remove", "POST"): "> + - - + - - - -",
    ("retention:approval_list", "GET"): "> + + + + + - + -",
    ("retention:case_decide", "POST"): "> + - - + - - - -",
    ("retention:case_detail", "GET"): "> + - - + - - + -",
    ("retention:case_edit", "POST"): "> + - - + - - - -",
    ("retention:case_follow_up", "GET"): "> + - - + - - - -",
    ("retention:case_follow_up", "POST"): "> + - - + - - - -",
    ("retention:case_list", "GET"): "> + + + + + - + -",
    ("retention:case_offers", "GET"): "> + - - + - - + -",
    ("retention:case_open", "GET"): "> + - - + - - - -",
    ("retention:case_open", "POST"): "> + - - + - - - -",
    ("retention:customer_hint", "GET"): "> + - - + - - + -",
    ("retention:customer_retention", "GET"): "> + - - + - - + -",
    ("retention:customer_risk", "GET"): "> + - - + - - + -",
    ("retention:measure_choose", "POST"): "> + - - + - - - -",
    ("retention:measure_create", "GET"): "> - - - - - - + +",
    ("retention:measure_create", "POST"): "> - - - - - - + +",
    ("retention:measure_edit", "GET"): "> - - - - - - + +",
    ("retention:measure_edit", "POST"): "> - - - - - - + +",
    ("retention:measure_list", "GET"): "> + + + + + + + +",
    ("retention:offer_answer", "POST"): "> + - - + - - - -",
    ("retention:offer_decide", "POST"): "> - - - + - - - -",
    ("retention:warning_detail", "GET"): "> + - - + - - + -",
    ("retention:warning_follow_up", "GET"): "> + - - + - - - -",
    ("retention:warning_follow_up", "POST"): "> + - - + - - - -",
    ("retention:warning_list", "GET"): "> + + + + + - + -",
    ("retention:warning_snooze", "GET"): "> + - - + - - - -",
    ("retention:warning_snooze", "POST"): "> + - - + - - - -",
    ("retention:warning_wake", "POST"): "> + - - + - - - -",
    ("retention:base_freeze", "POST"): "> - - - - - - + +",
    ("retention:cause_chart", "GET"): "> + + + + + - + -",
    ("retention:cause_create", "GET"): "> - - - - - - + +",
    ("retention:cause_create", "POST"): "> - - - - - - + +",
    ("retention:cause_edit", "GET"): "> - - - - - - + +",
    ("retention:cause_edit", "POST"): "> - - - - - - + +",
    ("retention:cause_list", "GET"): "> + + + + + - + +",
    ("retention:departure_cancel", "POST"): "> - - - + - - - -",
    ("retention:departure_detail", "GET"): "> + - - + - - + -",
    ("retention:departure_detail", "POST"): "> - - - + - - - -",
    ("retention:departure_list", "GET"): "> + + + + + - + -",
    ("retention:departure_report", "GET"): "> - - - + - - - -",
    ("retention:departure_report", "POST"): "> - - - + - - - -",
    ("retention:departure_return", "POST"): "> - - - + - - - -",
    ("retention:goal_board", "GET"): "> + + + + + - + -",
    ("retention:goal_list", "GET"): "> - - - - - - + +",
    ("retention:goal_list", "POST"): "> - - - - - - + +",
    ("retention:warnings_judged", "GET"): "> + + + + + - + -",
    ("workplans:finding_add", "GET"): "> - - - + - - - -",
    ("workplans:finding_add", "POST"): "> - - - + - - - -",
    ("workplans:finding_answer", "POST"): "> + - - - - - - -",
    ("workplans:finding_list", "GET"): "> + + + + + - + -",
    ("workplans:finding_settle", "POST"): "> - - - + - - - -",
    ("workplans:inspection_close", "POST"): "> - - - + - - - -",
    ("workplans:inspection_detail", "GET"): "> - - - + - - + -",
    ("workplans:inspection_judge", "POST"): "> - - - + - - - -",
    ("workplans:inspection_list", "GET"): "> - - - + + - + -",
    ("workplans:inspection_open", "GET"): "> - - - + + - - -",
    ("workplans:inspection_open", "POST"): "> - - - + + - - -",
    ("workplans:inspection_phone", "POST"): "> - - - + - - - -",
    ("workplans:inspection_plan_leave_out", "POST"): "> - - - + - - - -",
    ("workplans:inspection_plan_line", "POST"): "> - - - + - - - -",
    ("workplans:inspection_plan_make", "POST"): "> - - - + + - - -",
    ("workplans:inspection_walk", "GET"): "> - - - + - - + -",
    ("workplans:signal_list", "GET"): "> - - - + + - + -",
    ("staff:cover_create", "GET"): "> - - - + + - - -",
    ("staff:cover_create", "POST"): "> - - - + + - - -",
    ("staff:cover_end", "GET"): "> - - - + - - - -",
    ("staff:cover_end", "POST"): "> - - - + - - - -",
    ("staff:cover_list", "GET"): "> + + + + + - + -",
    ("staff:staff_profile", "GET"): "> + + + + + + + +",
    ("staff:staff_search", "GET"): "> - - - + + - - -",
    ("workplans:leave_create", "GET"): "> - - - + + - - -",
    ("workplans:leave_create", "POST"): "> - - - + + - - -",
    ("workplans:leave_end", "GET"): "> - - - + - - - -",
    ("workplans:leave_end", "POST"): "> - - - + - - - -",
    ("workplans:leave_list", "GET"): "> + + + + + - + -",
    ("workplans:log_answer", "POST"): "> + - - + - - - -",
    ("workplans:log_detail", "GET"): "> + - - + - - + -",
    ("workplans:log_edit", "POST"): "> + - - - - - - -",
    ("workplans:log_list", "GET"): "> + + + + + - + -",
    ("workplans:log_queue", "GET"): "> - - - + + - + -",
    ("workplans:log_read", "POST"): "> + - - + - - + -",
    ("workplans:log_submit", "POST"): "> + - - - - - - -",
    ("workplans:log_today", "GET"): "> + + + - - - - -",
    ("workplans:plan_customers", "GET"): "> + - - - - - - -",
    ("workplans:plan_decide", "POST"): "> - - - + - - - -",
    ("workplans:plan_detail", "GET"): "> + - - + - - + -",
    ("workplans:plan_draft", "POST"): "> + - - - - - - -",
    # A calendar program knows the secret address and nothing else.
    ("workplans:plan_feed", "GET"): "+ + + + + + + + +",
    ("workplans:plan_feed_renew", "POST"): "> + + + - - - - -",
    ("workplans:plan_feed_revoke", "POST"): "> + + + - - - - -",
    ("workplans:plan_home", "GET"): "> + + + - - - - -",
    ("workplans:plan_hours", "GET"): "> + + + - - - - -",
    ("workplans:plan_hours", "POST"): "> + + + - - - - -",
    ("workplans:plan_item_add", "GET"): "> + - - - - - - -",
    ("workplans:plan_item_add", "POST"): "> + - - - - - - -",
    ("workplans:plan_item_edit", "GET"): "> + - - - - - - -",
    ("workplans:plan_item_edit", "POST"): "> + - - - - - - -",
    ("workplans:plan_item_move", "GET"): "> + - - - - - - -",
    ("workplans:plan_item_move", "POST"): "> + - - - - - - -",
    ("workplans:plan_item_remove", "POST"): "> + - - - - - - -",
    ("workplans:plan_item_restore", "POST"): "> + - - - - - - -",
    ("workplans:plan_item_tick", "POST"): "> + - - - - - - -",
    ("workplans:plan_note", "GET"): "> + - - - - - - -",
    ("workplans:plan_note", "POST"): "> + - - - - - - -",
    ("workplans:plan_open", "POST"): "> + + + - - - - -",
    ("workplans:plan_queue", "GET"): "> - - - + + - + -",
    ("workplans:plan_submit", "POST"): "> + - - - - - - -",
    ("workplans:plan_today", "GET"): "> + + + - - - - -",
    ("workplans:plan_take_back", "POST"): "> + - - - - - - -",
    ("workplans:plan_targets", "GET"): "> + - - - - - - -",
    ("workplans:plan_targets", "POST"): "> + - - - - - - -",
}

OF_THE_LIBRARY = ["account_", "mfa_", "admin:", "set_language"]
"""Pages of Django and allauth: their own tests below and in tests/staff say who may see them."""

OPEN = {"health", "readiness"}


def routes() -> Iterator[str]:
    """Yield the name of every route of ours."""
    for name in walk(get_resolver().url_patterns, ""):
        if name not in OPEN and not name.startswith(tuple(OF_THE_LIBRARY)):
            yield name


def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from walk(pattern.url_patterns, prefix + space)
        elif pattern.name:
            yield prefix + pattern.name


@dataclass(frozen=True)
class World:
    """One row of everything, all of it the manager's, and the people who ask for it."""

    browsers: dict[str, Client]
    addresses: dict[str, str]


@pytest.fixture
def world(
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
    head_office: StaffUser,
    administrator: StaffUser,
) -> World:
    far = StaffUserFactory(role=Role.SUPERVISOR, unit=company.other_city)
    people = {
        "anonymous": None,
        "manager": manager,
        "colleague": colleague,
        "outsider": outsider,
        "supervisor": supervisor,
        "far_supervisor": far,
        "handler": handler,
        "head_office": head_office,
        "administrator": administrator,
    }
    return World(
        {role: browser_of(person) for role, person in people.items()},
        addresses(manager, supervisor),
    )


def browser_of(person: StaffUser | None) -> Client:
    """Return a browser in which the person is signed in; nobody for None."""
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def addresses(manager: StaffUser, supervisor: StaffUser) -> dict[str, str]:
    """The URL of every route, pointing at rows of ``manager``."""
    customer = CustomerFactory(manager=manager)
    today = clock.today()
    record = log_contact(
        actor=manager,
        customer=customer,
        contact=Contact(
            channel=Channel.PHONE, outcome=Outcome.REACHED, follow_up_on=today + timedelta(days=3)
        ),
    )
    later = today + timedelta(days=30)
    came = CustomerFactory(manager=StaffUserFactory(unit=manager.unit))
    handover = hand_over(supervisor, [came], manager, today)
    made = merge(supervisor, CustomerFactory(manager=manager), CustomerFactory(manager=manager))
    CustomerFactory(manager=manager, phone=customer.phones.get().number)
    rows = {
        "came": came.pk,
        "handover": handover.pk,
        "merge": made.pk,
        "pair": LikePair.objects.get(first=customer).pk,
        "manager": manager.pk,
        "notice": handover.notices.get(reader=manager).pk,
        "cover": CoverFactory(
            manager=manager,
            stand_in=StaffUserFactory(unit=manager.unit),
            starts_on=later,
            arranged_by=supervisor,
        ).pk,
        "customer": customer.pk,
        "record": record.pk,
        "snooze": snooze_row(
            actor=manager,
            customer=customer,
            subject=Snooze.Subject.CONTACT,
            until=later,
            reason="出差",
        ).pk,
        "exemption": ask_exemption(manager, customer).pk,
        "import": a_previewed_import(supervisor),
        "usage_import": a_read_usage_file(supervisor),
        "signal": Signal.objects.values_list("pk", flat=True)[0],
        "signal_group": SignalGroup.objects.values_list("pk", flat=True)[0],
        "export": a_finished_export(manager),
        "view": save_view(
            actor=manager,
            list_name="customers",
            name="钻卡",
            query="tier=diamond",
            columns=["name"],
            shared=True,
        ).pk,
        **of_retention(manager, CustomerFactory(manager=manager)),
        **one_of_each(manager, supervisor),
        **of_calls(manager),
        **of_complaints(manager, CustomerFactory(manager=manager)),
        "departures": a_previewed_file_of_departures(supervisor),
        "departure": leave(CustomerFactory(manager=manager), Departure.Kind.CLOSED, today).pk,
        "work_plan": a_plan(manager, day=today).pk,
        "cause": DepartureCause.objects.get(code="price-plan").pk,
        "log": a_submitted_log(manager, today).pk,
        "leave": enter_leave(actor=supervisor, manager=manager, starts_on=later, ends_on=later).pk,
    }
    planned = one_plan(manager, today)
    found = {}
    for name in routes():
        arguments = planned.get(name) or arguments_of(name, rows, customer)
        found[name] = reverse(name, kwargs=arguments)
    return found


def of_calls(manager: StaffUser) -> dict[str, int]:
    """A call that the manager had, and one of a number that nobody has."""
    number = CustomerFactory(manager=manager).phones.get().number
    own = a_call(number, clock.now(), "answered", staff_number=manager.staff_number)
    calls = tell(call_centre(manager.unit), own, a_call("13600000000", clock.now()))
    return {"call": calls[0].pk, "unknown_call": calls[1].pk}


def of_retention(manager: StaffUser, customer: Customer) -> dict[str, int]:
    """A warning, a case with a measure that waits, and a follow-up of a saved customer."""
    case = asks_to_leave(manager, customer)
    offer = cases.offer_measure(
        actor=manager, case=case, measure=a_measure("waits", value=Decimal(200))
    )
    saved = asks_to_leave(manager, CustomerFactory(manager=manager))
    cases.decide_case(actor=manager, case=saved, saved=True)
    return {
        "warning": warn(customer).pk,
        "case": case.pk,
        "offer": offer.pk,
        "measure": a_measure("other").pk,
        "follow_up": saved.follow_ups.all()[0].pk,
    }


def of_complaints(manager: StaffUser, customer: Customer) -> dict[str, int]:
    """Two complaints of the unit's handler with a double, a file and a sub-task; a template."""
    handler = StaffUser.objects.get(role=Role.COMPLAINT_HANDLER)
    designate(handler, manager.unit)
    complaint, double = complains(manager, customer), complains(manager, customer, "重复")
    merge_doubles(actor=handler, first=complaint, second=double)
    ended = complains(manager, customer, "已结")
    later = clock.now() + timedelta(days=1)
    task = add_sub_task(
        actor=handler, complaint=complaint, department="网络部", what="查", due_at=later
    )
    file = ContentFile("说明".encode(), name="a.txt")
    return {
        "complaint": complaint.pk,
        "complaint_merge": complaint.merges.get().pk,
        "complaint_file": attach_file(actor=manager, complaint=complaint, file=file).pk,
        "sub_task": task.pk,
        "review": stands_at(handler, ended, "closed").reviews.get().pk,
        "promise": make_request(actor=manager, customer=customer, promise=Promise("寄卡")).pk,
        "template": ResponseTemplate.objects.values_list("pk", flat=True)[0],
    }


def ask_exemption(manager: StaffUser, customer: Customer) -> Exemption:
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=clock.today() + timedelta(days=3),
    )


def a_previewed_import(supervisor: StaffUser) -> int:
    text = "客户编号,客户姓名,手机号码,VIP级别,所属单位\nX1,王芳,13800138000,铜卡,不在\n"
    roster_import = receive_roster(
        actor=supervisor, file=ContentFile(text.encode(), name="a.csv"), name="a.csv"
    )
    prepare(roster_import=roster_import)
    return roster_import.pk


def a_read_usage_file(supervisor: StaffUser) -> int:
    text = "客户编号,月份,流量\nNOBODY,2026-09,1\n"
    usage_import = receive_usage(
        actor=supervisor, file=ContentFile(text.encode(), name="a.csv"), name="a.csv"
    )
    prepare_usage(usage_import=usage_import)
    return usage_import.pk


def a_finished_export(manager: StaffUser) -> int:
    manager.may_export = True
    manager.save()
    export = Export(
        requested_by=manager,
        list_name="customers",
        file_format="csv",
        language="en",
        state=Export.State.DONE,
    )
    export.file.save("1-1.csv", ContentFile(b"1"))
    return export.pk


def a_previewed_file_of_departures(supervisor: StaffUser) -> int:
    text = "客户编号,离网日期,离网类型\nX1,2026-05-01,销号\n"
    received = receive_departures(
        actor=supervisor, file=ContentFile(text.encode(), name="d.csv"), name="d.csv"
    )
    prepare_departures(departure_import=received)
    return received.pk


def arguments_of(name: str, rows: dict[str, int], customer: Customer) -> dict[str, object]:
    if name == "customers:phone_reveal":
        return {"pk": customer.pk, "phone_pk": customer.phones.get().pk}
    if name == "customers:fact_confirm":
        return {"pk": customer.pk, "fact": "phone"}
    if name == "retention:measure_choose":
        return {"pk": rows["case"], "measure_pk": rows["measure"]}
    if name == "portfolio:merge":
        return {"pk": customer.pk, "other": rows["came"]}
    if name in LOG_PAGES:
        return {"pk": rows["manager"], "day": clock.today()}
    owner = OWNERS.get(name)
    return {"pk": rows[owner]} if owner else {}


LOG_PAGES = {f"workplans:log_{page}" for page in ("answer", "detail", "edit", "read", "submit")}
"""Their addresses say whose log and of which day."""

OWNERS = {
    "api:work_log_detail": "log",
    "workplans:leave_end": "leave",
    **dict.fromkeys(
        (
            "api:inspection_detail",
            "workplans:finding_add",
            "workplans:inspection_close",
            "workplans:inspection_detail",
            "workplans:inspection_walk",
        ),
        "inspection",
    ),
    **dict.fromkeys(("workplans:inspection_judge", "workplans:inspection_phone"), "inspected_item"),
    **dict.fromkeys(("workplans:finding_answer", "workplans:finding_settle"), "finding"),
    "workplans:inspection_plan_line": "inspection_plan",
    "workplans:inspection_plan_leave_out": "inspection_plan_line",
    **dict.fromkeys(
        (
            "api:complaint_detail",
            "api:complaint_move",
            "api:complaint_remark",
            *(
                f"complaints:{page}"
                for page in (
                    "complaint_detail",
                    "complaint_edit",
                    "complaint_move",
                    "complaint_note",
                    "complaint_reassign",
                    "complaint_respond",
                    "double_merge",
                    "file_add",
                    "phone_reveal",
                    "sub_task_add",
                )
            ),
        ),
        "complaint",
    ),
    "complaints:complaint_create": "customer",
    "complaints:complaint_reviews": "complaint",
    "complaints:customer_complaints": "customer",
    "complaints:customer_requests": "customer",
    **dict.fromkeys(
        (f"complaints:request_{what}" for what in ("line", "make", "take")), "customer"
    ),
    **dict.fromkeys(
        (f"complaints:review_{what}" for what in ("call", "detail", "judge")), "review"
    ),
    **dict.fromkeys(
        (
            "api:service_request_detail",
            "api:service_request_done",
            *(
                f"complaints:request_{what}"
                for what in ("cancel", "complain", "done", "reassign", "tell", "undo")
            ),
        ),
        "promise",
    ),
    "complaints:double_undo": "complaint_merge",
    "complaints:file_open": "complaint_file",
    "complaints:sub_task_end": "sub_task",
    "complaints:template_edit": "template",
    **dict.fromkeys(
        (
            "portfolio:handover_call_off",
            "portfolio:handover_detail",
            "api:reassignment_call_off",
            "api:reassignment_customers",
            "api:reassignment_detail",
        ),
        "handover",
    ),
    "portfolio:handover_dismiss": "notice",
    "portfolio:handover_dossier": "came",
    "portfolio:handover_hint": "came",
    "portfolio:likeness_dismiss": "pair",
    "portfolio:likeness_hint": "customer",
    "portfolio:likeness_restore": "pair",
    "contacts:call_confirm": "call",
    "contacts:call_discard": "call",
    "contacts:call_explain": "unknown_call",
    "portfolio:merge_detail": "merge",
    "portfolio:merge_undo": "merge",
    "portfolio:reassign_portfolio": "manager",
    "staff:cover_end": "cover",
    "api:churn_warning_detail": "warning",
    "api:work_plan_detail": "work_plan",
    "retention:signal_group_edit": "signal_group",
    **dict.fromkeys(
        ("retention:signal_detail", "retention:signal_past", "retention:signal_switch"), "signal"
    ),
    **dict.fromkeys(
        (
            "customers:customer_detail",
            "customers:customer_edit",
            "customers:customer_standing_edit",
            "contacts:contact_log",
            "contacts:row_snooze",
            "contacts:exemption_request",
            "contacts:customer_timeline",
            "contacts:customer_care",
            "api:customer_detail",
            "retention:case_open",
            "retention:customer_hint",
            "retention:customer_retention",
            "retention:customer_risk",
        ),
        "customer",
    ),
    **dict.fromkeys(
        (
            "contacts:contact_note",
            "contacts:contact_void",
            "contacts:follow_up_close",
            "api:contact_record_detail",
            "api:contact_record_void",
        ),
        "record",
    ),
    "contacts:row_wake": "snooze",
    **dict.fromkeys(
        (
            "api:retention_case_detail",
            "retention:case_decide",
            "retention:case_detail",
            "retention:case_edit",
            "retention:case_offers",
        ),
        "case",
    ),
    **dict.fromkeys(("retention:offer_answer", "retention:offer_decide"), "offer"),
    **dict.fromkeys(
        (
            "retention:warning_detail",
            "retention:warning_follow_up",
            "retention:warning_snooze",
            "retention:warning_wake",
        ),
        "warning",
    ),
    "retention:case_follow_up": "follow_up",
    "retention:measure_edit": "measure",
    "retention:cause_edit": "cause",
    "retention:departure_report": "customer",
    **dict.fromkeys(
        (
            "retention:departure_cancel",
            "retention:departure_detail",
            "retention:departure_return",
            "api:departure_detail",
        ),
        "departure",
    ),
    **dict.fromkeys(
        (
            "exchange:departure_import_confirm",
            "exchange:departure_import_mapping",
            "exchange:departure_import_progress",
            "exchange:departure_import_sheet",
            "exchange:departure_import_rejected",
        ),
        "departures",
    ),
    **dict.fromkeys(("contacts:exemption_decide", "contacts:exemption_end"), "exemption"),
    **dict.fromkeys(
        ("exchange:export_cancel", "exchange:export_download", "exchange:export_progress"),
        "export",
    ),
    **dict.fromkeys(
        (
            "portfolio:view_edit",
            "portfolio:view_name",
            "portfolio:view_refit",
            "portfolio:view_remove",
        ),
        "view",
    ),
    **dict.fromkeys(
        (
            "exchange:roster_import_makings",
            "exchange:roster_import_mapping",
            "exchange:roster_import_sheet",
            "exchange:roster_import_preview",
            "exchange:roster_import_progress",
            "exchange:roster_import_rejected",
        ),
        "import",
    ),
    **dict.fromkeys(
        (
            "exchange:usage_import_confirm",
            "exchange:usage_import_mapping",
            "exchange:usage_import_progress",
            "exchange:usage_import_sheet",
            "exchange:usage_import_rejected",
        ),
        "usage_import",
    ),
}


def sign_of(response: HttpResponse) -> str:
    if response.status_code == 404:
        return "-"
    if response.status_code == 401:
        return "!"
    if response.status_code == 302 and response.headers["Location"].startswith("/accounts/login"):
        return ">"
    if response.status_code == 405:
        return "x"
    assert response.status_code < 400 or response.status_code in (400, 409, 422, 428), response
    return "+"


def is_sent(route: str, method: str) -> bool:
    """Say whether a body goes along as the API understands it."""
    return route.startswith("api:") and method != "GET"


def ask(world: World, role: str, method: str, route: str) -> str:
    """Send one request and take back what it changed."""
    client = world.browsers[role]
    with transaction.atomic():
        body = {"data": {}, "content_type": "application/json"} if is_sent(route, method) else {}
        response = getattr(client, method.lower())(world.addresses[route], **body)
        if response.streaming:
            # Read to its end, which closes the file.
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return sign_of(response)


def test_the_guard_sees_the_routes() -> None:
    assert {"portfolio:my_day", "customers:customer_detail"} <= set(routes())


def test_the_table_has_every_route_and_no_other() -> None:
    assert {route for route, _ in TABLE} == set(routes())


@pytest.mark.parametrize("app", sorted({route.split(":")[0] for route, _ in TABLE}))
def test_each_role_gets_what_the_table_says(world: World, app: str) -> None:
    of_app = {key: signs for key, signs in TABLE.items() if key[0].startswith(f"{app}:")}
    found = {
        (route, method): " ".join(ask(world, role, method, route) for role in ROLES)
        for route, method in of_app
    }
    assert found == of_app


def test_methods_that_are_not_in_the_table_are_not_allowed(world: World) -> None:
    others = {(route, method) for route in routes() for method in ("GET", "POST")} - set(TABLE)
    assert others
    assert {ask(world, "supervisor", method, route) for route, method in others} == {"x"}
