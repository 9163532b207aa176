"""Routes of the workplans app."""

from __future__ import annotations

from django.urls import URLPattern, path

from workplans import api, views

app_name = "workplans"
urlpatterns: list[URLPattern] = [
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
]
