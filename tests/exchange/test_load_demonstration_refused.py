"""Loading the demonstration: only where it belongs, with or without its history."""

from __future__ import annotations

from datetime import date
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from exchange.rules.invention import InventedContact, invent_contacts
from retention.models import Departure, UsageSnapshot
from staff.models import StaffUser

pytestmark = pytest.mark.django_db
ROSTER_ROWS = 1191


def test_it_is_refused_outside_demonstration_mode(settings: Any) -> None:
    settings.DEMONSTRATION = False
    with pytest.raises(CommandError, match="demonstration mode only"):
        call_command("load_demonstration")
    assert not StaffUser.objects.exists()


@pytest.mark.whole
def test_without_its_history_it_is_only_the_roster(settings: Any) -> None:
    settings.DEMONSTRATION = True
    call_command("load_demonstration", "--without-history", stdout=StringIO())
    assert Customer.objects.count() == ROSTER_ROWS
    assert not UsageSnapshot.objects.exists()
    assert not Departure.objects.exists()


def test_what_is_invented_is_the_same_for_the_same_seed() -> None:
    def invented() -> list[InventedContact]:
        random = Random(7)
        return [
            contact
            for day in range(1, 29)
            for contact in invent_contacts(
                random,
                last_contact_on=date(2027, 4, day),
                vip_since=date(2020, 1, 1),
                is_key=day % 3 == 0,
                today=date(2027, 4, 30),
            )
        ]

    assert len(invented()) > 28
    assert invented() == invented()
