"""What belongs to a complaint: files, and what other departments are asked to do."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaints import Complaint
from complaints.querysets import AttachmentQuerySet, SubTaskQuerySet
from core import clock, texts
from core.unseen import validate_plain
from staff.models import StaffUser


def stored_name(attachment: Attachment, name: str) -> str:
    """Return where a file is kept: a name nobody can guess, without the sender's ending."""
    return f"complaints/{clock.now():%Y/%m}/{uuid4().hex}"


class Attachment(models.Model):
    """A file that belongs to a complaint.

    ``content_type`` is what the content showed, not what the browser said. ``name`` is the file's
    name as it was sent, for the download only.
    """

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="attachments")
    file = models.FileField(_("file"), upload_to=stored_name, max_length=100)
    name = texts.FreeCharField(_("name"), max_length=150)
    content_type = texts.TechnicalField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = texts.SecretField(max_length=64)
    added_at = models.DateTimeField(_("added at"), default=clock.now)
    added_by = models.ForeignKey(
        StaffUser, verbose_name=_("added by"), on_delete=models.PROTECT, related_name="+"
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "sha256"], name="complaints_file_once"),
        ]

    def __str__(self) -> str:
        return str(self.name)


class SubTask(models.Model):
    """What another department does for a complaint: what, by when, and what it answered."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="sub_tasks")
    department = texts.FreeCharField(_("department"), max_length=80, validators=[validate_plain])
    what = texts.FreeCharField(_("what to do"), max_length=500)
    person = models.ForeignKey(
        StaffUser,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    due_at = models.DateTimeField(_("due"))
    made_at = models.DateTimeField(_("made at"), default=clock.now)
    made_by = models.ForeignKey(
        StaffUser, verbose_name=_("made by"), on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("done by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancelled_at = models.DateTimeField(_("called off at"), null=True, blank=True)
    answer = texts.FreeCharField(_("answer"), max_length=500, blank=True)
    submission_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = SubTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("sub-task")
        verbose_name_plural = _("sub-tasks")
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="complaints_task_one_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="complaints_task_due",
                condition=Q(done_at__isnull=True, cancelled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.complaint_id} {self.department}"

    @property
    def is_open(self) -> bool:
        """Whether it is neither done nor called off."""
        return self.done_at is None and self.cancelled_at is None
