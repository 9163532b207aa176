"""Names hold no signs that nobody sees; what looks like a formula is known for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client

from core import clock
from core.unseen import plain_name, starts_a_formula, validate_plain, without_unseen
from customers.models import Customer, Tier
from customers.services.enrolment import NewCustomer, create_customer
from exchange.rules.spreadsheets import neutralise, restore
from staff import services
from staff.models import StaffUser
from tests.factories import CustomerFactory

NAMED = {"name", "title", "department"}
ELSEWHERE = {
    "exchange.RosterImportRow.name": "a row of somebody's file, to be corrected there",
    "complaints.Attachment.name": "made by bound_name",
}
SignedIn = Callable[[StaffUser], Client]


@pytest.mark.parametrize(
    "name",
    ["王\u202e芳", "王\u200b芳", "王\u2066芳", "王\x00芳", "王\n芳", "王\u200f芳", "王\ufeff芳"],
)
def test_unseen_signs_inside_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="cannot be seen"):
        validate_plain(name)
    assert without_unseen(name) == "王芳"


@pytest.mark.parametrize("name", ["\u202a王芳\u202c", " 王芳\u200f ", "\ufeff王芳"])
def test_unseen_signs_around_are_what_pasting_brings(name: str) -> None:
    validate_plain(name)
    assert plain_name(name) == "王芳"


@pytest.mark.parametrize("name", ["阿卜杜拉·买买提", "欧阳 娜娜", "O’Neill-Müller", "𠮷野"])
def test_names_of_people_are_plain(name: str) -> None:
    validate_plain(name)
    assert plain_name(name) == name


def test_every_name_that_is_typed_is_checked() -> None:
    fields = [
        field
        for config in apps.get_app_configs()
        if str(config.path).startswith(f"{settings.BASE_DIR}/") and ".venv" not in config.path
        for model in config.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and field.name in NAMED and not field.choices
    ]
    assert len(fields) > 8
    unchecked = {str(field) for field in fields if validate_plain not in field.validators}
    assert unchecked == set(ELSEWHERE)


@pytest.mark.django_db
def test_people_units_and_views_are_saved_without_what_pasting_brings(
    manager: StaffUser, administrator: StaffUser
) -> None:
    manager.name = "\u202a王新\u202c"
    services.change_staff(actor=administrator, user=manager)
    assert StaffUser.objects.get(pk=manager.pk).name == "王新"
    unit = services.create_unit(actor=administrator, name="\u2068新区\u2069 ")
    assert (unit.name, unit.full_name) == ("新区", "新区")
    with pytest.raises(ValidationError):
        services.create_unit(actor=administrator, name="新\u202e区")
    manager.name = "王\u202e新"
    with pytest.raises(ValidationError):
        services.change_staff(actor=administrator, user=manager)


@pytest.mark.django_db
def test_a_customer_is_made_and_changed_without_unseen_signs(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignedIn
) -> None:
    unit = manager.unit
    assert unit is not None

    def make(number: str, name: str) -> Customer:
        new = NewCustomer(
            number=number,
            name=name,
            unit=unit,
            manager=manager,
            tier=Tier.GOLD,
            vip_since=clock.today(),
        )
        return create_customer(actor=supervisor, new=new)

    assert make("N1", "\u202a王芳\u202c").name == "王芳"
    with pytest.raises(ValidationError):
        make("N2", "王\u202e芳")
    customer = CustomerFactory(manager=manager)
    client = signed_in(manager)
    url = f"/api/v1/customers/{customer.pk}/"
    etag = client.get(url).headers["ETag"]
    answer = client.patch(
        url, {"name": "王\u202e芳"}, content_type="application/json", headers={"If-Match": etag}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "text",
    ["=1", "＝1", "＋1", "－1", "＠a", "  =1", "\u200b=1", "\u202e ＝1", "\u3000+1", "\t1", "﹦1"],
)
def test_formulas_are_known_however_they_begin(text: str) -> None:
    assert starts_a_formula(text)
    assert neutralise(text) == f"'{text}"
    assert restore(f"'{text}") == text


@pytest.mark.parametrize("text", ["1=1", "a@b.cn", "王芳", "", "’=1", "（-1）", "'=1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutralise(text) == text


@pytest.mark.parametrize("sign", [";", "\t", "\n", "\r\n"])
def test_a_cell_that_another_program_would_part_begins_no_formula_there(sign: str) -> None:
    text = f"备注{sign} ＝cmd|'/c calc'!A0{sign}正文"
    assert neutralise(text) == f"备注{sign}' ＝cmd|'/c calc'!A0{sign}正文"
    assert restore(str(neutralise(text))) == text
