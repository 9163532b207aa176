"""Customers as the API shows them, and what it takes to change one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.phones import LONGEST_WRITTEN
from core.rest.fields import (
    FILLED,
    LARGEST_ID,
    DayField,
    FilledTextField,
    HourField,
    InstantField,
    NumberParameter,
    StrictSerializer,
    TextField,
    WholeNumberField,
    YesNoField,
    YesNoParameter,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import (
    PREFERRED_CHANNELS,
    BirthCalendar,
    Customer,
    CustomerAddress,
    CustomerPhone,
    FactConfirmation,
    FamilyMember,
    Gender,
    JobChange,
    Profile,
    Status,
    Tier,
)
from customers.rules import Cadence
from customers.services.sheet import MOST_ROWS, PROFILE_FIELDS

WHOLE_PHONES = "whole_phones"
"""Name in the serializers' context: whether phone numbers are shown whole."""

ROW_FIELDS = (
    "id",
    "number",
    "name",
    "gender",
    "unit",
    "manager",
    "tier",
    "is_key",
    "key_since",
    "status",
    "merged_into",
    "left_on",
    "joined_on",
    "vip_since",
    "preferred_channel",
    "watched_since",
    "has_open_complaint",
    "last_contact_on",
    "last_visit_on",
    "contact_due_on",
    "visit_due_on",
    "contact_exempt_until",
    "visit_exempt_until",
    "created_at",
    "updated_at",
    "version",
    "phones",
)

DETAIL_FIELDS = (
    "birth_calendar",
    "birth_year",
    "birth_month",
    "birth_day",
    "birth_leap_month",
    "preferred_from",
    "preferred_to",
    "opt_outs",
    "profile",
    "addresses",
    "family_members",
    "job_changes",
    "confirmations",
)


class PhoneSerializer(ShownSerializer[CustomerPhone]):
    """One phone number, its middle hidden unless the asker may see it whole."""

    number = serializers.SerializerMethodField()

    class Meta:
        model = CustomerPhone
        fields = ("id", "number", "kind")

    def get_number(self, phone: CustomerPhone) -> str:
        """Return the number as the asker may see it."""
        return phone.number if self.context.get(WHOLE_PHONES) else phone.masked


class CustomerSerializer(ShownSerializer[Customer]):
    """A customer as a row of a list."""

    phones = PhoneSerializer(many=True, read_only=True)

    class Meta:
        model = Customer
        fields: tuple[str, ...] = ROW_FIELDS
        read_only_fields: tuple[str, ...] = ROW_FIELDS


class ProfileSerializer(ShownSerializer[Profile]):
    """Likings and private facts (article 12)."""

    class Meta:
        model = Profile
        fields = PROFILE_FIELDS
        read_only_fields = PROFILE_FIELDS


class AddressSerializer(ShownSerializer[CustomerAddress]):
    """One address."""

    class Meta:
        model = CustomerAddress
        fields = ("id", "kind", "text", "city")


class FamilyMemberSerializer(ShownSerializer[FamilyMember]):
    """One member of the family."""

    class Meta:
        model = FamilyMember
        fields = ("id", "relation", "name", "birth_year", "note")


class JobSerializer(ShownSerializer[JobChange]):
    """One job, the present or a former one."""

    class Meta:
        model = JobChange
        fields = ("id", "employer", "position_held", "from_year", "to_year", "note")


class ConfirmationSerializer(ShownSerializer[FactConfirmation]):
    """When and by whom a fact was last confirmed."""

    class Meta:
        model = FactConfirmation
        fields = ("fact", "confirmed_on", "confirmed_by")


class CustomerDetailSerializer(CustomerSerializer):
    """A customer with everything that is known."""

    profile = serializers.SerializerMethodField()
    addresses = AddressSerializer(many=True, read_only=True)
    family_members = FamilyMemberSerializer(many=True, read_only=True)
    job_changes = JobSerializer(many=True, read_only=True)
    confirmations = ConfirmationSerializer(many=True, read_only=True)
    opt_outs = serializers.SerializerMethodField()

    class Meta(CustomerSerializer.Meta):
        fields: tuple[str, ...] = (*ROW_FIELDS, *DETAIL_FIELDS)
        read_only_fields: tuple[str, ...] = fields

    @extend_schema_field(ProfileSerializer)
    def get_profile(self, customer: Customer) -> Any:
        """Return the profile; an empty one where none is stored."""
        profile: Profile | None = getattr(customer, "profile", None)
        return ProfileSerializer(profile or Profile(customer=customer)).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_opt_outs(self, customer: Customer) -> list[str]:
        """Return the channels that the customer has opted out of."""
        return sorted(row.channel for row in customer.opt_outs.all())


def _text(model: type[Any], name: str) -> TextField:
    column = model._meta.get_field(name)
    return TextField(
        required=False, allow_blank=True, max_length=column.max_length, label=column.verbose_name
    )


class ProfileChangeSerializer(StrictSerializer):
    """Facts of the profile that are to change; those left out stay."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """One text a column of the profile."""
        return {name: _text(Profile, name) for name in PROFILE_FIELDS}


class RowChangeSerializer(StrictSerializer):
    """A row of a list that is to stand; with the ``id`` of a stored one, what is left out stays."""

    id = WholeNumberField(required=False, min_value=1, max_value=LARGEST_ID)


class PhoneChangeSerializer(RowChangeSerializer):
    """One phone number; without ``number`` and with an ``id`` the number stays, unseen."""

    number = FilledTextField(required=False, max_length=LONGEST_WRITTEN)
    kind = serializers.ChoiceField(choices=CustomerPhone.Kind.choices, required=False)


class AddressChangeSerializer(RowChangeSerializer):
    """One address."""

    kind = serializers.ChoiceField(choices=CustomerAddress.Kind.choices, required=False)
    text = FilledTextField(required=False, max_length=300)
    city = TextField(required=False, allow_blank=True, max_length=40)


class FamilyMemberChangeSerializer(RowChangeSerializer):
    """One member of the family."""

    relation = FilledTextField(required=False, max_length=40)
    name = TextField(required=False, allow_blank=True, max_length=80)
    birth_year = WholeNumberField(required=False, allow_null=True, min_value=1900, max_value=2100)
    note = TextField(required=False, allow_blank=True, max_length=200)


class JobChangeSerializer(RowChangeSerializer):
    """One job."""

    employer = FilledTextField(required=False, max_length=150)
    position_held = TextField(required=False, allow_blank=True, max_length=100)
    from_year = WholeNumberField(required=False, allow_null=True, min_value=1900, max_value=2100)
    to_year = WholeNumberField(required=False, allow_null=True, min_value=1900, max_value=2100)
    note = TextField(required=False, allow_blank=True, max_length=200)


class RowsField(serializers.ListField):
    """A whole list in its order; rows that are stored and not in it go."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=MOST_ROWS, **kwargs)


class CustomerChangeSerializer(StrictSerializer):
    """Facts of a customer that are to change; those left out stay.

    A list that is given stands instead of the stored one.
    """

    name = FilledTextField(required=False, max_length=80)
    gender = serializers.ChoiceField(choices=Gender.choices, required=False, allow_blank=True)
    joined_on = DayField(required=False, allow_null=True)
    birth_calendar = serializers.ChoiceField(choices=BirthCalendar.choices, required=False)
    birth_year = WholeNumberField(required=False, allow_null=True, min_value=1900, max_value=2100)
    birth_month = WholeNumberField(required=False, allow_null=True, min_value=1, max_value=12)
    birth_day = WholeNumberField(required=False, allow_null=True, min_value=1, max_value=31)
    birth_leap_month = YesNoField(required=False)
    preferred_channel = serializers.ChoiceField(
        choices=PREFERRED_CHANNELS, required=False, allow_blank=True
    )
    preferred_from = HourField(required=False, allow_null=True)
    preferred_to = HourField(required=False, allow_null=True)
    opt_outs = serializers.ListField(
        child=serializers.ChoiceField(choices=PREFERRED_CHANNELS), required=False, max_length=20
    )
    phones = RowsField(child=PhoneChangeSerializer())
    addresses = RowsField(child=AddressChangeSerializer())
    family_members = RowsField(child=FamilyMemberChangeSerializer())
    job_changes = RowsField(child=JobChangeSerializer())
    profile = ProfileChangeSerializer(required=False)


class CustomerQuery(ListQuery):
    """The filters of the customer list."""

    q = serializers.RegexField(
        FILLED, required=False, max_length=60, help_text=_("Name, pinyin, phone, number")
    )
    tier = serializers.ListField(
        child=serializers.ChoiceField(choices=Tier.choices), required=False
    )
    due = serializers.ChoiceField(choices=["overdue", "soon", "exempt"], required=False)
    cadence = serializers.ChoiceField(choices=[one.value for one in Cadence], required=False)
    contacted = serializers.ChoiceField(choices=["this_month", "not_this_month"], required=False)
    unit = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    status = serializers.ChoiceField(
        choices=[*Status.values, "all"],
        default="all",
        help_text=_(
            "Customers who left, and rows that were merged into another, are listed too, "
            "unless told otherwise."
        ),
    )
    key = YesNoParameter(required=False)
    pool = YesNoParameter(required=False)
    birthday = YesNoParameter(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
