"""Routes of the workplans app."""

from __future__ import annotations

from django.urls import URLPattern, path

from workplans import api

app_name = "workplans"
urlpatterns: list[URLPattern] = []

api_urlpatterns: list[URLPattern] = [
    path("work-plans/", api.WorkPlanList.as_view(), name="work_plan_list"),
    path("work-plans/<int:pk>/", api.WorkPlanDetail.as_view(), name="work_plan_detail"),
]
