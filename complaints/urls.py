"""Routes of the complaints app."""

from django.urls import URLPattern, path

from complaints import api, views
from complaints.api import requests as api_requests
from complaints.views import aftermath, figures, requests

app_name = "complaints"
urlpatterns: list[URLPattern] = [
    path("", views.complaint_list, name="complaint_list"),
    path("new/", views.complaint_register, name="complaint_register"),
    path("notices/seen/", views.notices_seen, name="notices_seen"),
    path("<int:pk>/", views.complaint_detail, name="complaint_detail"),
    path("<int:pk>/edit/", views.complaint_edit, name="complaint_edit"),
    path("<int:pk>/move/", views.complaint_move, name="complaint_move"),
    path("<int:pk>/respond/", views.complaint_respond, name="complaint_respond"),
    path("<int:pk>/note/", views.complaint_note, name="complaint_note"),
    path("<int:pk>/reassign/", views.complaint_reassign, name="complaint_reassign"),
    path("<int:pk>/phone/", views.phone_reveal, name="phone_reveal"),
    path("<int:pk>/files/", views.file_add, name="file_add"),
    path("<int:pk>/sub-tasks/", views.sub_task_add, name="sub_task_add"),
    path("<int:pk>/merge/", views.double_merge, name="double_merge"),
    path("merges/<int:pk>/undo/", views.double_undo, name="double_undo"),
    path("files/<int:pk>/", views.file_open, name="file_open"),
    path("sub-tasks/<int:pk>/end/", views.sub_task_end, name="sub_task_end"),
    path("customers/<int:pk>/new/", views.complaint_create, name="complaint_create"),
    path("customers/<int:pk>/history/", views.customer_complaints, name="customer_complaints"),
    path("templates/", views.template_list, name="template_list"),
    path("templates/new/", views.template_create, name="template_create"),
    path("templates/<int:pk>/", views.template_edit, name="template_edit"),
    path("reviews/", aftermath.review_list, name="review_list"),
    path("reviews/<int:pk>/", aftermath.review_detail, name="review_detail"),
    path("reviews/<int:pk>/call/", aftermath.review_call, name="review_call"),
    path("reviews/<int:pk>/judge/", aftermath.review_judge, name="review_judge"),
    path("<int:pk>/reviews/", aftermath.complaint_reviews, name="complaint_reviews"),
    path("figures/", figures.complaint_figures, name="complaint_figures"),
    path("requests/", requests.request_list, name="request_list"),
    path("requests/<int:pk>/done/", requests.request_done, name="request_done"),
    path("requests/<int:pk>/tell/", requests.request_tell, name="request_tell"),
    path("requests/<int:pk>/cancel/", requests.request_cancel, name="request_cancel"),
    path("requests/<int:pk>/reassign/", requests.request_reassign, name="request_reassign"),
    path("requests/<int:pk>/complain/", requests.request_complain, name="request_complain"),
    path("requests/<int:pk>/undo/", requests.request_undo, name="request_undo"),
    path("customers/<int:pk>/requests/", requests.customer_requests, name="customer_requests"),
    path("customers/<int:pk>/requests/new/", requests.request_make, name="request_make"),
    path("customers/<int:pk>/requests/line/", requests.request_line, name="request_line"),
    path("customers/<int:pk>/requests/take/", requests.request_take, name="request_take"),
]

api_urlpatterns: list[URLPattern] = [
    path(
        "service-requests/", api_requests.ServiceRequestList.as_view(), name="service_request_list"
    ),
    path(
        "service-requests/<int:pk>/",
        api_requests.ServiceRequestDetail.as_view(),
        name="service_request_detail",
    ),
    path(
        "service-requests/<int:pk>/done/",
        api_requests.ServiceRequestDone.as_view(),
        name="service_request_done",
    ),
    path("complaints/", api.ComplaintList.as_view(), name="complaint_list"),
    path("complaints/<int:pk>/", api.ComplaintDetail.as_view(), name="complaint_detail"),
    path("complaints/<int:pk>/moves/", api.ComplaintMove.as_view(), name="complaint_move"),
    path("complaints/<int:pk>/remarks/", api.ComplaintRemark.as_view(), name="complaint_remark"),
    path(
        "complaints/<int:pk>/sub-tasks/",
        api.ComplaintSubTask.as_view(),
        name="complaint_sub_task_create",
    ),
    path(
        "complaints/<int:pk>/attachments/",
        api.ComplaintAttachment.as_view(),
        name="complaint_attachment_create",
    ),
    path("complaint-sub-tasks/", api.SubTaskList.as_view(), name="complaint_sub_task_list"),
    path(
        "complaint-sub-tasks/<int:pk>/",
        api.SubTaskDetail.as_view(),
        name="complaint_sub_task_detail",
    ),
    path(
        "complaint-sub-tasks/<int:pk>/done/",
        api.SubTaskDone.as_view(),
        name="complaint_sub_task_done",
    ),
    path(
        "complaint-sub-tasks/<int:pk>/call-off/",
        api.SubTaskCallOff.as_view(),
        name="complaint_sub_task_call_off",
    ),
    path("complaint-attachments/", api.AttachmentList.as_view(), name="complaint_attachment_list"),
    path(
        "complaint-attachments/<int:pk>/",
        api.AttachmentDetail.as_view(),
        name="complaint_attachment_detail",
    ),
    path(
        "complaint-attachments/<int:pk>/content/",
        api.AttachmentContent.as_view(),
        name="complaint_attachment_content",
    ),
    path("complaint-reviews/", api.ComplaintReviewList.as_view(), name="complaint_review_list"),
    path(
        "complaint-reviews/<int:pk>/",
        api.ComplaintReviewDetail.as_view(),
        name="complaint_review_detail",
    ),
    path(
        "complaint-reviews/<int:pk>/call-back/",
        api.ComplaintCallBack.as_view(),
        name="complaint_review_call_back",
    ),
    path("complaint-causes/", api.ComplaintCauseList.as_view(), name="complaint_cause_list"),
    path("complaint-figures/", api.ComplaintFigures.as_view(), name="complaint_figures"),
    path("complaint-handlers/", api.ComplaintHandlerList.as_view(), name="complaint_handler_list"),
    path("complaint-categories/", api.CategoryList.as_view(), name="complaint_category_list"),
]
