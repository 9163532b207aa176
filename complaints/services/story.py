"""A complaint's one timeline: steps, those of its doubles, who was told, files, sub-tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from complaints.models import Complaint, ComplaintNotice, ComplaintStep
from complaints.models.complaints import StepKind
from staff.models import StaffUser

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ICONS = {
    StepKind.REGISTERED: "message-report",
    StepKind.ACCEPTED: "check",
    StepKind.STARTED: "player-play",
    StepKind.RESPONDED: "phone",
    StepKind.WAITING: "player-pause",
    StepKind.RESUMED: "player-play",
    StepKind.RESOLVED: "checks",
    StepKind.CLOSED: "lock",
    StepKind.REOPENED: "rotate-clockwise",
    StepKind.REASSIGNED: "arrows-exchange",
    StepKind.CHANGED: "pencil",
    StepKind.NOTED: "message",
    StepKind.MERGED: "git-merge",
    StepKind.UNMERGED: "arrows-split",
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. ``double``: the number of the double report it belongs to."""

    at: datetime
    icon: str
    text: StrOrPromise
    who: str = ""
    note: str = ""
    double: int | None = None


def story_of(complaint: Complaint) -> list[Entry]:
    """Return what happened, the newest first. Five statements."""
    entries = [*_steps(complaint), *_notices(complaint), *_parts(complaint)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _steps(complaint: Complaint) -> Iterator[Entry]:
    steps = list(ComplaintStep.objects.of_story(complaint).select_related("actor").order_by("pk"))
    ids = {pk for step in steps if step.kind == StepKind.REASSIGNED for pk in _handlers(step)}
    names = dict(StaffUser.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    for step in reversed(steps):
        kind = StepKind(step.kind)
        text: StrOrPromise = kind.label
        if kind is StepKind.REASSIGNED:
            person = names.get(step.details.get("handler", [None, None])[1], "—")
            text = _("Handed to %(person)s") % {"person": person}
        elif "double" in step.details:
            gone, came = step.details["double"]
            words = _("Double report #%(number)s taken in")
            if came is None:
                words = _("Double report #%(number)s taken apart")
            text = words % {"number": came or gone}
        elif "voided_contact" in step.details:
            text = _("The contact that answered was voided")
        elif kind is StepKind.NOTED and step.contact_record_id is not None:
            text = _("Tried to reach the customer")
        yield Entry(
            at=step.at,
            icon=ICONS[kind],
            text=text,
            who=step.actor.name if step.actor else "",
            note=step.reason,
            double=step.complaint_id if step.complaint_id != complaint.pk else None,
        )


def _handlers(step: ComplaintStep) -> list[int]:
    return [pk for pk in step.details.get("handler", []) if pk is not None]


def _notices(complaint: Complaint) -> Iterator[Entry]:
    for notice in complaint.notices.select_related("person"):
        what = notice.get_level_display()
        if notice.of_clock != ComplaintNotice.Clock.NONE:
            what = f"{notice.get_of_clock_display()}: {what}"
        told = {"person": notice.person.name if notice.person else _("nobody"), "what": what}
        yield Entry(notice.at, "bell", _("Told %(person)s: %(what)s") % told)


def _parts(complaint: Complaint) -> Iterator[Entry]:
    for file in complaint.attachments.select_related("added_by"):
        yield Entry(file.added_at, "paperclip", file.name, file.added_by.name)
    for task in complaint.sub_tasks.select_related("made_by", "done_by"):
        asked = _("Asked %(department)s") % {"department": task.department}
        yield Entry(task.made_at, "subtask", asked, task.made_by.name, task.what)
        ended: Any = task.done_at or task.cancelled_at
        if ended is not None:
            done, off = _("%(department)s has answered"), _("%(department)s: called off")
            text = (done if task.done_at else off) % {"department": task.department}
            who = task.done_by.name if task.done_by else ""
            yield Entry(ended, "subtask", text, who, task.answer)
