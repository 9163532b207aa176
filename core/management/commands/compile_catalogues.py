"""`manage.py compile_catalogues`: compile the translations, without the gettext programs."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Compiles each message catalogue that is newer than its compiled form."""

    help = "Compiles the message catalogues (*.po to *.mo) that changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile what changed; a catalogue with a mistake ends the command with its line."""
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                if _is_outdated(source, source.with_suffix(".mo")):
                    _compile(source)
                    self.stdout.write(f"Compiled {source}")


def _is_outdated(source: Path, compiled: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime <= source.stat().st_mtime


def _compile(source: Path) -> None:
    locale = source.parent.parent.name
    unfinished = source.with_suffix(".mo.part")
    with source.open("rb") as stream:
        try:
            catalogue = read_po(stream, locale=locale, abort_invalid=True)
        except PoFileError as error:
            raise CommandError(f"{source}: {error}") from error
    with unfinished.open("wb") as stream:
        write_mo(stream, catalogue)
    # In one step, so that a process that starts meanwhile never reads half a catalogue.
    unfinished.replace(source.with_suffix(".mo"))
