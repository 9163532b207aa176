"""Keys that stand for a search in an address, where the search itself must not be read.

A phone number in an address stays in histories, logs and referrers. The key holds it encrypted
with the secret of the installation, and who asked; it opens for everybody who has the address,
shows the number to nobody, and opens nothing after some hours.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import QueryDict

from core import clock
from core.phones import mask_phone, mask_phones_in, whole_number

SEALED_HOURS = 12
"""For how long an address with a sealed search opens: a working day with its evening."""

_MARK = "~"
_SEALED = re.compile(r"~gAAAA[A-Za-z0-9_-]{60,400}={0,2}", re.ASCII)


class SealExpiredError(ValueError):
    """The key is too old, or none of this installation."""


@dataclass(frozen=True)
class Search:
    """What somebody looked for. ``asked_by``: who, None where it came in plain."""

    text: str
    asked_by: int | None = None


def holds_number(text: str) -> bool:
    """Say whether a whole phone number stands in ``text``."""
    return bool(whole_number(text)) or mask_phones_in(text) != text


def seal(text: str, *, by: int) -> str:
    """Return ``text`` as it may stand in an address: a key where it holds a phone number."""
    if not holds_number(text):
        return text
    moment = int(clock.now().timestamp())
    content = json.dumps([by, text], ensure_ascii=False).encode()
    return _MARK + _cipher().encrypt_at_time(content, moment).decode()


def is_sealed(text: str) -> bool:
    """Say whether ``text`` is a key."""
    return _SEALED.fullmatch(text) is not None


def unseal(text: str) -> Search:
    """Return the search that ``text`` stands for, which is itself where it is no key.

    Raises SealExpiredError.
    """
    if not is_sealed(text):
        return Search(text)
    moment = int(clock.now().timestamp())
    try:
        content = _cipher().decrypt_at_time(text[1:].encode(), SEALED_HOURS * 3600, moment)
    except InvalidToken as error:
        raise SealExpiredError from error
    by, found = json.loads(content)
    return Search(found, by)


def masked_search(text: str) -> str:
    """Return what somebody looked for as a page repeats it, without the whole number in it."""
    number = whole_number(text)
    return mask_phone(number) if number else mask_phones_in(text)


KEY = "_key"
"""What the name of a search has behind it where its form brings the key along."""


def seal_posted(query: QueryDict, name: str, *, by: int) -> None:
    """Put what may stand in an address in the place of the search ``name`` of a posted form.

    A masked number that stands where its key brought it is that key again.
    """
    [*_others, key] = query.pop(f"{name}{KEY}", [""])
    written = query.get(name, "")
    if key and is_sealed(key) and written == shown_search(key):
        query[name] = key
    elif written:
        query[name] = seal(written, by=by)


def shown_search(written: str) -> str:
    """Return a search, in plain or sealed, as its field shows it: a whole number masked."""
    try:
        return masked_search(unseal(written).text)
    except SealExpiredError:
        return ""


def _cipher() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (sha256(b"core.sealed:" + str(secret).encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])
