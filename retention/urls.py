"""Routes of the retention app."""

from django.urls import URLPattern, path

from retention import api, views

app_name = "retention"
urlpatterns: list[URLPattern] = [
    path("warnings/", views.warning_list, name="warning_list"),
    path("warnings/<int:pk>/", views.warning_detail, name="warning_detail"),
    path("warnings/<int:pk>/follow-up/", views.warning_follow_up, name="warning_follow_up"),
    path("warnings/<int:pk>/snooze/", views.warning_snooze, name="warning_snooze"),
    path("warnings/<int:pk>/wake/", views.warning_wake, name="warning_wake"),
    path("cases/", views.case_list, name="case_list"),
    path("cases/<int:pk>/", views.case_detail, name="case_detail"),
    path("cases/<int:pk>/edit/", views.case_edit, name="case_edit"),
    path("cases/<int:pk>/decide/", views.case_decide, name="case_decide"),
    path("cases/<int:pk>/measures/", views.case_offers, name="case_offers"),
    path(
        "cases/<int:pk>/measures/<int:measure_pk>/choose/",
        views.measure_choose,
        name="measure_choose",
    ),
    path("cases/measures/<int:pk>/answer/", views.offer_answer, name="offer_answer"),
    path("cases/measures/<int:pk>/decide/", views.offer_decide, name="offer_decide"),
    path("cases/measures/<int:pk>/undo/", views.offer_undo, name="offer_undo"),
    path("cases/follow-ups/<int:pk>/", views.case_follow_up, name="case_follow_up"),
    path("approvals/", views.approval_list, name="approval_list"),
    path("measures/", views.measure_list, name="measure_list"),
    path("measures/new/", views.measure_create, name="measure_create"),
    path("measures/<int:pk>/", views.measure_edit, name="measure_edit"),
    path("customers/<int:pk>/case/", views.case_open, name="case_open"),
    path("customers/<int:pk>/hint/", views.customer_hint, name="customer_hint"),
    path("customers/<int:pk>/risk/", views.customer_risk, name="customer_risk"),
    path("customers/<int:pk>/history/", views.customer_retention, name="customer_retention"),
    path("signals/", views.signal_list, name="signal_list"),
    path("signals/new/", views.signal_create, name="signal_create"),
    path("signals/preview/", views.signal_preview, name="signal_preview"),
    path("signals/<int:pk>/", views.signal_detail, name="signal_detail"),
    path("signals/<int:pk>/past/", views.signal_past, name="signal_past"),
    path("signals/<int:pk>/switch/", views.signal_switch, name="signal_switch"),
    path("signals/groups/<int:pk>/", views.signal_group_edit, name="signal_group_edit"),
    path("departures/", views.departure_list, name="departure_list"),
    path("departures/<int:pk>/", views.departure_detail, name="departure_detail"),
    path("departures/<int:pk>/take-back/", views.departure_cancel, name="departure_cancel"),
    path("departures/<int:pk>/came-back/", views.departure_return, name="departure_return"),
    path("customers/<int:pk>/departure/", views.departure_report, name="departure_report"),
    path("causes/", views.cause_list, name="cause_list"),
    path("causes/new/", views.cause_create, name="cause_create"),
    path("causes/<int:pk>/", views.cause_edit, name="cause_edit"),
    path("causes/chart/", views.cause_chart, name="cause_chart"),
    path("goals/", views.goal_board, name="goal_board"),
    path("goals/set/", views.goal_list, name="goal_list"),
    path("goals/base/", views.base_freeze, name="base_freeze"),
    path("warnings/judged/", views.warnings_judged, name="warnings_judged"),
]

api_urlpatterns: list[URLPattern] = [
    path("churn-warnings/", api.ChurnWarningList.as_view(), name="churn_warning_list"),
    path("churn-warnings/<int:pk>/", api.ChurnWarningDetail.as_view(), name="churn_warning_detail"),
    path("risk-scores/", api.RiskScoreList.as_view(), name="risk_score_list"),
    path("usage-snapshots/", api.UsageSnapshotList.as_view(), name="usage_snapshot_list"),
    path("churn-events/", api.ChurnEventList.as_view(), name="churn_event_list"),
    path("retention-cases/", api.RetentionCaseList.as_view(), name="retention_case_list"),
    path(
        "retention-cases/<int:pk>/",
        api.RetentionCaseDetail.as_view(),
        name="retention_case_detail",
    ),
    path("departures/", api.DepartureList.as_view(), name="departure_list"),
    path("departures/<int:pk>/", api.DepartureDetail.as_view(), name="departure_detail"),
    path("churn-goals/", api.ChurnGoalList.as_view(), name="churn_goal_list"),
]
