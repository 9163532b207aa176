"""Configuration of the staff app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """People, units, covers and who may see what."""

    name = "staff"
    verbose_name = _("Units and staff")
