"""The audit trail and the outbox: what every app writes beside its own change."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from core.phones import plain_number
from core.querysets import AppendOnlyError, AuditQuerySet, OutboxQuerySet


class PhoneNumberField(texts.PhoneField):
    """A phone number. However it is written, what is stored is ``plain_number`` of it.

    Text that is no number stays as it is: whoever takes numbers in refuses it in words.
    """

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return the number as it is kept."""
        if isinstance(value, str):
            value = plain_number(value) or value
        return super().get_db_prep_save(value, connection)


class AuditEntry(models.Model):
    """One change or one disclosure: who, when, what, from which value to which.

    Rows are only ever added; the database refuses the rest too. ``customer_id`` is a plain
    number, not a foreign key: the entry outlives what it speaks of, and core knows no customer.
    """

    at = models.DateTimeField(_("at"), default=clock.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty where a job did it."),
    )
    verb = texts.TechnicalField(_("what"), max_length=60, editable=False)
    object_type = texts.TechnicalField(_("kind of object"), max_length=60, editable=False)
    object_id = models.BigIntegerField(_("object"), null=True, editable=False)
    customer_id = models.BigIntegerField(_("customer"), null=True, editable=False)
    changes = texts.FreeJSONField(
        _("changes"), default=dict, editable=False, encoder=DjangoJSONEncoder
    )

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["customer_id", "-at"], name="core_audit_customer"),
            models.Index(fields=["actor", "-at"], name="core_audit_actor"),
            models.Index(fields=["object_type", "object_id", "-at"], name="core_audit_object"),
            models.Index(fields=["verb", "-at"], name="core_audit_verb"),
            models.Index(fields=["-at"], name="core_audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the entry; refuse to change one that is there."""
        if not self._state.adding:
            raise AppendOnlyError("Entries of the audit trail are never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: the trail has no gaps."""
        raise AppendOnlyError("Entries of the audit trail are never deleted.")


class OutboxTask(models.Model):
    """One background task that a committed change has asked for, until the broker has it."""

    task = texts.TechnicalField(_("task"), max_length=120)
    kwargs = texts.TechnicalJSONField(_("arguments"), default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("created at"), default=clock.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("outbox task")
        verbose_name_plural = _("outbox tasks")
        indexes = [
            models.Index(
                fields=["created_at"],
                name="core_outbox_unsent",
                condition=models.Q(sent_at__isnull=True),
            ),
            models.Index(fields=["sent_at"], name="core_outbox_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"
