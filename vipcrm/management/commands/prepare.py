"""`manage.py prepare`: bring the database up to date."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from staff.models import StaffUser


class Command(BaseCommand):
    """Migrates, and fills an empty database with invented data in demonstration mode."""

    help = "Migrates; loads the demonstration data into an empty database in demonstration mode."

    def handle(self, *args: Any, **options: Any) -> None:
        """Safe to run again: nothing is loaded where anybody exists."""
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEMONSTRATION and not StaffUser.objects.exists():
            self.stdout.write("Loading the demonstration data …")
            call_command("load_demonstration", stdout=self.stdout)
