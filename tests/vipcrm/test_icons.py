"""The icon sprite: just the icons that the pages show, and no name that does not exist."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.template import Context, Template
from pytest_django.fixtures import Settings

from core.icons import UnknownIconError, build_sprite, used_icons

ICONS_DIR = settings.NODE_MODULES_DIR / "@tabler" / "icons" / "icons"
SVG = "{http://www.w3.org/2000/svg}"


def symbols(sprite: bytes) -> dict[str, ElementTree.Element]:
    """The sprite's drawings by name."""
    return {symbol.attrib["id"]: symbol for symbol in ElementTree.fromstring(sprite)}


def test_icons_are_found_in_tags_and_in_lists(tmp_path: Path) -> None:
    folder = tmp_path / "customers"
    folder.mkdir()
    (folder / "page.html").write_text(
        """{% icon "phone" %}{% icon 'star-filled' "text-red" %}{# icons: mail map-pin #}
        {% icon name %} {% icons "no" %}"""
    )
    (tmp_path / "readme.txt").write_text('{% icon "bolt" %}')
    assert used_icons([tmp_path]) == {"phone", "star-filled", "mail", "map-pin"}


def test_the_sprite_holds_each_icon_once_and_draws_it() -> None:
    drawn = symbols(build_sprite(ICONS_DIR, ["star-filled", "phone", "phone"]))
    assert list(drawn) == ["phone", "star-filled"]
    assert drawn["phone"].attrib["viewBox"] == "0 0 24 24"
    assert drawn["phone"].attrib["stroke"] == "currentColor"
    assert drawn["star-filled"].attrib["fill"] == "currentColor"
    assert all(symbol.findall(f"{SVG}path") for symbol in drawn.values())


def test_the_invisible_square_of_an_icon_is_left_out() -> None:
    phone = symbols(build_sprite(ICONS_DIR, ["phone"]))["phone"]
    assert "M0 0h24v24H0z" in (ICONS_DIR / "outline" / "phone.svg").read_text()
    assert "M0 0h24v24H0z" not in ElementTree.tostring(phone, encoding="unicode")


@pytest.mark.parametrize("name", ["no-such-icon", "no-such-icon-filled"])
def test_an_unknown_name_is_an_error(name: str) -> None:
    with pytest.raises(UnknownIconError, match=name):
        build_sprite(ICONS_DIR, ["phone", name])


def test_the_build_stops_at_an_unknown_name(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{% icon "no-such-icon" %}')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.ICON_SPRITE_FILE = tmp_path / "icons.svg"
    with pytest.raises(CommandError, match="no-such-icon"):
        call_command("build_icons")
    assert not (tmp_path / "icons.svg").exists()


def test_a_build_without_a_change_leaves_the_file_alone(settings: Settings, tmp_path: Path) -> None:
    sprite = tmp_path / "build" / "icons.svg"
    settings.ICON_SPRITE_FILE = sprite
    call_command("build_icons", verbosity=0)
    written = sprite.stat().st_mtime_ns
    call_command("build_icons", verbosity=0)
    assert sprite.stat().st_mtime_ns == written


def test_every_icon_of_the_pages_exists_and_the_sprite_stays_small() -> None:
    names = used_icons(settings.TEMPLATES[0]["DIRS"])
    assert "search" in names
    assert len(build_sprite(ICONS_DIR, names)) < 60_000


def test_the_tag_points_into_the_sprite_and_is_silent_for_screen_readers() -> None:
    page = Template('{% load core_tags %}{% icon "phone" "text-<red" %}')
    assert page.render(Context()) == (
        '<svg class="icon text-&lt;red" aria-hidden="true">'
        '<use href="/static/icons.svg#phone"></use></svg>'
    )
