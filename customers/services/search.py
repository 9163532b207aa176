"""Keeping the words a customer is found by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from customers.models import Customer, CustomerPhone, SearchEntry
from customers.rules import words_of


def entry_of(customer: Customer, numbers: Iterable[str], merged: Iterable[str] = ()) -> SearchEntry:
    """Return the unsaved search entry of ``customer`` with these phone and merged numbers."""
    words, phones = words_of(customer.name, customer.number, numbers, merged)
    return SearchEntry(customer_id=customer.pk, words=words, phones=phones)


def index_customers(customers: Sequence[Customer]) -> None:
    """Write the search entries of ``customers`` anew. Three statements a thousand. Safe twice."""
    numbers: dict[int, list[str]] = {customer.pk: [] for customer in customers}
    rows = CustomerPhone.objects.filter(customer__in=list(numbers)).order_by("position", "pk")
    for owner, number in rows.values_list("customer_id", "number"):
        numbers[owner].append(number)
    merged: dict[int, list[str]] = defaultdict(list)
    gone = Customer.objects.filter(merged_into__in=list(numbers)).order_by("pk")
    for survivor, code in gone.values_list("merged_into_id", "number"):
        merged[survivor].append(code)
    SearchEntry.objects.bulk_create(
        [
            entry_of(customer, numbers[customer.pk], merged.get(customer.pk, ()))
            for customer in customers
        ],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["words", "phones"],
    )
