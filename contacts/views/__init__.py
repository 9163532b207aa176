"""Pages of the contacts app."""

from contacts.views.call_figures import call_figures, duty_roster
from contacts.views.calls import call_confirm, call_discard, call_explain, call_list
from contacts.views.care import contact_void, follow_up_close, row_snooze, row_wake
from contacts.views.exemptions import (
    exemption_decide,
    exemption_end,
    exemption_list,
    exemption_request,
    exemption_undo,
)
from contacts.views.listed import contact_list
from contacts.views.log import contact_log, contact_note
from contacts.views.panels import customer_care, customer_timeline, flag_list

__all__ = [
    "call_confirm",
    "call_discard",
    "call_explain",
    "call_figures",
    "call_list",
    "contact_list",
    "contact_log",
    "contact_note",
    "contact_void",
    "customer_care",
    "customer_timeline",
    "duty_roster",
    "exemption_decide",
    "exemption_end",
    "exemption_list",
    "exemption_request",
    "exemption_undo",
    "flag_list",
    "follow_up_close",
    "row_snooze",
    "row_wake",
]
