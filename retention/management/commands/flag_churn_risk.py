"""Score the customers and open, update and close churn warnings, now."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from retention.services import scoring


def iso_date(text: str) -> date:
    """Return the date that ``text`` writes as 2026-11-23."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is not a date. Write it as 2026-11-23.") from error


class Command(BaseCommand):
    """The nightly job on demand: run twice it changes nothing more."""

    help = "Score the customers and settle the churn warnings (article 17)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the day to judge by."""
        parser.add_argument("--as-of", type=iso_date, help="the day to judge by (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the job and say what it changed."""
        try:
            changes = scoring.flag_churn_risk(as_of=options["as_of"])
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        self.stdout.write(
            f"looked at {changes.judged}, scores changed {changes.changed}, "
            f"warnings opened {changes.opened}, updated {changes.updated}, closed {changes.closed}"
        )
