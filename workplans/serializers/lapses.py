"""Missing plans and logs as the API shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, NumberParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from workplans.models import Lapse


class PlanLapseSerializer(ShownSerializer[Lapse]):
    """A plan or a log that a manager did not hand in in time (articles 4 to 6)."""

    class Meta:
        model = Lapse
        fields = (
            "id",
            "manager",
            "subject",
            "starts_on",
            "due_at",
            "opened_at",
            "closed_at",
            "close_reason",
        )
        read_only_fields = fields


class PlanLapseQuery(ListQuery):
    """The filters of the lapses."""

    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    subject = serializers.ChoiceField(choices=Lapse.Subject.choices, required=False)
    open = serializers.BooleanField(
        required=False, help_text=_("Still missing, or handed in and excused by now.")
    )
    since = serializers.DateField(
        required=False, help_text=_("Only of periods that begin on this day or later.")
    )
    until = serializers.DateField(
        required=False, help_text=_("Only of periods that begin on this day or earlier.")
    )
