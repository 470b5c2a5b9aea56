"""JSON schemas as llguidance wants them."""

from collections.abc import Mapping

from pydantic import JsonValue

_DATA = {"const", "enum", "default", "examples"}
_FORMATS = {
    *("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"),
}
"""Those that llguidance binds; by the standard, others say nothing of what is valid."""


def plain(schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a schema of the same meaning without formats that bind nothing, and without `oneOf` where `anyOf` will do.

    Where a discriminator tells the branches apart, no document is of two of them.
    """
    node: dict[str, JsonValue] = {}
    for key, value in schema.items():
        if key == "format" and isinstance(value, str) and value not in _FORMATS:
            continue
        if key == "discriminator" and "oneOf" in schema:
            continue
        name = "anyOf" if key == "oneOf" and "discriminator" in schema else key
        node[name] = value if key in _DATA else _plain_value(value)
    return node


def _plain_value(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return plain(value)
    return [_plain_value(item) for item in value] if isinstance(value, list) else value
