"""Stored numbers get the form in which they are kept now; search finds names over their dots."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from core.phones import MOBILE, plain_number
from customers.rules import Traits, likeness_keys, words_of

BATCH = 2000
_DOTS = re.compile(r"[.\u00b7\u0387\u2022\u2024\u2027\u2219\u22c5\u3002\u30fb\uff0e\uff61\uff65]")
_DIGITS = re.compile(r"\d{3}")


def keep_in_one_form(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Rewrite what differs, in batches, each on its own. Safe twice, and after a break-off.

    A customer who had one number in two spellings keeps the first of them.
    """
    phone_model = apps.get_model("customers", "CustomerPhone")
    customer_model = apps.get_model("customers", "Customer")
    last = 0
    while True:
        rows = list(
            customer_model.objects.filter(pk__gt=last)
            .order_by("pk")
            .values("pk", "name", "number")[:BATCH]
        )
        if not rows:
            return
        last = rows[-1]["pk"]
        changed = _rewrite(phone_model, [row["pk"] for row in rows])
        named = {
            row["pk"]
            for row in rows
            if _DOTS.search(row["name"] + row["number"]) or _DIGITS.search(row["name"])
        }
        _find_again(apps, changed | named)
        _compare_again(apps, changed)


def _rewrite(phone_model: Any, owners: Collection[int]) -> set[int]:
    """Put the numbers of these customers into their one form; return whose were changed."""
    kept: dict[int, set[str]] = defaultdict(set)
    changed: list[Any] = []
    repeated: list[Any] = []
    rows = phone_model.objects.filter(customer__in=owners).order_by("customer", "position", "pk")
    stored = list(rows)
    if all(MOBILE.fullmatch(row.number) for row in stored):
        return set()
    for row in stored:
        number = plain_number(row.number) or row.number
        if number in kept[row.customer_id]:
            repeated.append(row)
            continue
        kept[row.customer_id].add(number)
        if number != row.number:
            row.number = number
            changed.append(row)
    phone_model.objects.filter(pk__in=[row.pk for row in repeated]).delete()
    phone_model.objects.bulk_update(changed, ["number"], batch_size=500)
    return {row.customer_id for row in (*changed, *repeated)}


def _find_again(apps: StateApps, owners: Collection[int]) -> None:
    """Write the search entries of these customers anew."""
    if not owners:
        return
    phones, merged = _phones_of(apps, owners), defaultdict(list)
    customer_model = apps.get_model("customers", "Customer")
    gone = customer_model.objects.filter(merged_into__in=owners).order_by("pk")
    for survivor, code in gone.values_list("merged_into_id", "number"):
        merged[survivor].append(code)
    entry_model = apps.get_model("customers", "SearchEntry")
    entries = []
    for pk, name, number in customer_model.objects.filter(pk__in=owners).values_list(
        "pk", "name", "number"
    ):
        words, digits = words_of(name, number, phones[pk], merged[pk])
        entries.append(entry_model(customer_id=pk, words=words, phones=digits))
    entry_model.objects.bulk_update(entries, ["words", "phones"], batch_size=500)


def _phones_of(apps: StateApps, owners: Iterable[int]) -> dict[int, list[str]]:
    phones: dict[int, list[str]] = defaultdict(list)
    phone_model = apps.get_model("customers", "CustomerPhone")
    rows = phone_model.objects.filter(customer__in=list(owners)).order_by("position", "pk")
    for owner, number in rows.values_list("customer_id", "number"):
        phones[owner].append(number)
    return phones


def _compare_again(apps: StateApps, owners: Collection[int]) -> None:
    """Add the likeness keys of changed numbers; the pairs follow with the next change of each."""
    if not owners:
        return
    phones = _phones_of(apps, owners)
    key_model = apps.get_model("customers", "LikenessKey")
    key_model.objects.bulk_create(
        [
            key_model(customer_id=pk, kind=kind.value, key=key)
            for pk in owners
            for key, kind in likeness_keys(Traits(name="", phones=phones[pk])).items()
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


class Migration(migrations.Migration):
    """Form, import, calls and search ask for one spelling, so one spelling is stored."""

    atomic = False

    dependencies = [("customers", "0012_number_standards")]

    operations = [migrations.RunPython(keep_in_one_form, migrations.RunPython.noop)]
