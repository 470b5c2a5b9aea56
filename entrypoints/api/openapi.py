"""The OpenAPI document: what FastAPI derives, plus the events that the stream carries."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from rookery.domain.events import run_event_adapter

_REF = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Make `app.openapi()` describe the events of `GET /v1/runs/{run_id}/events`."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_events(
                get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


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
