"""Translations are compiled without the gettext programs."""

import gettext
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

HEAD = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""


@pytest.fixture
def catalogue(settings: Settings, tmp_path: Path) -> Path:
    """An empty Chinese catalogue in a folder of its own."""
    file = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    settings.LOCALE_PATHS = [tmp_path]
    return file


def compiled(catalogue: Path) -> gettext.GNUTranslations:
    """The catalogue as the product reads it."""
    with catalogue.with_suffix(".mo").open("rb") as stream:
        return gettext.GNUTranslations(stream)


def test_texts_plurals_and_contexts_are_compiled(catalogue: Path) -> None:
    catalogue.write_text(
        HEAD
        + 'msgid "Customer"\nmsgstr "客户"\n\n'
        + 'msgid "%d day"\nmsgid_plural "%d days"\nmsgstr[0] "%d 天"\n\n'
        + 'msgctxt "verb"\nmsgid "Contact"\nmsgstr "联系"\n\n'
        + '#, fuzzy\nmsgid "Guessed"\nmsgstr "猜"\n',
        encoding="utf-8",
    )
    call_command("compile_catalogues", verbosity=0)
    texts = compiled(catalogue)
    assert texts.gettext("Customer") == "客户"
    assert texts.ngettext("%d day", "%d days", 3) == "%d 天"
    assert texts.pgettext("verb", "Contact") == "联系"
    assert texts.gettext("Guessed") == "Guessed"


def test_new_texts_with_two_empty_plurals_are_just_not_translated(catalogue: Path) -> None:
    catalogue.write_text(
        HEAD + 'msgid "%d day"\nmsgid_plural "%d days"\nmsgstr[0] ""\nmsgstr[1] ""\n',
        encoding="utf-8",
    )
    call_command("compile_catalogues", verbosity=0)
    assert compiled(catalogue).ngettext("%d day", "%d days", 3) == "%d days"


def test_only_what_changed_is_compiled_again(catalogue: Path) -> None:
    catalogue.write_text(HEAD + 'msgid "Tier"\nmsgstr "级别"\n', encoding="utf-8")
    call_command("compile_catalogues", verbosity=0)
    output = catalogue.with_suffix(".mo")
    newer = catalogue.stat().st_mtime + 10
    os.utime(output, (newer, newer))
    output_before = output.stat().st_mtime_ns
    call_command("compile_catalogues", verbosity=0)
    assert output.stat().st_mtime_ns == output_before
    os.utime(catalogue, (newer + 10, newer + 10))
    call_command("compile_catalogues", verbosity=0)
    assert output.stat().st_mtime_ns != output_before


@pytest.mark.parametrize(
    "mistake", ['msgid "Tier"\nmsgstr "级别\n', 'msgid "Tier"\nmsgstr "级"别"\n', "nonsense\n"]
)
def test_a_broken_catalogue_is_an_error_and_leaves_no_half_of_one(
    catalogue: Path, mistake: str
) -> None:
    catalogue.write_text(HEAD + mistake, encoding="utf-8")
    with pytest.raises(CommandError, match=r"django\.po"):
        call_command("compile_catalogues", verbosity=0)
    assert not catalogue.with_suffix(".mo").exists()
