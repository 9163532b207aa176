"""Compute every clock from the records and report any difference."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.services.verification import differing_clocks, misjudged_records


class Command(BaseCommand):
    """Reports only; ends with an error where anything differs."""

    help = "Compute all cadence clocks from the contact records and report any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check records first, then clocks."""
        wrong = 0
        for record in misjudged_records():
            wrong += 1
            self.stdout.write(f"record {record.pk}: counted is {record.is_counted}, wrongly")
        for customer, last, due in differing_clocks():
            wrong += 1
            self.stdout.write(
                f"customer {customer.number}: "
                f"stored contact due {customer.contact_due_on}, visit due {customer.visit_due_on}; "
                f"records say contact due {due.contact_due_on}, visit due {due.visit_due_on} "
                f"(last contact {last.contact_on}, last visit {last.visit_on})"
            )
        if wrong:
            raise CommandError(f"{wrong} differences found.")
        self.stdout.write("All clocks agree with the records.")
