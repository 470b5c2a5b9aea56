"""Replacing credentials in JSON, however deep they lie."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from rookery.domain.redaction.texts import redact

_LONGEST = 300  # characters of a value whose name can tell what it is
_SHORTEST = 8  # characters of a text in which a credential can be that is not known by its name
_TELLING = re.compile(r"pass|pwd|secret|token|key|auth|kennwort|contrase|cookie|session", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RedactedJson:
    """A value without credentials, and how many were replaced."""

    value: JsonValue
    count: int


def redact_json(value: JsonValue, *, name: str = "", but: Collection[str] = ()) -> RedactedJson:
    """Return a JSON value whose texts have no credentials; a short one may be known by its `name` alone.

    What is called like one of `but` stays as it is.
    """
    match value:
        case str():
            return _text(value, name)
        case dict():
            parts = {
                key: RedactedJson(inner, 0) if key in but else redact_json(inner, name=key, but=but)
                for key, inner in value.items()
            }
            return RedactedJson({key: part.value for key, part in parts.items()}, sum(p.count for p in parts.values()))
        case list():
            items = [redact_json(inner, name=name, but=but) for inner in value]
            return RedactedJson([item.value for item in items], sum(item.count for item in items))
        case _:
            return RedactedJson(value, 0)


def redact_all(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a JSON object whose texts, however deep they lie, have no credentials; names and all else stay."""
    return {key: redact_json(value, name=key).value for key, value in values.items()}


def _text(text: str, name: str) -> RedactedJson:
    telling = _TELLING.search(name) is not None
    if len(text) < _SHORTEST and not telling:
        return RedactedJson(text, 0)
    clean = redact(text)
    if clean.count or not telling or not text or len(text) > _LONGEST or '"' in text:
        return RedactedJson(clean.text, clean.count)
    before, after = f'"{name}": "', '"'
    shown = redact(f"{before}{text}{after}")
    if shown.count and shown.text.startswith(before):
        return RedactedJson(shown.text[len(before) : -len(after)], shown.count)
    return RedactedJson(text, 0)
