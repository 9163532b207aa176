"""What is done in one place is done nowhere else a second time, and a little differently."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

OWN_FILES = sorted(
    path
    for config in apps.get_app_configs()
    if Path(config.path).parent == settings.BASE_DIR
    for path in Path(config.path).rglob("*.py")
    if "migrations" not in path.parts
)

PLACES = {
    r"url_has_allowed_host_and_scheme\(": {"core/htmx.py"},
    r"serializers\.ListField\b": {
        "core/rest/fields.py",
        "core/rest/lists.py",
        # Lists that are only shown.
        "complaints/serializers/figures.py",
        "customers/serializers.py",
        "retention/serializers/catalogue.py",
    },
    r"\.isdecimal\(\)|\.isnumeric\(\)|(?<!filter\(str)\.isdigit\(\)": {
        "contacts/rules/calls.py",
        "core/bodies.py",
        "core/ids.py",
        "core/phones.py",
        "customers/querysets.py",
        "exchange/services/exports.py",
        "exchange/services/workbooks/sheets.py",
        "exchange/services/workbooks/xlsx.py",
        "retention/management/commands/simulate_history.py",
        "vipcrm/env.py",
        "workplans/views/logs.py",
    },
}
"""A pattern, and the only files that hold it: addresses of ours, bounded lists, ids in texts."""


@pytest.mark.parametrize("pattern", PLACES)
def test_what_has_one_place_stands_nowhere_else(pattern: str) -> None:
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for path in OWN_FILES
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }
    allowed = PLACES[pattern]
    assert found & allowed, "The guard looks for something that is nowhere."
    assert found <= allowed
