"""What a collection may be called, and what it may be made of."""

import re
from copy import deepcopy
from typing import Any

from tests.support.weaviate_server.refusal import Refused

Json = dict[str, Any]

_CLASS_NAME = re.compile(r"[A-Z][_0-9A-Za-z]{0,254}")
_PROPERTY_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,230}")
_RESERVED = ("_additional", "_id", "id", "vector")
_TYPES = ("text", "int", "number", "boolean", "date", "uuid")
_TOKENIZATIONS = ("word", "lowercase", "whitespace", "field")
_NO_QUANTIZER = {"enabled": False}

_HNSW: Json = {
    "cleanupIntervalSeconds": 300,
    "distance": "cosine",
    "dynamicEfFactor": 8,
    "dynamicEfMax": 500,
    "dynamicEfMin": 100,
    "ef": -1,
    "efConstruction": 128,
    "filterStrategy": "acorn",
    "flatSearchCutoff": 40_000,
    "maxConnections": 32,
    "skip": False,
    "skipDefaultQuantization": False,
    "vectorCacheMaxObjects": 1_000_000_000_000,
    "bq": _NO_QUANTIZER,
    "pq": _NO_QUANTIZER,
    "rq": {"enabled": True, "bits": 8, "rescoreLimit": 20},
    "sq": _NO_QUANTIZER,
}

_CLASS: Json = {
    "invertedIndexConfig": {
        "bm25": {"b": 0.75, "k1": 1.2},
        "cleanupIntervalSeconds": 60,
        "stopwords": {"additions": None, "preset": "en", "removals": None},
    },
    "multiTenancyConfig": {"enabled": False, "autoTenantCreation": False, "autoTenantActivation": False},
    "replicationConfig": {"asyncEnabled": False, "deletionStrategy": "TimeBasedResolution", "factor": 1},
    "shardingConfig": {
        "actualCount": 1,
        "actualVirtualCount": 128,
        "desiredCount": 1,
        "desiredVirtualCount": 128,
        "function": "murmur3",
        "key": "_id",
        "strategy": "hash",
        "virtualPerPhysical": 128,
    },
}


def complete(definition: Json) -> Json:
    """Return the definition with everything that Weaviate fills in.

    Raises:
        Refused: something in it is not allowed, or not known here.
    """
    name = capitalised(str(definition.get("class", "")))
    if not _CLASS_NAME.fullmatch(name):
        raise Refused(422, f"'{name}' is not a valid class name")
    vectors = {key: _vector(key, config) for key, config in definition.get("vectorConfig", {}).items()}
    if not vectors:
        raise Refused(422, "this server knows named vectors only: set vectorConfig")
    filled: Json = deepcopy(_CLASS)
    filled |= {"class": name, "vectorConfig": vectors, "properties": _properties(definition.get("properties") or [])}
    return filled | {"description": definition["description"]} if "description" in definition else filled


def update(known: Json, given: Json) -> Json:
    """Return the definition after an update; here, the description alone may change."""
    changed = complete(given)
    for key in ("class", "properties", "vectorConfig"):
        if changed[key] != known[key]:
            raise Refused(422, f"{key} is immutable: attempted change from {known[key]} to {changed[key]}")
    return changed


def capitalised(name: str) -> str:
    """Return a class's name as Weaviate looks it up."""
    return name[:1].upper() + name[1:]


def _vector(name: str, config: Json) -> Json:
    vectorizer = config.get("vectorizer")
    if not isinstance(vectorizer, dict) or len(vectorizer) != 1:
        raise Refused(422, f"vectorizer for target vector {name} must be an object with exactly 1 entry")
    if "none" not in vectorizer:
        raise Refused(422, f"target vector {name}: no module with name {next(iter(vectorizer))!r} present")
    if config.get("vectorIndexType", "hnsw") != "hnsw":
        raise Refused(422, "this server knows the index type hnsw only")
    given = config.get("vectorIndexConfig") or {}
    if unknown := set(given) - set(_HNSW) - {"multivector"}:
        raise Refused(422, f"vectorIndexConfig has unknown settings: {sorted(unknown)}")
    index = deepcopy(_HNSW) | given
    if index["distance"] != "cosine":
        raise Refused(422, "this server knows the distance cosine only")
    if index["skipDefaultQuantization"]:
        index["rq"] = _NO_QUANTIZER
    return {"vectorizer": vectorizer, "vectorIndexType": "hnsw", "vectorIndexConfig": index}


def _properties(properties: list[Json]) -> list[Json]:
    completed = [_property(given) for given in properties]
    names = [given["name"].lower() for given in completed]
    for name in names:
        if names.count(name) > 1:
            raise Refused(422, f"class property {name!r}: conflict for property {name!r}: already in use or provided")
    return completed


def _property(given: Json) -> Json:
    name, types = str(given.get("name", "")), given.get("dataType")
    if not _PROPERTY_NAME.fullmatch(name):
        raise Refused(422, f"'{name}' is not a valid property name")
    if name in _RESERVED:
        raise Refused(422, f"'{name}' is a reserved property name")
    if not isinstance(types, list) or len(types) != 1 or types[0] not in _TYPES:
        raise Refused(422, f"property '{name}': invalid dataType: {types}")
    text = types[0] == "text"
    if given.get("indexSearchable") and not text:
        raise Refused(
            422, f"`indexSearchable` is allowed only for text/text[] data types. For other data types set {name}"
        )
    if given.get("tokenization") and not text:
        raise Refused(422, f"Tokenization is not allowed for data type '{types[0]}'")
    defaults = {"indexFilterable": True, "indexSearchable": text, "indexRangeFilters": False}
    completed = defaults | {key: value for key, value in given.items() if value is not None}
    if text and completed.setdefault("tokenization", "word") not in _TOKENIZATIONS:
        raise Refused(422, f"Tokenization '{completed['tokenization']}' is not allowed for data type 'text'")
    return completed
