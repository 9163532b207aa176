"""What the filters of every list share: the query string, units and managers, chips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Value
from django.db.models.functions import Length, Replace
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.columns import PARAMETER, Column, Columns
from core.htmx import is_partial, trigger
from core.ids import id_in
from core.sealed import (
    KEY,
    NOBODY,
    SealExpiredError,
    is_sealed,
    masked_search,
    seal,
    seal_posted,
    shown_search,
    unseal,
)
from staff.models import SavedView, StaffUser, Unit

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_CHOICES = 300
"""More units or managers than this are not offered at once; a larger unit comes first."""

VIEW = "view"
EVERYTHING = "all"
"""The name of a view in the query string: its id, or ``all`` for none."""

BESIDES = ("cursor", VIEW, PARAMETER)
"""What a list's query string holds beside its filters."""


@dataclass(frozen=True)
class Chip:
    """One filter that is set, in words, and the query string without it."""

    label: StrOrPromise
    value: StrOrPromise
    without: str


@dataclass(frozen=True)
class Fitted:
    """A kept query string as it can be used by one person today.

    ``left_out`` names what no longer fits: a filter that is gone, a value that is unknown, a
    unit or a manager whom the person does not see.
    """

    data: QueryDict
    left_out: list[str]


class ListFilter:
    """The filters of one request by one person.

    What is not understood narrows nothing and is shown as an error; a unit or a manager whom
    the person may not see is not found.
    """

    list_name: ClassVar[str]
    form_class: ClassVar[type[forms.Form]]
    usual_values: ClassVar[Mapping[str, str]] = {}
    """What a field holds where it narrows nothing, written out."""
    searches: ClassVar[tuple[str, ...]] = ("q",)
    """The fields of free text: a phone number in one never stands in an address (core.sealed)."""

    def __init__(self, data: QueryDict, user: StaffUser) -> None:
        self.data = self.sealed(data)
        self.user = user
        self.today = clock.today(user.time_zone)
        given, expired = self._unsealed()
        for name, usual in self.usual_values.items():
            if given.get(name) == usual:
                given[name] = ""
        self.form = self.form_class(given)
        self._offer_units_and_managers()
        self.form.is_valid()
        for name in expired:
            self.form.add_error(name, gettext("This search is too old. Enter it again."))

    @classmethod
    def sealed(cls, data: QueryDict) -> QueryDict:
        """Return the query string with a key in place of every search that holds a number.

        The keys are nobody's: whoever opens one searches by it.
        """
        kept = data.copy()
        for name in cls.searches:
            if written := data.get(name):
                kept[name] = seal(written, by=NOBODY)
        return kept

    @classmethod
    def posted(cls, data: QueryDict, user: StaffUser) -> QueryDict:
        """Return the query string that a form of the filters stands for when it is posted.

        Its keys are the person's: the caller notes the searches.
        """
        query = data.copy()
        query.pop("csrfmiddlewaretoken", None)
        for name in cls.searches:
            seal_posted(query, name, by=user.pk)
        for name, values in list(query.lists()):
            query.setlist(name, [value for value in values if value])
        return query

    def _unsealed(self) -> tuple[QueryDict, list[str]]:
        """Return the query string with its searches in plain, and those whose key is too old."""
        given, expired = self.data.copy(), []
        for name in self.searches:
            if not is_sealed(written := self.data.get(name, "")):
                continue
            try:
                given[name] = unseal(written).text
            except SealExpiredError:
                given[name] = ""
                expired.append(name)
        return given, expired

    @property
    def columns(self) -> Columns:
        """The columns of the list."""
        raise NotImplementedError

    @property
    def order(self) -> tuple[str, ...]:
        """The fields of the order, never null in what ``apply`` returns, the last one unique."""
        raise NotImplementedError

    @property
    def shown(self) -> list[str]:
        """The columns that are shown, in their order."""
        return self.columns.chosen(self.data.getlist(PARAMETER))

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and understood."""
        cleaned = {**self.form.cleaned_data}
        cleaned.pop("sort", None)
        return {
            name: value for name, value in cleaned.items() if value not in ("", None, [], False)
        }

    @property
    def query(self) -> str:
        """The query string that leaves the same rows, from the first page."""
        return self._without("cursor")

    @property
    def kept(self) -> str:
        """The query string of the filters and the order alone, as a view or an export keeps it."""
        data = QueryDict(mutable=True)
        for name in self.form.fields:
            if name in self.form.errors:
                continue
            says_nothing = ("", self.usual_values.get(name))
            given = self.data.getlist(name)
            if values := [value for value in given if value not in says_nothing]:
                data.setlist(name, values)
        return data.urlencode()

    @property
    def address(self) -> str:
        """The query string of filters, order and columns: what a view or an export keeps."""
        data = QueryDict(self.kept, mutable=True)
        data.setlist(PARAMETER, self.shown)
        return data.urlencode()

    @property
    def headings(self) -> list[Column]:
        """The columns that are shown."""
        return [self.columns[key] for key in self.shown]

    @property
    def view(self) -> int | None:
        """The id of the saved view that was opened."""
        return id_in(self.data.get(VIEW))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the query string holds beside the filters and has to go along with them."""
        names = [name for name in BESIDES if name != "cursor"]
        pairs = [(name, value) for name in names for value in self.data.getlist(name) if value]
        keys = [(name, self.data.get(name, "")) for name in self.searches]
        return pairs + [(f"{name}{KEY}", value) for name, value in keys if is_sealed(value)]

    @property
    def written(self) -> dict[str, str]:
        """The searches as their fields show them: numbers masked, as who was sent the address."""
        return {name: shown_search(self.data.get(name, "")) for name in self.searches}

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set, each with the way to take it off."""
        return [chip for name, value in self.chosen.items() for chip in self._chips_of(name, value)]

    @property
    def in_codes(self) -> dict[str, Any]:
        """The filters that are set as the audit trail keeps them: codes, and names of units."""
        return {name: self._code_of(name, value) for name, value in self.chosen.items()}

    @property
    def shows_owner(self) -> bool:
        """Whether the rows of the list can be of several managers."""
        return "manager" in self.form.fields

    @cached_property
    def offers_units(self) -> bool:
        """Whether the person sees customers of more than one unit or manager by office."""
        scope = self.user.scope
        return scope.everything or scope.unit_path is not None

    @classmethod
    def fit(cls, query: str, user: StaffUser) -> Fitted:
        """Return what of a kept query string ``user`` can use today. Never fails."""
        data = QueryDict(query, mutable=True)
        for name, values in list(data.lists()):
            data.setlist(name, [value for value in values if value])
        left_out: list[str] = []
        for name, seen in (
            ("unit", Unit.objects.visible_to(user)),
            ("manager", StaffUser.objects.visible_to(user).managers()),
        ):
            if data.get(name):
                pk = id_in(data.get(name))
                if pk is None or not seen.filter(pk=pk).exists():
                    cls._leave_out(data, name, left_out)
        narrowed = cls(data.copy(), user)
        known = {*narrowed.form.fields, PARAMETER, VIEW}
        for name in [name for name in data if name not in known]:
            cls._leave_out(data, name, left_out)
        for name in [name for name in data if name in narrowed.form.errors]:
            cls._leave_out(data, name, left_out)
        if unknown := narrowed.columns.unknown(data.getlist(PARAMETER)):
            left_out += unknown
            data.setlist(PARAMETER, [k for k in data.getlist(PARAMETER) if k not in unknown])
        return Fitted(data, left_out)

    @classmethod
    def _leave_out(cls, data: QueryDict, name: str, left_out: list[str]) -> None:
        del data[name]
        field = cls.form_class.base_fields.get(name)
        left_out.append(str(field.label if field is not None and field.label else name))

    # --- Units and managers ---------------------------------------------------------------

    def _offer_units_and_managers(self) -> None:
        self._units: dict[int, Unit] = {}
        self._managers: dict[int, str] = {}
        fields = self.form.fields
        if self.offers_units:
            self._load_units()
            fields["unit"].choices = [("", _("All")), *self._unit_choices()]  # type: ignore[attr-defined]
        else:
            fields.pop("unit")
            fields.pop("pool", None)
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
        unit = self._units.get(id_in(self.data.get("unit")) or 0)
        if unit is not None:
            offered = offered.filter(unit__path__startswith=unit.path)
        for pk, name in offered.order_by("name", "pk").values_list("pk", "name")[:MOST_CHOICES]:
            self._managers[pk] = name
        if (chosen := self._asked_for("manager", self._managers)) is not None:
            self._managers[chosen] = get_object_or_404(visible, pk=chosen).name

    def _asked_for(self, name: str, known: Mapping[int, Any]) -> int | None:
        """Return the id that the query string asks for where it is not among the known ones."""
        pk = id_in(self.data.get(name))
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
            yield Chip(label, self._words_of(value), self._without(name))

    def _words_of(self, value: Any) -> str:
        return masked_search(str(value))

    def _code_of(self, name: str, value: Any) -> Any:
        if name == "unit":
            return self._units[value].full_name
        if name == "manager":
            return self._managers[value]
        return value if isinstance(value, bool | list) else masked_search(str(value))

    def _without(self, name: str, value: str | None = None) -> str:
        """Return the query string without one filter, from the first page."""
        data = self.data.copy()
        data.pop("cursor", None)
        others = [one for one in data.getlist(name) if value is not None and one != value]
        data.setlist(name, others)
        return data.urlencode()


@dataclass(frozen=True)
class Opening:
    """Where a list leads that was opened with a view: the view's filters and columns."""

    name: str
    query: str
    left_out: list[str]


def opening_of(narrowing: type[ListFilter], data: QueryDict, user: StaffUser) -> Opening | None:
    """Return where a list leads, if nothing is asked of it or nothing but a view.

    Without a question the person's default view opens it; a view that is not there is left out.
    What of the view no longer fits is named. At most one statement where no view is opened.
    """
    views = SavedView.objects.visible_to(user).filter(list_name=narrowing.list_name)
    if not data:
        view = views.filter(default_of__person=user).first()
        if view is None:
            return None
    elif set(data) == {VIEW} and data[VIEW] != EVERYTHING:
        pk = id_in(data.get(VIEW))
        view = None if pk is None else views.filter(pk=pk).first()
        if view is None:
            return Opening("", f"{VIEW}={EVERYTHING}", [])
    else:
        return None
    kept = QueryDict(str(view.query), mutable=True)
    kept.setlist(PARAMETER, view.columns)
    fitted = narrowing.fit(kept.urlencode(), user)
    address = fitted.data
    address.setlist(PARAMETER, narrowing(address.copy(), user).shown)
    address[VIEW] = str(view.pk)
    return Opening(view.name, address.urlencode(), fitted.left_out)


def redirect_to(request: HttpRequest, opening: Opening) -> HttpResponse:
    """Lead to the filters of a view, and say what of it no longer fits."""
    if not opening.name:
        messages.warning(request, gettext("That view is no longer there. This is everything."))
    elif opening.left_out:
        messages.warning(
            request,
            gettext("Of the view “%(name)s” this no longer fits and is left out: %(parts)s.")
            % {"name": opening.name, "parts": ", ".join(str(part) for part in opening.left_out)},
        )
    return redirect(f"{request.path}?{opening.query}")


Note = Callable[..., str]
"""What opens a search and notes it: ``note(actor=…, written=…)``."""


def searched(
    request: HttpRequest, user: StaffUser, narrowing: type[ListFilter], note: Note
) -> HttpResponse | None:
    """Note a list's searches; return where a posted form leads, None where the list is shown.

    For htmx the posted filters become those of ``request.GET``. A search that ``note`` refuses
    is left out, and the person is told why.
    """
    is_posted = request.method == "POST"
    query = narrowing.posted(request.POST, user) if is_posted else request.GET
    given = request.POST if is_posted else request.GET
    for name in narrowing.searches:
        # A masked number that came with its key is that key; whose it is, ``note`` looks.
        key = given.get(f"{name}{KEY}", "")
        written = key if is_sealed(key) and query.get(name) == key else given.get(name, "")
        try:
            note(actor=user, written=written)
        except SealExpiredError:
            continue
        except ValidationError as refusal:
            return _search_refused(request, query, name, " ".join(refusal.messages))
    if not is_posted:
        return None
    if not is_partial(request):
        return redirect(_address(request, query))
    request.GET = query  # type: ignore[assignment]
    return None


def _search_refused(request: HttpRequest, query: QueryDict, name: str, text: str) -> HttpResponse:
    left = query.copy()
    left.pop(name, None)
    left.pop("cursor", None)
    if not is_partial(request):
        messages.warning(request, text)
        return redirect(_address(request, left))
    # Nothing of the page changes, so nothing can be read from it.
    return trigger(HttpResponse(status=204), toast={"text": text, "level": "warning"})


def _address(request: HttpRequest, query: QueryDict) -> str:
    return f"{request.path}?{query.urlencode()}" if query.urlencode() else request.path


class AskedOnly(ListFilter):
    """The same filters where nothing is offered: only what is asked for is looked up.

    A unit or a manager whom the person may not see is not found, nor a search that is too old.
    """

    @classmethod
    def of(cls, given: Mapping[str, Any], user: StaffUser) -> Self:
        """Return the filter of checked values by name; those of no filter are passed over."""
        data = QueryDict(mutable=True)
        for name in cls.form_class.base_fields.keys() & given.keys():
            value = given[name]
            if isinstance(value, list):
                data.setlist(name, value)
            elif value is not False:
                data[name] = str(value)
        return cls(data, user)

    def __init__(self, data: QueryDict, user: StaffUser) -> None:
        super().__init__(data, user)
        if any(
            name in self.form.errors and is_sealed(self.data.get(name, ""))
            for name in self.searches
        ):
            # Without the search it would be another list.
            raise Http404

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
