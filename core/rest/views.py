"""The view that every endpoint is, and the serializer of what is only shown."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, ClassVar, TypeVar

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

M = TypeVar("M", bound=models.Model)


class Endpoint(APIView):
    """One endpoint of a resource, whose name the clients' scopes begin with."""

    resource: ClassVar[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say first whether the method is offered at all: that is no secret."""
        if not hasattr(self, str(request.method).lower()):
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)


class ShownSerializer(serializers.ModelSerializer[M]):
    """Columns of a model as they are; a choice may be empty where the column may."""

    def include_extra_kwargs(
        self, kwargs: MutableMapping[str, Any], extra_kwargs: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Keep that a choice may be empty, which is otherwise forgotten of what is only read."""
        may_be_empty = kwargs.get("allow_blank", False) and "choices" in kwargs
        included = super().include_extra_kwargs(kwargs, extra_kwargs)
        return {**included, "allow_blank": True} if may_be_empty else included
