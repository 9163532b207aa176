"""Import a roster from the command line, as the page does."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from exchange.models import RosterImport
from exchange.querysets import may_import
from exchange.rules.makings import Decision, Making
from exchange.rules.reasons import Rejection
from exchange.services.roster_commit import commit_roster, confirm_import
from exchange.services.roster_import import discard, read_roster, receive_roster
from exchange.services.texts import problem_text, rejection_text
from staff.models import StaffUser


class Command(BaseCommand):
    """Safe to run twice: the same file changes nothing the second time."""

    help = "Import a roster (XLSX or CSV). Columns with unknown headings are left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and who imports it."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen and change nothing"
        )
        parser.add_argument(
            "--make",
            action="store_true",
            help="make the units and managers that the file names and nobody has "
            "(without it such a file is refused)",
        )
        parser.add_argument(
            "--actor",
            metavar="STAFF_NUMBER",
            help="import with this person's rights (default: everything, in nobody's name)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, preview and, unless told otherwise, import."""
        roster_import = self._receive(options["file"], self._actor(options["actor"]))
        done = False
        try:
            read_roster(
                roster_import_id=roster_import.pk, ask_for_columns=False, make=options["make"]
            )
            self._report_preview(roster_import)
            if not options["dry_run"]:
                self._refuse_to_make(roster_import)
                self._import(roster_import)
                done = True
        finally:
            if not done and not roster_import.problem:
                discard(roster_import=roster_import)

    def _actor(self, staff_number: str | None) -> StaffUser | None:
        if staff_number is None:
            return None
        actor = StaffUser.objects.numbered([staff_number]).first()
        if actor is None or not may_import(actor):
            raise CommandError(
                f"{staff_number} is not the staff number of an administrator or a supervisor."
            )
        return actor

    def _receive(self, path: Path, actor: StaffUser | None) -> RosterImport:
        try:
            with path.open("rb") as stream:
                return receive_roster(actor=actor, file=File(stream), name=path.name)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _report_preview(self, roster_import: RosterImport) -> None:
        roster_import.refresh_from_db()
        if roster_import.problem:
            raise CommandError(problem_text(roster_import.problem))
        for column in roster_import.columns:
            if not column["field"]:
                self.stderr.write(f"Column “{column['heading']}” is left out.")
        for row in roster_import.rows.filter(outcome="rejected").order_by("row_number"):
            reasons = [rejection_text(Rejection.from_json(stored)) for stored in row.reasons]
            self.stderr.write(f"Row {row.row_number} is rejected. {' '.join(reasons)}")
        self._report_makings(roster_import)
        self._report("read", roster_import)

    def _report_makings(self, roster_import: RosterImport) -> None:
        """Say what is not there, and what it looks like."""
        for stored in roster_import.makings:
            making = Making.from_json(stored)
            what = f"unit {making.name}"
            if making.number:
                what = f"manager {making.name} ({making.number}) of {making.unit}"
            word = "is made" if making.decision is Decision.MAKE else "would be made"
            above = f", with {', '.join(making.above)} above it" if making.above else ""
            alike = f"; there is {', '.join(making.alike)}" if making.alike else ""
            self.stderr.write(f"The {what} {word}{above} ({making.rows} rows){alike}.")

    def _refuse_to_make(self, roster_import: RosterImport) -> None:
        undecided = [one for one in roster_import.makings if not one["decision"]]
        if undecided:
            raise CommandError(
                f"{len(undecided)} units and managers that the file names are not there. "
                "Correct the file, or say --make to make them."
            )

    def _import(self, roster_import: RosterImport) -> None:
        confirm_import(actor=roster_import.uploaded_by, roster_import=roster_import)
        commit_roster(roster_import_id=roster_import.pk)
        roster_import.refresh_from_db()
        self._report("imported", roster_import)

    def _report(self, what: str, roster_import: RosterImport) -> None:
        counts = ", ".join(f"{name} {count}" for name, count in roster_import.counts().items())
        self.stdout.write(f"{roster_import.rows_total} rows {what}: {counts}")
