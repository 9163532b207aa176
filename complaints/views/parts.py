"""Files, sub-tasks and response templates."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.actions import FileForm, SubTaskEndForm, SubTaskForm, TemplateForm
from complaints.models import Attachment, ResponseTemplate, SubTask
from complaints.rules.files import LARGEST, bound_name
from complaints.services import parts
from complaints.views.detail import address_of, refused
from complaints.views.shared import (
    categories_for,
    commentable_complaint,
    editable_complaint,
    person_of,
    reader_of,
    writer_of,
)
from core import clock
from core.bodies import takes_files
from core.downloads import as_download
from core.forms import add_refusal
from core.htmx import go
from staff.models import StaffUser


@takes_files(LARGEST)
@require_POST
def file_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a file with a complaint."""
    complaint = commentable_complaint(request, pk)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            kept = parts.attach_file(
                actor=person_of(request.user), complaint=complaint, file=form.cleaned_data["file"]
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("The file is kept as “%(name)s”.") % {"name": kept.name}
            return go(request, address_of(complaint), text)
    return refused(request, complaint, file=form)


@require_safe
@never_cache
def file_open(request: HttpRequest, pk: int) -> FileResponse:
    """Hand out a file of a complaint that the person sees: as a download, never as a page."""
    user = reader_of(request.user)
    rows = Attachment.objects.visible_to(user).select_related("complaint")
    attachment = get_object_or_404(rows, pk=pk)
    try:
        stream = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    parts.note_opening(actor=user, attachment=attachment)
    # Files that were kept before names were bound to types are bound to them here.
    name = bound_name(str(attachment.name), attachment.content_type, _("File"))
    return as_download(stream, name=name, content_type=attachment.content_type)


@require_POST
def sub_task_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask another department to do something."""
    complaint = editable_complaint(request, pk)
    form = SubTaskForm(request.POST, zone=clock.zone_info(complaint.unit.time_zone))
    if form.is_valid():
        try:
            parts.add_sub_task(
                actor=person_of(request.user), complaint=complaint, **form.cleaned_data
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, address_of(complaint), _("The department is asked."))
    return refused(request, complaint, task=form)


@require_POST
def sub_task_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a department's answer, or call the task off."""
    user = writer_of(request.user)
    rows = SubTask.objects.editable_by(user).select_related("complaint__customer")
    task = get_object_or_404(rows, pk=pk)
    form = SubTaskEndForm(request.POST)
    url = address_of(task.complaint)
    if not form.is_valid():
        return go(request, url, _("Say what the answer was."), "error")
    try:
        parts.end_sub_task(actor=user, task=task, **form.cleaned_data)
    except ValidationError as refusal:
        return go(request, url, refusal.messages[0], "error")
    return go(request, url, _("Noted."))


# --- Response templates -------------------------------------------------------------------------


@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """Show the words to answer with."""
    user = reader_of(request.user)
    rows = ResponseTemplate.objects.visible_to(user).select_related("category", "unit")
    own = ResponseTemplate.objects.editable_by(user).values_list("pk", flat=True)
    may_edit = _keeps_templates(user)
    context = {"templates": rows, "may_edit": may_edit, "own": set(own) if may_edit else set()}
    return render(request, "complaints/template_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def template_create(request: HttpRequest) -> HttpResponse:
    """Add words to answer with."""
    user = reader_of(request.user)
    if not _keeps_templates(user):
        raise Http404
    return _edited(request, ResponseTemplate(), "complaints/template_create.html")


@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change words to answer with, or take them out of use."""
    user = reader_of(request.user)
    template = get_object_or_404(ResponseTemplate.objects.editable_by(user), pk=pk)
    return _edited(request, template, "complaints/template_edit.html")


def _edited(request: HttpRequest, template: ResponseTemplate, page: str) -> HttpResponse:
    user = person_of(request.user)
    form = TemplateForm(request.POST or None, instance=template, categories=categories_for(user))
    if request.method == "POST" and form.is_valid():
        try:
            parts.save_template(actor=user, template=form.save(commit=False))
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return go(request, reverse("complaints:template_list"), _("Saved."))
    context = {"form": form, "template": template}
    return render(request, page, context, status=422 if form.errors else 200)


def _keeps_templates(user: StaffUser) -> bool:
    """Whether the person may keep response templates, there being any or not. No statement."""
    return not ResponseTemplate.objects.editable_by(user).query.is_empty()
