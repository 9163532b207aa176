"""Routes of the portfolio app."""

from django.urls import URLPattern, path

from portfolio import api, views

app_name = "portfolio"
urlpatterns: list[URLPattern] = [
    path("", views.my_day, name="my_day"),
    path("my-day/changed/", views.day_changed, name="day_changed"),
    path("board/", views.board, name="board"),
    path("board/plans/", views.board_work, name="board_work"),
    path("board/complaints/", views.board_care, name="board_care"),
    path("audit-trail/", views.audit_trail, name="audit_trail"),
    path("access-report/", views.access_report, name="access_report"),
    path("handovers/", views.handover_list, name="handover_list"),
    path("duplicates/", views.likeness_list, name="likeness_list"),
    path("duplicates/<int:pk>/dismiss/", views.likeness_dismiss, name="likeness_dismiss"),
    path("duplicates/<int:pk>/restore/", views.likeness_restore, name="likeness_restore"),
    path("duplicates/customers/<int:pk>/", views.likeness_hint, name="likeness_hint"),
    path("merges/new/<int:pk>/<int:other>/", views.merge, name="merge"),
    path("merges/<int:pk>/", views.merge_detail, name="merge_detail"),
    path("merges/<int:pk>/undo/", views.merge_undo, name="merge_undo"),
    path("handovers/new/", views.reassign, name="reassign"),
    path("handovers/from/<int:pk>/", views.reassign_portfolio, name="reassign_portfolio"),
    path("handovers/<int:pk>/", views.handover_detail, name="handover_detail"),
    path("handovers/<int:pk>/call-off/", views.handover_call_off, name="handover_call_off"),
    path("handovers/notices/<int:pk>/dismiss/", views.handover_dismiss, name="handover_dismiss"),
    path("handovers/customers/<int:pk>/", views.handover_dossier, name="handover_dossier"),
    path("handovers/customers/<int:pk>/hint/", views.handover_hint, name="handover_hint"),
    path("views/", views.view_list, name="view_list"),
    path("views/columns/", views.column_choice, name="column_choice"),
    path("views/<int:pk>/name/", views.view_name, name="view_name"),
    path("views/new/", views.view_create, name="view_create"),
    path("views/<int:pk>/", views.view_edit, name="view_edit"),
    path("views/<int:pk>/refit/", views.view_refit, name="view_refit"),
    path("views/<int:pk>/remove/", views.view_remove, name="view_remove"),
]

api_urlpatterns: list[URLPattern] = [
    path("reassignments/", api.ReassignmentList.as_view(), name="reassignment_list"),
    path("reassignments/preview/", api.ReassignmentPreview.as_view(), name="reassignment_preview"),
    path("reassignments/<int:pk>/", api.ReassignmentDetail.as_view(), name="reassignment_detail"),
    path(
        "reassignments/<int:pk>/customers/",
        api.ReassignmentCustomers.as_view(),
        name="reassignment_customers",
    ),
    path(
        "reassignments/<int:pk>/call-off/",
        api.ReassignmentCallOff.as_view(),
        name="reassignment_call_off",
    ),
]
