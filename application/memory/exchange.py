"""Memories as JSON lines, and what other memory systems export.

Our own form has the fields of `NewMemory`, and takes those of `Memory` as well. mem0's form has `memory`, `user_id`,
`agent_id`, `metadata`, `created_at`; that of a LangGraph store has `namespace` as a list, `key`, `value`,
`created_at`. Each may be a JSON array, an object that holds one (`results`, `items`, `memories`), or a line each.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from rookery.domain.errors import InvalidRequest
from rookery.domain.memories import Memory, NewMemory

_LISTS = ("results", "items", "memories")
_TEXTS = ("content", "memory", "text")
_STORED = ("version", "supersedes", "redactions", "forgotten", "why", "hash", "score", "updated_at")
_OWNERS = ("user_id", "agent_id", "actor_id", "app_id")
_NAMED = {*NewMemory.model_fields, *_OWNERS}


def read_memories(text: str, *, namespace: str = "default") -> list[NewMemory]:
    """Return the memories of an export, in order. Tombstones are left out.

    Args:
        text: JSON or JSON lines.
        namespace: of memories that name none.

    Raises:
        InvalidRequest: something in it is no memory; the message names the place.
    """
    found = (_memory(place, record, namespace) for place, record in _records(text))
    return [memory for memory in found if memory is not None]


def new_memory(fields: Mapping[str, Any], place: str = "the memory") -> NewMemory:
    """Return something to remember.

    Raises:
        InvalidRequest: a field is missing or wrong; the message names `place` and the field.
    """
    try:
        return NewMemory.model_validate(fields)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InvalidRequest(f"{place}: {faults}") from error


def write_memories(memories: Iterable[Memory]) -> Iterator[str]:
    """Yield a line of JSON for each memory."""
    for memory in memories:
        yield memory.model_dump_json(exclude={"why"})


def _records(text: str) -> Iterator[tuple[str, Any]]:
    lines = [(number, line) for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1) if line.strip()]
    if not lines:
        return
    try:
        first = _parsed(lines[0][1])
    except ValueError:
        first = None
    if first is None or (len(lines) == 1 and _listed(first) is not None):
        yield from _document(text)
        return
    for number, line in lines:
        try:
            yield f"line {number}", _parsed(line)
        except ValueError as error:
            raise InvalidRequest(f"line {number} is not JSON: {error}") from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _document(text: str) -> Iterator[tuple[str, Any]]:
    try:
        document = _parsed(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise InvalidRequest(f"this is neither JSON nor JSON lines: {error}") from error
    records = _listed(document)
    if records is None:
        records = [document]
    yield from ((f"memory {number}", record) for number, record in enumerate(records, 1))


def _listed(document: Any) -> list[Any] | None:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        return next((document[name] for name in _LISTS if isinstance(document.get(name), list)), None)
    return None


def _memory(place: str, record: Any, namespace: str) -> NewMemory | None:
    if not isinstance(record, dict):
        raise InvalidRequest(f"{place} is not an object with `content`")
    if record.get("forgotten"):
        return None
    fields = {name: value for name, value in record.items() if name not in _STORED and value is not None}
    fields = _of_langgraph(fields) if isinstance(fields.get("value"), dict | str) else _of_mem0(fields)
    fields["namespace"] = fields.get("namespace") or namespace
    return new_memory(_timed(fields), place)


def _of_mem0(fields: dict[str, Any]) -> dict[str, Any]:
    """Take mem0's names, and ours, which are a part of them. What else mem0 knows of a memory becomes tags."""
    text = next((name for name in _TEXTS if isinstance(fields.get(name), str)), None)
    content = {"content": fields.pop(text)} if text else {}
    owner = next((fields[name] for name in _OWNERS if isinstance(fields.get(name), str)), None)
    metadata = fields.pop("metadata", {})
    created = fields.pop("created_at", None)
    lists = [fields.pop("tags", []), fields.pop("categories", [])]
    beside = [name for name in fields if name == "speaker" or (text == "memory" and name not in _NAMED)]
    told = {**(metadata if isinstance(metadata, Mapping) else {}), **{name: fields.pop(name) for name in beside}}
    named = {"namespace": owner} if owner and "namespace" not in fields else {}
    timed = {"timestamp": created} if created and "timestamp" not in fields else {}
    rest = {name: value for name, value in fields.items() if name not in _OWNERS}
    return {**content, **rest, **named, **timed, "tags": _joined([*lists, _tags(told)])}


def _joined(lists: list[Any]) -> Any:
    """Return the tags of all lists; what is no list is returned as it is, to be refused."""
    wrong = next((one for one in lists if not isinstance(one, list)), None)
    return [tag for one in lists for tag in one] if wrong is None else wrong


def _of_langgraph(fields: dict[str, Any]) -> dict[str, Any]:
    value = fields.pop("value")
    namespace = fields.pop("namespace", None)
    created = fields.pop("created_at", None)
    value = {"content": value} if isinstance(value, str) else dict(value)
    text = next((name for name in (*_TEXTS, "data") if isinstance(value.get(name), str)), None)
    content = value.pop(text) if text else json.dumps(value, ensure_ascii=False, sort_keys=True)
    names = namespace if isinstance(namespace, list) else [namespace] if namespace else []
    return {
        **fields,
        "content": content,
        "namespace": "/".join(map(str, names)),
        "tags": _tags(value) if text else [],
        **({"timestamp": created} if created else {}),
    }


def _tags(metadata: Mapping[str, Any]) -> list[str]:
    return [f"{name}:{value}" for name, value in metadata.items() if isinstance(value, str | int | float)]


def _timed(fields: dict[str, Any]) -> dict[str, Any]:
    """Take a time without a zone as UTC."""
    given = fields.get("timestamp")
    if not isinstance(given, str):
        return fields
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return fields
    return fields | {"timestamp": moment if moment.tzinfo else moment.replace(tzinfo=UTC)}
