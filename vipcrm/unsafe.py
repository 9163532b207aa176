"""What a real installation must not start with: known secrets, debugging, any host, plain http.

Plain values in and out, so that settings, system checks and tests ask the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 10

MAKE_ONE = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
"""The command that makes a good secret."""

_OF_EXAMPLES = (
    *("changeme", "changethis", "changeit", "replaceme", "replacethis", "placeholder", "example"),
    *("insecure", "notsecure", "notsecret", "notasecret", "secretkey", "supersecret"),
    *("mysecret", "yoursecret", "thisisasecret", "topsecret", "password", "default"),
    *("onlyfortest", "onlyformeasuring", "fortesting", "testsecret", "testkey", "demonstration"),
)
"""What secrets of examples, tests and templates hold, written without signs between the words."""

_ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LONGEST_ROW = 8
"""So many neighbours of the alphabet or the keyboard in a row are no accident."""

# Names that whole countries share: a wildcard below them is a wildcard of everybody.
_SECOND_LEVELS = frozenset({"com", "net", "org", "gov", "edu", "ac", "co", "mil"})


def faults_of_secret(secret: str, known: Iterable[str] = ()) -> list[str]:
    """Return why ``secret`` must not sign anything; empty where nothing speaks against it.

    ``known``: secrets that were made for something else, such as the demonstration.
    """
    faults = []
    if secret in {one for one in known if one}:
        faults.append("is the secret that the demonstration made for itself")
    if len(secret) < SHORTEST_SECRET:
        faults.append(f"has {len(secret)} characters, {SHORTEST_SECRET} are the fewest")
    if len(set(secret)) < FEWEST_CHARACTERS or _repeats_itself(secret):
        faults.append("repeats a few characters")
    bare = re.sub(r"[^a-z0-9]", "", secret.lower())
    if any(word in bare for word in _OF_EXAMPLES) or _holds_a_row(bare):
        faults.append("is taken from an example")
    return faults


def refusals(
    *,
    secret: str,
    fallbacks: Sequence[str],
    known_secrets: Iterable[str],
    debug: bool,
    hosts: Sequence[str],
    trusted_origins: Sequence[str],
    https: bool,
    plain_http_said: bool,
) -> list[str]:
    """Return what stops the start outside of a demonstration: what, where, and what to do."""
    known = tuple(known_secrets)
    said = [_secret_refused("SECRET_KEY", fault) for fault in faults_of_secret(secret, known)]
    for place, former in enumerate(fallbacks, start=1):
        name = f"SECRET_KEY_FALLBACKS, value {place},"
        said += [_secret_refused(name, fault) for fault in faults_of_secret(former, known)]
    if debug:
        said.append(
            "DEBUG is on: its pages show settings and data to everybody. Unset DEBUG, or set it "
            "to false."
        )
    said += [
        f"ALLOWED_HOSTS holds {host!r}, which lets in any host name. Write the names under which "
        "the product is reached, such as crm.example.com."
        for host in hosts
        if is_any_host(host)
    ]
    said += _origins_refused(trusted_origins, https=https)
    if not https and not plain_http_said:
        said.append(
            "The product would answer over plain http. Set HTTPS=true, or say HTTPS=false where "
            "that is meant."
        )
    return said


def is_any_host(host: str) -> bool:
    """Say whether an entry of ALLOWED_HOSTS lets in hosts of everybody: ``*``, ``.``, ``.com``."""
    if "*" in host:
        return True
    if not host.startswith("."):
        return False
    labels = [label for label in host.lower().split(".") if label]
    if len(labels) < 2:
        return True
    return len(labels) == 2 and labels[0] in _SECOND_LEVELS and len(labels[1]) == 2


def _secret_refused(name: str, fault: str) -> str:
    return f"{name} {fault}. Set a long random one: {MAKE_ONE}"


def _origins_refused(origins: Sequence[str], *, https: bool) -> Iterator[str]:
    for origin in origins:
        scheme, _colon, host = origin.partition("://")
        host = host.rpartition("@")[2].partition("/")[0]
        # Django reads ``*.`` there as it reads a leading dot among the hosts.
        if is_any_host(host[1:] if host.startswith("*.") else host):
            yield (
                f"CSRF_TRUSTED_ORIGINS holds {origin!r}, which trusts forms of anybody. Write "
                "whole origins, such as https://crm.example.com."
            )
        elif https and scheme.lower() == "http":
            yield (
                f"CSRF_TRUSTED_ORIGINS holds {origin!r}, which is plain http. Write it with "
                "https://, or say HTTPS=false where that is meant."
            )


def _repeats_itself(text: str) -> bool:
    """Say whether the text is one shorter text, written several times."""
    return len(text) > 1 and text in (text + text)[1:-1]


def _holds_a_row(text: str) -> bool:
    rows = [*_ROWS, *(row[::-1] for row in _ROWS)]
    pieces = {
        row[start : start + _LONGEST_ROW]
        for row in rows
        for start in range(len(row) - _LONGEST_ROW + 1)
    }
    return any(piece in text for piece in pieces)
