"""Errors as `application/problem+json` (RFC 9457)."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rookery.domain.errors import AdapterError, Overloaded, RookeryError
from rookery.domain.redaction import redact
from rookery.entrypoints.api import openai_errors
from rookery.entrypoints.api.schemas import Problem
from rookery.entrypoints.errors import NOT_DELIVERED, OUTCOME_BY_ERROR, Outcome, outcome_of

TYPE_ROOT = "urn:rookery:problem:"
MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 1  # after which a file that another process held may be free


class Fault(NamedTuple):
    """A problem that HTTP itself has, and no error of the domain."""

    status: int
    slug: str
    title: str


MALFORMED = Fault(400, "malformed", "The request cannot be read")
UNAUTHENTICATED = Fault(401, "unauthenticated", "A valid token is needed")
METHOD = Fault(405, "method-not-allowed", "The method is not allowed here")
NOT_ACCEPTABLE = Fault(406, "not-acceptable", "There is no answer of an accepted type")
TOO_LARGE = Fault(413, "body-too-large", "The request is too large")
URI = Fault(414, "uri-too-long", "The address is too long")
MEDIA = Fault(415, "unsupported-media-type", "The body is of a type that is not read here")
RATE = Fault(429, "rate-limited", "Too many requests")
HEADERS = Fault(431, "headers-too-large", "The headers are too large")
NOT_FOUND = Fault(404, "not-found", "Not found")
INVALID = Fault(422, "invalid-request", "The request cannot be done")
INTERNAL = Fault(500, "internal", "Something went wrong inside Rookery")
FAULTS = (
    *(MALFORMED, UNAUTHENTICATED, NOT_FOUND, METHOD, NOT_ACCEPTABLE, TOO_LARGE, URI, MEDIA),
    *(INVALID, RATE, HEADERS, INTERNAL),
)
_PARAMETER = re.compile(r"\{(\w+)\}")
_DEEP = {"memory_id", "model_id"}  # parameters that may hold slashes
_BY_STATUS = {fault.status: fault for fault in FAULTS}


def problem(status: int, slug: str, title: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem document as a response."""
    return refusal(Fault(status, slug, title), detail, headers=headers)


def refusal(
    fault: Fault | Outcome, detail: str, *, path: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem document as a response. On OpenAI's doors it carries an error of OpenAI's form, too."""
    detail = redact(detail).text
    status = fault.status if isinstance(fault, Fault) else fault.http_status
    code = openai_errors.STATUS.get(status, status) if openai_errors.speaks(path) else status
    body = Problem(type=TYPE_ROOT + fault.slug, title=fault.title, status=code, detail=detail).model_dump()
    if openai_errors.speaks(path):
        body["error"] = openai_errors.error(code, fault.slug, detail).model_dump()
    told = dict(headers or {})
    if openai_errors.speaks(path) and "Retry-After" not in told:
        told["X-Should-Retry"] = "false"  # OpenAI's clients would ask again, which would be another run
    return JSONResponse(body, code, told, media_type=MEDIA_TYPE)


def slugs() -> dict[str, int]:
    """Return every problem type with its status."""
    return {fault.slug: fault.status for fault in FAULTS} | {
        one.slug: one.http_status for one in (NOT_DELIVERED, *(one for _, one in OUTCOME_BY_ERROR))
    }


def of_error(error: Exception, path: str) -> JSONResponse:
    """Return the problem of an error of the domain."""
    if isinstance(error, Overloaded):
        return refusal(outcome_of(error), str(error), path=path, headers={"Retry-After": str(math.ceil(error.seconds))})
    if isinstance(error, AdapterError) and error.retryable:
        return refusal(outcome_of(error), str(error), path=path, headers={"Retry-After": str(_RETRY_SECONDS)})
    return refusal(outcome_of(error), str(error), path=path)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document; what nobody foresaw is the envelope's."""
    app.add_exception_handler(RookeryError, _rookery_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


async def _rookery_error(request: Request, error: Exception) -> JSONResponse:
    return of_error(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - told by the registration
    faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return refusal(INVALID, faults, path=request.url.path)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - told by the registration
    path = request.url.path
    if error.status_code == METHOD.status:
        return _wrong_method(request.app, path, request.method)
    fault = _BY_STATUS.get(error.status_code, Fault(error.status_code, "http", str(error.detail)))
    return refusal(fault, str(error.detail), path=path, headers=error.headers)


def _wrong_method(app: FastAPI, path: str, method: str) -> JSONResponse:
    allowed = methods_of(app, path)
    if not allowed:
        return refusal(NOT_FOUND, f"there is nothing at {path}", path=path)
    listed = ", ".join(allowed)
    return refusal(METHOD, f"{method} is not among {listed}", path=path, headers={"Allow": listed})


def methods_of(app: FastAPI, path: str) -> list[str]:
    """Return the methods that there are at a path; pages of the dashboard have `GET`."""
    paths = app.openapi()["paths"]
    matching = [template for template in paths if re.fullmatch(_PARAMETER.sub(_pattern, template), path)]
    best = max(matching, key=lambda template: len(_PARAMETER.sub("", template)), default=None)
    found = sorted(method.upper() for method in paths.get(best, {}))
    return found or ([] if path.startswith(("/v1", "/integrations")) else ["GET"])


def _pattern(parameter: re.Match[str]) -> str:
    return ".+" if parameter[1] in _DEEP else "[^/]+"
