"""Addresses made for many rows are those that the URL configuration gives."""

import pytest
from django.urls import reverse

from core.addresses import address_maker


@pytest.mark.parametrize(
    "route", ["customers:customer_detail", "contacts:contact_log", "contacts:row_snooze"]
)
@pytest.mark.parametrize("pk", [1, 10, 2_000_000_000])
def test_an_address_is_the_one_of_the_route(route: str, pk: int) -> None:
    assert address_maker(route)(pk) == reverse(route, args=[pk])
