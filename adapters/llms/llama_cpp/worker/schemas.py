"""JSON schemas as llguidance wants them."""

from collections.abc import Mapping

from pydantic import JsonValue

_DATA = {"const", "enum", "default", "examples"}
_FORMATS = {
    *("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"),
}
"""Those that llguidance binds; by the standard, others say nothing of what is valid."""

_YEAR = "([0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_LONG, _SHORT = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])", "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_DATE = f"({_YEAR}-({_LONG}|{_SHORT}|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_PATTERNS = {"date": f"^{_DATE}$", "date-time": f"^{_DATE}T{_TIME}$"}
"""Days that there are: llguidance's own form allows the 29th of February of any year, and a year 0."""


def plain(schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a schema of the same meaning without formats that bind nothing, and without `oneOf` where `anyOf` will do.

    Where a discriminator tells the branches apart, no document is of two of them.
    """
    node: dict[str, JsonValue] = {}
    for key, value in schema.items():
        if key == "format" and isinstance(value, str) and (value not in _FORMATS or _pattern(schema)):
            continue
        if key == "discriminator" and "oneOf" in schema:
            continue
        name = "anyOf" if key == "oneOf" and "discriminator" in schema else key
        node[name] = value if key in _DATA else _plain_value(value)
    pattern = _pattern(schema)
    return {**node, "pattern": pattern} if pattern else node


def _pattern(schema: Mapping[str, JsonValue]) -> str | None:
    form = schema.get("format")
    return _PATTERNS.get(form) if isinstance(form, str) and "pattern" not in schema else None


def _plain_value(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return plain(value)
    return [_plain_value(item) for item in value] if isinstance(value, list) else value
