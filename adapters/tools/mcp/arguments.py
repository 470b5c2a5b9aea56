"""The arguments of a server's tool: its own JSON schema, kept as it is, checked by us before anything is sent."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue, RootModel, model_validator

Schema = dict[str, JsonValue]
_LARGEST = 100_000  # characters of a schema
_MOST = 20_000  # parts of it, when all references are followed
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class Unfit(Exception):
    """A schema that is no schema of arguments, or that nobody should work through."""


class Arguments(RootModel[dict[str, JsonValue]]):
    """What a call passes. Each tool has a subclass of its own; see `arguments_of`."""

    given: ClassVar[Schema]
    validator: ClassVar[Any]

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """Return the schema as the server gave it."""
        return dict(cls.given)

    @model_validator(mode="after")
    def _suits_the_schema(self) -> "Arguments":
        from jsonschema.exceptions import best_match  # type: ignore[import-untyped]
        from referencing.exceptions import Unresolvable

        try:
            fault = best_match(self.validator.iter_errors(self.root))
        except (Unresolvable, RecursionError) as error:
            raise ValueError("the server's schema leads nowhere") from error
        if fault is not None:
            place = ".".join(map(str, fault.absolute_path))
            raise ValueError(f"{place}: {fault.message[:300]}" if place else fault.message[:300])
        return self


def arguments_of(schema: Mapping[str, JsonValue]) -> type[BaseModel]:
    """Return the model that binds what may be passed.

    Patterns are not tried, since one of a hostile server could take for ever; the server checks them itself.

    Raises:
        Unfit: it is not a schema of an object, refers to another document, or is too large.
    """
    from jsonschema import Draft202012Validator, SchemaError  # type: ignore[import-untyped]
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]
    from referencing import Registry

    _check_size(schema)
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        raise Unfit(f"its arguments have no valid JSON schema: {str(error)[:200]}") from error

    class Bound(Arguments):
        given = dict(schema)
        validator = _patient(kind)(schema, registry=Registry())

    return Bound


def _check_size(schema: Mapping[str, JsonValue]) -> None:
    if schema.get("type") != "object":
        raise Unfit("its arguments are no object")
    if len(json.dumps(schema)) > _LARGEST:
        raise Unfit(f"the schema of its arguments has more than {_LARGEST} characters")
    try:
        for number, _ in enumerate(_parts(schema, schema, frozenset())):
            if number > _MOST:
                raise Unfit(f"the schema of its arguments unfolds into more than {_MOST} parts")
    except RecursionError as error:
        raise Unfit("the schema of its arguments is too deep") from error


def _parts(
    node: JsonValue | Mapping[str, JsonValue], root: Mapping[str, JsonValue], above: frozenset[str]
) -> Iterator[None]:
    """Yield once for each part, those behind references again for each of these; a circle is followed once."""
    yield
    if isinstance(node, list):
        for item in node:
            yield from _parts(item, root, above)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key in _REFERENCES and isinstance(value, str):
                yield from _referred(value, root, above)
            else:
                yield from _parts(value, root, above)


def _referred(reference: str, root: Mapping[str, JsonValue], above: frozenset[str]) -> Iterator[None]:
    if not reference.startswith("#"):
        raise Unfit(f"the schema of its arguments refers to another document: {reference[:100]}")
    target: JsonValue | Mapping[str, JsonValue] = root
    for step in reference.removeprefix("#").strip("/").split("/") if reference not in {"#", "#/"} else []:
        name = step.replace("~1", "/").replace("~0", "~")
        target = target.get(name) if isinstance(target, Mapping) else None
    if reference not in above and target is not None:
        yield from _parts(target, root, above | {reference})


def _patient(kind: Any) -> Any:
    """Return a validator that tries no pattern of a server."""
    from jsonschema.validators import extend

    def pass_by(*_: object) -> Iterator[Any]:
        return iter(())

    def additional(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        usual = kind.VALIDATORS["additionalProperties"]
        return iter(()) if "patternProperties" in schema else usual(validator, value, instance, schema) or iter(())

    patient = {"pattern": pass_by, "patternProperties": pass_by, "unevaluatedProperties": pass_by}
    return extend(kind, {**patient, "additionalProperties": additional})
