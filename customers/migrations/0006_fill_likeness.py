"""Who looks like whom among the customers who were there before."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from customers.rules import (
    MOST_ALIKE,
    BirthdayKey,
    Likeness,
    Traits,
    likeness_keys,
    years_agree,
)

BATCH = 2000

Row = tuple[str, str, int, int | None]
Pairs = dict[tuple[int, int], set[Likeness]]


def fill(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Write the keys in batches, each on its own, then the pairs of shared keys. Safe twice."""
    customer_model = apps.get_model("customers", "Customer")
    phone_model = apps.get_model("customers", "CustomerPhone")
    profile_model = apps.get_model("customers", "Profile")
    key_model = apps.get_model("customers", "LikenessKey")
    last = 0
    while True:
        customers = list(customer_model.objects.filter(pk__gt=last).order_by("pk")[:BATCH])
        if not customers:
            break
        last = customers[-1].pk
        ids = [customer.pk for customer in customers]
        phones = defaultdict(list)
        for owner, number in phone_model.objects.filter(customer__in=ids).values_list(
            "customer_id", "number"
        ):
            phones[owner].append(number)
        profiles = profile_model.objects.filter(customer__in=ids)
        employers = dict(profiles.values_list("customer_id", "employer"))
        key_model.objects.bulk_create(
            [
                key_model(customer_id=customer.pk, kind=kind.value, key=key)
                for customer in customers
                for key, kind in likeness_keys(
                    _traits(customer, phones[customer.pk], employers.get(customer.pk, ""))
                ).items()
            ],
            ignore_conflicts=True,
            batch_size=1000,
        )
    _fill_pairs(apps)


def _traits(customer: Any, phones: Sequence[str], employer: str) -> Traits:
    birthday = None
    if customer.birth_month is not None and customer.birth_day is not None:
        birthday = BirthdayKey(
            customer.birth_calendar,
            customer.birth_month,
            customer.birth_day,
            customer.birth_leap_month,
        )
    return Traits(customer.name, phones, birthday, customer.birth_year, employer)


def _fill_pairs(apps: StateApps) -> None:
    key_model = apps.get_model("customers", "LikenessKey")
    pair_model = apps.get_model("customers", "LikePair")
    rows = key_model.objects.order_by("key", "customer_id").values_list(
        "key", "kind", "customer_id", "customer__birth_year"
    )
    found: Pairs = defaultdict(set)
    group: list[Row] = []
    for row in chain(rows.iterator(chunk_size=BATCH), [("", "", 0, None)]):
        if group and group[0][0] != row[0]:
            _pairs_of(group, found)
            group = []
        group.append(row)
    pair_model.objects.bulk_create(
        [
            pair_model(
                first_id=first, second_id=second, **{f"by_{kind.value}": True for kind in kinds}
            )
            for (first, second), kinds in sorted(found.items())
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


def _pairs_of(group: Sequence[Row], found: Pairs) -> None:
    if not 1 < len(group) <= MOST_ALIKE:
        return
    kind = Likeness(group[0][1])
    for place, (_key, _kind, first, year) in enumerate(group):
        for _same, _too, second, other_year in group[place + 1 :]:
            if years_agree(kind, year, other_year):
                found[first, second].add(kind)


class Migration(migrations.Migration):
    """Keys and pairs of the customers who are there."""

    atomic = False

    dependencies = [("customers", "0005_merged_and_alike")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
