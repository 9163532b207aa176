"""Texts hide phone numbers wherever they are shown, and are stored whole."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from django.template import Context, Template
from django.utils.html import conditional_escape, format_html
from django.utils.text import Truncator, capfirst

from contacts.models import ContactRecord
from core.markup import draw
from core.texts import (
    MaskedText,
    MaskingEncoder,
    masked_text,
    masked_values,
    restored,
    shown_whole,
    whole,
)
from customers.models import Customer, Profile
from tests.factories import CustomerFactory

NUMBER = "13812345678"
TEXT = masked_text(f"call {NUMBER} & ask")

WAYS: dict[str, Any] = {
    "str": str,
    "f-string": lambda t: f"{t}",
    "format": "{:>30}".format,
    "percent": lambda t: "%s" % t,  # noqa: UP031
    "named percent": lambda t: "%(t)s" % {"t": t},  # noqa: UP031
    "before": lambda t: t + "x",
    "behind": lambda t: "x" + t,
    "slice": lambda t: t[:16],
    "strip": lambda t: t.strip(),
    "split": lambda t: " ".join(t.split()),
    "lower": lambda t: t.lower(),
    "replace": lambda t: t.replace("call", "ring"),
    "signs": lambda t: "".join(sign for sign in t if sign.isprintable()),
    "repr": repr,
    "capfirst": capfirst,
    "truncated": lambda t: Truncator(t).chars(40),
    "escaped": conditional_escape,
    "format_html": lambda t: format_html("<b>{}</b>", t),
    "drawn": lambda t: draw("<b>{}</b>", t),
    "template": lambda t: Template("{{ t }}").render(Context({"t": t})),
    "attribute": lambda t: Template('<a title="{{ t|default:"–" }}">').render(Context({"t": t})),
    "lines": lambda t: Template("{{ t|linebreaksbr }}").render(Context({"t": t})),
    "translated": lambda t: Template(
        "{% load i18n %}{% blocktranslate with t=t %}say {{ t }}{% endblocktranslate %}"
    ).render(Context({"t": t})),
    "json": lambda t: json.dumps({"t": [t], t: 1}, cls=MaskingEncoder),
    "json alone": lambda t: json.dumps(t, cls=MaskingEncoder),
    "indented json": lambda t: json.dumps([t], cls=MaskingEncoder, indent=1),
    "readable json": lambda t: json.dumps([t], cls=MaskingEncoder, ensure_ascii=False),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_text_that_is_shown_has_its_number_masked(way: str) -> None:
    shown = WAYS[way](TEXT)
    assert "138****5678" in shown
    assert NUMBER not in shown
    assert NUMBER not in str(shown)


def test_who_may_see_them_is_shown_the_numbers() -> None:
    with shown_whole(allowed=False):
        assert NUMBER not in str(TEXT)
    with shown_whole(allowed=True) as disclosure:
        assert NUMBER in f"{TEXT}"
        assert NUMBER in json.dumps([TEXT], cls=MaskingEncoder)
    assert disclosure.texts == 2
    assert NUMBER not in f"{TEXT}"
    assert type(whole(TEXT)) is str
    assert whole(TEXT) == f"call {NUMBER} & ask"


def test_a_text_compares_copies_and_pickles_as_the_whole_one() -> None:
    assert whole(TEXT) == TEXT
    assert hash(whole(TEXT)) == hash(TEXT)
    for same in (copy.copy(TEXT), copy.deepcopy(TEXT), pickle.loads(pickle.dumps(TEXT))):
        assert (whole(same), type(same)) == (whole(TEXT), MaskedText)


def test_a_text_without_a_number_stays_plain() -> None:
    assert type(masked_text("2026-11-23 came at 10:30, paid 128.50")) is str
    assert masked_values({"a": [NUMBER, 1, None]})["a"][0].shown == "138****5678"


@pytest.mark.django_db
def test_a_column_is_read_masked_and_stored_whole() -> None:
    customer = CustomerFactory(name=f"Wang {NUMBER}")
    profile = Profile.objects.get_or_create(customer=customer)[0]
    profile.remarks, profile.imported_extra = f"tel {NUMBER}", {"note": [f"tel {NUMBER}"]}
    profile.save()
    assert NUMBER not in f"{profile.remarks}", "the row that goes on to a page hides it"
    profile = Profile.objects.select_related("customer").get()
    row = Profile.objects.values_list("remarks", "customer__name", "imported_extra").get()
    for value in (profile.remarks, profile.customer.name, *row[:2], row[2]["note"][0]):
        assert NUMBER not in f"{value}"
        assert NUMBER in whole(value)
    profile.save()
    Profile.objects.bulk_update([profile], ["remarks", "imported_extra"])
    Customer.objects.update(name=profile.customer.name)
    assert Profile.objects.filter(remarks=profile.remarks, remarks__contains=NUMBER).exists()
    assert Profile.objects.filter(imported_extra__note__0=f"tel {NUMBER}").exists()
    assert Customer.objects.filter(name=f"Wang {NUMBER}").exists()


def test_what_a_column_is_called_needs_no_migration() -> None:
    for column in (ContactRecord._meta.get_field("summary"), Profile._meta.get_field("sports")):
        assert column.deconstruct()[1].startswith("django.db.models.")


OTHER = "13899995678"
RESTORED = {
    "untouched": ("call 138****5678", f"call {NUMBER}", f"call {NUMBER}"),
    "more is written": ("do call 138****5678 soon", f"call {NUMBER}", f"do call {NUMBER} soon"),
    "spaces are kept": ("x 138****5678", "138 1234 5678", "x 138 1234 5678"),
    "the number is gone": ("nobody", f"call {NUMBER}", "nobody"),
    "another mask is typed": ("139****0000", f"call {NUMBER}", "139****0000"),
    "the first of two goes": (
        "wife: 138****5678",
        f"self: {NUMBER}, wife: {OTHER}",
        f"wife: {OTHER}",
    ),
    "two change places": (
        "139****0000 or 138****5678",
        f"{NUMBER} or 13911110000",
        f"13911110000 or {NUMBER}",
    ),
    "a new number": ("138****5678 13700001111", NUMBER, f"{NUMBER} 13700001111"),
    "twice": ("138****5678, yes 138****5678", NUMBER, f"{NUMBER}, yes {NUMBER}"),
}


@pytest.mark.parametrize("case", RESTORED)
def test_masks_that_stand_as_they_were_shown_are_whole_again(case: str) -> None:
    new, old, wanted = RESTORED[case]
    assert restored(new, old) == wanted
    assert restored(new, masked_text(old)) == wanted
