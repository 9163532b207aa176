"""What a contact, a call or a flag can be: the words they share."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.rules import Cadence as CadenceCode


class Direction(models.TextChoices):
    """Who began."""

    OUTGOING = "outgoing", _("To the customer")
    INCOMING = "incoming", _("From the customer")


class Outcome(models.TextChoices):
    """How it went. Only *reached* can be a contact (article 8)."""

    REACHED = "reached", _("Reached")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    REJECTED = "rejected", pgettext_lazy("outcome of a call", "Rejected")
    SWITCHED_OFF = "switched_off", _("Switched off")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    FAILED = "failed", _("Not delivered")
    NOT_MET = "not_met", _("Not met")


class Occasion(models.TextChoices):
    """What made it a good moment (沟通契机, article 11)."""

    REGULAR = "regular", _("Regular contact")
    CARE = "care", _("Birthday or care")
    SIM_REPLACEMENT = "sim_replacement", _("SIM replacement")
    CAMPAIGN = "campaign", _("Campaign")
    TARIFF_PROMOTION = "tariff_promotion", _("Tariff promotion")
    BRAND_PROMOTION = "brand_promotion", _("Brand promotion")
    GUARANTEED_HANDLING = "guaranteed_handling", _("Guaranteed handling")
    REWARD_ACTIVITY = "reward_activity", _("Reward activity")
    CUSTOMER_QUESTION = "customer_question", _("The customer's own question")
    FOLLOW_UP = "follow_up", _("Promised follow-up")
    OTHER = "other", _("Other")


class RecordedAs(models.TextChoices):
    """What the person who made the contact was to the customer."""

    MANAGER = "manager", _("Customer manager")
    COVER = "cover", _("Stand-in")
    SUPERVISOR = "supervisor", _("Supervisor")
    HANDLER = "handler", _("Complaint handler")
    IMPORT = "import", _("Imported")
    SYSTEM = "system", _("The system")


class Source(models.TextChoices):
    """How the record came in."""

    MANUAL = "manual", _("Entered by hand")
    IMPORT = "import", _("Imported")
    API = "api", _("From another system")


class Cadence(models.TextChoices):
    """Which of a customer's two clocks."""

    CONTACT = CadenceCode.CONTACT.value, _("Contact")
    VISIT = CadenceCode.VISIT.value, _("Face to face")


class CallResult(models.TextChoices):
    """How a call ended, as the call centre tells it (article 7).

    An incoming call that was not answered was missed, whatever else is told of it.
    """

    ANSWERED = "answered", pgettext_lazy("result of a call", "Answered")
    MISSED = "missed", pgettext_lazy("result of a call", "Missed")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    REJECTED = "rejected", pgettext_lazy("outcome of a call", "Rejected")
    SWITCHED_OFF = "switched_off", _("Switched off")


class NumberMatch(models.TextChoices):
    """Whether the number of a call says whose it is."""

    KNOWN = "known", _("Of one customer")
    UNKNOWN = "unknown", _("Unknown number")
    SHARED = "shared", _("Several customers have this number")


class Confirmation(models.TextChoices):
    """What became of the contact record that a call pre-fills."""

    NOTHING = "nothing", _("Nothing to confirm")
    WAITING = "waiting", _("To confirm")
    CONFIRMED = "confirmed", _("Confirmed")
    DISCARDED = "discarded", _("Not a service contact")


class DiscardReason(models.TextChoices):
    """Why a call is no contact with the customer."""

    PRIVATE = "private", _("A private call")
    NOT_CUSTOMER = "not_customer", _("It was not the customer")
    MISDIALLED = "misdialled", _("Dialled by mistake")
    OTHER = "other", _("Another reason")
