"""Tables of the fields of pydantic models."""

import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_BY_NAME = {"AwareDatetime": "moment (UTC)", "Any": "any", "JsonValue": "any"}
_PLAIN = {str: "text", bool: "true or false", int: "whole number", float: "number", Path: "path", SecretStr: "secret"}


class Row(NamedTuple):
    """A field as it is told."""

    name: str
    type: str
    default: str
    meaning: str


def rows(model: type[BaseModel]) -> Iterator[Row]:
    """Return the fields of a model, in its order; those that hold a model of their own are told by its name."""
    for name, field in model.model_fields.items():
        yield Row(field.alias or name, spelt(field.annotation), default_of(field), field.description or "")


def nested(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model that a field holds; None where it holds something else."""
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def default_of(field: FieldInfo) -> str:
    """Return a default as it is written in TOML; empty where a value is needed or nothing is the default."""
    if field.default is PydanticUndefined or field.default is None:
        return ""
    return written(field.default)


def written(value: object) -> str:
    """Return a value as TOML and JSON write it."""
    if isinstance(value, Enum):
        return written(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | Path):
        return f'"{value}"'
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(written(one) for one in value)}]"
    return "" if isinstance(value, dict | BaseModel) else str(value)


def spelt(annotation: Any) -> str:
    """Return a type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if origin is Annotated:
        return spelt(inner[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(spelt(one) for one in inner if one is not type(None)))
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in inner)
    return _spelt_class(annotation, origin, inner)


def _spelt_class(annotation: Any, origin: Any, inner: tuple[Any, ...]) -> str:
    if origin in (list, tuple, set, frozenset):
        return f"list of {spelt(inner[0])}"
    if origin is dict:
        return f"table of {spelt(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    name = getattr(annotation, "__name__", "any")
    return _BY_NAME.get(name, name)
