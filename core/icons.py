"""The icon sprite: one SVG file with just the icons that the templates use."""

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

SPRITE_NAME = "icons.svg"

_TAG = re.compile(r"""{%-?\s*icon\s+["']([a-z0-9-]+)["']""")
# For names that a template takes from a variable: {# icons: phone mail #}
_LIST = re.compile(r"{#\s*icons:([a-z0-9 -]+)#}")
_SVG = "http://www.w3.org/2000/svg"


class UnknownIconError(LookupError):
    """A template names an icon that the icon package does not have."""


def used_icons(template_dirs: Iterable[Path]) -> set[str]:
    """The names of all icons that templates below these folders show."""
    names: set[str] = set()
    for folder in template_dirs:
        for file in folder.rglob("*.html"):
            text = file.read_text(encoding="utf-8")
            names.update(_TAG.findall(text))
            for listed in _LIST.findall(text):
                names.update(listed.split())
    return names


def icon_file(icons_dir: Path, name: str) -> Path:
    """The SVG file of an icon: `star-filled` is filled/star.svg, `star` is outline/star.svg."""
    if name.endswith("-filled"):
        file = icons_dir / "filled" / f"{name.removesuffix('-filled')}.svg"
    else:
        file = icons_dir / "outline" / f"{name}.svg"
    if not file.is_file():
        raise UnknownIconError(f"There is no icon named {name!r}.")
    return file


def build_sprite(icons_dir: Path, names: Iterable[str]) -> bytes:
    """The sprite as SVG text: one `<symbol id="name">` per icon, in the order of their names.

    Width of the lines, size and colour come from the page's style sheet.
    """
    ElementTree.register_namespace("", _SVG)
    sprite = ElementTree.Element(f"{{{_SVG}}}svg")
    for name in sorted(set(names)):
        sprite.append(_symbol(icon_file(icons_dir, name), name))
    text: bytes = ElementTree.tostring(sprite, encoding="utf-8")
    return text


def _symbol(file: Path, name: str) -> ElementTree.Element:
    # Not a stranger's file: it comes with a pinned package.
    drawing = ElementTree.parse(file).getroot()  # noqa: S314  # nosec B314
    symbol = ElementTree.Element(f"{{{_SVG}}}symbol", {"id": name})
    for attribute in ("viewBox", "fill", "stroke", "stroke-linecap", "stroke-linejoin"):
        if value := drawing.get(attribute):
            symbol.set(attribute, value)
    for shape in drawing:
        # Many icons begin with an invisible square that only marks their size.
        if shape.get("stroke") != "none" or shape.get("fill") != "none":
            shape.tail = None
            symbol.append(shape)
    return symbol
