"""Forms of contacts and calls, one module a concept."""

from contacts.forms.contacts import (
    FACT,
    STILL,
    ContactForm,
    DecisionForm,
    ExemptionForm,
    FlagFilterForm,
    NoteForm,
    SnoozeForm,
    VoidForm,
    add_refusal,
)

__all__ = [
    "FACT",
    "STILL",
    "ContactForm",
    "DecisionForm",
    "ExemptionForm",
    "FlagFilterForm",
    "NoteForm",
    "SnoozeForm",
    "VoidForm",
    "add_refusal",
]
