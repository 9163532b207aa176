"""`manage.py compile_catalogues`: compile the translations, without the gettext programs."""

import io
import re
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

_TEXT = re.compile(r'(msg\w+(\[\d\])?\s+)?"')
_CLOSED_TEXT = re.compile(r'(msg\w+(\[\d\])?\s+)?"(\\.|[^"\\])*"\s*$')
_EMPTY_PLURAL = re.compile(r'^msgstr\[[1-9]\] ""\n(?!")', re.MULTILINE)


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


def _refuse_open_texts(source: Path, text: str) -> None:
    """Babel would take a text without its closing quote for one that lacks its last letter."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _TEXT.match(line) and not _CLOSED_TEXT.match(line):
            raise CommandError(f"{source}, line {number}: the text has no closing quote.")


def _compile(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    _refuse_open_texts(source, text)
    # New texts come with two empty plural forms, whatever the language has.
    text = _EMPTY_PLURAL.sub("", text)
    locale = source.parent.parent.name
    unfinished = source.with_suffix(".mo.part")
    try:
        catalogue = read_po(io.BytesIO(text.encode()), locale=locale, abort_invalid=True)
    except PoFileError as error:
        raise CommandError(f"{source}: {error}") from error
    for message in list(catalogue):
        # Babel would write the singular for a plural that is not translated yet.
        if message.id and message.pluralizable and not any(message.string or ()):
            catalogue.delete(message.id, message.context)
    with unfinished.open("wb") as stream:
        write_mo(stream, catalogue)
    # In one step, so that a process that starts meanwhile never reads half a catalogue.
    unfinished.replace(source.with_suffix(".mo"))
