"""The catalogue of retention measures: who changes it, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from retention.models import Measure
from staff.models import StaffUser
from tests.pages import text_of

pytestmark = pytest.mark.django_db

Browser = Callable[[StaffUser], Client]
LIST = "/retention/measures/"


def given(**changed: Any) -> dict[str, Any]:
    return {
        "code": "new-one",
        "kind": "marketing",
        "name_en": "Free months",
        "name_zh": "免费月",
        "value": "80",
        "months_with_us": "0",
        "manager_limit": "100",
        "supervisor_limit": "300",
        "is_active": "on",
        **changed,
    }


def test_the_catalogue_begins_with_measures_of_both_kinds_in_both_languages() -> None:
    measures = Measure.objects.all()
    assert len(measures) == 8
    assert {measure.kind for measure in measures} == {"marketing", "special_care"}
    for measure in measures:
        assert measure.name_en
        assert measure.name_zh
        assert measure.points_en
        assert measure.points_zh
        assert measure.manager_limit <= measure.supervisor_limit
        measure.full_clean()


@pytest.mark.parametrize("role", ["head_office", "administrator"])
def test_head_office_and_administrators_add_and_change(
    signed_in: Browser, role: str, request: pytest.FixtureRequest
) -> None:
    page = signed_in(request.getfixturevalue(role))
    page.post(reverse("retention:measure_create"), given(tiers=["gold", "diamond"]))
    measure = Measure.objects.get(code="new-one")
    assert (measure.value, measure.tiers) == (Decimal(80), ["gold", "diamond"])
    edit = reverse("retention:measure_edit", args=[measure.pk])
    changed = given(code="another", value="90", tiers=["gold", "diamond"])
    for _ in range(2):
        assert page.post(edit, changed).headers["Location"] == LIST
    measure.refresh_from_db()
    # The code stays: other systems know the measure by it.
    assert (measure.code, measure.value) == ("new-one", Decimal(90))
    entry = AuditEntry.objects.get(verb="measure.changed")
    assert list(entry.changes) == ["value"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"value": "-1"}, "value"),
        ({"value": ""}, "value"),
        ({"code": "bill-credit-50"}, "code"),
        ({"tiers": ["bronze"]}, "tiers"),
        ({"valid_from": "2026-12-01", "valid_until": "2026-11-01"}, "valid_until"),
        ({"supervisor_limit": "50"}, "supervisor_limit"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_typed(
    signed_in: Browser, head_office: StaffUser, changed: dict[str, Any], field: str
) -> None:
    page = signed_in(head_office)
    answer = page.post(reverse("retention:measure_create"), given(**changed))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "免费月" in text_of(answer)
    assert not Measure.objects.filter(code="new-one").exists()


def test_managers_read_it_and_get_no_way_to_change_it(
    signed_in: Browser, manager: StaffUser
) -> None:
    text = text_of(signed_in(manager).get(LIST))
    assert "Bill credit of ¥50" in text
    assert reverse("retention:measure_create") not in text
