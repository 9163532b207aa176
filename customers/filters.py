"""The customer list's filters, read from the query string so that a view can be passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.db.models import F, Value
from django.db.models.functions import Length, Replace
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from core import clock
from customers.models import ServiceStandard, Status, Tier
from customers.querysets import DUE_FIELD, CustomerQuerySet
from customers.rules import BirthdayKey, Cadence, Figure
from customers.services.birthdays import birthday_keys
from staff.models import StaffUser, Unit

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_CHOICES = 300
"""More units or managers than this are not offered at once; a larger unit comes first."""

BIRTHDAY_DAYS = 7
"""A birthday is near from this many days before, the day itself included."""

EVERYBODY = "all"
USUAL_SORT = "due"
SORTS = ((USUAL_SORT, _("Due first")), ("name", _("Name")), ("number", _("Customer number")))


class CustomerFilterForm(forms.Form):
    """What the list can be narrowed by. An empty field narrows nothing."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name, pinyin, phone, number")}),
    )
    tier = forms.MultipleChoiceField(
        label=_("Tier"), required=False, choices=Tier, widget=forms.CheckboxSelectMultiple
    )
    due = forms.ChoiceField(
        label=_("Due"),
        required=False,
        choices=[
            ("", _("Any")),
            ("overdue", _("Overdue")),
            ("soon", _("Due soon")),
            ("exempt", _("Exempt")),
        ],
    )
    cadence = forms.ChoiceField(
        label=_("Clock"),
        required=False,
        choices=[("", _("Contact")), (Cadence.VISIT.value, _("Face to face"))],
    )
    contacted = forms.ChoiceField(
        label=_("Contacted"),
        required=False,
        choices=[
            ("", _("Any")),
            ("this_month", _("This month")),
            ("not_this_month", _("Not this month")),
        ],
    )
    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    manager = forms.TypedChoiceField(
        label=_("Customer manager"), required=False, coerce=int, empty_value=None
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", Status.ACTIVE.label),
            (Status.LEFT.value, Status.LEFT.label),
            (EVERYBODY, _("Active and left")),
        ],
    )
    key = forms.BooleanField(label=_("Key customers"), required=False)
    pool = forms.BooleanField(label=_("Without a manager"), required=False)
    birthday = forms.BooleanField(label=_("Birthday within 7 days"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)


@dataclass(frozen=True)
class Chip:
    """One filter that is set, in words, and the query string without it."""

    label: StrOrPromise
    value: StrOrPromise
    without: str


class CustomerFilter:
    """The filters of one request by one person.

    What is not understood narrows nothing and is shown as an error; a unit or a manager whom
    the person may not see is not found.
    """

    def __init__(self, data: QueryDict, user: StaffUser) -> None:
        self.data = data
        self.user = user
        self.today = clock.today(user.time_zone)
        given = data.copy()
        if given.get("cadence") == Cadence.CONTACT.value:
            given["cadence"] = ""
        if given.get("status") == Status.ACTIVE.value:
            given["status"] = ""
        self.form = CustomerFilterForm(given)
        self._offer_units_and_managers()
        self.form.is_valid()

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood."""
        cleaned = {**self.form.cleaned_data}
        cleaned.pop("sort", None)
        return {
            name: value for name, value in cleaned.items() if value not in ("", None, [], False)
        }

    @property
    def cadence(self) -> Cadence:
        """The clock that the list is about."""
        return Cadence(self.chosen.get("cadence", Cadence.CONTACT.value))

    @property
    def is_of_active(self) -> bool:
        """Whether only customers who are with us are listed: for others no clock runs."""
        return "status" not in self.chosen

    @property
    def sort(self) -> str:
        """The order in force: by due day where clocks run, else by number."""
        wanted: str = self.form.cleaned_data.get("sort") or USUAL_SORT
        return self._usual_sort if wanted == USUAL_SORT else wanted

    @property
    def _usual_sort(self) -> str:
        return USUAL_SORT if self.is_of_active else "number"

    @property
    def order(self) -> tuple[str, ...]:
        """The fields of the order, never null in what ``apply`` returns, the last one unique."""
        return {
            USUAL_SORT: (DUE_FIELD[self.cadence], "pk"),
            "name": ("name", "pk"),
            "number": ("number",),
        }[self.sort]

    def apply(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        """Narrow ``customers`` to those asked for."""
        if self.is_of_active:
            customers = customers.clocked(self.cadence)
        elif self.chosen["status"] == Status.LEFT:
            customers = customers.filter(status=Status.LEFT)
        for name, value in self.chosen.items():
            if narrow := self._narrowings.get(name):
                customers = narrow(customers, value)
        return customers

    @property
    def query(self) -> str:
        """The query string that leaves the same customers, from the first page."""
        return self._without("cursor")

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set, each with the way to take it off."""
        return [chip for name, value in self.chosen.items() for chip in self._chips_of(name, value)]

    @property
    def shows_owner(self) -> bool:
        """Whether the customers of the list can be of several managers."""
        return "manager" in self.form.fields

    @cached_property
    def offers_units(self) -> bool:
        """Whether the person sees customers of more than one unit or manager by office."""
        scope = self.user.scope
        return scope.everything or scope.unit_path is not None

    # --- Narrowing ------------------------------------------------------------------------

    @property
    def _narrowings(self) -> Mapping[str, Callable[[CustomerQuerySet, Any], CustomerQuerySet]]:
        return {
            "q": lambda rows, text: rows.matching(text, self.user),
            "tier": lambda rows, tiers: rows.filter(tier__in=tiers),
            "unit": lambda rows, pk: rows.within_unit(self._units[pk].path),
            "manager": lambda rows, pk: rows.filter(manager=pk),
            "due": self._by_due,
            "contacted": self._by_contact,
            "key": lambda rows, _set: rows.key(),
            "pool": lambda rows, _set: rows.in_pool(),
            "birthday": lambda rows, _set: rows.with_birthday(self._near_birthdays()),
        }

    def _by_due(self, customers: CustomerQuerySet, due: str) -> CustomerQuerySet:
        if due == "overdue":
            return customers.overdue(self.cadence, self.today)
        if due == "exempt":
            return customers.exempt(self.cadence, self.today)
        standards = ServiceStandard.objects.visible_to(self.user).load()
        soon_days = standards.value(Figure.DUE_SOON_DAYS, self.today)
        return customers.due_soon(self.cadence, self.today, soon_days)

    def _by_contact(self, customers: CustomerQuerySet, contacted: str) -> CustomerQuerySet:
        month = first_of_month(self.today)
        if contacted == "this_month":
            return customers.contacted_since(month)
        return customers.not_contacted_since(month)

    def _near_birthdays(self) -> list[BirthdayKey]:
        return birthday_keys(self.today, self.today + timedelta(days=BIRTHDAY_DAYS))

    # --- Units and managers ---------------------------------------------------------------

    def _offer_units_and_managers(self) -> None:
        self._units: dict[int, Unit] = {}
        self._managers: dict[int, str] = {}
        fields = self.form.fields
        if self.offers_units:
            self._load_units()
            fields["unit"].choices = [("", _("All")), *self._unit_choices()]  # type: ignore[attr-defined]
        else:
            del fields["unit"]
            del fields["pool"]
        if self.offers_units or len(self.user.scope.manager_ids) > 1 or self.data.get("manager"):
            self._load_managers()
            fields["manager"].choices = [("", _("All")), *self._managers.items()]  # type: ignore[attr-defined]
        else:
            del fields["manager"]

    def _load_units(self) -> None:
        """Offer the units of the person, the largest first where there are too many."""
        visible = Unit.objects.visible_to(self.user)
        depth = Length("path") - Length(Replace(F("path"), Value("/"), Value("")))
        for unit in visible.order_by(depth, "full_name")[:MOST_CHOICES]:
            self._units[unit.pk] = unit
        if (chosen := self._asked_for("unit", self._units)) is not None:
            self._units[chosen] = get_object_or_404(visible, pk=chosen)

    def _load_managers(self) -> None:
        """Offer the managers of the person, or of the chosen unit."""
        visible = StaffUser.objects.visible_to(self.user).managers()
        offered = visible.active()
        unit = self._units.get(_number(self.data.get("unit")) or 0)
        if unit is not None:
            offered = offered.filter(unit__path__startswith=unit.path)
        for pk, name in offered.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES]:
            self._managers[pk] = name
        if (chosen := self._asked_for("manager", self._managers)) is not None:
            self._managers[chosen] = get_object_or_404(visible, pk=chosen).name

    def _asked_for(self, name: str, known: Mapping[int, Any]) -> int | None:
        """Return the id that the query string asks for where it is not among the known ones."""
        pk = _number(self.data.get(name))
        return None if pk is None or pk in known else pk

    def _unit_choices(self) -> Iterator[tuple[int, str]]:
        for unit in sorted(self._units.values(), key=lambda unit: unit.full_name):
            yield unit.pk, unit.full_name

    # --- In words -------------------------------------------------------------------------

    def _chips_of(self, name: str, value: Any) -> Iterator[Chip]:
        field = self.form.fields[name]
        label = field.label or name
        if isinstance(value, list):
            for one in value:
                yield Chip(label, dict(field.choices)[one], self._without(name, one))  # type: ignore[attr-defined]
        elif isinstance(field, forms.ChoiceField):
            words: dict[str, Any] = {str(key): text for key, text in field.choices}  # type: ignore[union-attr, misc]
            yield Chip(label, words[str(value)], self._without(name))
        elif value is True:
            yield Chip("", label, self._without(name))
        else:
            yield Chip(label, str(value), self._without(name))

    def _without(self, name: str, value: str | None = None) -> str:
        """Return the query string without one filter, from the first page."""
        data = self.data.copy()
        data.pop("cursor", None)
        others = [one for one in data.getlist(name) if value is not None and one != value]
        data.setlist(name, others)
        return data.urlencode()


class AskedFilter(CustomerFilter):
    """The same filters where nothing is offered: only what is asked for is looked up."""

    @classmethod
    def of(cls, given: Mapping[str, Any], user: StaffUser) -> Self:
        """Return the filter of checked values by name; those of no filter are passed over."""
        data = QueryDict(mutable=True)
        for name in CustomerFilterForm.base_fields.keys() & given.keys():
            value = given[name]
            if isinstance(value, list):
                data.setlist(name, value)
            elif value is not False:
                data[name] = str(value)
        return cls(data, user)

    def _offer_units_and_managers(self) -> None:
        self._units = {}
        self._managers = {}
        units = Unit.objects.visible_to(self.user)
        managers = StaffUser.objects.visible_to(self.user).managers()
        if (pk := self._asked_for("unit", {})) is not None:
            self._units[pk] = get_object_or_404(units, pk=pk)
        if (pk := self._asked_for("manager", {})) is not None:
            self._managers[pk] = get_object_or_404(managers, pk=pk).name
        fields = self.form.fields
        fields["unit"].choices = [("", ""), *((pk, "") for pk in self._units)]  # type: ignore[attr-defined]
        fields["manager"].choices = [("", ""), *self._managers.items()]  # type: ignore[attr-defined]


def first_of_month(day: date) -> date:
    """Return the first day of the month of ``day``."""
    return day.replace(day=1)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
