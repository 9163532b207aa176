"""Fill an empty database with the demonstration."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from exchange.services.demonstration import load_demonstration


class Command(BaseCommand):
    """Safe to run twice: the second time it changes nothing."""

    help = "Load the demonstration: a roster with invented contacts. Only with DEMONSTRATION=true."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how much of it."""
        parser.add_argument(
            "--without-history",
            action="store_true",
            help="leave out the simulated usage, warnings and departures (quicker)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it and say so."""
        try:
            loaded = load_demonstration(with_history=not options["without_history"])
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            "The demonstration is loaded." if loaded else "The demonstration is there already."
        )
