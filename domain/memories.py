"""Memories: immutable versions, and the rule by which one of them wins."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rookery.domain.frozen import Frozen, Real, Timestamp, Whole, WrittenTime

MAX_CONTENT = 4_000_000  # characters; a longer text is a document, not a memory
MAX_TAGS = 20_000
IMPORTANCE = 0.5
_CANONICAL = json.JSONEncoder(sort_keys=True).encode


def _once(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags)) if len(tags) > 1 else tags


Namespace = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Tags = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=1000)]],
    Field(max_length=MAX_TAGS),
    AfterValidator(_once),
]
Content = Annotated[str, StringConstraints(max_length=MAX_CONTENT)]


class Slot(NamedTuple):
    """The place of a memory: versions of one slot compete, versions of two never do."""

    namespace: str
    key: str


class Memory(Frozen):
    """One version of what an agent remembers in a slot (`namespace`, `key`). Versions are never changed."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    namespace: Namespace = Field(description="the id of the agent that owns it, or a name that agents share")
    key: Key = Field(description="the slot within the namespace; by default derived from the content")
    content: Content
    tags: Tags = []
    timestamp: Timestamp
    relevance_score: float = Field(
        default=IMPORTANCE, ge=0, le=1, description="at rest: importance; in a search: fused score"
    )
    version: str = Field(default="", description="the SHA-256 of everything else")
    supersedes: list[str] = Field(default=[], description="versions that this one was written upon")
    priority: int = Field(default=0, description="of the writing agent")
    source: str | None = None
    run_id: str | None = None
    redactions: int = Field(default=0, ge=0, description="credentials that were replaced before it was stored")
    forgotten: bool = Field(default=False, description="a tombstone: what the slot held is not to be found any more")

    @property
    def slot(self) -> Slot:
        """The place that it competes for."""
        return Slot(self.namespace, self.key)

    @model_validator(mode="after")
    def _named_by_its_digest(self) -> Self:
        if not self.version:
            self.__dict__["version"] = self.digest()  # a frozen model has no other way to fill in a field
        return self

    def digest(self) -> str:
        """Return the SHA-256 of everything but `version`.

        Fields that have their default are left out, so that a field which a later Rookery adds changes no old version.
        """
        fields = self.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
        return hashlib.sha256(_CANONICAL(fields).encode()).hexdigest()


class NewMemory(Frozen):
    """Something to remember. What is not given is filled in when it is stored."""

    namespace: Namespace = "default"
    content: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CONTENT)]
    id: str | None = Field(default=None, min_length=1, max_length=1000, description="default: derived from the slot")
    key: Key | None = Field(
        default=None, description="default: the id when one is given, else derived from the content"
    )
    tags: Tags = []
    timestamp: WrittenTime | None = Field(default=None, description="default: now")
    relevance_score: Real = Field(default=IMPORTANCE, ge=0, le=1, description="importance")
    priority: Whole = 0
    source: str | None = Field(default=None, max_length=4000)
    run_id: str | None = Field(default=None, max_length=200)


class MemoryFilter(Frozen):
    """Which memories count. What is not given does not narrow."""

    namespaces: list[str] | None = None
    tags_any: list[str] = Field(default=[], description="at least one of these")
    tags_all: list[str] = Field(default=[], description="every one of these")
    since: Timestamp | None = Field(default=None, description="this moment counts")
    until: Timestamp | None = Field(default=None, description="this moment does not count")
    source: str | None = Field(default=None, description="the source, or what it begins with when it ends in *")

    @property
    def narrows(self) -> bool:
        """Whether anything but the namespace is asked for."""
        return self.model_copy(update={"namespaces": None}) != MemoryFilter()


EVERYTHING = MemoryFilter()


class Why(Frozen):
    """Why a search found a memory: what each part gave. Their sum, put through a logistic function, is the score."""

    dense: float = Field(default=0.0, description="nearness of meaning")
    lexical: float = Field(default=0.0, description="words shared with the query")
    neighbour: float = Field(default=0.0, description="words of the query in what was said just before and after")
    speaker: float = Field(default=0.0, description="the query names who said it")
    time: float = Field(default=0.0, description="the query names its time, or asks for one that it tells")
    importance: float = Field(default=0.0, description="what it was given at rest, beside the usual")
    form: float = Field(default=0.0, description="more for a longer text, less for one that only asks")
    decay: float = Field(default=1.0, description="what age leaves of the score; 1 unless a half-life is asked for")
    cosine: float | None = Field(default=None, description="similarity of the embeddings, in [-1, 1]")
    terms: list[str] = Field(default=[], description="words of the query that occur in it, as the index knows them")


class Fate(StrEnum):
    """What became of a version."""

    HOLDS = "holds"
    SUPERSEDED = "superseded"
    LOST = "lost"


class PastMemory(Memory):
    """A version in the history of its slot."""

    fate: Fate = Field(description="lost: it stood against the one that holds, written on another machine")


class FoundMemory(Memory):
    """A memory that a search found; `relevance_score` is its fused score, comparable between queries."""

    why: Why


def standing(versions: Iterable[Memory]) -> list[Memory]:
    """Return the versions of a slot that none of the others supersedes."""
    known = list(versions)
    superseded = {older for memory in known for older in memory.supersedes}
    return [memory for memory in known if memory.version not in superseded]


def winner(versions: Sequence[Memory]) -> Memory:
    """Return the version of a slot that holds, whatever the order in which they arrived.

    Among the versions that no other supersedes the winner has the highest (priority, timestamp, version).

    Raises:
        ValueError: `versions` is empty.
    """
    return max(standing(versions) or versions, key=_rank)


def history_of(versions: Sequence[Memory]) -> list[PastMemory]:
    """Return the versions of a slot with what became of them, newest first."""
    if not versions:
        return []
    holds, heads = winner(versions).version, {memory.version for memory in standing(versions)}
    ordered = sorted(versions, key=lambda memory: (memory.version == holds, memory.timestamp, memory.version))
    return [PastMemory(**memory.model_dump(), fate=_fate(memory.version, holds, heads)) for memory in reversed(ordered)]


def by_slot(versions: Collection[Memory]) -> dict[Slot, list[Memory]]:
    """Return versions by the slot that they compete for, in the order given."""
    slots: dict[Slot, list[Memory]] = {}
    for memory in versions:
        slots.setdefault(memory.slot, []).append(memory)
    return slots


def default_key(content: str) -> str:
    """Return the slot of a content that is given none: equal texts share one, apart from case and white space."""
    return f"text-{_name(' '.join(content.casefold().split()))}"


def default_id(slot: Slot) -> str:
    """Return the id of a memory that is given none: the same on every machine that writes to the slot."""
    return f"m-{_name(json.dumps(slot))}"


def _fate(version: str, holds: str, heads: Collection[str]) -> Fate:
    if version == holds:
        return Fate.HOLDS
    return Fate.LOST if version in heads else Fate.SUPERSEDED


def _rank(memory: Memory) -> tuple[int, datetime, str]:
    return memory.priority, memory.timestamp, memory.version


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
