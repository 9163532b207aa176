"""htmx after the session has ended: the page stays whole, and nothing typed is lost."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

PAGE = "http://testserver/staff/covers/?cursor=x"
HTMX = {"HX-Request": "true", "HX-Current-URL": PAGE}


def test_reading_leads_the_whole_page_to_the_sign_in_and_back() -> None:
    response = Client().get("/staff/search/", headers=HTMX)
    assert response.status_code == 200
    back = quote("/staff/covers/?cursor=x", safe="")
    assert response.headers["HX-Redirect"] == f"/accounts/login/?next={back}"


def test_writing_leaves_the_page_as_it_is_and_says_what_to_do() -> None:
    response = Client().post("/staff/covers/new/", headers=HTMX)
    assert response.status_code == 401
    toast = json.loads(response.headers["HX-Trigger"])["toast"]
    assert "What you typed is still here" in toast["text"]
    assert toast["link_url"].startswith("/accounts/login/?next=")


def test_a_whole_page_is_redirected_as_ever() -> None:
    response = Client().get("/staff/covers/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=/staff/covers/"
