"""Sub-tasks and files of complaints in the REST API (article 21)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from complaints.api.shared import SeesComplaints, path_of, person_of, writer_of
from complaints.models import Attachment, Complaint, SubTask
from complaints.querysets import AttachmentQuerySet, SubTaskQuerySet
from complaints.rules.files import LARGEST, bound_name
from complaints.serializers.parts import (
    AttachmentQuery,
    AttachmentSerializer,
    NewAttachmentSerializer,
    NewSubTaskSerializer,
    SubTaskCallOffSerializer,
    SubTaskDoneSerializer,
    SubTaskQuery,
    SubTaskSerializer,
)
from complaints.services import parts
from core import clock
from core.bodies import AROUND_FILES
from core.downloads import as_download
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.problems import RuleError, refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from staff.models import StaffUser

OF_COMPLAINT = {"complaint": "complaint", "customer": "complaint__customer"}
TASK_FILTERS = {**OF_COMPLAINT, "person": "person", "department": "department"}
FILE_FILTERS = {**OF_COMPLAINT, "added_since": "added_at__gte"}
"""Lookups by parameter."""


class SubTaskEndpoint(Endpoint):
    """What the endpoints of sub-tasks share."""

    resource = "complaint-sub-tasks"
    permission_classes = (ScopePermission, SeesComplaints)


class SubTaskList(SubTaskEndpoint, ListEndpoint):
    """What other departments do for the complaints that the asker may see."""

    query_class = SubTaskQuery
    serializer_class = SubTaskSerializer

    def get_queryset(self) -> SubTaskQuerySet:
        """Return the sub-tasks in scope, with their complaints."""
        rows = SubTask.objects.visible_to(person_of(self.request))
        return rows.select_related("complaint")

    def narrow(self, rows: SubTaskQuerySet, given: dict[str, Any]) -> SubTaskQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        lookups = {TASK_FILTERS[name]: given[name] for name in TASK_FILTERS if name in given}
        rows = rows.filter(**lookups)
        if "unit" in given:
            path = path_of(self.request, given["unit"])
            rows = rows.filter(complaint__unit__path__startswith=path)
        if "updated_since" in given:
            moments = ("made_at", "done_at", "cancelled_at")
            ways = ((f"{name}__gte", given["updated_since"]) for name in moments)
            rows = rows.filter(Q(*ways, _connector=Q.OR))
        by_state = {
            "open": rows.open(),
            "overdue": rows.open().filter(due_at__lt=clock.now()),
            "done": rows.filter(done_at__isnull=False),
            "called_off": rows.filter(cancelled_at__isnull=False),
        }
        return by_state[given["state"]] if "state" in given else rows

    @extend_schema(
        operation_id="complaint_sub_task_list",
        parameters=[SubTaskQuery],
        responses={200: page_of(SubTaskSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of sub-tasks of complaints (article 21), the oldest first."""
        return super().get(request)


class SubTaskDetail(SubTaskEndpoint):
    """One sub-task."""

    @extend_schema(operation_id="complaint_sub_task_detail", responses={200: SubTaskSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one sub-task of a complaint."""
        return Response(_task(request, pk))


class ComplaintSubTask(SubTaskEndpoint):
    """Asking another department."""

    @extend_schema(
        operation_id="complaint_sub_task_create",
        request=NewSubTaskSerializer,
        responses={200: SubTaskSerializer, 201: SubTaskSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Ask another department to do something for an open complaint.

        201 with the new sub-task; 200 with the first one where the same `submission_key` comes
        again.
        """
        person = writer_of(request)
        complaint = get_object_or_404(Complaint.objects.editable_by(person), pk=pk)
        sent = NewSubTaskSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        named = _named(person, sent.validated_data.get("person"))
        try:
            task, is_new = parts.add_sub_task_once(
                actor=person, complaint=complaint, person=named, **sent.arguments()
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(_task(request, task.pk), status=201 if is_new else 200)


class SubTaskDone(SubTaskEndpoint):
    """That a department has answered."""

    @extend_schema(
        operation_id="complaint_sub_task_done",
        request=SubTaskDoneSerializer,
        responses={200: SubTaskSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Note what a department answered. A sub-task that has ended stays as it is: safe twice."""
        return _ended(request, pk, SubTaskDoneSerializer, done=True)


class SubTaskCallOff(SubTaskEndpoint):
    """That nothing is to be done any more."""

    @extend_schema(
        operation_id="complaint_sub_task_call_off",
        request=SubTaskCallOffSerializer,
        responses={200: SubTaskSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Call a sub-task off. A sub-task that has ended stays as it is: safe twice."""
        return _ended(request, pk, SubTaskCallOffSerializer, done=False)


class AttachmentEndpoint(Endpoint):
    """What the endpoints of files share."""

    resource = "complaint-attachments"
    permission_classes = (ScopePermission, SeesComplaints)


class AttachmentList(AttachmentEndpoint, ListEndpoint):
    """The files of the complaints that the asker may see."""

    query_class = AttachmentQuery
    serializer_class = AttachmentSerializer

    def get_queryset(self) -> AttachmentQuerySet:
        """Return the files in scope."""
        return Attachment.objects.visible_to(person_of(self.request))

    def narrow(self, rows: AttachmentQuerySet, given: dict[str, Any]) -> AttachmentQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        lookups = {FILE_FILTERS[name]: given[name] for name in FILE_FILTERS if name in given}
        rows = rows.filter(**lookups)
        if "unit" in given:
            path = path_of(self.request, given["unit"])
            rows = rows.filter(complaint__unit__path__startswith=path)
        return rows

    @extend_schema(
        operation_id="complaint_attachment_list",
        parameters=[AttachmentQuery],
        responses={200: page_of(AttachmentSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of what is known of files of complaints, the first added first."""
        return super().get(request)


class AttachmentDetail(AttachmentEndpoint):
    """What is known of one file."""

    @extend_schema(
        operation_id="complaint_attachment_detail", responses={200: AttachmentSerializer}
    )
    def get(self, request: Request, pk: int) -> Response:
        """Answer what is known of one file of a complaint."""
        rows = Attachment.objects.visible_to(person_of(request))
        return Response(AttachmentSerializer(get_object_or_404(rows, pk=pk)).data)


class AttachmentContent(AttachmentEndpoint):
    """One file itself."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Hand out the file whatever type is asked for: it has one."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="complaint_attachment_content",
        responses={(200, "*/*"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        """Hand out a file of a complaint as a download; each time is in the audit trail.

        Its type is what its content showed when it came.
        """
        person = person_of(request)
        rows = Attachment.objects.visible_to(person).select_related("complaint")
        attachment = get_object_or_404(rows, pk=pk)
        try:
            stream = attachment.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        parts.note_opening(actor=person, attachment=attachment)
        name = bound_name(str(attachment.name), attachment.content_type, str(attachment.pk))
        return as_download(stream, name=name, content_type=attachment.content_type)


class ComplaintAttachment(AttachmentEndpoint):
    """Keeping a file with a complaint."""

    parser_classes = (MultiPartParser,)
    largest_body = LARGEST + AROUND_FILES

    @extend_schema(
        operation_id="complaint_attachment_create",
        request={"multipart/form-data": NewAttachmentSerializer},
        responses={200: AttachmentSerializer, 201: AttachmentSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Keep a file with a complaint, sent as multipart/form-data.

        Its type is what its content says, whatever its name: what is no picture, PDF, Word or
        Excel file, plain text or recording is refused with 422. 201 with the new file; 200 with
        the first one where the same content comes again.
        """
        person = writer_of(request)
        complaint = get_object_or_404(Complaint.objects.visible_to(person), pk=pk)
        sent = NewAttachmentSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            kept, is_new = parts.attach_file_once(
                actor=person, complaint=complaint, file=sent.validated_data["file"]
            )
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(AttachmentSerializer(kept).data, status=201 if is_new else 200)


def _task(request: Request, pk: int) -> Any:
    rows = SubTask.objects.visible_to(person_of(request)).select_related("complaint")
    return SubTaskSerializer(get_object_or_404(rows, pk=pk)).data


def _ended(request: Request, pk: int, serializer: type[Any], *, done: bool) -> Response:
    person = writer_of(request)
    rows = SubTask.objects.editable_by(person).select_related("complaint")
    task = get_object_or_404(rows, pk=pk)
    sent = serializer(data=request.data)
    sent.is_valid(raise_exception=True)
    answer = sent.validated_data.get("answer", "")
    try:
        parts.end_sub_task(actor=person, task=task, answer=answer, done=done)
    except ValidationError as refusal:
        raise refused(refusal) from refusal
    return Response(_task(request, pk))


def _named(person: StaffUser, wanted: int | None) -> StaffUser | None:
    if wanted is None:
        return None
    named = StaffUser.objects.visible_to(person).active().people().filter(pk=wanted).first()
    if named is None:
        raise RuleError({"person": [_("There is no such person.")]})
    return named
