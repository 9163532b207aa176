"""Logging and voiding contact records; the clocks and flags follow in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    ContactRecord,
    Direction,
    Occasion,
    Outcome,
    RecordedAs,
    Source,
)
from contacts.rules import (
    FACE_TO_FACE_CHANNELS,
    OUTCOMES_OF_CHANNEL,
    WRITTEN_CHANNELS,
    Attempt,
    Message,
    broadcast_records,
    counts,
    is_late,
    text_key,
)
from contacts.services import missed_calls
from contacts.services.flags import settle_flags_of
from core import audit, clock, locks, once
from customers.models import Channel, Customer, ServiceStandard
from customers.rules import Figure, LastContacts, Standards
from customers.services import clocks, profile
from customers.services.standing import lock
from staff.models import Cover, Role, StaffUser


@dataclass(frozen=True)
class Contact:
    """What a person enters about one contact. ``happened_at`` aware; without it: now.

    ``date_only``: only the local date of ``happened_at`` is known. ``follow_up_on``: the local
    date on which the customer was promised to hear again. ``competitor``: whose contract the
    customer spoke of, where a name was said.
    """

    channel: Channel
    outcome: Outcome
    occasion: Occasion = Occasion.REGULAR
    direction: Direction = Direction.OUTGOING
    happened_at: datetime | None = None
    date_only: bool = False
    duration_seconds: int | None = None
    summary: str = ""
    place: str = ""
    follow_up_on: date | None = None
    mentions_competitor: bool = False
    competitor: str = ""


@dataclass(frozen=True)
class Learnt:
    """Facts of the profile learnt or confirmed in a contact (article 12)."""

    values: Mapping[str, Any] = field(default_factory=dict)
    confirmed: Collection[str] = ()


@transaction.atomic
def log_contact(
    *,
    actor: StaffUser,
    customer: Customer,
    contact: Contact,
    submission_key: UUID | None = None,
    closes: Sequence[int] = (),
    learnt: Learnt | None = None,
    source: Source = Source.MANUAL,
    made_by: StaffUser | None = None,
    again: bool = True,
    seen: int | None = None,
) -> ContactRecord:
    """Record a contact with ``customer``; clocks, flags and promises follow at once.

    ``closes``: ids of open promises this contact keeps; a contact that counts also keeps those
    that are due by its day. ``made_by``: whose contact it was, where another system tells of it.
    Raises ValidationError for a time in the future, an outcome that the
    channel cannot have, and who does not serve the customer. With a ``submission_key`` it may be
    sent twice: the second call returns the first record.

    ``again`` False: a person logs it by hand and is asked (SentBeforeError) where the same contact
    was logged minutes ago, or where anybody logged this customer minutes ago and the person saw
    none but the record ``seen`` (None: not known, so it is not asked about).
    """
    person = made_by or actor
    key = _hold_text(person, contact)
    customer = lock(customer.pk)
    _refuse_impossible(contact, customer.unit.time_zone)
    sent = _already_sent(person, submission_key)
    if not again:
        _ask_first(person, customer, contact, sent, seen)
    if sent is not None:
        return sent
    standards = ServiceStandard.objects.load()
    record = _new_record(person, customer, contact, standards)
    record.submission_key, record.source, record.text_key = submission_key, source, key
    record.is_counted = counts(attempt_of(record))
    record.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="contact.logged",
        obj=record,
        changes={
            "channel": [None, record.channel],
            "outcome": [None, record.outcome],
            "happened_at": [None, record.happened_at],
            "is_counted": [None, record.is_counted],
        },
        customer_id=customer.pk,
    )
    if learnt is not None:
        profile.learn_facts(
            actor=actor, customer=customer, values=learnt.values, confirmed=learnt.confirmed
        )
    _keep_promises(record, closes)
    if key:
        _judge_broadcast(record, standards)
        record.refresh_from_db()
        customer = lock(customer.pk)
    if record.is_counted:
        _note_new_contact(customer, record, standards)
        settle_flags_of(customer)
    missed_calls.note_contact(record)
    return record


@transaction.atomic
def log_contact_once(
    *,
    actor: StaffUser,
    customer: Customer,
    contact: Contact,
    submission_key: UUID,
    made_by: StaffUser | None = None,
    source: Source = Source.MANUAL,
) -> tuple[ContactRecord, bool]:
    """Record a contact as ``log_contact`` does, and say whether the record is new.

    Raises ValidationError as that does. Safe to run twice: the second call returns the first
    record, and False.
    """
    person = made_by or actor
    _hold_text(person, contact)
    lock(customer.pk)
    if (sent := _already_sent(person, submission_key)) is not None:
        return sent, False
    record = log_contact(
        actor=actor,
        customer=customer,
        contact=contact,
        submission_key=submission_key,
        source=source,
        made_by=person,
    )
    return record, True


@transaction.atomic
def void_contact(*, actor: StaffUser, record: ContactRecord, reason: str) -> ContactRecord:
    """Take a record back with a reason; clocks, flags and promises are worked out again.

    Raises ValidationError without a reason. Safe to run twice: a voided record stays as it is.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the record is wrong.")})
    if record.text_key:
        locks.hold(f"contacts.text.{record.recorded_by_id}")
    customer = lock(record.customer_id)
    record = ContactRecord.objects.select_for_update().get(pk=record.pk)
    if record.is_voided:
        return record
    record.voided_at, record.voided_by = clock.now(), actor
    record.void_reason, record.is_counted = reason.strip(), False
    record.updated_at = record.voided_at
    record.save(update_fields=["voided_at", "voided_by", "void_reason", "is_counted", "updated_at"])
    record.closed_follow_ups.update(
        follow_up_closed_at=None, follow_up_closed_by=None, updated_at=record.updated_at
    )
    audit.record(
        actor=actor,
        verb="contact.voided",
        obj=record,
        changes={"voided_at": [None, record.voided_at], "void_reason": ["", record.void_reason]},
        customer_id=customer.pk,
    )
    if record.text_key:
        _judge_broadcast(record, ServiceStandard.objects.load())
    recompute_clocks_of(customer_ids=[customer.pk])
    missed_calls.note_contact(record)
    return record


@transaction.atomic
def add_to_contact(
    *,
    actor: StaffUser,
    record: ContactRecord,
    summary: str = "",
    follow_up_on: date | None = None,
) -> ContactRecord:
    """Complete a record that was made by one tap: what was said, and a promised day.

    Only what is still empty is filled, so it is safe to run twice. Raises ValidationError for a
    record of somebody else, a voided one, a written message (its text is what was sent) and a
    promised day before the contact.
    """
    lock(record.customer_id)
    record = ContactRecord.objects.select_for_update().get(pk=record.pk)
    if record.recorded_by_id != actor.pk or record.is_voided:
        raise ValidationError(_("Only your own record can be completed, while it stands."))
    if record.channel in WRITTEN_CHANNELS:
        raise ValidationError(_("A message cannot be changed. Void the record and log it again."))
    if follow_up_on is not None and follow_up_on < record.happened_on:
        raise ValidationError(
            {"follow_up_on": _("The promised day is before the contact. Choose a later day.")}
        )
    before = {"summary": record.summary, "follow_up_on": record.follow_up_on}
    record.summary = record.summary or summary.strip()
    record.follow_up_on = record.follow_up_on or follow_up_on
    after = {"summary": record.summary, "follow_up_on": record.follow_up_on}
    changes = audit.difference(before, after)
    if changes:
        record.updated_at = clock.now()
        record.save(update_fields=[*changes, "updated_at"])
        audit.record(
            actor=actor,
            verb="contact.completed",
            obj=record,
            changes=changes,
            customer_id=record.customer_id,
        )
    return record


@transaction.atomic
def close_follow_up(*, actor: StaffUser, record: ContactRecord) -> ContactRecord:
    """Mark a promised follow-up as kept without a new contact. Safe to run twice."""
    lock(record.customer_id)
    record = ContactRecord.objects.select_for_update().get(pk=record.pk)
    if record.follow_up_on is None or record.follow_up_closed_at is not None:
        return record
    record.follow_up_closed_at = record.updated_at = clock.now()
    record.save(update_fields=["follow_up_closed_at", "updated_at"])
    audit.record(
        actor=actor,
        verb="contact.follow_up_closed",
        obj=record,
        changes={"follow_up_closed_at": [None, record.follow_up_closed_at]},
        customer_id=record.customer_id,
    )
    return record


@transaction.atomic
def recompute_clocks_of(*, customer_ids: Collection[int]) -> None:
    """Work out the last contacts, clocks and flags of these customers from their records.

    Safe to run twice.
    """
    for customer_id in sorted(customer_ids):
        lock(customer_id)
    found = ContactRecord.objects.last_contacts(customer_ids)
    nothing = LastContacts(None, None)
    clocks.note_last_contacts_of_many(last={pk: found.get(pk, nothing) for pk in customer_ids})
    for customer_id in sorted(customer_ids):
        settle_flags_of(lock(customer_id))


def attempt_of(record: ContactRecord) -> Attempt:
    """Return what decides whether ``record`` counts."""
    return Attempt(
        channel=record.channel,
        outcome=record.outcome,
        recorded_as=record.recorded_as,
        direction=record.direction,
        is_automatic=record.is_automatic,
        is_broadcast=record.is_broadcast,
        is_voided=record.is_voided,
    )


def _refuse_impossible(contact: Contact, zone: str) -> None:
    if _is_ahead(contact, zone):
        raise ValidationError(
            {"happened_at": _("That is in the future. A contact can only be logged afterwards.")}
        )
    if contact.outcome not in OUTCOMES_OF_CHANNEL[contact.channel]:
        raise ValidationError(
            {"outcome": _("This outcome does not go with this channel. Choose another.")}
        )


def _is_ahead(contact: Contact, zone: str) -> bool:
    """Whether it lies in the future; where only the date is known, the dates are compared."""
    if contact.happened_at is None:
        return False
    if contact.date_only:
        return clock.local_date(contact.happened_at, zone) > clock.today(zone)
    return contact.happened_at > clock.now()


def _hold_text(person: StaffUser, contact: Contact) -> str:
    """Let one message of ``person`` after another be judged; return what marks its text."""
    key = text_key(contact.channel, contact.summary, contact.direction)
    if key:
        locks.hold(f"contacts.text.{person.pk}")
    return key


def _already_sent(actor: StaffUser, submission_key: UUID | None) -> ContactRecord | None:
    if submission_key is None:
        return None
    return ContactRecord.objects.filter(recorded_by=actor, submission_key=submission_key).first()


def _ask_first(
    person: StaffUser,
    customer: Customer,
    contact: Contact,
    sent: ContactRecord | None,
    seen: int | None,
) -> None:
    """Raise SentBeforeError where the contact may be logged already."""
    same = {
        "channel": contact.channel.value,
        "outcome": contact.outcome.value,
        "summary": contact.summary.strip(),
    }
    if sent is not None:
        same["place"] = contact.place.strip()
    standing = ContactRecord.objects.standing().filter(customer=customer)
    mine = standing.filter(recorded_by=person)
    # Two short tries without a word are two, unless the person had the first before them.
    is_quiet = sent is None and seen is None and not same["summary"]
    once.ask(mine, sent=sent, same=same, at="recorded_at", again=is_quiet)
    if sent is not None or seen is None:
        return
    other = standing.logged_since(once.since()).filter(pk__gt=seen).first()
    if other is not None:
        question = _("%(what)s Log yours too?") % {"what": just_logged(other)}
        raise once.SentBeforeError(str(question))


def just_logged(record: ContactRecord) -> str:
    """Return in words when a record was logged, by whom, and what it says."""
    words = _("Logged %(ago)s by %(name)s: %(channel)s · %(outcome)s.") % {
        "ago": once.ago(record.recorded_at),
        "name": record.recorded_by.name if record.recorded_by else "–",
        "channel": record.get_channel_display(),
        "outcome": record.get_outcome_display(),
    }
    return str(words)


def _new_record(
    actor: StaffUser, customer: Customer, contact: Contact, standards: Standards
) -> ContactRecord:
    now = clock.now()
    happened_at = contact.happened_at or now
    happened_on = clock.local_date(happened_at, customer.unit.time_zone)
    if contact.date_only:
        happened_at = clock.start_of_day(happened_on, customer.unit.time_zone)
    late_after = standards.value_from_beginning(Figure.LATE_AFTER_HOURS, happened_on)
    if contact.follow_up_on is not None and contact.follow_up_on < happened_on:
        raise ValidationError(
            {"follow_up_on": _("The promised day is before the contact. Choose a later day.")}
        )
    return ContactRecord(
        customer=customer,
        manager_id=customer.manager_id,
        unit=customer.unit,
        recorded_by=actor,
        recorded_as=_recorded_as(actor, customer, happened_on),
        channel=contact.channel,
        direction=contact.direction,
        outcome=contact.outcome,
        occasion=contact.occasion,
        happened_at=happened_at,
        happened_on=happened_on,
        date_only=contact.date_only,
        recorded_at=now,
        is_late=is_late(happened_at, now, date_only=contact.date_only, late_after_hours=late_after),
        duration_seconds=contact.duration_seconds,
        summary=contact.summary.strip(),
        place=contact.place.strip(),
        follow_up_on=contact.follow_up_on,
        mentions_competitor=contact.mentions_competitor or bool(contact.competitor.strip()),
        competitor=contact.competitor.strip(),
    )


def _recorded_as(actor: StaffUser, customer: Customer, happened_on: date) -> RecordedAs:
    """What the actor is to the customer: manager, cover (now or on that day), supervisor."""
    if actor.pk == customer.manager_id:
        return RecordedAs.MANAGER
    if customer.manager_id is not None and (
        customer.manager_id in actor.scope.manager_ids
        or customer.manager_id in Cover.objects.covered_by(actor.pk, happened_on)
    ):
        return RecordedAs.COVER
    if actor.scope.unit_path and customer.unit.path.startswith(actor.scope.unit_path):
        return RecordedAs.SUPERVISOR
    if actor.role == Role.COMPLAINT_HANDLER:
        return RecordedAs.HANDLER
    raise ValidationError(_("You do not serve this customer."))


def _note_new_contact(customer: Customer, record: ContactRecord, standards: Standards) -> None:
    on = record.happened_on
    contact_on = max(customer.last_contact_on or on, on)
    visit_on = customer.last_visit_on
    if record.channel in FACE_TO_FACE_CHANNELS:
        visit_on = max(visit_on or on, on)
    last = LastContacts(contact_on, visit_on)
    clocks.note_last_contacts(customer=customer, last=last, standards=standards)


def _keep_promises(record: ContactRecord, closes: Sequence[int]) -> None:
    open_promises = ContactRecord.objects.open_follow_ups().filter(customer=record.customer_id)
    kept = open_promises.filter(pk__in=closes)
    if record.is_counted:
        kept |= open_promises.filter(
            follow_up_on__lte=record.happened_on, happened_at__lt=record.happened_at
        )
    kept.exclude(pk=record.pk).update(
        follow_up_closed_at=record.recorded_at,
        follow_up_closed_by=record,
        updated_at=record.recorded_at,
    )


def _judge_broadcast(record: ContactRecord, standards: Standards) -> None:
    """Decide anew which messages of this text were one broadcast, and move their clocks.

    Judged are those within the window of ``record``, before and after it; of the others nothing
    has changed. The neighbours of those judged, up to twice the window away, decide with them.
    """
    on = record.happened_on
    window = timedelta(minutes=standards.value_from_beginning(Figure.BROADCAST_MINUTES, on))
    most = standards.value_from_beginning(Figure.BROADCAST_CUSTOMERS, on)
    near = list(ContactRecord.objects.same_text(record, window * 2))
    judged = [m for m in near if abs(m.happened_at - record.happened_at) <= window]
    found = broadcast_records(
        (Message(m.pk, m.customer_id, m.happened_at) for m in near if not m.date_only),
        most_customers=most,
        window=window,
    )
    changed = [m for m in judged if m.is_broadcast != (m.pk in found)]
    for message in changed:
        message.is_broadcast = message.pk in found
        message.is_counted = counts(attempt_of(message))
        message.updated_at = clock.now()
    ContactRecord.objects.bulk_update(
        changed, ["is_broadcast", "is_counted", "updated_at"], batch_size=200
    )
    if changed:
        recompute_clocks_of(customer_ids={message.customer_id for message in changed})
        missed_calls.note_judged(changed)
