"""Response templates: each unit keeps its own and uses those of the units above."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from complaints.models import ResponseTemplate
from complaints.services.parts import save_template
from staff.models import Role, StaffUser
from tests.conftest import Company
from tests.factories import StaffUserFactory

pytestmark = pytest.mark.django_db

LIST = "/complaints/templates/"
SignedIn = Callable[[StaffUser], Client]


def keep(actor: StaffUser, title: str) -> ResponseTemplate:
    return save_template(actor=actor, template=ResponseTemplate(title=title, text="您好"))


def may_edit(client: Client, template: ResponseTemplate) -> bool:
    url = reverse("complaints:template_edit", args=[template.pk])
    data = {"title": template.title, "text": "改了", "is_active": "on", "category": ""}
    statuses = {client.get(url).status_code == 200, client.post(url, data).status_code == 302}
    assert len(statuses) == 1
    return statuses == {True}


def test_a_template_is_changed_in_its_own_unit_only(
    company: Company,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    handler: StaffUser,
    head_office: StaffUser,
    signed_in: SignedIn,
) -> None:
    neighbour = StaffUserFactory(role=Role.SUPERVISOR, unit=company.other_district)
    templates = {
        "district": keep(handler, "区"),
        "neighbour": keep(neighbour, "邻"),
        "city": keep(city_supervisor, "市"),
        "company": keep(head_office, "全"),
    }
    people = (supervisor, handler, neighbour, city_supervisor, head_office)
    found = {
        person.pk: {name for name, one in templates.items() if may_edit(signed_in(person), one)}
        for person in people
    }
    assert found == {
        supervisor.pk: {"district"},
        handler.pk: {"district"},
        neighbour.pk: {"neighbour"},
        # A supervisor's unit is the unit and all below it.
        city_supervisor.pk: {"district", "neighbour", "city"},
        head_office.pk: {"company"},
    }


def test_a_unit_reads_its_own_and_those_above(
    company: Company, supervisor: StaffUser, city_supervisor: StaffUser, signed_in: SignedIn
) -> None:
    ResponseTemplate.objects.all().delete()
    neighbour = StaffUserFactory(role=Role.SUPERVISOR, unit=company.other_district)
    keep(supervisor, "本区")
    keep(neighbour, "邻区")
    keep(city_supervisor, "全市")
    page = signed_in(supervisor).get(LIST)
    assert [one.title for one in page.context["templates"]] == ["全市", "本区"]
    assert len(page.context["own"]) == 1


def test_the_service_refuses_what_the_page_does(
    supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    template = keep(city_supervisor, "市")
    template.text, template.unit = "别的", supervisor.unit
    with pytest.raises(ValidationError, match="another unit"):
        save_template(actor=supervisor, template=template)
    template.refresh_from_db()
    assert (template.text, template.unit) == ("您好", city_supervisor.unit)


def test_two_units_may_use_one_title_and_one_unit_may_not(
    supervisor: StaffUser, city_supervisor: StaffUser, head_office: StaffUser
) -> None:
    keep(supervisor, "致歉信")
    keep(city_supervisor, "致歉信")
    keep(head_office, "致歉信")
    for person in (supervisor, head_office):
        with pytest.raises(ValidationError, match="there already"):
            keep(person, "致歉信")
