"""The audit trail in words: what was done, to which field, from what to what."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from complaints.models.complaints import StepKind
from contacts.services import listing as contact_listing
from core.columns import FilterWords
from core.models import AuditEntry
from core.phones import mask_phone, mask_phones_in
from core.texts import whole
from customers.models import Channel, Profile
from customers.rules import Cadence
from customers.services import listing as customer_listing
from customers.services.sheet import LABELS, ROWS, Birthday
from staff.models import ListName, StaffUser, Unit

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Group(StrEnum):
    """What the trail can be narrowed to."""

    NUMBERS = "numbers"
    EXPORTS = "exports"
    IMPORTS = "imports"
    CUSTOMERS = "customers"
    CONTACTS = "contacts"
    DUE = "due"
    COMPLAINTS = "complaints"
    RETENTION = "retention"
    PLANS = "plans"
    PEOPLE = "people"
    ACCESS = "access"
    VIEWS = "views"


GROUP_NAMES: Mapping[Group, StrOrPromise] = {
    Group.NUMBERS: _("Whole phone numbers seen"),
    Group.EXPORTS: _("Exports and downloads"),
    Group.IMPORTS: _("Imports"),
    Group.CUSTOMERS: _("Customer data"),
    Group.CONTACTS: _("Contacts"),
    Group.DUE: _("Flags, exemptions, snoozes"),
    Group.COMPLAINTS: _("Complaints"),
    Group.RETENTION: _("Usage, churn, retention"),
    Group.PLANS: _("Plans, logs, inspections"),
    Group.PEOPLE: _("People, units, standard"),
    Group.ACCESS: _("Sign-ins, passwords, permissions"),
    Group.VIEWS: _("Saved views"),
}

VERBS: Mapping[Group, Mapping[str, StrOrPromise]] = {
    Group.NUMBERS: {
        "phone.revealed": _("Saw a whole phone number"),
        "phones.sent": _("Was sent whole phone numbers"),
        "phones.exported": _("Exported a whole phone number"),
        "number.searched": _("Searched by a whole phone number"),
    },
    Group.EXPORTS: {
        "export.made": _("Exported a list"),
        "export.downloaded": _("Downloaded an export"),
        "export.requested": _("Asked for an export"),
        "export.cancelled": _("Cancelled an export"),
        "export.failed": _("An export failed"),
        "export.removed": _("Removed the file of an export"),
        "roster.rejected_rows_exported": _("Downloaded rejected rows"),
        "usage_file.rejected_rows_exported": _("Downloaded rejected rows of a usage file"),
        "departure_file.rejected_rows_exported": _("Downloaded rejected rows of departures"),
    },
    Group.IMPORTS: {
        "roster.uploaded": _("Uploaded a roster"),
        "roster.mapped": _("Said what the columns of a roster mean"),
        "roster.sheet_chosen": _("Chose another sheet of a roster"),
        "roster.makings_decided": _("Decided which units and managers a roster makes"),
        "roster.confirmed": _("Started a roster import"),
        "roster.imported": _("Imported a roster"),
        "roster.failed": _("A roster import failed"),
        "roster.discarded": _("Discarded a roster import"),
        "usage_file.uploaded": _("Uploaded a usage file"),
        "usage_file.mapped": _("Said what the columns of a usage file mean"),
        "usage_file.sheet_chosen": _("Chose another sheet of a usage file"),
        "usage_file.confirmed": _("Started a usage import"),
        "usage_file.failed": _("A usage import failed"),
        "usage_file.imported": _("Imported a usage file"),
        "departure_file.uploaded": _("Uploaded a file of departures"),
        "departure_file.mapped": _("Said what the columns of a file of departures mean"),
        "departure_file.sheet_chosen": _("Chose another sheet of a file of departures"),
        "departure_file.confirmed": _("Started an import of departures"),
        "departure_file.failed": _("An import of departures failed"),
        "departure_file.imported": _("Imported departures"),
        "contact.imported": _("Took a last contact from a roster"),
    },
    Group.CUSTOMERS: {
        "customer.created": _("Created the customer"),
        "customer.changed": _("Changed the customer by a roster import"),
        "customer.edited": _("Changed customer data"),
        "customer.facts_learnt": _("Noted what was learnt in a contact"),
        "customer.fact_confirmed": _("Confirmed a fact"),
        "customer.tier_changed": _("Changed the tier"),
        "customer.manager_changed": _("Changed the customer manager"),
        "customer.key_changed": _("Changed the key mark"),
        "customer.watch_changed": _("Changed the watch"),
        "customer.excused": _("Changed until when the customer is excused"),
        "customer.left": _("Recorded that the customer left"),
        "customer.merged": _("Merged another customer into this one"),
        "customer.merged_away": _("Merged the customer into another one"),
        "customer.merge_undone": _("Undid a merge"),
        "likeness.decided": _("Decided whether two are the same person"),
        "customer.came_back": _("Recorded that the customer is here again"),
        "handover.made": _("Handed customers over"),
        "handover.called_off": _("Called off a handover"),
        "handover.notice_dismissed": _("Put away the notice of a handover"),
    },
    Group.CONTACTS: {
        "contact.logged": _("Logged a contact"),
        "contact.completed": _("Completed a contact record"),
        "contact.voided": _("Voided a contact record"),
        "contact.judged_anew": _("Judged anew which records are contacts"),
        "contact.follow_up_closed": _("Marked a promise as kept"),
        "contacts.invented": _("Made contacts for the demonstration"),
        "calls.taken_in": _("Took in calls of the call centre"),
        "call.confirmed": _("Confirmed a call as a contact"),
        "call.discarded": _("Said that a call was no service contact"),
        "call.explained": _("Found whose call it was"),
        "missed_call.opened": _("A missed call is to be returned"),
        "missed_call.settled": _("Worked out a missed call anew"),
        "missed_call.escalated": _("Escalated a missed call"),
    },
    Group.DUE: {
        "flags.settled": _("Opened and closed flags"),
        "exemption.requested": _("Asked for an exemption"),
        "exemption.approved": _("Approved an exemption"),
        "exemption.refused": _("Refused an exemption"),
        "exemption.decision_undone": _("Undid the decision on an exemption"),
        "exemption.ended": _("Ended an exemption"),
        "row.snoozed": _("Hid a row of My day"),
        "row.woken": _("Showed a hidden row of My day again"),
    },
    Group.COMPLAINTS: {
        "complaint.registered": _("Registered a complaint"),
        "complaint.moved": _("Moved a complaint on"),
        "complaint.told": _("Told of complaints that run out of time"),
        "complaint.file_added": _("Added a file to a complaint"),
        "complaint.file_opened": _("Opened a file of a complaint"),
        "complaint.task_added": _("Asked another department for a complaint"),
        "complaint.task_done": _("Noted another department's answer"),
        "complaint.task_cancelled": _("Called off what another department was asked"),
        "complaint.category_saved": _("Changed the categories of complaints"),
        "complaint.cause_saved": _("Changed the root causes of complaints"),
        "complaint.template_saved": _("Saved a response template"),
        "complaint.notice_seen": _("Put away a notice of a complaint"),
        "complaint.called_back": _("Called a complainant back"),
        "complaint.judged": _("Judged a complaint"),
        "request.promised": _("Promised something to a customer"),
        "request.done": _("Noted a promise as done"),
        "request.told": _("Told the customer that a promise is done"),
        "request.cancelled": _("Called a promise off"),
        "request.taken_back": _("Took a step of a promise back"),
        "request.reassigned": _("Made another person responsible for a promise"),
        "request.complained": _("Made a complaint of a promise that was not kept"),
        "request.reminded": _("Reminded of a promise"),
        "request.broken": _("Marked a promise as not kept in time"),
        "request.escalated": _("Brought a late promise to the supervisor"),
        "customer.complaint": _("Marked whether the customer has an open complaint"),
    },
    Group.RETENTION: {
        "usage.taken_in": _("Took in monthly usage"),
        "history.simulated": _("Simulated a history of customers"),
        "churn_event.received": _("Was told that a customer may leave"),
        "risk.scored": _("Scored customers' risk"),
        "case.opened": _("Opened a retention case"),
        "case.changed": _("Changed a retention case"),
        "case.closed": _("Closed a retention case"),
        "case.followed_up": _("Followed up a saved customer"),
        "measure.chosen": _("Took a measure into a case"),
        "measure.approved": _("Approved a measure"),
        "measure.refused": _("Refused a measure"),
        "measure.decision_undone": _("Undid the decision on a retention measure"),
        "measure.answered": _("Noted what became of a measure"),
        "measure.added": _("Added a retention measure"),
        "measure.changed": _("Changed a retention measure"),
        "warning.opened": _("Opened a churn warning"),
        "warning.updated": _("Updated a churn warning"),
        "warning.followed_up": _("Followed up a churn warning"),
        "warning.snoozed": _("Snoozed a churn warning"),
        "warning.woken": _("Showed a snoozed churn warning again"),
        "warning.closed": _("Closed a churn warning"),
        "warning.escalated": _("Escalated a churn warning"),
        "signal.created": _("Added a risk signal"),
        "signal.changed": _("Changed a risk signal"),
        "signal_group.changed": _("Changed the cap of a group of signals"),
        "departure.reported": _("Reported a departure"),
        "departure.cancelled": _("Took a departure back"),
        "departure.returned": _("Recorded that the customer came back"),
        "departure.reviewed": _("Reviewed a departure"),
        "cause.saved": _("Saved a cause of leaving"),
        "goal.set": _("Set a churn goal"),
        "base.frozen": _("Froze the base of a year"),
    },
    Group.PLANS: {
        "workday.filled": _("Filled the calendar of working days"),
        "workday.set": _("Set a holiday or a make-up workday"),
        "workday.removed": _("Took out a holiday or a make-up workday"),
        "plan.opened": _("Opened a work plan"),
        "plan.changed": _("Changed a work plan"),
        "plan.targets_set": _("Set the targets of a work plan"),
        "plan.drafted": _("Had a work plan drafted"),
        "plan.submitted": _("Submitted a work plan"),
        "plan.taken_back": _("Took a work plan back"),
        "plan.approved": _("Approved a work plan"),
        "plan.returned": _("Returned a work plan"),
        "plan.decision_undone": _("Undid the decision on a work plan"),
        "working_hours.set": _("Set the working hours"),
        "feed.made": _("Made an address of the calendar feed"),
        "feed.revoked": _("Ended the address of the calendar feed"),
        "plan_item.added": _("Added an item to a work plan"),
        "plan_item.changed": _("Changed an item of a work plan"),
        "plan_item.removed": _("Took an item out of a work plan"),
        "plan_item.ticked": _("Ticked an item of a work plan"),
        "log.opened": _("Began a work log"),
        "log.written": _("Wrote in a work log"),
        "log.submitted": _("Submitted a work log"),
        "log.answered": _("Answered in a work log"),
        "leave.entered": _("Entered leave"),
        "leave.called_off": _("Called leave off"),
        "lapses.settled": _("Flagged missing plans and logs"),
        "inspection.opened": _("Opened an inspection"),
        "inspection.judged": _("Judged an inspected item"),
        "inspection.closed": _("Closed an inspection"),
        "inspection_plan.made": _("Made an inspection plan"),
        "inspection_plan.changed": _("Changed an inspection plan"),
        "finding.made": _("Wrote a finding"),
        "finding.answered": _("Answered a finding"),
        "finding.settled": _("Settled a finding"),
        "finding.reopened": _("Asked again about a finding"),
        "finding.decision_undone": _("Undid the decision on a finding"),
        "signals.judged": _("Looked for signs of careless records"),
    },
    Group.PEOPLE: {
        "staff.created": _("Created a member of staff"),
        "staff.changed": _("Changed a member of staff"),
        "unit.created": _("Created a unit"),
        "unit.changed": _("Changed a unit"),
        "cover.arranged": _("Arranged a cover"),
        "cover.ended": _("Ended a cover"),
        "standard.set": _("Set a figure of the standard"),
        "demonstration.loaded": _("Loaded the demonstration data"),
    },
    Group.ACCESS: {
        "staff.signed_in": _("Signed in"),
        "staff.signed_out": _("Signed out"),
        "staff.sign_in_failed": _("A sign-in failed"),
        "staff.sign_in_locked": _("Sign-ins were locked after failures"),
        "staff.second_factor_used": _("Used a second factor"),
        "staff.second_factor_failed": _("A second factor was refused"),
        "staff.session_ended": _("Ended a session"),
        "staff.sessions_ended": _("Ended sessions"),
        "staff.permissions_changed": _("Changed role or permissions"),
        "staff.invited": _("Got a link for a new password"),
        "staff.reset_link_sent": _("Was sent a link for a new password"),
        "staff.password_changed": _("Changed a password"),
        "staff.second_factor_reset": _("Took away the second factors"),
        "staff.totp_activated": _("Set up an authenticator app"),
        "staff.totp_deactivated": _("Removed an authenticator app"),
        "staff.recovery_codes_generated": _("Made recovery codes"),
        "staff.webauthn_added": _("Added a passkey"),
        "staff.webauthn_removed": _("Removed a passkey"),
        "api_client.created": _("Created an API client"),
        "api_client.changed": _("Changed an API client"),
        "api_key.issued": _("Issued an API key"),
        "api_key.ends_sooner": _("Let an API key end sooner"),
        "api_key.revoked": _("Revoked an API key"),
    },
    Group.VIEWS: {
        "view.saved": _("Saved a view"),
        "view.changed": _("Changed a view"),
        "view.removed": _("Deleted a view"),
        "view.default_chosen": _("Chose with which view a list opens"),
    },
}
"""Every verb that the product writes, by group; a test compares them with the code."""

WORDS: Mapping[str, StrOrPromise] = {
    verb: words for of_group in VERBS.values() for verb, words in of_group.items()
}

FIELDS: Mapping[str, StrOrPromise] = {
    "judged": _("customers looked at"),
    "people": _("people judged"),
    "found": _("signs found"),
    "gone": _("signs gone"),
    "drawn": _("items drawn"),
    "not_judged": _("items not judged"),
    "managers": _("managers"),
    "manager": _("customer manager"),
    "planned_on": _("planned for"),
    "updated": _("updated"),
    "event": _("event"),
    "phone": _("phone numbers"),
    "numbers": _("phone numbers"),
    "texts": _("texts with a phone number"),
    "opened": _("opened"),
    "closed": _("closed"),
    "escalated": _("escalated"),
    "customers": _("customers"),
    "complaints": _("complaints"),
    "notices": _("notices"),
    "step": _("step"),
    "survivor": _("goes on as report"),
    "double": _("double report"),
    "voided_contact": _("voided contact"),
    "records": _("contact records"),
    "rows": _("rows"),
    "new": _("new"),
    "changed": _("changed"),
    "unchanged": _("unchanged"),
    "rejected": _("rejected"),
    "missed": _("missed"),
    "unknown": _("of unknown numbers"),
    "units_made": _("units made"),
    "managers_made": _("managers made"),
    "second_factors": _("second factors"),
    "sessions": pgettext_lazy("of browsers", "sessions"),
    "method": pgettext_lazy("of signing in", "how"),
    "ip": _("network address"),
    "browser": _("browser"),
    "lock": _("what was counted"),
    "request": _("request"),
    "absorbed_number": _("merged customer number"),
    "survivor_number": _("goes on as customer number"),
    "separated_number": _("separated from customer number"),
    "kept_since": _("rows changed since, kept"),
    "name": _("name"),
    "size": _("size in bytes"),
    "list": _("list"),
    "filter": _("filter"),
    "view": _("view"),
}
"""What changes of a job or an import speak of, apart from the fields of the models."""

OF_STRANGERS = frozenset({"staff.sign_in_failed", "staff.sign_in_locked", "staff.reset_link_sent"})
"""What somebody does who has not signed in: such an entry names no actor."""

ABOUT_LISTS = ("exchange.export", "staff.savedview", "staff.staffuser")
SEARCHES = ("filter", "query")
"""Fields in which a customer's name can stand: what somebody looked for in a list."""
LIST_FILTERS: Mapping[str, FilterWords] = {**contact_listing.FILTERS, **customer_listing.FILTERS}
LIST_COLUMNS: Mapping[str, StrOrPromise] = {
    column.key: column.label
    for columns in (
        contact_listing.contact_columns(shows_owner=True),
        customer_listing.customer_columns(
            Cadence.CONTACT, today=date.min, shows_owner=True, shows_left=True
        ),
    )
    for column in columns
}
"""The columns of the lists by their keys, which are all different."""

SIGN_IN_WORDS: Mapping[str, Mapping[str, StrOrPromise]] = {
    "method": {
        "password": _("password"),
        "passkey": _("passkey"),
        "link": pgettext_lazy("of signing in", "link"),
        "totp": _("authenticator app"),
        "webauthn": _("passkey or security key"),
        "recovery_codes": _("recovery code"),
        "code": pgettext_lazy("of signing in", "code"),
    },
    "lock": {
        "address": _("failures from one address"),
        "account": _("failures of the account from anywhere"),
        "second_factor": _("failures of the second factor"),
    },
}
"""How somebody signed in, and what locked a sign-in."""

VALUE_WORDS: Mapping[str, Mapping[str, Mapping[str, StrOrPromise]]] = {
    "complaints.complaint": {"step": dict(StepKind.choices)},
    "staff.staffuser": SIGN_IN_WORDS,
}
"""Words of values that belong to no field of the model, by model and name."""

NEVER_A_PHONE = (
    "ip",
    "browser",
    "request",
    "number",
    "staff_number",
    "size",
    "absorbed_number",
    "survivor_number",
    "separated_number",
)
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")


@dataclass(frozen=True)
class Value:
    """One value as a person reads it; ``is_code``: an identifier, of nobody's language."""

    text: str
    is_code: bool = False


NOTHING = Value("")


@dataclass(frozen=True)
class Change:
    """One field that changed. Without values where the reader may know only that it did."""

    label: Value
    old: Value = NOTHING
    new: Value = NOTHING


@dataclass(frozen=True)
class Names:
    """Names of people and units by id, loaded for a page of entries."""

    people: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[int, str] = field(default_factory=dict)

    def of(self, model: type[models.Model] | None, pk: int) -> str:
        """Return the name of a row, else its number."""
        known = {StaffUser: self.people, Unit: self.units}.get(model, {})  # type: ignore[arg-type]
        return known.get(pk, f"#{pk}")


def words_of(verb: str) -> Value:
    """Return what was done, in the reader's language."""
    return Value(str(WORDS[verb])) if verb in WORDS else Value(verb, is_code=True)


def changes_of(
    entry: AuditEntry, names: Names, *, with_values: bool, without: Collection[str] = ()
) -> list[Change]:
    """Return the changes of ``entry`` in words, phone numbers masked. No statement.

    Of the fields in ``without`` only that they changed.
    """
    changes = []
    for name, given in entry.changes.items():
        label = label_of(entry.object_type, name)
        if not with_values or name in without:
            changes.append(Change(label))
            continue
        old, new = given if isinstance(given, list) and len(given) == 2 else (None, given)
        old_value, new_value = (
            value_of(entry.object_type, name, value, names) for value in (old, new)
        )
        changes.append(Change(label, old_value, new_value))
    return changes


def label_of(object_type: str, name: str) -> Value:
    """Return what a field is called: by its model, by the data sheet, else as it was written."""
    found = _field(object_type, name)
    if found is not None:
        return Value(str(capfirst(str(found.verbose_name))))
    words = LABELS.get(name) if object_type.startswith("customers.") else None
    words = words or FIELDS.get(name)
    if words is not None:
        return Value(str(capfirst(str(words))))
    return Value(name, is_code=CODE.fullmatch(name) is not None)


def value_of(object_type: str, name: str, value: Any, names: Names) -> Value:
    """Return a recorded value as a person reads it, phone numbers masked."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return Value(gettext("Yes") if value else gettext("No"))
    if object_type in ABOUT_LISTS and name in _OF_LISTS:
        return Value(mask_phones_in(_OF_LISTS[name](value)))
    if isinstance(value, list):
        parts = [value_of(object_type, name, item, names).text for item in value]
        return Value("; ".join(parts))
    if isinstance(value, dict):
        return Value(masked(name, _row_in_words(name, value)))
    found = _field(object_type, name)
    if isinstance(value, int):
        return Value(_number_in_words(found, value, names))
    return _text_in_words(object_type, found, name, whole(value))


def _columns_in_words(keys: list[str]) -> str:
    return ", ".join(str(LIST_COLUMNS.get(key, key)) for key in keys)


def _list_in_words(name: str) -> str:
    return str(dict(ListName.choices).get(name, name))


def _query_in_words(query: str) -> str:
    return _filter_in_words(dict(QueryDict(query).lists()))


def _filter_in_words(chosen: Mapping[str, Any]) -> str:
    """Return the filters of a list as its page calls them."""
    parts = []
    for name, value in chosen.items():
        words = LIST_FILTERS.get(name, FilterWords(name))
        labels = dict(words.choices)
        values = value if isinstance(value, list) else [value]
        texts = [str(labels.get(one, one)) for one in values if one is not True]
        parts.append(f"{words.label}: {', '.join(texts)}" if texts else str(words.label))
    return "; ".join(parts)


_OF_LISTS: Mapping[str, Callable[[Any], str]] = {
    "columns": _columns_in_words,
    "filter": _filter_in_words,
    "list": _list_in_words,
    "list_name": _list_in_words,
    "query": _query_in_words,
}


def ids_in(entries: list[AuditEntry]) -> Iterator[tuple[type[models.Model], int]]:
    """Yield the people and units that the changes and objects of ``entries`` name by id."""
    for entry in entries:
        for kind in (StaffUser, Unit):
            if entry.object_type == kind._meta.label_lower and entry.object_id is not None:
                yield kind, entry.object_id
        for name, given in entry.changes.items():
            found = _field(entry.object_type, name)
            kind_of_field = found.related_model if found is not None else None
            if kind_of_field in (StaffUser, Unit):
                for value in given if isinstance(given, list) else [given]:
                    if isinstance(value, int):
                        yield kind_of_field, value


def kind_of(object_type: str) -> Value:
    """Return what an entry is about: the model's name."""
    model = _model(object_type)
    if model is None:
        return Value(object_type, is_code=True)
    return Value(str(capfirst(str(model._meta.verbose_name))))


def masked(name: str, text: str) -> str:
    """Return ``text`` with every phone number in it masked; numbers of other kinds stay."""
    if name in NEVER_A_PHONE:
        return text
    return mask_phones_in(text)


def _model(object_type: str) -> type[models.Model] | None:
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):
        return None


def _field(object_type: str, name: str) -> models.Field[Any, Any] | None:
    """Return the model's field of that name; of a customer also one of the profile."""
    model = _model(object_type)
    models_of_it: list[type[models.Model]] = [model] if model is not None else []
    if object_type == "customers.customer":
        models_of_it.append(Profile)
    for one in models_of_it:
        try:
            found = one._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if isinstance(found, models.Field):
            return found
    return None


def _number_in_words(found: models.Field[Any, Any] | None, value: int, names: Names) -> str:
    if found is None or found.related_model is None:
        return str(value)
    return names.of(found.related_model, value)


def _text_in_words(
    object_type: str, found: models.Field[Any, Any] | None, name: str, text: str
) -> Value:
    # First: of a confirmed fact the trail keeps the day, whatever the fact.
    if (moment := _moment_in_words(text)) is not None:
        return Value(moment)
    if "phone" in name or (object_type == "customers.customerphone" and name == "number"):
        return Value(mask_phone(text))
    choices = dict(Channel.choices) if name == "opt_outs" else _choices(found)
    choices = {**choices, **VALUE_WORDS.get(object_type, {}).get(name, {})}
    if text in choices:
        return Value(str(choices[text]))
    return Value(masked(name, text), is_code=CODE.fullmatch(text) is not None)


def _choices(found: models.Field[Any, Any] | None) -> dict[Any, Any]:
    return dict(found.flatchoices) if found is not None and found.choices else {}


def _moment_in_words(text: str) -> str | None:
    """Return a recorded day or moment in the reader's format and zone; None where it is neither."""
    try:
        if (day := parse_date(text)) is not None and len(text) == len("2026-11-23"):
            return date_format(day, "SHORT_DATE_FORMAT")
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment):
        return None
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


def _row_in_words(name: str, row: dict[str, Any]) -> str:
    """Return one row of the data sheet in words, as the sheet itself says it."""
    if name == "birthday" and row.keys() <= Birthday.__dataclass_fields__.keys():
        return Birthday(**row).in_words()
    if name == "preferred_hours" and row.keys() == {"start", "end"}:
        return f"{row['start'][:5]}–{row['end'][:5]}"
    row_type = ROWS[name][0] if name in ROWS else None
    if row_type is not None and row.keys() <= {*row_type.names(), "id"}:
        return row_type(**row).in_words()
    return ", ".join(str(value) for value in row.values() if value not in (None, ""))
