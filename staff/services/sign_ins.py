"""Signing in and what it is proved with: each step is an audit entry and a line of the log.

The entries keep the address that a request came from; the lines name staff numbers. Neither holds
a password, a code or a telephone number.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from staff.models import Role, StaffUser
from staff.services.sessions import end_sessions

logger = logging.getLogger(__name__)

_KIND_OF_UNIT = re.compile("(?:省|市|区|县|分公司|公司|营业部|中心)+$")
LONGEST_SPELT = 8
MOST_READINGS = 64


@transaction.atomic
def set_password(
    *, actor: StaffUser, user: StaffUser, password: str, besides: str = "", address: str = ""
) -> None:
    """Set a password; every session of ``user`` but the one called ``besides`` ends with it.

    Safe to run twice.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    changes = {"ip": [None, address]} if address else {}
    audit.record(actor=actor, verb="staff.password_changed", obj=user, changes=changes)
    logger.info("%s changed the password of %s.", actor.staff_number, user.staff_number)
    end_sessions(actor=actor, user=user, besides=besides)


@transaction.atomic
def prove_address(*, user: StaffUser) -> None:
    """Note that ``user`` reads the mail of the address that is kept: a link sent there was used.

    The sign-in library's table of addresses follows the one that an administrator keeps with the
    person. Safe to run twice.
    """
    if not user.email:
        return
    others = EmailAddress.objects.filter(models.Q(user=user) | models.Q(email=user.email))
    others.exclude(user=user, email=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def record_invitation(*, actor: StaffUser, user: StaffUser) -> None:
    """Note that ``actor`` was given a link with which ``user`` sets a password.

    Raises ValidationError where the person is not active. Safe to run twice: two notes.
    """
    if not user.is_active or user.role == Role.SYSTEM:
        raise ValidationError(_("Only active people can be invited."))
    audit.record(actor=actor, verb="staff.invited", obj=user)
    logger.info("%s was given a link for %s.", actor.staff_number, user.staff_number)


@transaction.atomic
def record_sign_in(*, user: StaffUser, address: str, how: str) -> None:
    """Note that ``user`` signed in; ``how``: password, passkey, link. Two calls are two notes."""
    changes = {"ip": [None, address], "method": [None, how]}
    audit.record(actor=user, verb="staff.signed_in", obj=user, changes=changes)
    logger.info("%s signed in from %s by %s.", user.staff_number, address, how)


@transaction.atomic
def record_sign_out(*, user: StaffUser, address: str) -> None:
    """Note that ``user`` signed out. Two calls are two notes."""
    changes = {"ip": [None, address]}
    audit.record(actor=user, verb="staff.signed_out", obj=user, changes=changes)
    logger.info("%s signed out.", user.staff_number)


def record_failure(*, user: StaffUser | None, address: str) -> None:
    """Note a sign-in that failed; ``user``: whose staff number it was, None of an unknown one.

    What was typed is not kept: it may be a password in the wrong field. Two calls are two notes.
    """
    _record_attempt("staff.sign_in_failed", user, {"ip": [None, address]})
    logger.warning("A sign-in as %s from %s failed.", _named(user), address)


def record_lock(*, user: StaffUser | None, address: str, kind: str) -> None:
    """Note that further tries are refused for a while; ``kind`` says what was counted.

    Two calls are two notes.
    """
    changes = {"ip": [None, address], "lock": [None, kind]}
    _record_attempt("staff.sign_in_locked", user, changes)
    logger.warning("Sign-ins as %s from %s are locked (%s).", _named(user), address, kind)


@transaction.atomic
def record_second_factor_use(*, user: StaffUser, kind: str, address: str, accepted: bool) -> None:
    """Note that a second factor of ``user`` was accepted, or not. Two calls are two notes."""
    changes = {"ip": [None, address], "method": [None, kind]}
    audit.record(
        actor=user,
        verb="staff.second_factor_used" if accepted else "staff.second_factor_failed",
        obj=user,
        changes=changes,
    )
    level = logging.INFO if accepted else logging.WARNING
    said = "was accepted" if accepted else "was refused"
    logger.log(level, "A second factor (%s) of %s %s.", kind, user.staff_number, said)


@transaction.atomic
def reset_second_factor(*, actor: StaffUser, user: StaffUser) -> int:
    """Take away ``user``'s second factors, for a lost phone or key; return how many there were.

    Where the role needs one, the person sets up a new one at the next sign-in. Safe to run
    twice: the second time there is nothing to take.
    """
    removed = int(Authenticator.objects.filter(user=user).delete()[0])
    if removed:
        audit.record(
            actor=actor,
            verb="staff.second_factor_reset",
            obj=user,
            changes={"second_factors": [removed, 0]},
        )
        logger.info("%s took away %s's second factors.", actor.staff_number, user.staff_number)
    return removed


@transaction.atomic
def record_second_factor(*, user: StaffUser, change: str) -> None:
    """Note a change that ``user`` made to their own second factors. Two calls are two notes."""
    audit.record(actor=user, verb=f"staff.{change}", obj=user)
    logger.info("%s: %s.", user.staff_number, change)


def known_words(user: StaffUser) -> Iterator[str]:
    """Yield what others know of ``user`` and may try as a password: names, numbers, the unit."""
    yield from (user.staff_number, user.email.partition("@")[0])
    digits = "".join(filter(str.isdigit, user.phone))
    yield from (digits, digits[-8:], digits[-6:], digits[-4:])
    names = [user.name, *(user.unit.full_name.split("/") if user.unit is not None else [])]
    for name in names:
        yield from (name, *name.split(), *_spellings(name))
        if (short := _KIND_OF_UNIT.sub("", name)) != name:
            yield from (short, *_spellings(short))


def _spellings(name: str) -> Iterator[str]:
    """Yield a Chinese name in pinyin, whole, turned round and as initials, in all its readings."""
    if name.isascii():
        return
    # Imported where passwords are chosen: it costs web workers memory and start-up time.
    from pypinyin import Style, pinyin

    syllables = pinyin(name[:LONGEST_SPELT], style=Style.NORMAL, heteronym=True, errors="ignore")
    for reading in islice(product(*syllables), MOST_READINGS):
        yield "".join(reading)
        yield "".join((*reading[1:], *reading[:1]))
        yield "".join(syllable[0] for syllable in reading)
        yield from reading


def second_factors() -> models.QuerySet[Any]:
    """Return what counts as a second factor: an authenticator app or a key, not spare codes."""
    factors: models.QuerySet[Any] = Authenticator.objects.exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return factors


def _record_attempt(verb: str, user: StaffUser | None, changes: dict[str, list[Any]]) -> None:
    """Write about an attempt of nobody known: its actor is empty, its object the account meant."""
    if user is None:
        audit.record_job(verb=verb, model=StaffUser, changes=changes)
    else:
        audit.record(actor=None, verb=verb, obj=user, changes=changes)


def _named(user: StaffUser | None) -> str:
    return user.staff_number if user is not None else "somebody unknown"
