"""Routes of the workplans app."""

from __future__ import annotations

from datetime import date

from django.urls import URLPattern, path, register_converter

from workplans import api, views


class IsoDay:
    """A day in an address: 2026-11-23. What is no day of the calendar is not found."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Return the day; raises ValueError, which the resolver takes for no match."""
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        """Return how the address says it."""
        return value if isinstance(value, str) else value.isoformat()


register_converter(IsoDay, "isoday")

app_name = "workplans"
urlpatterns: list[URLPattern] = [
    path("today/", views.plan_today, name="plan_today"),
    path("logs/", views.log_list, name="log_list"),
    path("logs/today/", views.log_today, name="log_today"),
    path("logs/queue/", views.log_queue, name="log_queue"),
    path("logs/<int:pk>/<isoday:day>/", views.log_detail, name="log_detail"),
    path("logs/<int:pk>/<isoday:day>/edit/", views.log_edit, name="log_edit"),
    path("logs/<int:pk>/<isoday:day>/submit/", views.log_submit, name="log_submit"),
    path("logs/<int:pk>/<isoday:day>/answer/", views.log_answer, name="log_answer"),
    path("logs/<int:pk>/<isoday:day>/read/", views.log_read, name="log_read"),
    path("leave/", views.leave_list, name="leave_list"),
    path("leave/new/", views.leave_create, name="leave_create"),
    path("leave/<int:pk>/end/", views.leave_end, name="leave_end"),
    path("inspections/", views.inspection_list, name="inspection_list"),
    path("inspections/new/", views.inspection_open, name="inspection_open"),
    path("inspections/<int:pk>/", views.inspection_detail, name="inspection_detail"),
    path("inspections/<int:pk>/close/", views.inspection_close, name="inspection_close"),
    path("inspections/<int:pk>/walk/", views.inspection_walk, name="inspection_walk"),
    path("inspections/<int:pk>/finding/", views.finding_add, name="finding_add"),
    path("inspections/items/<int:pk>/judge/", views.inspection_judge, name="inspection_judge"),
    path("inspections/items/<int:pk>/phone/", views.inspection_phone, name="inspection_phone"),
    path("inspections/plan/", views.inspection_plan_make, name="inspection_plan_make"),
    path("inspections/plan/<int:pk>/", views.inspection_plan_line, name="inspection_plan_line"),
    path(
        "inspections/plan/lines/<int:pk>/leave-out/",
        views.inspection_plan_leave_out,
        name="inspection_plan_leave_out",
    ),
    path("findings/", views.finding_list, name="finding_list"),
    path("findings/<int:pk>/answer/", views.finding_answer, name="finding_answer"),
    path("findings/<int:pk>/settle/", views.finding_settle, name="finding_settle"),
    path("findings/<int:pk>/undo/", views.finding_undo, name="finding_undo"),
    path("signals/", views.signal_list, name="signal_list"),
    path("plans/", views.plan_home, name="plan_home"),
    path("plans/open/", views.plan_open, name="plan_open"),
    path("plans/queue/", views.plan_queue, name="plan_queue"),
    path("plans/hours/", views.plan_hours, name="plan_hours"),
    path("plans/feed/renew/", views.plan_feed_renew, name="plan_feed_renew"),
    path("plans/feed/revoke/", views.plan_feed_revoke, name="plan_feed_revoke"),
    path("plans/feed/<str:key>.ics", views.plan_feed, name="plan_feed"),
    path("plans/<int:pk>/", views.plan_detail, name="plan_detail"),
    path("plans/<int:pk>/draft/", views.plan_draft, name="plan_draft"),
    path("plans/<int:pk>/note/", views.plan_note, name="plan_note"),
    path("plans/<int:pk>/targets/", views.plan_targets, name="plan_targets"),
    path("plans/<int:pk>/submit/", views.plan_submit, name="plan_submit"),
    path("plans/<int:pk>/take-back/", views.plan_take_back, name="plan_take_back"),
    path("plans/<int:pk>/decide/", views.plan_decide, name="plan_decide"),
    path("plans/<int:pk>/undo/", views.plan_undo, name="plan_undo"),
    path("plans/queue/decide/", views.plan_decide_many, name="plan_decide_many"),
    path("plans/<int:pk>/customers/", views.plan_customers, name="plan_customers"),
    path("plans/<int:pk>/items/new/", views.plan_item_add, name="plan_item_add"),
    path(
        "plans/<int:pk>/items/<uuid:key>/restore/",
        views.plan_item_restore,
        name="plan_item_restore",
    ),
    path("plan-items/<int:pk>/", views.plan_item_edit, name="plan_item_edit"),
    path("plan-items/<int:pk>/move/", views.plan_item_move, name="plan_item_move"),
    path("plan-items/<int:pk>/remove/", views.plan_item_remove, name="plan_item_remove"),
    path("plan-items/<int:pk>/tick/", views.plan_item_tick, name="plan_item_tick"),
]

api_urlpatterns: list[URLPattern] = [
    path("work-plans/", api.WorkPlanList.as_view(), name="work_plan_list"),
    path("work-plans/<int:pk>/", api.WorkPlanDetail.as_view(), name="work_plan_detail"),
    path("work-logs/", api.WorkLogList.as_view(), name="work_log_list"),
    path("work-logs/<int:pk>/", api.WorkLogDetail.as_view(), name="work_log_detail"),
    path("plan-lapses/", api.PlanLapseList.as_view(), name="plan_lapse_list"),
    path("inspections/", api.InspectionList.as_view(), name="inspection_list"),
    path("inspections/<int:pk>/", api.InspectionDetail.as_view(), name="inspection_detail"),
    path("inspection-coverage/", api.InspectionCoverage.as_view(), name="inspection_coverage"),
    path("inspection-plans/", api.InspectionPlanList.as_view(), name="inspection_plan_list"),
    path(
        "inspection-plans/<int:pk>/",
        api.InspectionPlanDetail.as_view(),
        name="inspection_plan_detail",
    ),
    path("leaves/", api.LeaveList.as_view(), name="leave_list"),
    path("leaves/<int:pk>/", api.LeaveDetail.as_view(), name="leave_detail"),
    path("leaves/<int:pk>/call-off/", api.LeaveCallOff.as_view(), name="leave_call_off"),
    path("findings/", api.FindingList.as_view(), name="finding_list"),
    path("record-signals/", api.RecordSignalList.as_view(), name="record_signal_list"),
]
