"""Typed reading of the environment: a wrong value stops the start with a clear message."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_POSTGRES_SCHEMES = frozenset({"postgres", "postgresql"})
_REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})


def read_text(name: str, default: str = "") -> str:
    """The trimmed text of a variable; the default where it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def read_bool(name: str, default: bool) -> bool:
    """A yes-or-no variable, written as true/false, yes/no, on/off or 1/0."""
    text = read_text(name).lower()
    if not text:
        return default
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")


def read_int(name: str, default: int, minimum: int = 0, maximum: int = 2**31) -> int:
    """A whole number between two bounds, both allowed."""
    text = read_text(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not minimum <= int(text) <= maximum:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {minimum} to {maximum}, not {text!r}."
        )
    return int(text)


def read_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list of words separated by commas; `none` is the empty list."""
    text = read_text(name)
    if not text:
        return list(default)
    if text.lower() == "none":
        return []
    return [word.strip() for word in text.split(",") if word.strip()]


def read_choices(name: str, allowed: tuple[str, ...], default: tuple[str, ...]) -> list[str]:
    """A list of words separated by commas, each one of the allowed words."""
    words = read_list(name, default)
    unknown = sorted(set(words) - set(allowed))
    if unknown:
        raise ImproperlyConfigured(
            f"{name} holds {', '.join(unknown)}; allowed are {', '.join(allowed)}."
        )
    return words


def read_choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    """One of the allowed words."""
    word = read_text(name, default)
    if word not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {word!r}.")
    return word


def read_path(name: str, default: Path) -> Path:
    """An absolute folder or file name; a relative one counts from the current folder."""
    text = read_text(name)
    return Path(text).expanduser().absolute() if text else default


def read_redis_url(name: str, file: Path | None = None) -> str:
    """A Redis or Valkey address: redis://, rediss:// or unix:///path/to/socket; blank is none.

    Where the variable is unset, the address is what `file` holds, if it is there.
    """
    url = read_text(name)
    if not url and file is not None and file.is_file():
        url = file.read_text(encoding="utf-8").strip()
    if url and urlsplit(url).scheme not in _REDIS_SCHEMES:
        raise ImproperlyConfigured(
            f"{name} must begin with redis://, rediss:// or unix://, not {url!r}."
        )
    return url


def read_database(name: str, sqlite_file: Path) -> dict[str, Any]:
    """Django's entry for one database.

    Unset: SQLite in `sqlite_file`. Set: `postgresql://user:password@host:5432/name?option=value`
    or `sqlite:////absolute/file`.
    """
    url = read_text(name)
    if not url:
        return _sqlite(sqlite_file)
    parts = urlsplit(url)
    if parts.scheme in _POSTGRES_SCHEMES and parts.path.strip("/"):
        return _postgresql(name, url)
    if parts.scheme == "sqlite" and parts.path.strip("/"):
        return _sqlite(Path(unquote(parts.path)))
    # The value itself is not shown: it may hold a password.
    raise ImproperlyConfigured(
        f"{name} must be postgresql://user:password@host:5432/name or sqlite:////absolute/file."
    )


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            # A deferred transaction that turns into a write fails at once when another process
            # has written meanwhile; an immediate one waits its turn for up to `timeout` seconds.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _postgresql(name: str, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} holds a port that is not a number.") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": read_int("DATABASE_CONNECTION_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer in transaction mode hands the next statement to another connection.
        "DISABLE_SERVER_SIDE_CURSORS": read_bool("DATABASE_TRANSACTION_POOLING", False),
    }
