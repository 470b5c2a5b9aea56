"""The OpenAPI document: what FastAPI derives, plus the problems that all doors share and the events of the stream."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from rookery.domain.events import run_event_adapter
from rookery.entrypoints.api import openai_errors
from rookery.entrypoints.api.chat_schemas import ChatChunk
from rookery.entrypoints.api.problems import MEDIA_TYPE
from rookery.entrypoints.api.schemas import OpenAIProblem, Problem

_REF = "#/components/schemas/{model}"
_ALWAYS = {
    406: "No answer of a type that is accepted",
    414: "The address is too long",
    431: "The headers are too large",
    500: "Something went wrong inside Rookery",
}
_GATED = {
    401: "No valid token",
    403: "The token lacks a scope, or the path may not be read",
    404: "Not found",
    409: "Conflict with the present state",
    422: "The request cannot be done",
    429: "Too many requests; Retry-After says when the next one fits",
    501: "Not in this version",
    502: "An outside system failed",
    503: "Too much at once, or the server is ending; Retry-After says when to ask again",
}
_WITH_BODY = {
    400: "The request cannot be read",
    413: "The request, or a source that it names, is too large",
    415: "The body is of a type that is not read here",
}
_OPEN = ("/healthz", "/integrations/")


def install(app: FastAPI) -> None:
    """Make `app.openapi()` describe errors, and the events of `GET /v1/runs/{run_id}/events`."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            _add_models(made, ChatChunk, Problem, OpenAIProblem)
            app.openapi_schema = _with_events(_with_problems(made))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    shared = document["components"]["responses"] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, text in _faults(path, method).items():
                name = f"{'OpenAI' if openai_errors.speaks(path) else ''}Problem{status}"
                shared[name] = _response(path, text)
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
    return document


def event_stream(*, data: dict[str, Any]) -> dict[str, Any]:
    """Return how a door's stream of server-sent events is described."""
    text = {"type": "string"}
    properties = {"data": {**text, **data}, "event": text, "id": text, "retry": {"type": "integer", "minimum": 0}}
    return {"text/event-stream": {"itemSchema": {"type": "object", "properties": properties}}}


def _add_models(document: dict[str, Any], *models: type[BaseModel]) -> None:
    for model in models:
        schema = model.model_json_schema(ref_template=_REF, mode="serialization")
        document["components"]["schemas"] |= {**schema.pop("$defs", {}), model.__name__: schema}


def _faults(path: str, method: str) -> dict[int, str]:
    gated = {401: _GATED[401]} if path.startswith(_OPEN[1:]) else {} if path in _OPEN else _GATED
    return _ALWAYS | gated | (_WITH_BODY if method == "post" else {})


def _response(path: str, text: str) -> dict[str, Any]:
    model = OpenAIProblem if openai_errors.speaks(path) else Problem
    return {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=model.__name__)}}}}


def _with_events(document: dict[str, Any]) -> dict[str, Any]:
    schema = run_event_adapter.json_schema(mode="serialization", ref_template=_REF)
    schemas = document["components"]["schemas"]
    schemas.update(schema.pop("$defs"))
    schemas["RunEvent"] = schema
    return document


if __name__ == "__main__":
    import json
    import sys
    from pathlib import Path

    from rookery.entrypoints.api.app import create_app
    from rookery.entrypoints.container import Container
    from rookery.entrypoints.settings import Settings

    text = json.dumps(create_app(Container(settings=Settings())).openapi(), indent=2, ensure_ascii=False)
    Path(sys.argv[1]).write_text(text + "\n", "utf-8")
