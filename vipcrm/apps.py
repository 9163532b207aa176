"""Registers the composition root, so that Django finds its commands and system checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VipcrmConfig(AppConfig):
    """Names the product in both languages and registers what a deployment must not forget."""

    name = "vipcrm"
    verbose_name = _("VIP customers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and every task, so that web processes know them by name."""
        from vipcrm import celery_app, checks  # noqa: F401  (importing registers the checks)

        celery_app.autodiscover_tasks(force=True)
