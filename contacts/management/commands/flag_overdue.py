"""Open the flags of overdue cadences and close the others, now."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.services import flags


def iso_date(text: str) -> date:
    """Return the date that ``text`` writes as 2026-11-23."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is not a date. Write it as 2026-11-23.") from error


class Command(BaseCommand):
    """The nightly job on demand: run twice it changes nothing more."""

    help = "Open the flags of overdue cadences and close the others (articles 8 and 9)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the day to judge by."""
        parser.add_argument("--as-of", type=iso_date, help="the day to judge by (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the job and say what it changed."""
        changes = flags.flag_overdue(as_of=options["as_of"])
        self.stdout.write(
            f"opened {changes.opened}, closed {changes.closed}, escalated {changes.escalated}"
        )
