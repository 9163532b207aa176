"""Fill an empty database with the demonstration."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from exchange.services.demonstration import load_demonstration


class Command(BaseCommand):
    """Safe to run twice: the second time it changes nothing."""

    help = "Load the demonstration: a roster with invented contacts. Only with DEMONSTRATION=true."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it and say so."""
        try:
            loaded = load_demonstration()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "The demonstration is loaded." if loaded else "The demonstration is there already."
        )
