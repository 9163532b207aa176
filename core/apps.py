"""Configuration of the core app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Clock, audit trail, outbox, paging."""

    name = "core"
    verbose_name = _("Audit trail")
