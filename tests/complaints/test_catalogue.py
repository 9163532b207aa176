"""Categories and root causes as administrators keep them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from complaints.models import Category, Cause, ResponseTemplate
from complaints.services.catalogue import save_category, save_cause
from core.models import AuditEntry
from staff.models import StaffUser

pytestmark = pytest.mark.django_db

Browser = Callable[[StaffUser], Client]


def test_a_category_is_added_below_another_and_stays_where_it_is(administrator: StaffUser) -> None:
    parent = Category.objects.get(code="billing")
    made = save_category(
        actor=administrator,
        category=Category(parent=parent, code="billing-late", name_en="Late", name_zh="迟到"),
    )
    assert made.path == f"{parent.path}billing-late/"
    made.name_zh, made.parent, made.code = "账单迟到", None, "other-code"
    made = save_category(actor=administrator, category=made)
    made.refresh_from_db()
    assert (made.name_zh, made.parent, made.code) == ("账单迟到", parent, "billing-late")
    save_category(actor=administrator, category=made)
    assert AuditEntry.objects.filter(verb="complaint.category_saved").count() == 2
    with pytest.raises(ValidationError):
        save_category(
            actor=administrator, category=Category(code="billing-late", name_en="x", name_zh="y")
        )


def test_a_root_cause_keeps_its_code(administrator: StaffUser) -> None:
    cause = Cause.objects.all()[0]
    code, cause.code, cause.name_zh = cause.code, "another", "别的说法"
    save_cause(actor=administrator, cause=cause)
    assert Cause.objects.get(code=code).name_zh == "别的说法"


def test_the_administration_adds_and_takes_out_of_use_but_never_deletes(
    signed_in: Browser, administrator: StaffUser
) -> None:
    browser = signed_in(administrator)
    cause = {"code": "new-one", "name_en": "New", "name_zh": "新", "position": "9"}
    assert browser.post("/admin/complaints/cause/add/", cause).status_code == 302
    made = Cause.objects.get(code="new-one")
    assert not made.is_active
    assert browser.post(f"/admin/complaints/cause/{made.pk}/delete/").status_code == 403


def test_the_first_response_template_can_be_made(
    signed_in: Browser, supervisor: StaffUser, manager: StaffUser
) -> None:
    ResponseTemplate.objects.all().delete()
    given = {"title": "致歉", "text": "给您带来不便，深表歉意。", "is_active": "on"}
    assert signed_in(manager).post("/complaints/templates/new/", given).status_code == 404
    assert signed_in(supervisor).post("/complaints/templates/new/", given).status_code == 302
    assert ResponseTemplate.objects.get().title == "致歉"
