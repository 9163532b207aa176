"""Keeping the words a customer is found by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.phones import plain_number, without_extension
from customers.models import Customer, CustomerPhone, SearchEntry
from customers.rules import normalised, search_words, split_surname


def syllables_of(name: str) -> list[str]:
    """Return the pinyin of a name, a syllable a character, surnames read as surnames."""
    # Imported where names are written: it costs web workers memory and start-up time.
    from pypinyin import Style, lazy_pinyin

    _surname, reading, rest = split_surname(normalised(name))
    first = [reading] if reading else []
    letters = lazy_pinyin(rest, style=Style.NORMAL, errors="default", v_to_u=False)
    return first + [part.lower() for part in "".join(f" {p}" for p in letters).split()]


def words_of(
    name: str, number: str, phones: Iterable[str], merged: Iterable[str] = ()
) -> tuple[str, str]:
    """Return the words and the phone numbers that a customer's search entry holds.

    ``merged``: the customer numbers of the rows that were merged into this one.
    """
    kept = [plain_number(phone) or phone for phone in phones]
    # A switchboard is found with the extension and without it.
    digits = list(
        dict.fromkeys(one for number in kept for one in (number, without_extension(number)))
    )
    words = [search_words(name, number, syllables_of(name))]
    words += [search_words("", other, ()).lstrip() for other in merged]
    return (
        "".join(words),
        f" {' '.join(digits)} " if digits else "",
    )


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
