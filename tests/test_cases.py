"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from complaints.models import ComplaintMerge, Source
from staff.models import StaffUser
from tests.api import send, system
from tests.complaints.reports import complains, designate
from tests.conftest import Company
from tests.factories import CustomerFactory

SignedIn = Callable[[StaffUser], Client]

pytestmark = pytest.mark.django_db

# --- Files: which sheet, which cells, which kind of file ---------------------------------------


# --- Files: headings, columns, what an import makes --------------------------------------------


# --- Numbers: calls, search --------------------------------------------------------------------


# --- Pages -------------------------------------------------------------------------------------


# --- API, complaints, feeds --------------------------------------------------------------------


def test_a_complaint_merged_with_an_appeal_is_one(
    company: Company, manager: StaffUser, handler: StaffUser, signed_in: SignedIn, frozen: Any
) -> None:
    """complaint-merge-appeal: by the hotline, two hours later by the regulator, made one."""
    designate(handler, company.district)
    customer = CustomerFactory(manager=manager)
    hotline = complains(manager, customer, source=Source.HOTLINE)
    frozen.shift(timedelta(hours=2))
    regulator = complains(manager, customer, source=Source.REGULATOR)
    browser = signed_in(handler)

    def open_appeals() -> list[int]:
        page = browser.get(reverse("complaints:complaint_list"), {"time": "appeal"})
        return [row.pk for row in page.context["page"].rows]

    assert open_appeals() == [regulator.pk]
    merge = reverse("complaints:double_merge", args=[regulator.pk])
    browser.post(merge, {"other": hotline.pk, "reason": "同一件事"})
    assert open_appeals() == [hotline.pk]
    undo = reverse("complaints:double_undo", args=[ComplaintMerge.objects.get().pk])
    browser.post(undo)
    assert open_appeals() == [regulator.pk]
    hotline.refresh_from_db()
    assert not hotline.is_appeal


def test_a_system_that_accepts_gzip_changes_a_customer(
    administrator: StaffUser, manager: StaffUser
) -> None:
    """api-etag-gzip: PATCH with the ETag exactly as received answers 200."""
    customer = CustomerFactory(manager=manager)
    _client, prm = system(administrator)
    url = f"/api/v1/customers/{customer.pk}/"
    read = prm.get(url, headers={"Accept-Encoding": "gzip"})
    assert read.headers["ETag"] == 'W/"1"'
    sent = {"Accept-Encoding": "gzip", "If-Match": read.headers["ETag"]}
    changed = send(prm, "patch", url, {"profile": {"sports": "羽毛球"}}, sent)
    assert changed.status_code == 200
    customer.profile.refresh_from_db()
    assert customer.profile.sports == "羽毛球"
