"""Routes of the portfolio app."""

from django.urls import URLPattern, path

from portfolio import views

app_name = "portfolio"
urlpatterns: list[URLPattern] = [
    path("", views.my_day, name="my_day"),
    path("board/", views.board, name="board"),
    path("audit-trail/", views.audit_trail, name="audit_trail"),
    path("access-report/", views.access_report, name="access_report"),
    path("handovers/new/", views.reassign, name="reassign"),
    path("handovers/from/<int:pk>/", views.reassign_portfolio, name="reassign_portfolio"),
    path("handovers/<int:pk>/", views.handover_detail, name="handover_detail"),
    path("handovers/<int:pk>/call-off/", views.handover_call_off, name="handover_call_off"),
    path("handovers/notices/<int:pk>/dismiss/", views.handover_dismiss, name="handover_dismiss"),
    path("handovers/customers/<int:pk>/", views.handover_dossier, name="handover_dossier"),
    path("handovers/customers/<int:pk>/hint/", views.handover_hint, name="handover_hint"),
]
