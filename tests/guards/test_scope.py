"""Scope is security: every table has a scope, it is closed when unsure, and views go through it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from staff.models import StaffUser

OWN_APPS = [
    config.label
    for config in apps.get_app_configs()
    if Path(config.path).parent == settings.BASE_DIR and config.label != "vipcrm"
]
OWN_MODELS = [model for label in OWN_APPS for model in apps.get_app_config(label).get_models()]
OPEN_TO_EVERYBODY_SIGNED_IN = {"customers.servicestandard", "workplans.workdayexception"}
SCOPES = {
    "visible_to",
    "editable_by",
    "voidable_by",
    "confirmable_by",
    "explainable_by",
    "decidable_by",
    "removable_by",
    "feed_for",
    "answerable_by",
    "counted_for",
}
PAGES = sorted(
    path
    for label in OWN_APPS
    for name in ("views", "api")
    for path in (settings.BASE_DIR / label).rglob("*.py")
    if path.stem == name or path.parent.name == name
)


def names(model: type[models.Model]) -> str:
    return model._meta.label_lower


def test_the_guard_sees_the_apps_and_their_pages() -> None:
    assert {"core", "staff", "customers", "contacts", "portfolio", "exchange"} <= set(OWN_APPS)
    assert len(OWN_MODELS) > 20
    assert len(PAGES) >= 4


@pytest.mark.parametrize("model", OWN_MODELS, ids=names)
def test_every_table_has_a_scope(model: type[models.Model]) -> None:
    queryset = model._default_manager.all()
    assert callable(getattr(queryset, "visible_to", None))
    assert callable(getattr(queryset, "editable_by", None))


def shows_nothing(queryset: models.QuerySet[models.Model]) -> bool:
    """Say whether the rows are empty by construction: the database is not even asked."""
    with CaptureQueriesContext(connection) as asked:
        return not list(queryset) and not len(asked)


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN_MODELS, ids=names)
def test_a_scope_shows_nothing_to_who_is_not_signed_in(model: type[models.Model]) -> None:
    queryset: Any = model._default_manager.all()
    assert not shows_nothing(queryset)
    assert shows_nothing(queryset.visible_to(AnonymousUser()))
    assert shows_nothing(queryset.editable_by(AnonymousUser()))


@pytest.mark.parametrize("model", OWN_MODELS, ids=names)
def test_a_scope_shows_nothing_to_who_has_left(
    model: type[models.Model], manager: StaffUser
) -> None:
    queryset: Any = model._default_manager.all()
    manager.is_active = False
    if names(model) not in OPEN_TO_EVERYBODY_SIGNED_IN:
        assert shows_nothing(queryset.visible_to(manager))
    assert shows_nothing(queryset.editable_by(manager))


def objects_used(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each ``Model.objects.something`` of a file with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in ("objects", "_default_manager")
        ):
            yield node.lineno, node.attr


READS_FOR_EVERYBODY = {"load"}
"""Questions whose answer holds nobody's data: the service standard."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_pages_reach_rows_only_through_a_scope(path: Path) -> None:
    outside = [
        f"{path.name}:{line} .objects.{attribute}"
        for line, attribute in objects_used(path)
        if attribute not in SCOPES | READS_FOR_EVERYBODY
    ]
    assert outside == []


def test_the_ast_guard_would_find_a_leak(tmp_path: Path) -> None:
    leak = tmp_path / "views.py"
    leak.write_text("Customer.objects.all()\nCustomer.objects.visible_to(user)\n")
    assert [attribute for _, attribute in objects_used(leak)] == ["all", "visible_to"]
