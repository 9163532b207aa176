"""One shape for every error of the API: problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings

from core.refusals import STANDS, telling

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:vipcrm:problem:"

TITLES = {
    400: _("The request does not have the right form"),
    401: _("Sign in or send a key"),
    403: _("Not permitted"),
    404: _("Not found"),
    405: _("This method is not offered here"),
    406: _("Only JSON is offered here"),
    412: _("Somebody else changed it meanwhile"),
    413: _("The request is too large"),
    415: _("Only JSON is understood here"),
    422: _("A rule refuses this"),
    428: _("Say which version you change"),
    429: _("Too many requests"),
    500: _("A fault of ours"),
    503: _("Away for a moment"),
}
"""What each status means, in the reader's language."""


class QueryError(exceptions.ValidationError):
    """The query string does not have the right form; the errors name parameters."""


class TooLargeError(exceptions.APIException):
    """The body is larger than is read."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The request is too large.")


class RuleError(exceptions.APIException):
    """The request has the right form, but a rule of the product refuses it.

    ``errors`` maps a field to its messages, as Django's own ValidationError does; ``tells`` are
    those messages that tell what is stored (``core.refusals``).
    """

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "refused"
    default_detail = _("A rule refuses this.")

    def __init__(
        self,
        errors: Mapping[str, Sequence[str]],
        *,
        is_query: bool = False,
        at: str = "",
        tells: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.errors = errors
        self.tells = tells
        self.is_query = is_query
        self.at = at


class VersionMissingError(exceptions.APIException):
    """A change without If-Match might undo somebody else's."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "version_missing"
    default_detail = _("Send the header If-Match with the ETag of what you read.")


class VersionChangedError(exceptions.APIException):
    """The version that was read is no longer the present one; ``changes`` says what changed."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "version_changed"
    default_detail = _("It has changed since you read it. Read it again, then decide.")

    def __init__(self, etag: str, changes: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.etag = etag
        self.changes = changes


def refused(error: DjangoValidationError, at: str = "") -> RuleError:
    """Return what a service or a form refuses as an error of the API; ``at``: below this field."""
    tells = telling(error)
    if hasattr(error, "error_dict"):
        errors = {name: one.messages for name, one in _by_field(error)}
        return RuleError(errors, at=at, tells=tells)
    return RuleError({"": error.messages}, at=at, tells=tells)


def words_of(error: DjangoValidationError, *, tells: bool) -> str:
    """Return the messages of ``error`` in a line; ``tells``: those of what is stored, too."""
    hidden = frozenset() if tells else telling(error)
    plain = str(RuleError.default_detail)
    return " ".join(plain if text in hidden else text for text in error.messages)


def _by_field(error: DjangoValidationError) -> Iterator[tuple[str, DjangoValidationError]]:
    for name, errors in error.error_dict.items():
        yield "" if name == "__all__" else name, DjangoValidationError(errors)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what went wrong as problem details; None for what nobody has foreseen."""
    # Loaded late: the framework's views load this module by its name in the settings.
    from rest_framework.views import set_rollback

    error = _as_api_exception(exc)
    if error is None:
        return None
    set_rollback()
    body = body_of(error.status_code, _code_of(error), _detail_of(error), **_extra(error))
    return Response(
        body, status=error.status_code, headers=_headers(error), content_type=MEDIA_TYPE
    )


def body_of(status_code: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """Return problem details. ``code`` is for programs and stays English."""
    return {
        "type": TYPE + code,
        "title": str(TITLES.get(status_code, detail)),
        "status": status_code,
        "detail": detail,
        **extra,
    }


def plain_problem(status_code: int, code: str, **headers: str) -> JsonResponse:
    """Return problem details from outside the API's own views; asks nobody anything."""
    body = body_of(status_code, code, str(TITLES[status_code]))
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return JsonResponse(body, status=status_code, headers=names, content_type=MEDIA_TYPE)


def is_of_api(request: HttpRequest) -> bool:
    """Say whether the request is for the API, whose errors are never pages."""
    return request.path.startswith("/api/")


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, DjangoValidationError):
        return refused(exc)
    if isinstance(exc, RequestDataTooBig):
        return TooLargeError()
    return exc if isinstance(exc, exceptions.APIException) else None


def _code_of(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    code = error.get_codes()
    return code if isinstance(code, str) else str(error.default_code)


def _detail_of(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return str(_("Some values do not have the right form."))
    return str(error.detail)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, VersionChangedError):
        headers["ETag"] = error.etag
    return headers


def _extra(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        where = "parameter" if isinstance(error, QueryError) else "pointer"
        return {"errors": list(_flat(error.get_full_details(), "", where))}
    if isinstance(error, RuleError):
        return {"errors": list(_of_rule(error))}
    if isinstance(error, VersionChangedError):
        return {"changes": list(error.changes)}
    return {}


def _of_rule(error: RuleError) -> Iterator[dict[str, str]]:
    for name, messages in error.errors.items():
        place = name if error.is_query else "/".join(["", *filter(None, (error.at, name))])
        for message in messages:
            where = "parameter" if error.is_query else "pointer"
            code = STANDS if message in error.tells else "refused"
            yield {where: place, "code": code, "detail": str(message)}


def _flat(details: Any, place: str, where: str) -> Iterator[dict[str, str]]:
    """Yield each error with its place: a JSON pointer into the body, or a parameter's name."""
    if isinstance(details, Mapping) and {"message", "code"} == set(details):
        shown = place.split("/")[1] if where == "parameter" and place else place
        yield {where: shown, "code": str(details["code"]), "detail": str(details["message"])}
        return
    if isinstance(details, Mapping):
        for name, inner in details.items():
            own = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _flat(inner, place if own else f"{place}/{_escaped(str(name))}", where)
        return
    for inner in details:
        yield from _flat(inner, place, where)


def _escaped(name: str) -> str:
    """Write a name as part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
