"""JSON schemas in the form that servers can bind decoding with.

OpenAI's strict form is the narrowest: every property is required, none other is allowed, and many keywords are unknown.
What satisfies it satisfies the schema that it was made from.
"""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from rookery.domain.schemas import Schema

_DROPPED = {"default", "title", "examples", "format", "minLength", "maxLength", "uniqueItems"}
_PREFIX = "#/$defs/"


def strict(schema: Mapping[str, JsonValue]) -> Schema | None:
    """Return the strict form, without definitions that nothing refers to; None where the schema has none.

    An object with free keys has none.
    """
    try:
        root = _node({key: value for key, value in schema.items() if key != "$defs"})
        definitions = schema.get("$defs")
        needed = _reached(root, definitions if isinstance(definitions, dict) else {})
        bound = {name: _node(definition) for name, definition in needed.items()}
    except _Free:
        return None
    if not isinstance(root, dict):
        return None
    return {**root, "$defs": bound} if bound else root


class _Free(Exception):
    pass


def _node(node: JsonValue) -> JsonValue:
    match node:
        case {"$ref": reference}:
            return {"$ref": reference}
        case dict() if isinstance(properties := node.get("properties"), dict):
            names: list[JsonValue] = list(properties)
            inner: Schema = {name: _node(value) for name, value in properties.items()}
            others = _kept({key: value for key, value in node.items() if key != "properties"})
            return others | {"properties": inner, "required": names, "additionalProperties": False}
        case {"type": "object"}:
            raise _Free
        case dict():
            needs_items = node.get("type") == "array" and "items" not in node
            items: Schema = {"items": {"type": "string"}} if needs_items else {}
            return _kept(node) | items
        case list():
            return [_node(item) for item in node]
        case _:
            return node


def _kept(node: Mapping[str, JsonValue]) -> Schema:
    return {
        key: value if key in ("enum", "const") else _node(value) for key, value in node.items() if key not in _DROPPED
    }


def _reached(root: JsonValue, definitions: Mapping[str, JsonValue]) -> Schema:
    reached: Schema = {}
    waiting = list(_references(root))
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in reached:
            reached[name] = definitions[name]
            waiting += _references(definitions[name])
    return reached


def _references(node: JsonValue) -> Iterator[str]:
    match node:
        case {"$ref": str() as reference}:
            yield reference.removeprefix(_PREFIX)
        case dict():
            for value in node.values():
                yield from _references(value)
        case list():
            for item in node:
                yield from _references(item)
