"""The import contracts know every app, module and page on disk, so that none slips past them."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
CONTRACT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
    "importlinter"
]
CONTRACTS: dict[str, dict[str, Any]] = {part["id"]: part for part in CONTRACT["contracts"]}
APPS = sorted(file.parent.name for file in ROOT.glob("*/apps.py"))
OUTER = {"vipcrm", "core"}


def listed_apps() -> set[str]:
    """The apps of the layers between apps, without those that are still to come."""
    words = {word.strip() for layer in CONTRACTS["apps"]["layers"] for word in layer.split("|")}
    return {word for word in words if not word.startswith("(")}


def imports(file: Path) -> Iterator[str]:
    """The full names of what a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_folder_with_an_app_is_in_the_contract() -> None:
    assert {"core", "staff", "customers", "vipcrm"} <= set(APPS)
    assert set(CONTRACT["root_packages"]) == set(APPS)
    assert listed_apps() == set(APPS)


def test_every_app_is_installed_and_typed() -> None:
    assert set(APPS) <= set(settings.INSTALLED_APPS)
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert set(APPS) <= set(mypy["packages"])


def test_the_modules_of_every_app_are_a_closed_list() -> None:
    covered = {
        app
        for part in CONTRACTS.values()
        if part["type"] == "layers" and part.get("exhaustive")
        for app in part["containers"]
    }
    assert covered == set(APPS) - OUTER


@pytest.mark.parametrize("app", sorted(set(APPS) - OUTER))
def test_views_and_forms_of_an_app_are_protected(app: str) -> None:
    pages = {
        f"{app}.{name}"
        for name in ("views", "forms", "api", "filters", "serializers")
        if (ROOT / app / f"{name}.py").exists() or (ROOT / app / name).is_dir()
    }
    part, filters = CONTRACTS[f"{app}-pages"], CONTRACTS.get(f"{app}-filters", {})
    protected = {*part["protected_modules"], *filters.get("protected_modules", [])}
    assert protected == pages
    assert part["allowed_importers"] == [app]


def test_a_lists_filters_are_also_read_by_what_acts_on_that_list() -> None:
    opened = {
        module: part["allowed_importers"]
        for name, part in CONTRACTS.items()
        if name.endswith("-filters")
        for module in part["protected_modules"]
    }
    above = ["portfolio.views", "exchange.services.exports"]
    lists = [f"{app}.{part}" for app in ("customers", "contacts") for part in ("filters", "views")]
    assert opened == {
        "customers.filters": ["customers", *above],
        "contacts.filters": ["contacts", *above],
        "staff.filters": ["staff", *lists, *above],
    }


def test_no_contract_makes_an_exception() -> None:
    assert CONTRACT["exclude_type_checking_imports"] is True
    assert [name for name, part in CONTRACTS.items() if part.get("ignore_imports")] == []


def test_nobody_imports_the_composition_root_but_itself_and_tests() -> None:
    files = [file for app in APPS if app != "vipcrm" for file in (ROOT / app).rglob("*.py")]
    assert len(files) > 50
    importers = {
        str(file.relative_to(ROOT))
        for file in files
        for name in imports(file)
        if name.split(".")[0] in {"vipcrm", "tests", "bench"}
    }
    assert importers == set()


def test_the_pure_rules_know_neither_database_nor_clock_nor_settings() -> None:
    files = [
        file
        for app in APPS
        for file in [*ROOT.glob(f"{app}/rules.py"), *ROOT.glob(f"{app}/rules/*.py")]
    ]
    assert files
    forbidden = ("django.db", "django.conf", "core.clock", "core.models", "time.")
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name.startswith(forbidden)
    }
    assert wrong == set()
