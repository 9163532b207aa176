"""Both languages are complete: every text of code and templates has its Chinese."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import override
from django.utils.translation.template import templatize

CATALOGUE = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
APPS = [
    "core",
    "staff",
    "customers",
    "contacts",
    "complaints",
    "retention",
    "workplans",
    "portfolio",
    "exchange",
    "vipcrm",
]
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
THE_SAME_IN_BOTH = re.compile(r"[\W\d_]*|(?:%\([a-z_]+\)s|\W)*|[A-Z]{2,5}(?:（[\d, A-Z]+）)?")

Text = tuple[str | None, str]


def texts_of_code() -> Iterator[Text]:
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            yield from extracted(path.read_text(encoding="utf-8"))


def texts_of_templates() -> Iterator[Text]:
    for path in sorted((settings.BASE_DIR / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            yield from of_template(path.read_text(encoding="utf-8"))


def of_template(source: str) -> Iterator[Text]:
    """Yield the texts of a template, whose indentation means nothing."""
    lines = templatize(source).splitlines()
    yield from extracted("\n".join(line.strip() for line in lines))


def extracted(source: str) -> Iterator[Text]:
    """Yield context and text of each translatable text of some code."""
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS
    ):
        text = message[0] if isinstance(message, tuple) else message
        if text:
            yield context, text


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def id_of(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def strings_of(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [string or "" for string in strings]


def test_the_guard_sees_the_texts() -> None:
    assert (None, "customer number") in set(texts_of_code())
    assert len(set(texts_of_templates())) > 100


def test_every_text_is_in_the_catalogue(catalogue: Catalog) -> None:
    known = {(message.context, id_of(message)) for message in messages(catalogue)}
    used = set(texts_of_code()) | set(texts_of_templates())
    assert sorted(used - known, key=str) == []


def test_the_catalogue_holds_nothing_that_is_no_longer_used(catalogue: Catalog) -> None:
    known = {(message.context, id_of(message)) for message in messages(catalogue)}
    used = set(texts_of_code()) | set(texts_of_templates())
    assert sorted(known - used, key=str) == []


def test_every_text_has_its_chinese(catalogue: Catalog) -> None:
    missing = [
        id_of(message)
        for message in messages(catalogue)
        if message.fuzzy
        or not all(strings_of(message))
        or not all(
            CHINESE.search(string) or THE_SAME_IN_BOTH.fullmatch(string)
            for string in strings_of(message)
        )
    ]
    assert missing == []


def placeholders_of_source(message: Message) -> set[str]:
    sources = message.id if isinstance(message.id, tuple | list) else [message.id]
    return {name for source in sources for name in PLACEHOLDER.findall(source)}


def test_the_placeholders_are_the_same(catalogue: Catalog) -> None:
    broken = [
        id_of(message)
        for message in messages(catalogue)
        for string in strings_of(message)
        if set(PLACEHOLDER.findall(string)) != placeholders_of_source(message)
    ]
    assert broken == []


def test_the_compiled_catalogue_is_the_one_that_is_used() -> None:
    from customers.models import Tier

    with override("zh-hans"):
        assert str(Tier.DIAMOND.label) == "钻卡"
    with override("en"):
        assert str(Tier.DIAMOND.label) == "Diamond"


def test_a_text_that_is_not_translated_would_be_found() -> None:
    template = """
      {% load i18n %}<p title="{% translate 'Not there' %}">
        {% blocktranslate trimmed %}
          A {{ b }}
        {% endblocktranslate %}</p>"""
    assert list(of_template(template)) == [(None, "Not there"), (None, "A %(b)s")]
