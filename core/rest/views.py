"""The view that every endpoint is, and the serializer of what is only shown."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import ExitStack
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_400_BAD_REQUEST
from rest_framework.views import APIView

from core import audit
from core.rest.access import access_of, reads_back
from core.rest.answers import as_written, without_values
from core.rest.clients import PHONES
from core.texts import Disclosure, shown_whole

M = TypeVar("M", bound=models.Model)


class Endpoint(APIView):
    """One endpoint of a resource, whose name the clients' scopes begin with.

    ``has_versions``: what it answers has an ETag, and a change of it says what it is based on.
    """

    resource: ClassVar[str]
    has_versions: ClassVar[bool] = False
    is_admitted = False
    """Whether the request was understood and may be answered."""
    note_numbers: Callable[[int], None] | None = None
    """Set by an endpoint that answers with whole numbers: writes down which, and so many texts."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; a client with ``phones:read`` is sent texts whole, which is written down."""
        with ExitStack() as self._shown:
            self._disclosure = Disclosure()
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                # Here, because texts become JSON as they are shown.
                response.render()
        self._note_what_was_sent()
        return response

    def _note_what_was_sent(self) -> None:
        """Write down once what was sent whole: numbers and texts are one sending."""
        if self.note_numbers is not None:
            self.note_numbers(self._disclosure.texts)
        elif self._disclosure.texts:
            account: Any = self.request.user
            audit.record_texts_sent(actor=account, texts=self._disclosure.texts)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say first whether the method is offered at all: that is no secret."""
        if not hasattr(self, str(request.method).lower()):
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)
        self.is_admitted = True
        access = access_of(request)
        if access is not None and PHONES in access.scopes:
            self._disclosure = self._shown.enter_context(shown_whole(allowed=True))

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Read nothing back to a client that may only write."""
        # What is refused before holds nothing of any row.
        if self.is_admitted and not reads_back(request, self):
            if response.status_code >= HTTP_400_BAD_REQUEST:
                response.data = without_values(response.data)
            else:
                response.data = as_written(response.data, request.data)
        return super().finalize_response(request, response, *args, **kwargs)


PLAIN_FIELDS = (
    serializers.CharField,
    serializers.IntegerField,
    serializers.BooleanField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.PrimaryKeyRelatedField,
)
"""The fields whose values JSON takes as they are."""


class ShownSerializer(serializers.ModelSerializer[M]):
    """Columns of a model as they are; a choice may be empty where the column may."""

    def include_extra_kwargs(
        self, kwargs: MutableMapping[str, Any], extra_kwargs: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Keep that a choice may be empty, which is otherwise forgotten of what is only read."""
        may_be_empty = kwargs.get("allow_blank", False) and "choices" in kwargs
        included = super().include_extra_kwargs(kwargs, extra_kwargs)
        return {**included, "allow_blank": True} if may_be_empty else included

    def to_representation(self, instance: M) -> dict[str, Any]:
        """Return the columns as JSON takes them; what is no plain column is left to its field."""
        shown: dict[str, Any] = {}
        for name, column, field in self._plan:
            if not column:
                value = field.get_attribute(instance)
                shown[name] = None if value is None else field.to_representation(value)
                continue
            value = getattr(instance, column)
            shown[name] = self._moment(value) if isinstance(value, datetime) else value
        return shown

    @cached_property
    def _plan(self) -> list[tuple[str, str, serializers.Field[Any, Any, Any, Any]]]:
        """Each field with its name and, where the value can go out as it is, its column."""
        model: type[models.Model] = self.Meta.model
        columns = {column.name: column.attname for column in model._meta.concrete_fields}
        return [
            (
                str(field.field_name),
                columns.get(str(field.source), "") if type(field) in PLAIN_FIELDS else "",
                field,
            )
            for field in self._readable_fields
        ]

    @cached_property
    def _zone(self) -> tzinfo:
        return timezone.get_current_timezone()

    def _moment(self, moment: datetime) -> str:
        text = moment.astimezone(self._zone).isoformat()
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text
