"""Filters on metadata: which are legal, and what they let through."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.pinecone_server.listener import Refusal

_MOST_VALUES = 10_000

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda found, wanted: _any(found, lambda one: one == wanted),
    "$ne": lambda found, wanted: not _any(found, lambda one: one == wanted),
    "$in": lambda found, wanted: _any(found, lambda one: one in wanted),
    "$nin": lambda found, wanted: not _any(found, lambda one: one in wanted),
    "$gt": lambda found, wanted: found is not None and found > wanted,
    "$gte": lambda found, wanted: found is not None and found >= wanted,
    "$lt": lambda found, wanted: found is not None and found < wanted,
    "$lte": lambda found, wanted: found is not None and found <= wanted,
    "$exists": lambda found, wanted: (found is not None) == wanted,
}

Metadata = Mapping[str, Any]


def passes(expression: Mapping[str, Any]) -> Callable[[Metadata], bool]:
    """Return the test that a filter stands for.

    Raises:
        Refusal: the filter is not legal.
    """
    tests = [_clause(field, condition) for field, condition in expression.items()]
    return lambda metadata: all(test(metadata) for test in tests)


def _clause(field: str, condition: Any) -> Callable[[Metadata], bool]:
    if field in ("$and", "$or"):
        parts = [passes(part) for part in condition]
        return lambda metadata: (all if field == "$and" else any)(part(metadata) for part in parts)
    if field.startswith("$"):
        raise Refusal(400, 3, f"{field} is not a valid operator")
    conditions = condition if isinstance(condition, dict) else {"$eq": condition}
    tests = [_comparison(operator, wanted) for operator, wanted in conditions.items()]
    return lambda metadata: all(test(metadata.get(field)) for test in tests)


def _comparison(operator: str, wanted: Any) -> Callable[[Any], bool]:
    if operator not in _COMPARISONS:
        raise Refusal(400, 3, f"{operator} is not a valid operator")
    if operator in ("$in", "$nin"):
        if not isinstance(wanted, list):
            raise Refusal(400, 3, f"the {operator} operator must be followed by a list of strings or numbers")
        if len(wanted) > _MOST_VALUES:
            raise Refusal(400, 3, f"the {operator} operator takes at most {_MOST_VALUES} values, got {len(wanted)}")
        wanted = frozenset(wanted)
    elif not isinstance(wanted, str | int | float | bool):
        raise Refusal(400, 3, f"the {operator} operator must be followed by a string, boolean or number")
    compare = _COMPARISONS[operator]
    return lambda found: compare(found, wanted)


def _any(found: Any, test: Callable[[Any], bool]) -> bool:
    return found is not None and any(test(one) for one in (found if isinstance(found, list) else [found]))
