"""The Celery app: workers and beat start from here."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vipcrm.settings")

app = Celery("vipcrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_like_the_web(**_kwargs: Any) -> None:
    """Keep Celery from setting up logging of its own, which would not mask phone numbers."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
