"""Registers the workplans app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkplansConfig(AppConfig):
    """Names the workplans app in both languages."""

    name = "workplans"
    verbose_name = _("Work plans")
    default_auto_field = "django.db.models.BigAutoField"
