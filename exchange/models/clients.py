"""The systems that use the API, and their keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock, texts
from core.unseen import validate_plain
from exchange.querysets import ApiClientQuerySet, ApiKeyQuerySet
from exchange.rules.scopes import SCOPES
from staff.models import StaffUser, Unit
from staff.rules import NOTHING, Scope

MOST_REQUESTS = 6000
EVERY_UNIT = "/"
"""The path that every unit's path begins with."""


class ApiClient(models.Model):
    """Another system that uses the API: billing, the call centre, PRM.

    It sees a unit and all below it, or the whole company, and does what its ``scopes`` name.
    What it changes is written down under ``account``, with which nobody signs in.
    """

    name = texts.NameField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[validate_plain],
        error_messages={"unique": _("A client of this name is there already.")},
    )
    account = models.OneToOneField(
        StaffUser,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="api_client",
        editable=False,
    )
    whole_company = models.BooleanField(_("whole company"), default=False)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The unit and all below it."),
    )
    scopes: models.JSONField[Any, Any] = texts.TechnicalJSONField(
        _("scopes"), default=list, blank=True
    )
    requests_per_minute = models.PositiveIntegerField(_("requests a minute"), default=120)
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(whole_company=True, unit__isnull=True)
                | models.Q(whole_company=False, unit__isnull=False),
                name="exchange_client_has_reach",
                violation_error_message=_("Choose a unit, or the whole company."),
            ),
            models.CheckConstraint(
                condition=models.Q(requests_per_minute__range=(1, MOST_REQUESTS)),
                name="exchange_client_has_rate",
                violation_error_message=_("Allow 1 to 6,000 requests a minute."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def clean(self) -> None:
        """Refuse a scope that does not exist."""
        if set(self.scopes) - set(SCOPES):
            raise ValidationError({"scopes": _("There is no such scope.")})

    @property
    def row_scope(self) -> Scope:
        """The rows the client may see: none where it is not active."""
        if not self.is_active:
            return NOTHING
        path = EVERY_UNIT if self.whole_company else self.unit and self.unit.path
        return Scope(user_id=self.account_id, unit_path=path or None)


class ApiKey(models.Model):
    """One key of an API client, kept as a hash: the key itself is shown once and never again.

    A client may have two that work, so that a new one comes into use before the old one ends.
    """

    client = models.ForeignKey(
        ApiClient, verbose_name=_("API client"), on_delete=models.PROTECT, related_name="keys"
    )
    prefix = texts.CodeField(_("begins with"), max_length=12, unique=True, editable=False)
    digest = texts.SecretField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    created_by = models.ForeignKey(
        StaffUser,
        verbose_name=_("created by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    expires_at = models.DateTimeField(_("works until"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="exchange_key_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return f"vip_{self.prefix}_…"

    def works(self, moment: datetime) -> bool:
        """Say whether the key is neither revoked nor expired at ``moment``."""
        return self.revoked_at is None and moment < self.expires_at
