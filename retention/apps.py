"""Registers the retention app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    """Names the retention app in both languages."""

    name = "retention"
    verbose_name = _("Retention")
    default_auto_field = "django.db.models.BigAutoField"
