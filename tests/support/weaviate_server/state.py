"""The collections and their objects, and who may come in."""

import math
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from tests.support.weaviate_server.refusal import Refused
from tests.support.weaviate_server.schema import Json, capitalised, complete, update

Row = NDArray[np.float32]

MAXIMUM_RESULTS = 10_000
"""QUERY_MAXIMUM_RESULTS as Weaviate sets it."""


@dataclass(frozen=True)
class Stored:
    """An object; its vectors are scaled to unit length, as Weaviate does for cosine."""

    id: UUID
    properties: Json
    vectors: dict[str, Row]
    created: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    """In milliseconds, as is `updated`."""
    updated: int = field(default_factory=lambda: time.time_ns() // 1_000_000)


@dataclass
class StoredClass:
    """A collection. A vector's dimension is fixed by the first one and outlives it."""

    definition: Json
    objects: dict[UUID, Stored] = field(default_factory=dict)
    dimensions: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.definition["class"])

    def property(self, name: str) -> Json:
        """Return a property's definition."""
        for known in self.definition["properties"]:
            if known["name"] == name:
                return dict(known)
        raise Refused(
            422,
            f"no such prop with name '{name}' found in class '{self.name}' in the schema. "
            "Check your schema files for which properties in this class are available",
        )

    def vector_name(self, names: Iterable[str]) -> str:
        """Return the vector that is meant: the one that is named, or the only one."""
        known, wanted = self.definition["vectorConfig"], list(names)
        if not wanted and len(known) == 1:
            return str(next(iter(known)))
        if len(wanted) == 1 and wanted[0] in known:
            return wanted[0]
        raise Refused(
            422,
            f"class {self.name} does not have named vector {wanted} configured. Available named vectors {list(known)}",
        )

    def put(self, stored: Stored) -> None:
        """Store the object in place of one of the same id."""
        for name, value in stored.properties.items():
            _check_value(self.name, self.property(name), value)
        for name, row in stored.vectors.items():
            known = self.dimensions.get(name, len(row))
            if known != len(row):
                raise Refused(
                    422,
                    f"Validate vector index {name} for target vector {stored.id}: new node has a vector with length "
                    f"{len(row)}. Existing nodes have vectors with length {known}: vector dimensions do not match the "
                    "index dimensions",
                )
        self.dimensions |= {name: len(row) for name, row in stored.vectors.items()}
        before = self.objects.pop(stored.id, stored)
        self.objects[stored.id] = replace(stored, created=before.created)


class State:
    """All that a server knows. Whoever reads or changes collections holds `lock`."""

    def __init__(self, api_key: str | None) -> None:
        self.lock = threading.RLock()
        self.api_key = api_key
        self.classes: dict[str, StoredClass] = {}
        self.failing = 0
        self.refusing = 0

    def admit(self, authorization: str | None) -> None:
        """Let a request in.

        Raises:
            Refused: the server pretends to be overloaded, or the key is missing or wrong.
        """
        with self.lock:
            if self.failing:
                self.failing -= 1
                raise Refused(503, "the server pretends to be overloaded")
        if self.api_key is None:
            return
        if not authorization:
            raise Refused(401, "anonymous access not enabled. Please authenticate through one of the available methods")
        if authorization != f"Bearer {self.api_key}":
            raise Refused(401, "unauthorized: invalid api key")

    def find(self, name: str) -> StoredClass:
        """Return a collection."""
        found = self.classes.get(capitalised(name))
        if found is None:
            raise Refused(404, f"could not find class {name} in schema")
        return found

    def create(self, definition: Json) -> Json:
        """Add an empty collection."""
        completed = complete(definition)
        name = completed["class"]
        if name in self.classes:
            raise Refused(422, f"class name {name} already exists")
        for other in self.classes:
            if other.lower() == name.lower():
                raise Refused(422, f'class already exists: found similar class "{other}"')
        self.classes[name] = StoredClass(completed)
        return completed

    def redefine(self, name: str, definition: Json) -> Json:
        """Change what may be changed of a collection."""
        found = self.find(name)
        found.definition = update(found.definition, definition)
        return found.definition

    def refuses_an_object(self) -> bool:
        """Tell whether the next object of a batch is to be refused."""
        self.refusing = max(0, (wanted := self.refusing) - 1)
        return wanted > 0


def unit(values: Row) -> Row:
    """Return the vector as Weaviate keeps it; zeros stay."""
    length = math.sqrt(float(np.sum(values * values)))
    return values if length == 0 else (values * np.float32(1 / length)).astype(np.float32)


_WORDS = re.compile(r"[^\W_]+")


def terms(tokenization: str, text: str) -> list[str]:
    """Return what a text is found by. `word` keeps stop words, which Weaviate leaves out of queries."""
    match tokenization:
        case "field":
            return [text.strip()]
        case "whitespace":
            return text.split()
        case "lowercase":
            return text.lower().split()
        case _:
            return _WORDS.findall(text.lower())


def _check_value(class_name: str, known: Json, value: object) -> None:
    kind = known["dataType"][0]
    if value is not None and not _CHECKS[kind](value):
        raise Refused(422, f"invalid {kind} property '{known['name']}' on class '{class_name}': got {value!r}")


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS = {
    "text": lambda value: isinstance(value, str),
    "int": lambda value: _is_number(value) and float(value).is_integer(),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "uuid": _is_uuid,
}
