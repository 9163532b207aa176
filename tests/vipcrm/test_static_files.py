"""Static files: a closed list out of the npm packages, and light pages."""

import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import Storage

from core.staticfiles import NODE_FILES, ClosedListFinder, NodePackageFinder

FIRST_VISIT_KB = 200
CHARTS = "echarts/echarts.simple.min.js"
CHARTS_KB = 170


def listed(finder: finders.BaseFinder) -> dict[str, Storage]:
    """What the finder gives to the build, by public name."""
    return dict(finder.list(None))


def test_only_the_listed_files_of_a_package_are_served() -> None:
    finder = NodePackageFinder()
    assert set(listed(finder)) == set(NODE_FILES)
    assert finders.find("tabler/tabler.min.css") == finder.find("tabler/tabler.min.css")
    for name in ("tabler/tabler.css", "@tabler/core/package.json", "package.json"):
        assert not finder.find(name)
        assert not finder.find(name, find_all=True)
        assert finders.find(name) is None


def test_a_link_to_a_source_map_that_is_not_served_is_taken_out() -> None:
    # The charts' library comes without a map.
    mapped = {name: s for name, s in listed(NodePackageFinder()).items() if name != CHARTS}
    assert len(mapped) >= 2
    for name, storage in mapped.items():
        source = Path(storage.path(name)).read_bytes()
        with storage.open(name) as file:
            served = file.read()
        assert b"sourceMappingURL" in source
        assert b"sourceMappingURL" not in served
        assert 0 < len(source) - len(served) < 100


def test_a_script_that_mentions_source_maps_keeps_its_code(tmp_path: Path) -> None:
    code = b"const f=()=>{return 1};const text='looks for a //# sourceMappingURL=here'\n"
    (tmp_path / "a.js").write_bytes(code + b"//# sourceMappingURL=a.js.map\n")
    storage = listed(ClosedListFinder(tmp_path, {"lib/a.js": "a.js"}))["lib/a.js"]
    with storage.open("lib/a.js") as file:
        assert file.read() == code


def test_a_listed_file_that_is_missing_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make build"):
        listed(ClosedListFinder(tmp_path, {"a.css": "a.css"}))


def test_a_first_visit_stays_light() -> None:
    of_every_page = [name for name in NODE_FILES if name != CHARTS]
    names = [*of_every_page, "django_htmx/htmx-2.min.js", "js/app.js", "css/app.css", "icons.svg"]
    weight = 0
    for name in names:
        file = finders.find(name)
        assert file, name
        weight += len(gzip.compress(Path(file).read_bytes(), compresslevel=9))
    assert weight < FIRST_VISIT_KB * 1000


def test_what_charts_need_is_loaded_by_their_pages_only_and_bounded() -> None:
    templates = Path(__file__).parents[2] / "templates"
    loading = [f.name for f in templates.rglob("*.html") if CHARTS in f.read_text("utf-8")]
    assert loading == ["_chart_scripts.html"]
    file = finders.find(CHARTS)
    assert file
    assert len(gzip.compress(Path(file).read_bytes(), compresslevel=9)) < CHARTS_KB * 1000
