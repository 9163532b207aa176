"""Lists of the API: their parameters, and a page at a time by cursor."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.pagination import PAGE_SIZE, CursorError, keyset_page
from core.rest.fields import NumberParameter, StrictSerializer
from core.rest.problems import QueryError, RuleError
from core.rest.views import Endpoint

M = TypeVar("M", bound=models.Model)

LARGEST_PAGE = 200


class Query(StrictSerializer):
    """The parameters in a query string."""

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the request's parameters, checked; raises QueryError naming the wrong ones."""
        query = cls(data=cls._plain(request))
        if not query.is_valid():
            raise QueryError(query.errors)
        return query

    @classmethod
    def _plain(cls, request: Request) -> dict[str, Any]:
        """Return the values by name: a list for a list's parameter, one for any other."""
        fields = cls().fields
        plain: dict[str, Any] = {}
        for name, values in request.query_params.lists():
            if isinstance(fields.get(name), serializers.ListField):
                plain[name] = values
            elif len(values) > 1:
                raise QueryError({name: [_("Give this parameter once.")]}, code="repeated")
            else:
                plain[name] = values[0]
        return plain


class ListQuery(Query):
    """The parameters of a list."""

    limit = NumberParameter(
        min_value=1,
        max_value=LARGEST_PAGE,
        default=PAGE_SIZE,
        help_text=gettext_lazy("Rows on a page."),
    )
    cursor = serializers.CharField(
        required=False,
        max_length=500,
        trim_whitespace=False,
        help_text=gettext_lazy("Where the page begins."),
    )


class ListEndpoint(Endpoint, GenericAPIView[Any]):
    """A list of what the asker may see, narrowed by the query string.

    ``get_queryset`` is ``visible_to``; ``narrow`` applies the parameters of ``query_class``.
    """

    query_class: ClassVar[type[ListQuery]] = ListQuery
    order: ClassVar[tuple[str, ...]] = ("pk",)
    ids_first: ClassVar[bool] = False
    """Whether the page is chosen by an index alone before its rows are read."""

    def narrow(self, rows: Any, given: dict[str, Any]) -> Any:
        """Return the rows that the parameters ask for."""
        return rows

    def shown(self, rows: list[Any]) -> Any:
        """Return what is sent of the rows of a page."""
        return self.get_serializer(rows, many=True).data

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer one page."""
        given: dict[str, Any] = self.query_class.of(request).validated_data
        rows = self.narrow(self.get_queryset(), given)
        try:
            page = keyset_page(
                rows,
                order=self.order,
                cursor=given.get("cursor"),
                size=given["limit"],
                strict=True,
                ids_first=self.ids_first,
            )
        except CursorError as error:
            text = _("This is no cursor of this list. Begin again without it.")
            raise RuleError({"cursor": [text]}, is_query=True) from error
        return Response(
            {
                "results": self.shown(page.rows),
                "next": self._link(page.next_cursor),
                "previous": self._link(page.previous_cursor),
            }
        )

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
