"""Composition root: settings, routes, the Celery app, system checks. Nobody imports it."""

from vipcrm.celery import app as celery_app

__all__ = ["celery_app"]
