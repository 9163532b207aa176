"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from complaints.models import Category, Complaint, ServiceRequest
from contacts.models import ContactRecord, Exemption
from retention.models import RetentionCase
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY
from tests.workplans.logs_of import a_submitted_log
from tests.workplans.plans_of import a_plan
from workplans.models import LogRemark, PlanItem

# --- Files: which sheet, which cells, which kind of file ---------------------------------------


# --- Files: headings, columns, what an import makes --------------------------------------------


# --- Numbers: calls, search --------------------------------------------------------------------


# --- Pages -------------------------------------------------------------------------------------


# back-and-save-again.md: the page /contacts/log/<id>/ (no drawer): choose phone, write a text,
# save, press Back, save again: one record, or a question. The page is fetched anew with a new key,
# and the browser puts the old text back. The same of every form that makes a row.


class Making(NamedTuple):
    """A form that makes a row: its page, where it posts to, what is typed, and the rows."""

    page: str
    action: str
    typed: dict[str, Any]
    rows: QuerySet[Any]
    refused: str = "Save it once more?"


def of_the_log(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("contacts:contact_log", args=[CustomerFactory(manager=manager).pk])
    typed = {"channel": "phone", "outcome": "reached", "occasion": "regular", "summary": "问了套餐"}
    return Making(url, url, typed, ContactRecord.objects.all())


def of_a_promise(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("complaints:request_make", args=[CustomerFactory(manager=manager).pk])
    return Making(url, url, {"what": "寄发票"}, ServiceRequest.objects.all())


def of_a_complaint(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("complaints:complaint_create", args=[CustomerFactory(manager=manager).pk])
    category = Category.objects.filter(children=None).first() or Category.objects.first()
    assert category is not None
    typed = {
        "subject": "话费不对",
        "description": "多收了三十元",
        "category": category.pk,
        "severity": "normal",
        "source": "manager",
    }
    return Making(url, url, typed, Complaint.objects.all())


def of_a_plan_item(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    plan = a_plan(manager)
    url = reverse("workplans:plan_item_add", args=[plan.pk])
    typed = {"text": "整理资料", "day": TODAY.isoformat(), "matter": "other"}
    return Making(url, url, typed, PlanItem.objects.all())


def of_a_log_remark(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    a_submitted_log(manager)
    place = [manager.pk, TODAY.isoformat()]
    page = reverse("workplans:log_detail", args=place)
    action = reverse("workplans:log_answer", args=place)
    return Making(page, action, {"text": "补充一句"}, LogRemark.objects.all())


def of_an_exemption(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("contacts:exemption_request", args=[CustomerFactory(manager=manager).pk])
    typed = {"cadence": "contact", "reason": "abroad", "ends_on": TODAY.isoformat()}
    # One request of a kind waits at a time: that is said, in other words.
    return Making(url, url, typed, Exemption.objects.all(), refused="")


def of_a_case(manager: StaffUser, supervisor: StaffUser, handler: StaffUser) -> Making:
    url = reverse("retention:case_open", args=[CustomerFactory(manager=manager).pk])
    # The page of an open case leads to it, so that nothing can be sent again.
    return Making(url, url, {"reason": "price"}, RetentionCase.objects.all(), refused="")


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    "made",
    [
        of_the_log,
        of_a_promise,
        of_a_complaint,
        of_a_plan_item,
        of_a_log_remark,
        of_an_exemption,
        of_a_case,
    ],
)
def test_back_and_save_again_is_one_row_or_a_question(
    signed_in: Callable[[StaffUser], Client],
    manager: StaffUser,
    supervisor: StaffUser,
    handler: StaffUser,
    made: Callable[..., Making],
) -> None:
    making = made(manager, supervisor, handler)
    client = signed_in(manager)
    before = making.rows.count()
    sent = making.typed | hidden_in(client.get(making.page))
    assert client.post(making.action, sent).status_code == 302
    # Back: fetched anew, with what was typed put back by the browser.
    again = making.typed | hidden_in(client.get(making.page))
    answer = client.post(making.action, again)
    assert making.rows.count() == before + 1
    if not making.refused:
        return
    text = answer.content.decode()
    assert answer.status_code == 422
    assert making.refused in text
    assert any(str(typed) in text for typed in making.typed.values())
    # Who wants it once more gets it.
    sure = making.typed | hidden_in(answer) | {"again": "on"}
    assert client.post(making.action, sure).status_code == 302
    assert making.rows.count() == before + 2


def hidden_in(page: Any) -> dict[str, str]:
    """The key and what else a form carries by itself."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page.content.decode()):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if given.get("name") in ("submission_key", "seen") and given.get("value"):
            found[given["name"]] = given["value"]
    return found


# ime-inspection-remark.md: keys that an input method composes with are its own. Its steps need a
# browser: tests/browser/test_keys.py; that every script asks is held by
# tests/guards/test_keys_and_buttons.py.


# --- API, complaints, feeds --------------------------------------------------------------------
