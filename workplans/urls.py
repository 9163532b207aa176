"""Routes of the workplans app."""

from django.urls import URLPattern, path

from workplans import api, views

app_name = "workplans"
urlpatterns: list[URLPattern] = [
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
    path("signals/", views.signal_list, name="signal_list"),
]

api_urlpatterns: list[URLPattern] = [
    path("inspections/", api.InspectionList.as_view(), name="inspection_list"),
    path("inspections/<int:pk>/", api.InspectionDetail.as_view(), name="inspection_detail"),
    path("findings/", api.FindingList.as_view(), name="finding_list"),
]
