"""`manage.py build`: everything that pages need beside the database."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Compiles translations, writes the icon sprite, collects and compresses static files."""

    help = "Compiles translations and builds the static files, where something changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Build what changed since the last build; safe to run again."""
        call_command("compile_catalogues", stdout=self.stdout)
        call_command("build_icons", stdout=self.stdout)
        stamp = settings.VAR_DIR / "build" / "static.sha256"
        sources = _fingerprint()
        if _is_built(stamp, sources):
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(sources, encoding="ascii")
        self.stdout.write(f"Static files in {settings.STATIC_ROOT}")


def _is_built(stamp: Path, sources: str) -> bool:
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    return manifest.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == sources


def _fingerprint() -> str:
    """A text that changes whenever a static file does, without reading any."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            file = Path(storage.path(name)).stat()
            digest.update(f"{name} {file.st_size} {file.st_mtime_ns}\n".encode())
    return digest.hexdigest()
