"""Errors as `application/problem+json` (RFC 9457)."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rookery.domain.errors import RookeryError
from rookery.entrypoints.api.schemas import Problem
from rookery.entrypoints.errors import outcome_of

TYPE_ROOT = "urn:rookery:problem:"
_log = logging.getLogger(__name__)


def problem(status: int, slug: str, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a problem document as a response."""
    body = Problem(type=TYPE_ROOT + slug, title=title, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(RookeryError, _rookery_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _rookery_error(_: Request, error: Exception) -> JSONResponse:
    outcome = outcome_of(error)
    return problem(outcome.http_status, outcome.slug, outcome.title, str(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - told by the registration
    faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return problem(422, "invalid-request", "The request cannot be done", faults)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - told by the registration
    slug = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http")
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, slug, str(error.detail), str(error.detail), headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.exception("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
    return problem(
        500, "internal", "Something went wrong inside Rookery", f"{type(error).__name__}; see the server's log"
    )
