"""Which objects a filter lets through."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from weaviate.proto.v1 import base_pb2

from tests.support.weaviate_server.refusal import Refused
from tests.support.weaviate_server.schema import Json
from tests.support.weaviate_server.state import Stored, StoredClass, terms

Test = Callable[[Stored], bool]

_Operator = base_pb2.Filters.Operator
_NAMES = {"value_text": "text", "value_int": "int", "value_number": "number", "value_boolean": "boolean"}
_ORDERED: dict[int, Callable[[Any, Any], bool]] = {
    _Operator.OPERATOR_GREATER_THAN: lambda given, wanted: given > wanted,
    _Operator.OPERATOR_GREATER_THAN_EQUAL: lambda given, wanted: given >= wanted,
    _Operator.OPERATOR_LESS_THAN: lambda given, wanted: given < wanted,
    _Operator.OPERATOR_LESS_THAN_EQUAL: lambda given, wanted: given <= wanted,
}


def test_of(collection: StoredClass, given: base_pb2.Filters) -> Test:
    """Return the test that a filter stands for.

    Raises:
        Refused: it names an unknown property, one without an index, or a value of another type.
    """
    inner = [test_of(collection, each) for each in given.filters]
    match given.operator:
        case _Operator.OPERATOR_AND:
            return lambda stored: all(test(stored) for test in inner)
        case _Operator.OPERATOR_OR:
            return lambda stored: any(test(stored) for test in inner)
        case _Operator.OPERATOR_NOT:
            return lambda stored: not inner[0](stored)
        case _:
            return _on_value(collection, given)


def _on_value(collection: StoredClass, given: base_pb2.Filters) -> Test:
    name = given.target.property
    if not name:
        raise Refused(422, "this server knows filters by target.property only")
    if name in ("_id", "id"):
        return _on_id(given)
    known = collection.property(name)
    if not known["indexFilterable"]:
        raise Refused(
            422,
            f"Filtering by property '{name}' requires inverted index. "
            f"Is `indexFilterable` option of property '{name}' enabled? Set it to `true` or leave empty",
        )
    return _on_keys(given.operator, lambda stored: _keys(known, stored.properties.get(name)), _wanted(known, given))


def _on_id(given: base_pb2.Filters) -> Test:
    wanted = [frozenset([value]) for value in _values(given, "text", 'using ["_id"] to filter by uuid')]
    return _on_keys(given.operator, lambda stored: {str(stored.id)}, wanted)


def _wanted(known: Json, given: base_pb2.Filters) -> list[frozenset[Any]]:
    kind = known["dataType"][0]
    values = _values(given, "text" if kind in ("uuid", "date") else kind, f"on property '{known['name']}'")
    return [frozenset(_keys(known, value)) for value in values]


def _keys(known: Json, value: Any) -> set[Any]:
    """Return what the inverted index has of a value."""
    if value is None:
        return set()
    match known["dataType"][0]:
        case "text":
            return set(terms(known["tokenization"], value))
        case "uuid":
            try:
                return {str(UUID(value))}
            except ValueError as error:
                raise Refused(422, f"parse as uuid: {value!r}") from error
        case _:
            return {value}


def _values(given: base_pb2.Filters, kind: str, where: str) -> list[Any]:
    field = given.WhichOneof("test_value")
    if field is None:
        raise Refused(422, "unknown value type <nil>")
    if _NAMES.get(field.removesuffix("_array")) != kind:
        raise Refused(422, f"data type filter cannot use {field!r} {where}: use a value of type {kind!r} instead")
    value = getattr(given, field)
    return list(value.values) if field.endswith("_array") else [value]


def _on_keys(operator: int, keys: Callable[[Stored], set[Any]], wanted: list[frozenset[Any]]) -> Test:
    single = frozenset[Any]().union(*wanted) if all(len(each) == 1 for each in wanted) else None
    match operator:
        case _Operator.OPERATOR_EQUAL if len(wanted) == 1:
            return lambda stored: wanted[0] <= keys(stored)
        case _Operator.OPERATOR_NOT_EQUAL if len(wanted) == 1:
            return lambda stored: not wanted[0] <= keys(stored)
        case _Operator.OPERATOR_CONTAINS_ANY if single is not None:
            return lambda stored: not single.isdisjoint(keys(stored))
        case _Operator.OPERATOR_CONTAINS_ANY:
            return lambda stored: any(each <= keys(stored) for each in wanted)
        case _Operator.OPERATOR_CONTAINS_ALL:
            return lambda stored: all(each <= keys(stored) for each in wanted)
        case _Operator.OPERATOR_CONTAINS_NONE:
            return lambda stored: not any(each <= keys(stored) for each in wanted)
        case _ if operator in _ORDERED and single is not None and len(single) == 1:
            bound = next(iter(single))
            return lambda stored: any(_ORDERED[operator](key, bound) for key in keys(stored))
        case _:
            raise Refused(422, f"this server does not know the filter operator {operator} with that value")
