"""JSON schemas that a request binds a reply with."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from rookery.domain.reasoning import SOURCE_ID

Schema = dict[str, JsonValue]
_BOUND = {"enum", "const", "pattern", "format", "minLength", "maxLength"}
_NO_SOURCE: Schema = {"type": "array", "maxItems": 0}


def lock_sources(schema: Mapping[str, JsonValue], allowed: Sequence[str]) -> Schema:
    """Return the schema with each source id bound to the allowed ones.

    A source id is a string or an integer of format `source-id`. Where none is allowed, an array of them, or of objects
    that need one, stays empty.
    """
    definitions = schema.get("$defs", {})
    lock = _Lock(definitions if isinstance(definitions, dict) else {}, allowed)
    return {key: lock.bind(value) for key, value in schema.items()}


def bound_lengths(schema: Mapping[str, JsonValue], *, characters: int, items: int) -> Schema:
    """Return the schema with a limit to strings and arrays that have none: a weak model may never end one."""
    return {key: _bounded(value, characters, items) for key, value in schema.items()}


def _bounded(node: JsonValue, characters: int, items: int) -> JsonValue:
    match node:
        case dict() if node.get("type") == "string" and not node.keys() & _BOUND:
            return {**node, "maxLength": characters}
        case dict():
            inner = {key: _bounded(value, characters, items) for key, value in node.items()}
            return {"maxItems": items, **inner} if _is_open_array(node) else inner
        case list():
            return [_bounded(value, characters, items) for value in node]
        case _:
            return node


def _is_open_array(node: Mapping[str, JsonValue]) -> bool:
    return node.get("type") == "array" and "minItems" not in node


class _Lock:
    def __init__(self, definitions: Mapping[str, JsonValue], allowed: Sequence[str]) -> None:
        self._definitions = definitions
        self._allowed = allowed

    def bind(self, node: JsonValue) -> JsonValue:
        match node:
            case dict() if node.get("format") == SOURCE_ID:
                return self._locked(node)
            case {"type": "array", "items": items} if not self._allowed and self._needs_source(items):
                return _NO_SOURCE
            case dict():
                return {key: self.bind(value) for key, value in node.items()}
            case list():
                return [self.bind(value) for value in node]
            case _:
                return node

    def _locked(self, node: Mapping[str, JsonValue]) -> Schema:
        kept = {key: value for key, value in node.items() if key not in ("type", "format")}
        if node.get("type") == "integer":
            return {**kept, "enum": [int(name) for name in self._allowed if name.isdecimal()]}
        return {**kept, "enum": list(self._allowed)}

    def _needs_source(self, node: JsonValue) -> bool:
        match node:
            case {"format": form} if form == SOURCE_ID:
                return True
            case {"$ref": str() as reference}:
                return self._needs_source(self._definitions.get(reference.removeprefix("#/$defs/")))
            case {"properties": dict() as properties, "required": list() as required}:
                return any(self._needs_source(properties.get(str(name))) for name in required)
            case _:
                return False
