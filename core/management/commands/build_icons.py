"""`manage.py build_icons`: write the icon sprite."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.icons import UnknownIconError, build_sprite, used_icons


class Command(BaseCommand):
    """Collects the icons that the templates use into one SVG file."""

    help = "Writes the icon sprite from the icons that the templates use."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file if it changes; a name that does not exist ends the command."""
        icons_dir: Path = settings.NODE_MODULES_DIR / "@tabler" / "icons" / "icons"
        sprite_file: Path = settings.ICON_SPRITE_FILE
        if not icons_dir.is_dir():
            raise CommandError(f"{icons_dir} is missing: install the npm packages first.")
        names = used_icons(settings.TEMPLATES[0]["DIRS"])
        try:
            sprite = build_sprite(icons_dir, names)
        except UnknownIconError as error:
            raise CommandError(str(error)) from error
        # Left alone where nothing changed, so that the static files are not built again.
        if sprite_file.exists() and sprite_file.read_bytes() == sprite:
            return
        sprite_file.parent.mkdir(parents=True, exist_ok=True)
        sprite_file.write_bytes(sprite)
        self.stdout.write(f"{len(names)} icons in {sprite_file}")
