"""Letters with a link for a new password, which a task sends.

Whoever asks is answered alike and equally fast, whether somebody has the address or not: both ask
for one task. With no broker the task waits in the outbox.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

from allauth.account.adapter import get_adapter
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override

from core import audit, outbox
from staff.models import StaffUser

logger = logging.getLogger(__name__)


class LetterTokens(EmailAwarePasswordResetTokenGenerator):  # type: ignore[misc]
    """Tokens of links that went by mail; who uses one reads the mail of that address."""

    key_salt = "staff.services.letters.LetterTokens"


LETTER_TOKENS = LetterTokens()


class LinkTokens:
    """What a link for a new password may hold: sent by mail, or shown to an administrator."""

    def check_token(self, user: StaffUser, token: str) -> bool:
        """Say whether the link is good: unused, not too old, of this person."""
        tokens = (LETTER_TOKENS, default_token_generator)
        return any(one.check_token(user, token) for one in tokens)


def link_path(user: StaffUser, *, by_mail: bool) -> str:
    """Return the path of a link with which ``user`` sets a password: good once, for a day."""
    tokens: Any = LETTER_TOKENS if by_mail else default_token_generator
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": tokens.make_token(user)},
    )


@transaction.atomic
def ask_for_reset(*, address: str, site: str, language: str) -> None:
    """Ask for a letter to whoever has the e-mail ``address``; ``site``: where the link leads.

    Known or not costs the same two statements, and only an id goes on. Two calls are two letters.
    """
    found = StaffUser.objects.people().active().filter(email__iexact=address.strip())
    outbox.enqueue(
        "staff.tasks.send_reset_letter",
        user_id=found.values_list("pk", flat=True).first(),
        request_id=uuid4().hex,
        site=site,
        language=language,
    )


@transaction.atomic
def send_reset_letter(*, user: StaffUser, request_id: str, site: str, language: str) -> bool:
    """Send ``user`` a link for a new password, in the language in which it was asked for.

    Says whether it was sent now: a request is answered once, however often this runs. Where the
    mail server refuses, its error is raised and nothing is noted, so that the task tries again.
    """
    held = StaffUser.objects.select_for_update(of=("self",)).get(pk=user.pk)
    asked = {"request": [None, request_id]}
    if audit.is_written(verb="staff.reset_link_sent", obj=held, changes=asked):
        return False
    audit.record(actor=None, verb="staff.reset_link_sent", obj=held, changes=asked)
    with override(language):
        context = {
            "user": held,
            "username": held.staff_number,
            "password_reset_url": site + link_path(held, by_mail=True),
        }
        letter = get_adapter().render_mail("account/email/password_reset_key", held.email, context)
        letter.send()
    logger.info("A link for a new password went to %s.", held.staff_number)
    return True
