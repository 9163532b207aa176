"""Invent years of history for a demonstration, labelled as simulated."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError

from retention.services.simulation import Population, simulate_history


def positive(text: str) -> int:
    """Return the number that ``text`` writes, 1 or more."""
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is no number from 1 on.")
    return int(text)


class Command(BaseCommand):
    """Customers with usage are never touched: run twice it changes nothing more."""

    help = "Invent usage, events and departures for customers without usage. For demonstrations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose history, how long and how much of it."""
        parser.add_argument(
            "--customers",
            type=positive,
            help="for so many new customers (SIM000001 …); without it for all without usage",
        )
        parser.add_argument("--years", type=positive, default=2, help="how far back (default: 2)")
        parser.add_argument("--seed", type=int, default=1, help="another one, another history")
        parser.add_argument(
            "--live",
            action="store_true",
            help="score and warn month by month, and freeze each year's base",
        )
        parser.add_argument(
            "--outside-demonstration",
            action="store_true",
            help="allow it elsewhere: only with --customers and without --live",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Simulate and say what was written."""
        try:
            done = simulate_history(
                actor=None,
                years=options["years"],
                seed=options["seed"],
                populations=[Population(new_customers=options["customers"])],
                scored_months=12 * options["years"] + 1 if options["live"] else 0,
                outside_demonstration=options["outside_demonstration"],
            )
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        lived = done.lived
        self.stdout.write(
            f"customers made {done.customers_made}, simulated {done.customers}, "
            f"months of usage {done.snapshots}, events {lived.events}, "
            f"departures {lived.departures}, reviews {lived.reviews}, "
            f"warnings {lived.warnings}, followed up {lived.followed_up}, bases {lived.bases}"
        )
