"""API clients and their keys: made, changed, revoked by administrators; used by systems."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.rest.clients import ClientAccess
from exchange.models import ApiClient, ApiKey
from exchange.rules.scopes import digest_of, key_text, prefix_of
from staff.models import Role, StaffUser

logger = logging.getLogger(__name__)

CLIENT_FIELDS = (
    "name",
    "whole_company",
    "unit_id",
    "scopes",
    "requests_per_minute",
    "is_active",
)
MOST_WORKING_KEYS = 2
KEY_DAYS = 365
OVERLAP = timedelta(days=7)
"""How long the key before works on beside the one that takes its place."""

USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def save_client(*, actor: StaffUser, client: ApiClient) -> ApiClient:
    """Save a new or changed client, and with a new one the account it acts under.

    Raises ValidationError for what the model refuses. Safe to run twice: the second time
    nothing differs.
    """
    before = ApiClient.objects.select_for_update().filter(pk=client.pk).values(*CLIENT_FIELDS)
    known = before.first()
    client.full_clean(exclude=["account", "created_by"])
    if known is None:
        client.created_by = actor
        client.account = _make_account(client)
    client.save()
    account = client.account
    account.name, account.unit, account.is_active = client.name, client.unit, client.is_active
    account.save(update_fields=["name", "unit", "is_active"])
    changes = audit.difference(known or {}, {name: getattr(client, name) for name in CLIENT_FIELDS})
    if changes:
        audit.record(
            actor=actor,
            verb="api_client.changed" if known else "api_client.created",
            obj=client,
            changes=changes,
        )
        logger.info("%s saved the API client %s.", actor.staff_number, client.name)
    return client


def _make_account(client: ApiClient) -> StaffUser:
    return StaffUser.objects.create_user(
        f"api-{secrets.token_hex(6)}", name=client.name, role=Role.SYSTEM, unit=client.unit
    )


@transaction.atomic
def issue_key(*, actor: StaffUser, client: ApiClient, days: int = KEY_DAYS) -> tuple[ApiKey, str]:
    """Make a key that works for ``days`` days; return it with its text, which is kept nowhere.

    Raises ValidationError where the client is not active or has two keys that work. Not safe
    twice: each call makes a key.
    """
    client = ApiClient.objects.select_for_update().get(pk=client.pk)
    now = clock.now()
    if not client.is_active:
        raise ValidationError(_("The client is not active."))
    if client.keys.working(now).count() >= MOST_WORKING_KEYS:
        raise ValidationError(_("Two keys work already. Revoke one first."))
    prefix = secrets.token_hex(6)
    text = key_text(prefix, secrets.token_urlsafe(32))
    key = ApiKey.objects.create(
        client=client,
        prefix=prefix,
        digest=digest_of(text),
        created_at=now,
        created_by=actor,
        expires_at=now + timedelta(days=days),
    )
    audit.record(
        actor=actor,
        verb="api_key.issued",
        obj=key,
        changes={"prefix": [None, prefix], "expires_at": [None, key.expires_at]},
    )
    logger.info("%s made the key %s of %s.", actor.staff_number, prefix, client.name)
    return key, text


@transaction.atomic
def rotate_key(*, actor: StaffUser, client: ApiClient) -> tuple[ApiKey, str]:
    """Make a key beside the one that works, which then ends by itself after OVERLAP.

    Raises ValidationError as ``issue_key`` does. Not safe twice: each call makes a key.
    """
    client = ApiClient.objects.select_for_update().get(pk=client.pk)
    last = clock.now() + OVERLAP
    ending = list(client.keys.working(clock.now()).filter(expires_at__gt=last))
    issued = issue_key(actor=actor, client=client)
    for key in ending:
        changes = {"expires_at": [key.expires_at, last]}
        key.expires_at = last
        key.save(update_fields=["expires_at"])
        audit.record(actor=actor, verb="api_key.ends_sooner", obj=key, changes=changes)
    return issued


@transaction.atomic
def revoke_key(*, actor: StaffUser, key: ApiKey) -> ApiKey:
    """End a key at once. Safe to run twice: a revoked key stays as it is."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        return key
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    changes: dict[str, Any] = {"revoked_at": [None, key.revoked_at]}
    audit.record(actor=actor, verb="api_key.revoked", obj=key, changes=changes)
    logger.info("%s revoked the key %s.", actor.staff_number, key.prefix)
    return key


def who_sent(text: str) -> tuple[StaffUser, ClientAccess] | None:
    """Return the account and the rights that a key stands for; None where it does not work.

    One statement, and once a minute one more that notes the use.
    """
    prefix = prefix_of(text)
    if prefix is None:
        return None
    found = ApiKey.objects.select_related("client__account__unit", "client__unit")
    key = found.filter(prefix=prefix).first()
    if key is None or not secrets.compare_digest(key.digest, digest_of(text)):
        return None
    client = key.client
    if not key.works(clock.now()) or not client.is_active:
        return None
    _note_use(key)
    account = client.account
    account.scope = client.row_scope
    access = ClientAccess(
        client_id=client.pk,
        name=client.name,
        scopes=frozenset(client.scopes),
        requests_per_minute=client.requests_per_minute,
    )
    return account, access


def _note_use(key: ApiKey) -> None:
    """Note the use, to the minute: a busy system must not write a row at each request."""
    now = clock.now()
    long_ago = now - USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > long_ago:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=long_ago)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
