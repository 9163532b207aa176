"""Work logs: written, handed in, answered, read (article 5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit, clock, once
from core.texts import restored_values
from customers.models import ServiceStandard
from staff.models import StaffUser
from workplans.models import Lapse, LogRemark, WorkLog
from workplans.rules.calendar import log_due
from workplans.rules.logs import LOG_BACK_DAYS, log_is_asked, may_begin_log
from workplans.services.attendance import attendance_of
from workplans.services.calendar import deadlines_on, load_calendar, moment_of
from workplans.services.lapses import close_lapse


@dataclass(frozen=True)
class LogTexts:
    """What only the manager can say of a day."""

    learnt: str = ""
    problems: str = ""
    help_needed: str = ""
    tomorrow: str = ""


TEXTS = tuple(field.name for field in fields(LogTexts))


class LogChangedError(Exception):
    """The log was changed in another window meanwhile; ``log`` is how it is now."""

    def __init__(self, log: WorkLog) -> None:
        super().__init__(log.pk)
        self.log = log


def new_log(manager: StaffUser, day: date) -> WorkLog:
    """Return the log of ``manager`` and ``day`` as it begins, unsaved. One statement."""
    return WorkLog(manager=manager, log_date=day, due_at=log_due_at(day, manager.time_zone))


def log_due_at(day: date, zone: str) -> datetime:
    """Return until when the log of ``day`` is to be submitted. One statement."""
    return moment_of(log_due(day, deadlines_on(ServiceStandard.objects.load(), day)), zone)


@transaction.atomic
def open_log(*, actor: StaffUser, day: date) -> WorkLog:
    """Return the actor's own log of ``day`` (a local date), made where it is not there.

    Raises PermissionDenied for who is no customer manager, ValidationError for a day to come or
    one too long ago. Safe to run twice and side by side: there is one log a day.
    """
    if not (actor.is_manager and actor.is_active):
        raise PermissionDenied
    found = WorkLog.objects.of(actor.pk, day).first()
    if found is not None:
        return found
    _refuse_day(day, clock.today(actor.time_zone))
    made = new_log(actor, day)
    WorkLog.objects.bulk_create([made], ignore_conflicts=True)
    log = WorkLog.objects.of(actor.pk, day).select_for_update(of=("self",)).get()
    if log.made_at == made.made_at:
        audit.record(
            actor=actor, verb="log.opened", obj=log, changes={"log_date": [None, log.log_date]}
        )
    return log


@transaction.atomic
def save_log(*, actor: StaffUser, log: WorkLog, texts: LogTexts, version: int) -> WorkLog:
    """Keep what the manager wrote. ``version`` is that of the log as the person read it.

    Raises PermissionDenied for somebody else's log, LogChangedError where it was changed in
    another window since, ValidationError once it is submitted. Sent twice with what stands
    already it changes nothing.
    """
    log = _locked(log, actor)
    before = {name: getattr(log, name) for name in TEXTS}
    after = {name: text.strip() for name, text in asdict(texts).items()}
    after = restored_values(log, after)
    changes = audit.difference(before, after)
    if not changes:
        return log
    if log.is_signed:
        raise ValidationError(_("The log is submitted. What is written in it stays."))
    if log.version != version:
        raise LogChangedError(log)
    for name in changes:
        setattr(log, name, after[name])
    log.clean_fields(exclude=[f.name for f in log._meta.fields if f.name not in changes])
    log.version += 1
    log.updated_at = clock.now()
    log.save(update_fields=[*changes, "version", "updated_at"])
    audit.record(actor=actor, verb="log.written", obj=log, changes=changes)
    return log


@transaction.atomic
def submit_log(
    *, actor: StaffUser, log: WorkLog, texts: LogTexts | None = None, version: int = 0
) -> WorkLog:
    """Hand a log in: the day is signed, the text is locked, and the lapse closes.

    ``texts`` are kept first, as ``save_log`` keeps them, whose errors it raises too. It belongs
    to its ``log_date`` whenever it is submitted; after ``due_at`` it is marked late, but on days
    that ask for none. Raises PermissionDenied for somebody else's log, ValidationError where
    nothing was written. Safe to run twice: the first stays.
    """
    log = _locked(log, actor)
    if log.is_signed:
        return log
    if texts is not None:
        log = save_log(actor=actor, log=log, texts=texts, version=version)
    if not any(getattr(log, name) for name in TEXTS):
        raise ValidationError(_("Write at least a word in one of the fields, then submit."))
    log.submitted_at = log.updated_at = clock.now()
    log.is_late = log.submitted_at > log.due_at and _was_asked(log)
    log.version += 1
    log.save(update_fields=["submitted_at", "is_late", "version", "updated_at"])
    close_lapse(
        manager_id=log.manager_id,
        subject=Lapse.Subject.LOG,
        starts_on=log.log_date,
        at=log.submitted_at,
    )
    audit.record(
        actor=actor,
        verb="log.submitted",
        obj=log,
        changes={
            "submitted_at": [None, log.submitted_at],
            "is_late": [False, log.is_late],
        },
    )
    return log


@transaction.atomic
def answer_log(
    *,
    actor: StaffUser,
    log: WorkLog,
    text: str,
    submission_key: UUID | None = None,
    again: bool = True,
) -> LogRemark:
    """Write a remark into a submitted log: a supervisor's answer, or the manager's reply.

    Raises PermissionDenied for anybody else, ValidationError for an empty text and a log that is
    not submitted. With a ``submission_key`` it may be sent twice: the second returns the first.
    ``again`` False: the same words of minutes ago are asked about (SentBeforeError).
    """
    log = _held(log)
    if log.manager_id != actor.pk and not _supervises(actor, log):
        raise PermissionDenied
    rows = LogRemark.objects.filter(log=log)
    sent = rows.filter(submission_key=submission_key).first() if submission_key else None
    mine = rows.filter(author=actor)
    once.ask(mine, sent=sent, same={"text": text.strip()}, at="at", again=again)
    if sent is not None:
        return sent
    if not log.is_signed:
        raise ValidationError(_("The log is not submitted yet. It can be answered then."))
    remark = LogRemark(log=log, author=actor, text=text.strip(), submission_key=submission_key)
    if not remark.text:
        raise ValidationError({"text": _("Write what you want to say.")})
    remark.clean_fields()
    remark.save(force_insert=True)
    WorkLog.objects.filter(pk=log.pk).update(updated_at=clock.now())
    audit.record(actor=actor, verb="log.answered", obj=log, changes={"remark": [None, remark.text]})
    return remark


@transaction.atomic
def mark_read(*, actor: StaffUser, log: WorkLog) -> None:
    """Mark what ``actor`` has seen: the other side's remarks; for a supervisor the log itself.

    Of who neither wrote nor supervises it nothing is marked. Safe to run twice: the first
    reading stays. Who and when stand in the rows themselves.
    """
    now = clock.now()
    unread = LogRemark.objects.filter(log=log, read_at=None)
    if log.manager_id == actor.pk:
        unread.filter(~Q(author=actor)).update(read_at=now)
    elif _supervises(actor, log):
        unread.filter(author=log.manager_id).update(read_at=now)
        WorkLog.objects.submitted().filter(pk=log.pk, read_at=None).update(
            read_at=now, read_by=actor
        )


def _held(log: WorkLog) -> WorkLog:
    rows = WorkLog.objects.select_for_update(of=("self",)).select_related("manager__unit")
    return rows.get(pk=log.pk)


def _locked(log: WorkLog, actor: StaffUser) -> WorkLog:
    """The log with its row held, for its writer."""
    if log.manager_id != actor.pk:
        raise PermissionDenied
    return _held(log)


def _supervises(actor: StaffUser, log: WorkLog) -> bool:
    return WorkLog.objects.supervised_by(actor).filter(pk=log.pk).exists()


def _was_asked(log: WorkLog) -> bool:
    """Whether the day asked for a log. Four statements."""
    day = log.log_date
    return log_is_asked(day, attendance_of(log.manager, day, day), load_calendar(day, day))


def _refuse_day(day: date, today: date) -> None:
    if may_begin_log(day, today):
        return
    if day > today:
        raise ValidationError(_("That day is still to come. Its log is written on the day."))
    text = _("A log can be begun up to %(days)s days after its day.")
    raise ValidationError(text % {"days": LOG_BACK_DAYS})
