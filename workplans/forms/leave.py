"""Forms of leave: who is away from when to when, and since when somebody is back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.forms import DayInput

if TYPE_CHECKING:
    from staff.models import StaffUser
    from staff.querysets import StaffQuerySet

PEOPLE_LIST = "_staff_options"
# "张伟 (1024)", as the suggestions write it.
NUMBER_AT_THE_END = re.compile(r"\(([^()]+)\)\s*$")
TYPED = {
    "class": "form-control",
    "list": PEOPLE_LIST,
    "autocomplete": "off",
    "placeholder": _("Name or staff number"),
    "hx-get": reverse_lazy("staff:staff_search"),
    "hx-trigger": "focus, input changed delay:200ms",
    "hx-target": f"#{PEOPLE_LIST}",
    "hx-swap": "outerHTML",
    "hx-sync": "this:replace",
}


class LeaveForm(forms.Form):
    """Who is away, from when to when. ``people``: the managers that may be named."""

    manager = forms.CharField(
        label=_("Who is on leave"), max_length=100, widget=forms.TextInput(attrs=TYPED)
    )
    starts_on = forms.DateField(label=_("First day"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput(), help_text=_("Both days count.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, people: StaffQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = people

    def clean_manager(self) -> StaffUser:
        """Return the person meant by a name, a staff number or a suggestion."""
        text = str(self.cleaned_data["manager"]).strip()
        chosen = NUMBER_AT_THE_END.search(text)
        number = chosen[1].strip() if chosen else text
        found = list(self._people.numbered([number])[:1])
        found = found or list(self._people.filter(name=text)[:2])
        if not found:
            raise ValidationError(
                _("Nobody here has this name or number. Choose a person from the list.")
            )
        if len(found) > 1:
            raise ValidationError(_("Several people have this name. Choose one from the list."))
        return found[0]


class LeaveEndForm(forms.Form):
    """The first day back at work; without one the whole leave is called off."""

    back_on = forms.DateField(
        label=_("Back at work on"),
        required=False,
        widget=DayInput(),
        help_text=_("The days before stay leave. Leave it empty to call all of it off."),
    )
