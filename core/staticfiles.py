"""Static files that come from npm packages, by a closed list, and the icon sprite."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, overload

import drf_spectacular_sidecar
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

from core.icons import SPRITE_NAME

# Name under /static/ → file inside node_modules. Nothing else of a package is served.
NODE_FILES: dict[str, str] = {
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    # Bars, lines and the canvas: 169 kB compressed, on pages with charts only.
    "echarts/echarts.simple.min.js": "echarts/dist/echarts.simple.min.js",
}

# The same of the package that brings the API's page.
SWAGGER_FILES: dict[str, str] = {
    "swagger/swagger-ui.css": "swagger-ui.css",
    "swagger/swagger-ui-bundle.js": "swagger-ui-bundle.js",
}


class ClosedListStorage(FileSystemStorage):
    """Read-only storage that holds just the named files, source-map comments taken out."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        """Serve `files` (public name → file below `root`)."""
        super().__init__(location=root)
        self.files = files

    def path(self, name: str) -> str:
        """Where the named file is on disk."""
        return super().path(self.files[name])

    def exists(self, name: str) -> bool:
        """Whether the name is on the list and its file is there."""
        return name in self.files and super().exists(name)

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        content = Path(self.path(name)).read_bytes()
        # The maps themselves are not served, and manifest storage refuses a link to nothing.
        return ContentFile(without_source_map(content), name=name)


def without_source_map(content: bytes) -> bytes:
    """A script or style sheet without its closing `sourceMappingURL` comment."""
    lines = content.splitlines(keepends=True)
    return b"".join(line for line in lines if b"sourceMappingURL=" not in line[:40])


class ClosedListFinder(BaseFinder):
    """Finds a fixed list of files below one folder."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        """Find `files` (public name → file below `root`)."""
        self.storage = ClosedListStorage(root, files)

    def check(self, **_kwargs: Any) -> list[CheckMessage]:
        """Nothing to check: the list is code."""
        return []

    @overload
    def find(self, path: str, find_all: Literal[False] = False) -> str | None: ...
    @overload
    def find(self, path: str, find_all: Literal[True]) -> list[str]: ...
    def find(self, path: str, find_all: bool = False) -> str | list[str] | None:
        """The file's place on disk, or nothing; a list of places with `find_all`."""
        places = [self.storage.path(path)] if self.storage.exists(path) else []
        # Django takes an empty list, not None, for "not here".
        return places[0] if places and not find_all else places

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Every listed file; one that is missing on disk stops the build."""
        for name in self.storage.files:
            if not self.storage.exists(name):
                raise FileNotFoundError(
                    f"{self.storage.path(name)} is missing: `make build` installs and builds it."
                )
            yield name, self.storage


class NodePackageFinder(ClosedListFinder):
    """Finds what the pages use of the npm packages."""

    def __init__(self, app_names: Iterable[str] | None = None) -> None:
        """Look below the installed packages."""
        super().__init__(settings.NODE_MODULES_DIR, NODE_FILES)


class IconSpriteFinder(ClosedListFinder):
    """Finds the icon sprite that `manage.py build_icons` writes."""

    def __init__(self, app_names: Iterable[str] | None = None) -> None:
        """Look where the build writes."""
        sprite: Path = settings.ICON_SPRITE_FILE
        super().__init__(sprite.parent, {SPRITE_NAME: sprite.name})


class SwaggerFinder(ClosedListFinder):
    """Finds what the API's page uses."""

    def __init__(self, app_names: Iterable[str] | None = None) -> None:
        """Look inside the installed Python package."""
        package = Path(drf_spectacular_sidecar.__file__).parent
        folder = package / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"
        super().__init__(folder, SWAGGER_FILES)
