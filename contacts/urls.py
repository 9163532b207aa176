"""Routes of the contacts app."""

from django.urls import URLPattern, path

from contacts import api, views

app_name = "contacts"
urlpatterns: list[URLPattern] = [
    path("records/", views.contact_list, name="contact_list"),
    path("log/<int:pk>/", views.contact_log, name="contact_log"),
    path("records/<int:pk>/note/", views.contact_note, name="contact_note"),
    path("records/<int:pk>/void/", views.contact_void, name="contact_void"),
    path("records/<int:pk>/kept/", views.follow_up_close, name="follow_up_close"),
    path("customers/<int:pk>/snooze/", views.row_snooze, name="row_snooze"),
    path("snoozes/<int:pk>/wake/", views.row_wake, name="row_wake"),
    path("customers/<int:pk>/exemption/", views.exemption_request, name="exemption_request"),
    path("exemptions/", views.exemption_list, name="exemption_list"),
    path("exemptions/<int:pk>/decide/", views.exemption_decide, name="exemption_decide"),
    path("exemptions/<int:pk>/undo/", views.exemption_undo, name="exemption_undo"),
    path("exemptions/<int:pk>/end/", views.exemption_end, name="exemption_end"),
    path("calls/", views.call_list, name="call_list"),
    path("calls/<int:pk>/confirm/", views.call_confirm, name="call_confirm"),
    path("calls/<int:pk>/discard/", views.call_discard, name="call_discard"),
    path("calls/<int:pk>/explain/", views.call_explain, name="call_explain"),
    path("calls/figures/", views.call_figures, name="call_figures"),
    path("duty/", views.duty_roster, name="duty_roster"),
    path("flags/", views.flag_list, name="flag_list"),
    path("customers/<int:pk>/timeline/", views.customer_timeline, name="customer_timeline"),
    path("customers/<int:pk>/care/", views.customer_care, name="customer_care"),
]

api_urlpatterns: list[URLPattern] = [
    path("contact-records/", api.ContactRecordList.as_view(), name="contact_record_list"),
    path(
        "contact-records/<int:pk>/",
        api.ContactRecordDetail.as_view(),
        name="contact_record_detail",
    ),
    path(
        "contact-records/<int:pk>/void/",
        api.ContactRecordVoid.as_view(),
        name="contact_record_void",
    ),
    path("call-events/", api.CallEventList.as_view(), name="call_event_list"),
    path("duty-roster/", api.DutyList.as_view(), name="duty_list"),
    path("missed-calls/", api.MissedCallList.as_view(), name="missed_call_list"),
    path("cadence-flags/", api.CadenceFlagList.as_view(), name="cadence_flag_list"),
]
