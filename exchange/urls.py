"""Routes of the exchange app."""

from django.urls import URLPattern, path

from exchange import views

app_name = "exchange"
urlpatterns: list[URLPattern] = [
    path("rosters/", views.roster_import_list, name="roster_import_list"),
    path("rosters/<int:pk>/columns/", views.roster_import_mapping, name="roster_import_mapping"),
    path("rosters/<int:pk>/sheet/", views.roster_import_sheet, name="roster_import_sheet"),
    path("rosters/<int:pk>/makings/", views.roster_import_makings, name="roster_import_makings"),
    path("rosters/<int:pk>/preview/", views.roster_import_preview, name="roster_import_preview"),
    path("rosters/<int:pk>/", views.roster_import_progress, name="roster_import_progress"),
    path("usage/", views.usage_import_list, name="usage_import_list"),
    path("usage/<int:pk>/", views.usage_import_progress, name="usage_import_progress"),
    path("usage/<int:pk>/columns/", views.usage_import_mapping, name="usage_import_mapping"),
    path("usage/<int:pk>/sheet/", views.usage_import_sheet, name="usage_import_sheet"),
    path("usage/<int:pk>/confirm/", views.usage_import_confirm, name="usage_import_confirm"),
    path("usage/<int:pk>/rejected/", views.usage_import_rejected, name="usage_import_rejected"),
    path("rosters/<int:pk>/rejected/", views.roster_import_rejected, name="roster_import_rejected"),
    path("exports/", views.export_list, name="export_list"),
    path("exports/new/", views.export_create, name="export_create"),
    path("exports/<int:pk>/", views.export_progress, name="export_progress"),
    path("exports/<int:pk>/file/", views.export_download, name="export_download"),
    path("exports/<int:pk>/cancel/", views.export_cancel, name="export_cancel"),
    path("departures/", views.departure_import_list, name="departure_import_list"),
    path("departures/<int:pk>/", views.departure_import_progress, name="departure_import_progress"),
    path(
        "departures/<int:pk>/columns/",
        views.departure_import_mapping,
        name="departure_import_mapping",
    ),
    path("departures/<int:pk>/sheet/", views.departure_import_sheet, name="departure_import_sheet"),
    path(
        "departures/<int:pk>/confirm/",
        views.departure_import_confirm,
        name="departure_import_confirm",
    ),
    path(
        "departures/<int:pk>/rejected/",
        views.departure_import_rejected,
        name="departure_import_rejected",
    ),
]
