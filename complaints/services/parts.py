"""Files of complaints, and what other departments are asked to do for them."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from datetime import datetime
from typing import IO
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from complaints.models import Attachment, Complaint, ResponseTemplate, SubTask
from complaints.rules.files import (
    HEAD,
    LARGEST,
    MOST,
    bound_name,
    macros_in,
    office_type,
    type_of,
)
from complaints.services.writing import locked
from core import audit, clock, once
from core.unseen import plain_name
from staff.models import Role, StaffUser

LARGEST_LIST = 1024 * 1024
"""Bytes of the list of its parts that are read of an office file."""

BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)


@transaction.atomic
def attach_file(*, actor: StaffUser, complaint: Complaint, file: File[bytes]) -> Attachment:
    """Keep a file with a complaint, outside of what the web server shows.

    Its type is what its content says, and its name is made to end as that type does, whatever it
    was sent as. Raises ValidationError for one that is empty, too large or of another type, and for
    one too many. Safe to run twice: the same content is kept once.
    """
    attachment, _is_new = attach_file_once(actor=actor, complaint=complaint, file=file)
    return attachment


@transaction.atomic
def attach_file_once(
    *, actor: StaffUser, complaint: Complaint, file: File[bytes]
) -> tuple[Attachment, bool]:
    """Keep a file as ``attach_file`` does, and say whether its content is new. Safe to run twice.

    Raises ValidationError as that does.
    """
    if not 0 < file.size <= LARGEST:
        raise ValidationError(
            {"file": _("A file has at most %(most)s MB.") % {"most": LARGEST // 1024 // 1024}}
        )
    content_type = checked_type(file)
    digest = _digest(file)
    complaint = locked(complaint)
    same = complaint.attachments.filter(sha256=digest).first()
    if same is not None:
        return same, False
    if complaint.attachments.count() >= MOST:
        raise ValidationError(
            {"file": _("A complaint has at most %(most)s files.") % {"most": MOST}}
        )
    name = bound_name(file.name or "", content_type, str(_("File")))
    attachment = Attachment(
        complaint=complaint,
        name=name,
        content_type=content_type,
        size=file.size,
        sha256=digest,
        added_by=actor,
    )
    file.seek(0)
    attachment.file.save(name, file, save=False)
    try:
        attachment.save(force_insert=True)
    except BaseException:
        attachment.file.delete(save=False)
        raise
    audit.record(
        actor=actor,
        verb="complaint.file_added",
        obj=attachment,
        changes={"name": [None, name], "size": [None, attachment.size]},
        customer_id=complaint.customer_id,
    )
    return attachment, True


def checked_type(file: File[bytes]) -> str:
    """Return the type that the content of ``file`` shows; ValidationError for one not taken."""
    file.seek(0)
    kind = type_of(file.read(HEAD))
    if kind == "application/zip":
        kind = _office(file)
    if kind is None:
        raise ValidationError(
            {
                "file": _(
                    "This type of file is not taken. Send a picture, a PDF, a Word or Excel file, "
                    "plain text, or a recording."
                )
            }
        )
    return kind


@transaction.atomic
def note_opening(*, actor: StaffUser, attachment: Attachment) -> None:
    """Note that a file was opened: it may hold what only few may know. Two calls are two notes."""
    audit.record(
        actor=actor,
        verb="complaint.file_opened",
        obj=attachment,
        changes={"name": [None, attachment.name]},
        customer_id=attachment.complaint.customer_id,
    )


@transaction.atomic
def add_sub_task(
    *,
    actor: StaffUser,
    complaint: Complaint,
    department: str,
    what: str,
    due_at: datetime,
    person: StaffUser | None = None,
    submission_key: UUID | None = None,
    again: bool = True,
) -> SubTask:
    """Ask another department to do something for a complaint.

    Raises ValidationError for a closed complaint and a moment that is past. With a
    ``submission_key`` it may be sent twice. ``again`` False: the same of minutes ago is asked
    about (SentBeforeError).
    """
    task, _is_new = add_sub_task_once(
        actor=actor,
        complaint=complaint,
        department=department,
        what=what,
        due_at=due_at,
        person=person,
        submission_key=submission_key,
        again=again,
    )
    return task


@transaction.atomic
def add_sub_task_once(
    *,
    actor: StaffUser,
    complaint: Complaint,
    department: str,
    what: str,
    due_at: datetime,
    person: StaffUser | None = None,
    submission_key: UUID | None = None,
    again: bool = True,
) -> tuple[SubTask, bool]:
    """Ask a department as ``add_sub_task`` does, and say whether the sub-task is new.

    Raises ValidationError as that does, and for a key that another complaint's has. Safe to run
    twice with a key: the second call returns the first sub-task, and False.
    """
    complaint = locked(complaint)
    sent = None
    if submission_key is not None:
        sent = complaint.sub_tasks.filter(submission_key=submission_key).first()
    mine = SubTask.objects.filter(complaint=complaint, made_by=actor, cancelled_at=None)
    same = {"department": department.strip(), "what": what.strip()}
    once.ask(mine, sent=sent, same=same, at="made_at", again=again)
    if sent is not None:
        return sent, False
    if not complaint.is_open:
        raise ValidationError(_("This complaint is closed."))
    if due_at <= clock.now():
        raise ValidationError({"due_at": _("That moment is past.")})
    task = SubTask(
        complaint=complaint,
        department=department.strip(),
        what=what.strip(),
        due_at=due_at,
        person=person,
        made_by=actor,
        submission_key=submission_key,
    )
    task.full_clean(exclude=["complaint", "made_by", "person"])
    task.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="complaint.task_added",
        obj=task,
        changes=audit.difference(
            {}, {"department": task.department, "what": task.what, "due_at": task.due_at}
        ),
        customer_id=complaint.customer_id,
    )
    return task, True


@transaction.atomic
def end_sub_task(*, actor: StaffUser, task: SubTask, answer: str, done: bool = True) -> SubTask:
    """Note that a department has answered, or call the task off. Safe to run twice.

    Raises ValidationError without an answer.
    """
    complaint = locked(task.complaint)
    task = SubTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if not task.is_open:
        return task
    if done and not answer.strip():
        raise ValidationError({"answer": _("Say what the answer was.")})
    task.answer = answer.strip()
    if done:
        task.done_at, task.done_by = clock.now(), actor
    else:
        task.cancelled_at, task.done_by = clock.now(), actor
    task.full_clean(exclude=["complaint", "made_by", "done_by", "person"])
    task.save(update_fields=["answer", "done_at", "done_by", "cancelled_at"])
    audit.record(
        actor=actor,
        verb="complaint.task_done" if done else "complaint.task_cancelled",
        obj=task,
        changes={"answer": ["", task.answer]},
        customer_id=complaint.customer_id,
    )
    return task


ROLES_OF_UNITS = (Role.SUPERVISOR, Role.COMPLAINT_HANDLER)
"""Whose templates are those of a unit."""


@transaction.atomic
def save_template(*, actor: StaffUser, template: ResponseTemplate) -> ResponseTemplate:
    """Keep the words of a response template; new ones belong to the actor's unit.

    Of head office and administrators they belong to the whole company. Raises ValidationError for
    a title that is there, and for a template of another unit. Safe to run twice.
    """
    template.title, template.text = plain_name(template.title), template.text.strip()
    fields = ("title", "text", "category_id", "is_active")
    before: dict[str, object] = {}
    if template.pk is not None:
        held = ResponseTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
        if not ResponseTemplate.objects.editable_by(actor).filter(pk=held.pk).exists():
            raise ValidationError(_("This template belongs to another unit, which keeps it."))
        template.unit = held.unit
        before = {name: getattr(held, name) for name in fields}
    changes = audit.difference(before, {name: getattr(template, name) for name in fields})
    if not changes:
        return template
    if not before:
        template.unit = actor.unit if actor.role in ROLES_OF_UNITS else None
    template.changed_by, template.changed_at = actor, clock.now()
    template.full_clean(exclude=["changed_by"])
    template.save()
    audit.record(actor=actor, verb="complaint.template_saved", obj=template, changes=changes)
    return template


def _office(file: IO[bytes] | File[bytes]) -> str | None:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            kind = office_type(archive.namelist())
            if kind is None:
                return None
            with archive.open("[Content_Types].xml") as declared:
                return None if macros_in(declared.read(LARGEST_LIST)) else kind
    except (*BROKEN_ARCHIVE, EOFError, ValueError, OSError):
        return None


def _digest(file: File[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    return digest.hexdigest()
