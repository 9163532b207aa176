"""Routes of the portfolio app."""

from django.urls import URLPattern, path

from portfolio import views

app_name = "portfolio"
urlpatterns: list[URLPattern] = [
    path("", views.my_day, name="my_day"),
    path("board/", views.board, name="board"),
    path("audit-trail/", views.audit_trail, name="audit_trail"),
    path("access-report/", views.access_report, name="access_report"),
]
