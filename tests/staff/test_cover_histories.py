"""Random covers arranged and ended through the services, against a look at every day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from staff import services
from staff.models import Cover, Role, StaffUser
from tests import oracle
from tests.conftest import Company
from tests.factories import StaffUserFactory

BEGIN = datetime(2028, 2, 20, 3, tzinfo=UTC)


@pytest.mark.whole
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_who_serves_whom_is_what_the_arranged_days_say(company: Company, seed: int) -> None:
    random = Random(seed)
    boss = StaffUserFactory(role=Role.SUPERVISOR, unit=company.city)
    people = [StaffUserFactory(unit=company.district) for _ in range(5)]
    kept: list[tuple[oracle.Away, Cover]] = []
    refused = 0
    with time_machine.travel(BEGIN, tick=False) as traveller:
        for _ in range(40):
            traveller.shift(timedelta(hours=random.choice([0, 0, 1, 9, 20])))
            today = clock.today(company.district.time_zone)
            if kept and random.random() < 0.2:
                place = random.randrange(len(kept))
                away, cover = kept[place]
                services.end_cover(actor=boss, cover=cover)
                # What is over stays; what has begun ends with yesterday.
                ends = min(away.last, today - timedelta(days=1))
                kept[place] = (replace(away, last=ends), cover)
            else:
                who, other = random.sample(people, 2)
                first = today + timedelta(days=random.randrange(2))
                last = first + timedelta(days=random.randrange(5))
                wanted = oracle.Away(who.pk, other.pk, first, last)
                made = arranged(boss, who, other, wanted)
                standing = [one for one, _cover in kept]
                again = made is not None and made.pk in {cover.pk for _one, cover in kept}
                can_be = oracle.can_be_arranged(wanted, standing)
                assert (made is not None and not again) == can_be
                refused += made is None
                if made is not None and not again:
                    kept.append((wanted, made))
            standing = [one for one, _cover in kept]
            for person in people:
                expected = {
                    who.pk for who in people if person.pk in oracle.serving(who.pk, today, standing)
                }
                scope = StaffUser.objects.get(pk=person.pk).scope
                assert scope.manager_ids == expected
    assert refused
    assert kept


def arranged(
    boss: StaffUser, who: StaffUser, stand_in: StaffUser, wanted: oracle.Away
) -> Cover | None:
    """Return the cover, None where it is refused."""
    try:
        with transaction.atomic():
            return services.arrange_cover(
                actor=boss,
                manager=who,
                stand_in=stand_in,
                starts_on=wanted.first,
                ends_on=wanted.last,
            )
    except ValidationError:
        return None
