"""Who looks like whom: keys and pairs kept with every change, warnings, and the decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from core import audit, bulk, clock, locks
from core.texts import whole
from customers.models import Customer, CustomerPhone, Likeness, LikenessKey, LikePair, Profile
from customers.querysets import CustomerQuerySet, LikenessKeyQuerySet
from customers.rules import MOST_ALIKE, BirthdayKey, Traits, likeness_keys, years_agree
from customers.rules import Likeness as Kind
from customers.services.lookups import SearchesUsedUpError, open_search
from customers.services.sheet import Sheet
from staff.models import StaffUser

MOST_WARNED = 5
LIKENESS_ENTRIES = frozenset({"name", "birthday", "phone", "employer"})
"""The entries of a data sheet that decide who looks like whom."""

LOCK = "customers.likeness"


@dataclass(frozen=True)
class Alike:
    """A customer who may be the one somebody is about to write, and why."""

    customer: Customer
    kinds: Sequence[Likeness]


def birthday_key(customer: Customer) -> BirthdayKey | None:
    """Return the birthday of ``customer`` without its year, None where it is not known."""
    if customer.birth_month is None or customer.birth_day is None:
        return None
    return BirthdayKey(
        customer.birth_calendar,
        customer.birth_month,
        customer.birth_day,
        customer.birth_leap_month,
    )


def traits_of(customer: Customer, phones: Sequence[str], employer: str) -> Traits:
    """Return what is compared of ``customer``."""
    return Traits(
        name=whole(customer.name),
        phones=phones,
        birthday=birthday_key(customer),
        birth_year=customer.birth_year,
        employer=whole(employer),
    )


def traits_in(customer: Customer, values: Sheet) -> Traits:
    """Return what would be compared of ``customer`` with the entries ``values``.

    An empty phone number stands for one that is stored already.
    """
    born = values["birthday"]
    return Traits(
        name=values["name"],
        phones=[row.number for row in values["phone"] if row.number],
        birthday=BirthdayKey(born.calendar, born.month, born.day, born.leap_month)
        if born
        else None,
        birth_year=born.year if born else None,
        employer=values["employer"],
    )


# --- Keeping keys and pairs -----------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def index_likeness(customers: Sequence[Customer]) -> None:
    """Write the keys of ``customers`` and the pairs that come of them anew. Safe twice.

    A constant number of statements; four where nothing has changed.
    """
    ids = [customer.pk for customer in customers]
    phones: dict[int, list[str]] = defaultdict(list)
    numbers = CustomerPhone.objects.filter(customer__in=ids).order_by("position", "pk")
    for owner, number in numbers.values_list("customer_id", "number"):
        phones[owner].append(number)
    profiles = Profile.objects.filter(customer__in=ids).values_list("customer_id", "employer")
    employers = dict(profiles)
    index_traits(
        {c.pk: traits_of(c, phones.get(c.pk, ()), employers.get(c.pk, "")) for c in customers}
    )


def index_traits(traits: Mapping[int, Traits], *, are_new: bool = False) -> None:
    """Write the keys of these customers (by id) anew, and the pairs. Safe twice.

    ``are_new``: nothing is stored of them yet. The caller has a transaction open, in which one
    writer after another finds who is alike: of two at once the second would miss the first.
    """
    wanted = {pk: likeness_keys(one) for pk, one in traits.items()}
    locks.hold(LOCK)
    stored: dict[int, set[str]] = defaultdict(set)
    if not are_new:
        rows = LikenessKey.objects.filter(customer__in=list(traits))
        for owner, key in rows.values_list("customer_id", "key"):
            stored[owner].add(key)
    gone = [(pk, key) for pk, keys in stored.items() for key in keys - wanted[pk].keys()]
    if gone:
        old = LikenessKey.objects.filter(
            customer__in={pk for pk, _key in gone}, key__in={key for _pk, key in gone}
        )
        stale = set(gone)
        found = old.values_list("pk", "customer_id", "key")
        LikenessKey.objects.filter(pk__in=[n for n, pk, k in found if (pk, k) in stale]).delete()
    fresh = [
        (pk, kind.value, key)
        for pk, keys in wanted.items()
        for key, kind in keys.items()
        if key not in stored.get(pk, ())
    ]
    bulk.insert_rows(LikenessKey, ["customer_id", "kind", "key"], fresh)
    _settle_pairs(traits, wanted, are_new=are_new)


def _settle_pairs(
    traits: Mapping[int, Traits], wanted: Mapping[int, Mapping[str, Kind]], *, are_new: bool
) -> None:
    """Make the pairs of these customers what their keys say; decided ones are kept."""
    due = _pairs_by_keys(traits, wanted)
    known: dict[tuple[int, int], LikePair] = {}
    if not are_new:
        rows = LikePair.objects.of(list(traits)).select_related("first", "second")
        known = {(pair.first_id, pair.second_id): pair for pair in rows}
    new, changed = [], []
    for ids, kinds in due.items():
        flags = {f"by_{kind.value}": kind in kinds for kind in Kind}
        if (pair := known.get(ids)) is None:
            new.append(LikePair(first_id=ids[0], second_id=ids[1], **flags))
        elif any(getattr(pair, name) != value for name, value in flags.items()):
            for name, value in flags.items():
                setattr(pair, name, value)
            changed.append(pair)
    gone = [pair.pk for ids, pair in known.items() if ids not in due and not _is_kept(pair)]
    LikePair.objects.bulk_create(new, batch_size=1000)
    LikePair.objects.bulk_update(changed, [f"by_{kind.value}" for kind in Kind], batch_size=500)
    if gone:
        LikePair.objects.filter(pk__in=gone).delete()


def _is_kept(pair: LikePair) -> bool:
    """A decision stays known, and so does the pair of a row that was merged: it may come back."""
    return pair.dismissed_at is not None or pair.first.is_merged or pair.second.is_merged


def _pairs_by_keys(
    traits: Mapping[int, Traits], wanted: Mapping[int, Mapping[str, Kind]]
) -> dict[tuple[int, int], set[Kind]]:
    keys_of_all = {key for keys in wanted.values() for key in keys}
    # First the few that more than one has: from the index alone.
    shared = LikenessKey.objects.held_by_many(keys_of_all)
    holders = _holders(LikenessKey.objects.shared_with(shared)) if shared else {}
    pairs: dict[tuple[int, int], set[Kind]] = defaultdict(set)
    for pk, keys in wanted.items():
        for key, kind in keys.items():
            others = holders.get(key, {})
            # A merged row is no holder, and makes no pairs.
            if pk not in others or len(others) > MOST_ALIKE:
                continue
            for other, year in others.items():
                if other != pk and years_agree(kind, traits[pk].birth_year, year):
                    pairs[min(pk, other), max(pk, other)].add(kind)
    return pairs


def _holders(rows: LikenessKeyQuerySet) -> dict[str, dict[int, int | None]]:
    """Return who has each key of ``rows``, with the year of birth. One statement."""
    holders: dict[str, dict[int, int | None]] = defaultdict(dict)
    for key, owner, year in rows.values_list("key", "customer_id", "customer__birth_year"):
        holders[key][owner] = year
    return holders


# --- Warning ------------------------------------------------------------------------------------


def alike_among(
    customers: CustomerQuerySet, wanted: Sequence[Traits]
) -> list[list[tuple[int, Sequence[Likeness]]]]:
    """Return for each of ``wanted`` the ids of those of ``customers`` who look alike, and why.

    Who looks like more than MOST_ALIKE others is like nobody. One statement.
    """
    keys = [likeness_keys(traits) for traits in wanted]
    rows = LikenessKey.objects.shared_with({key for one in keys for key in one})
    holders = _holders(rows.filter(customer__in=customers.order_by().values("pk")))
    return [_alike_to(traits, own, holders) for traits, own in zip(wanted, keys, strict=True)]


def _alike_to(
    traits: Traits, keys: Mapping[str, Kind], holders: Mapping[str, Mapping[int, int | None]]
) -> list[tuple[int, Sequence[Likeness]]]:
    found: dict[int, set[Kind]] = defaultdict(set)
    for key, kind in keys.items():
        others = holders.get(key, {})
        if len(others) <= MOST_ALIKE:
            for owner, year in others.items():
                if years_agree(kind, traits.birth_year, year):
                    found[owner].add(kind)
    return [(pk, [k for k in Likeness if k.value in kinds]) for pk, kinds in sorted(found.items())]


def warn_of(
    *,
    user: StaffUser,
    traits: Traits,
    customer: Customer | None = None,
    stored: Traits | None = None,
) -> list[Alike]:
    """Return whom ``user`` sees and who looks like the person about to be written.

    ``customer`` is the one being changed, with what is ``stored``: only a new likeness warns.
    A new phone number is a search by it: written down and bounded as in ``lookups``; beyond that
    nobody is found by phone. At most MOST_WARNED. Two statements, and three a number written down.
    """
    new = set(traits.phones) - set(stored.phones if stored else ())
    try:
        for number in sorted(new):
            open_search(actor=user, written=number)
    except SearchesUsedUpError:
        traits = replace(traits, phones=[one for one in traits.phones if one not in new])
    visible = Customer.objects.visible_to(user)
    if customer is not None:
        visible = visible.exclude(pk=customer.pk)
    known: set[tuple[int, Likeness]] = set()
    if stored is not None and stored != traits:
        before, after = alike_among(visible, [stored, traits])
        known = {(pk, kind) for pk, kinds in before for kind in kinds}
    else:
        (after,) = alike_among(visible, [traits]) if stored is None else ([],)
    fresh = {pk: kinds for pk, kinds in after if any((pk, kind) not in known for kind in kinds)}
    shown = visible.filter(pk__in=list(fresh)[:MOST_WARNED]).for_row().with_primary_phone()
    return [Alike(one, fresh[one.pk]) for one in shown.order_by("pk")]


# --- The decision -------------------------------------------------------------------------------


@transaction.atomic
def dismiss_pair(*, actor: StaffUser, pair: LikePair) -> LikePair:
    """Note that the two are not the same person; they are not offered again. Safe twice."""
    pair = LikePair.objects.select_for_update().get(pk=pair.pk)
    if pair.dismissed_at is None:
        pair.dismissed_at, pair.dismissed_by = clock.now(), actor
        pair.save(update_fields=["dismissed_at", "dismissed_by"])
        _record_decision(actor, pair, [None, pair.dismissed_at])
    return pair


@transaction.atomic
def restore_pair(*, actor: StaffUser, pair: LikePair) -> LikePair:
    """Offer two again who were found not to be the same. Safe to run twice."""
    pair = LikePair.objects.select_for_update().get(pk=pair.pk)
    if (before := pair.dismissed_at) is not None:
        pair.dismissed_at = pair.dismissed_by = None
        pair.save(update_fields=["dismissed_at", "dismissed_by"])
        _record_decision(actor, pair, [before, None])
    return pair


def _record_decision(actor: StaffUser, pair: LikePair, change: Iterable[object]) -> None:
    """One entry about each of the two, so that it is found from both."""
    audit.record_many(
        actor=actor,
        verb="likeness.decided",
        model=LikePair,
        rows=[
            (pair.pk, customer_id, {"dismissed_at": list(change)})
            for customer_id in (pair.first_id, pair.second_id)
        ],
    )
