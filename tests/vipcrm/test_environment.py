"""Settings from the environment: right values are read, wrong ones stop the start and say why."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from vipcrm import env

NAME = "VIPCRM_TRIAL"
SQLITE = Path("/somewhere/db.sqlite3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("Yes", True), ("1", True), ("on", True), ("false", False), ("0", False)],
)
def test_yes_and_no_are_understood_in_the_usual_spellings(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: bool
) -> None:
    monkeypatch.setenv(NAME, text)
    assert env.read_bool(NAME, not expected) is expected


@pytest.mark.parametrize("default", [True, False])
def test_a_blank_value_is_the_default(monkeypatch: pytest.MonkeyPatch, default: bool) -> None:
    monkeypatch.setenv(NAME, "  ")
    assert env.read_bool(NAME, default) is default
    assert env.read_int(NAME, 7) == 7
    assert env.read_list(NAME, ("a",)) == ["a"]


def test_a_word_that_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "perhaps")
    with pytest.raises(ImproperlyConfigured, match=r"VIPCRM_TRIAL must be true or false"):
        env.read_bool(NAME, False)


@pytest.mark.parametrize("text", ["0", "11", "-1", "2.5", "ten", "１"])
def test_a_number_outside_its_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ImproperlyConfigured, match=r"whole number from 1 to 10"):
        env.read_int(NAME, 5, minimum=1, maximum=10)


def test_a_number_at_its_bounds_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "10")
    assert env.read_int(NAME, 5, minimum=1, maximum=10) == 10


def test_a_list_is_split_at_commas_and_none_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a.example , b.example,")
    assert env.read_list(NAME) == ["a.example", "b.example"]
    monkeypatch.setenv(NAME, "none")
    assert env.read_list(NAME, ("kept",)) == []


def test_a_word_outside_the_choices_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "manager,boss")
    with pytest.raises(ImproperlyConfigured, match=r"holds boss; allowed are manager"):
        env.read_choices(NAME, ("manager",), ())


def test_a_single_choice_is_one_of_the_allowed_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "INFO")
    assert env.read_choice(NAME, ("INFO", "ERROR"), "ERROR") == "INFO"
    monkeypatch.setenv(NAME, "LOUD")
    with pytest.raises(ImproperlyConfigured, match=r"must be one of INFO, ERROR, not 'LOUD'"):
        env.read_choice(NAME, ("INFO", "ERROR"), "ERROR")


@pytest.mark.parametrize("url", ["http://host", "localhost:6379", "amqp://host"])
def test_a_broker_that_is_no_redis_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(NAME, url)
    with pytest.raises(ImproperlyConfigured, match=r"redis://, rediss:// or unix://"):
        env.read_redis_url(NAME)


def test_the_private_server_is_found_by_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "redis-url"
    monkeypatch.delenv(NAME, raising=False)
    assert env.read_redis_url(NAME, file) == ""
    file.write_text("unix:///run/x.sock\n")
    assert env.read_redis_url(NAME, file) == "unix:///run/x.sock"
    monkeypatch.setenv(NAME, "redis://elsewhere:6379/0")
    assert env.read_redis_url(NAME, file) == "redis://elsewhere:6379/0"


def test_without_a_database_url_sqlite_waits_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    database = env.read_database(NAME, SQLITE)
    assert database["NAME"] == SQLITE
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_postgresql_url_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgresql://crm:p%40ss@db.example:5433/vip?sslmode=require")
    database = env.read_database(NAME, SQLITE)
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("crm", "p@ss")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "5433", "vip")
    assert database["OPTIONS"] == {"sslmode": "require"}
    assert database["CONN_MAX_AGE"] > 0


@pytest.mark.parametrize(
    "url", ["mysql://crm:hidden@db/vip", "postgresql://crm:hidden@db", "hidden", "sqlite://"]
)
def test_a_wrong_database_url_is_refused_without_showing_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(NAME, url)
    with pytest.raises(ImproperlyConfigured, match=r"must be postgresql://") as refusal:
        env.read_database(NAME, SQLITE)
    assert "hidden" not in str(refusal.value)


def test_a_port_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgresql://crm@db:main/vip")
    with pytest.raises(ImproperlyConfigured, match=r"port that is not a number"):
        env.read_database(NAME, SQLITE)


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start the product's command line with just these variables."""
    environment = {"PATH": os.environ["PATH"], "VIPCRM_VAR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_secret_the_start_is_refused(tmp_path: Path) -> None:
    ended = start(tmp_path)
    assert ended.returncode == 1
    assert "SECRET_KEY is not set" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_value_stops_the_start_with_one_line(tmp_path: Path) -> None:
    ended = start(tmp_path, DEMONSTRATION="true", SESSION_HOURS="long")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Wrong configuration: SESSION_HOURS must be a whole number")
    assert "Traceback" not in ended.stderr


def test_demonstration_mode_makes_a_secret_of_its_own_once(tmp_path: Path) -> None:
    assert start(tmp_path, DEMONSTRATION="true").returncode == 0
    file = tmp_path / "secret_key"
    secret = file.read_text()
    assert len(secret) >= 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert start(tmp_path, DEMONSTRATION="true").returncode == 0
    assert file.read_text() == secret


def test_every_variable_is_documented_and_nothing_else() -> None:
    read = {
        name
        for file in (settings.BASE_DIR / "vipcrm").rglob("*.py")
        for name in re.findall(r'\bread_\w+\(\s*"([A-Z_]+)"', file.read_text(encoding="utf-8"))
    }
    page = (settings.BASE_DIR / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert len(read) > 20
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", page, flags=re.MULTILINE)) == read


def test_a_web_process_starts_without_what_few_processes_need() -> None:
    rarely = ("xlsxwriter", "icalendar")
    code = (
        "import sys; from vipcrm.wsgi import application; import vipcrm.urls;"
        f"print([name for name in {rarely} if name in sys.modules])"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
