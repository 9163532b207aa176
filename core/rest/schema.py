"""The API's description of itself (OpenAPI 3.1): every status, and nothing that is left open."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from core.rest.access import needed_scope
from core.rest.problems import MEDIA_TYPE, TITLES, body_of

IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of what the change is based on, as it came; a list of them, or *.",
}


def example_of(status: int) -> dict[str, Any] | None:
    """Return an example of the errors that say more than the rest; None for the others."""
    if status == 400:
        wrong = {"pointer": "/profile/employer", "code": "max_length", "detail": "…"}
        return body_of(status, "invalid", "…", errors=[wrong])
    if status == 422:
        wrong = {"pointer": "/birth_day", "code": "refused", "detail": "…"}
        return body_of(status, "refused", "…", errors=[wrong])
    if status == 412:
        change = {
            "field": "phones",
            "old": [{"number": "138****8000", "kind": "mobile"}],
            "new": [{"number": "139****2222", "kind": "mobile"}],
            "at": "2026-11-23T10:00:00+08:00",
            "by": "王经理",
        }
        return body_of(status, "version_changed", "…", changes=[change])
    return None


class ErrorSerializer(serializers.Serializer[Any]):
    """One thing that is wrong, and where."""

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class ChangeSerializer(serializers.Serializer[Any]):
    """One value that somebody else changed."""

    field = serializers.CharField()
    old = serializers.JSONField()
    new = serializers.JSONField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)


class ConflictSerializer(ProblemSerializer):
    """Problem details of a lost race: what changed since the version that was read."""

    changes = ChangeSerializer(many=True)


def page_of(serializer: type[serializers.BaseSerializer[Any]]) -> Any:
    """Return the description of a page of rows."""
    name = serializer.__name__.removesuffix("Serializer")
    return inline_serializer(
        f"{name}Page",
        {
            "results": serializer(many=True),
            "next": serializers.CharField(allow_null=True),
            "previous": serializers.CharField(allow_null=True),
        },
    )


class ProblemSchema(AutoSchema):
    """Describes each operation with every error it can answer, and the scope a client needs."""

    def get_description(self) -> str:  # type: ignore[override]
        """Say what a client needs."""
        said = super().get_description()
        return f"{said}\n\nScope: `{needed_scope(self.view, self.method)}`"

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Complete what was described with the errors."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        for status in self._error_statuses(operation):
            operation["responses"].setdefault(str(status), self._problem(status))
        if self._names_version():
            operation.setdefault("parameters", []).append(IF_MATCH)
            operation["responses"]["200"]["headers"] = _headers("ETag", "The present version.")
            operation["responses"]["412"]["headers"] = _headers("ETag", "The present version.")
        elif self._has_versions():
            version = _headers("ETag", "The present version.")
            operation["responses"]["200"]["headers"] = version
            operation["responses"]["304"] = {
                "description": "The version that If-None-Match names is the present one.",
                "headers": version,
            }
        if "429" in operation["responses"]:
            wait = _headers("Retry-After", "Seconds until the next minute.")
            operation["responses"]["429"]["headers"] = wait
        return operation

    def _names_version(self) -> bool:
        return self.method == "PATCH"

    def _has_versions(self) -> bool:
        return self.method == "GET" and bool(getattr(self.view, "has_versions", False))

    def _error_statuses(self, operation: dict[str, Any]) -> list[int]:
        found = [401, 403, 404, 406, 429]
        has_query = any(one["in"] == "query" for one in operation.get("parameters", ()))
        has_body = "requestBody" in operation
        if has_query or has_body:
            found += [400, 422]
        if self.method == "POST":
            found.append(422)
        if has_body:
            found += [413, 415]
        if self._names_version():
            found += [412, 428]
        return sorted(set(found))

    def _problem(self, status: int) -> dict[str, Any]:
        serializer = ConflictSerializer if status == 412 else ProblemSerializer
        component = self.resolve_serializer(serializer, "response")
        media: dict[str, Any] = {"schema": component.ref}
        if (example := example_of(status)) is not None:
            media["example"] = example
        return {"description": str(TITLES[status]), "content": {MEDIA_TYPE: media}}


def _headers(name: str, description: str) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}, "description": description}}


def close_bodies(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Say that request bodies take no other names: the endpoints refuse them."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                _close(schemas, media["schema"])
    return result


def _close(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    """Close an object and those inside it."""
    inner = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    rows = [inner["items"]] if "items" in inner else []
    for part in (*inner.get("allOf", ()), *rows, *inner.get("properties", {}).values()):
        _close(schemas, part)
    if "properties" in inner:
        inner["additionalProperties"] = False


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the keys of API clients."""

    target_class = "exchange.api.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


class PersonScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the sign-in of people."""

    target_class = "staff.auth.PersonAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The session's cookie; changes also need the header X-CSRFToken."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
