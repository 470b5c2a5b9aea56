"""The HTTP API, from its OpenAPI document."""

import json
import re
from collections.abc import Iterator
from typing import Any

from infra.docs.reference.words import code, first_paragraph, table
from rookery.entrypoints.api.app import create_app
from rookery.entrypoints.container import Container
from rookery.entrypoints.settings import Settings

_INTRODUCTION = """# REST

All doors, from the OpenAPI document that `rookery serve` serves at `/openapi.json`. What they share (tokens, pages,
limits, doing things once) is [on the page of the API](../api.md); what goes wrong comes as [problem
documents](../errors.md).

"""
_METHODS = ("get", "post", "put", "patch", "delete")
_SUCCESS = re.compile("2..")


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return create_app(Container(settings=Settings())).openapi()


def page() -> str:
    """Return the page: a section for each door, then one for each model."""
    api = document()
    doors = [_door(path, method, door) for path, method, door in _doors(api)]
    schemas = sorted(api["components"]["schemas"].items())
    models = [_model(name, schema) for name, schema in schemas]
    needed = "A field with * is needed.\n\n"
    return _INTRODUCTION + "\n".join(doors) + "\n# Models of the API\n\n" + needed + "\n".join(models)


def _doors(api: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in api["paths"].items():
        yield from ((path, method, methods[method]) for method in _METHODS if method in methods)


def _door(path: str, method: str, door: dict[str, Any]) -> str:
    told = first_paragraph(door.get("description") or door.get("summary", ""))
    rows = [
        [code(one["name"]), one["in"] + (", needed" if one.get("required") else ""), _type(one["schema"]), _about(one)]
        for one in door.get("parameters", [])
    ]
    answers = [_answer(status, one) for status, one in door["responses"].items() if _SUCCESS.fullmatch(status)]
    body = _content(door.get("requestBody", {}))
    scopes = [code(scope) for one in door.get("security", []) for names in one.values() for scope in names]
    parts = [f"## {method.upper()} {path}", told, f"Needs a token with {' and '.join(scopes)}." if scopes else ""]
    parts += [f"Takes{body}." if body else ""]
    parts += [table(["Parameter", "In", "Type", "Meaning"], rows), f"Answers {'; '.join(answers)}." if answers else ""]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _answer(status: str, answer: dict[str, Any]) -> str:
    about = answer["description"].removesuffix(".")
    return f"{status}{_content(answer)}" + ("" if about == "Successful Response" else f": {about}")


def _content(part: dict[str, Any]) -> str:
    told = [_type(one["schema"]) for one in part.get("content", {}).values() if one.get("schema")]
    streams = " a stream of events" if "text/event-stream" in part.get("content", {}) else ""
    return f" {told[0]}" if told and told[0] != "any" else streams


def _about(parameter: dict[str, Any]) -> str:
    return str(parameter.get("description") or parameter["schema"].get("description", ""))


def _model(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    rows = [
        [code(field) + (" *" if field in needed else ""), _type(one), _default(one), one.get("description", "")]
        for field, one in schema.get("properties", {}).items()
    ]
    shape = "" if rows else f"{_type(schema)}\n\n"
    told = first_paragraph(schema.get("description", ""))
    return f"## {name}\n\n{told}\n\n{shape}{table(['Field', 'Type', 'Default', 'Meaning'], rows)}"


def _default(schema: dict[str, Any]) -> str:
    empty = schema.get("default") in (None, "", [], {})
    return "" if empty else code(json.dumps(schema["default"], ensure_ascii=False))


def _type(schema: dict[str, Any]) -> str:
    """Return a schema in words, with links to the models that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(one) for one in choices))
    if "const" in schema or "enum" in schema:
        return " or ".join(code(one) for one in schema.get("enum", [schema.get("const")]))
    return _plain(schema)


def _plain(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "string" and "format" in schema:
        return f"string ({schema['format']})"
    return str(kind)
