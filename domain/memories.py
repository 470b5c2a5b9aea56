"""Memories: immutable versions, and the rule by which one of them wins."""

import hashlib
import json

from pydantic import Field, computed_field

from rookery.domain.frozen import Frozen, Timestamp


class Memory(Frozen):
    """One version of what an agent remembers in a slot (`namespace`, `key`). Versions are never changed."""

    id: str
    namespace: str = Field(description="the id of the agent that owns it")
    key: str = Field(description="the slot within the namespace; by default derived from the first content")
    content: str
    tags: list[str] = []
    timestamp: Timestamp
    relevance_score: float = Field(default=0.5, ge=0, le=1, description="at rest: importance; in a search: fused score")
    supersedes: list[str] = Field(default=[], description="versions that this one was written upon")
    priority: int = Field(default=0, description="of the writing agent")
    source: str | None = None
    run_id: str | None = None
    redactions: int = Field(default=0, ge=0)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def version(self) -> str:
        """The SHA-256 of everything else, so equal versions are one version."""
        fields = self.model_dump(mode="json", exclude={"version", "relevance_score"})
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def winner(versions: list[Memory]) -> Memory:
    """Return the version of a slot that holds, whatever the order in which they arrived.

    Among the versions that no other supersedes the winner has the highest (priority, timestamp, version).

    Raises:
        ValueError: `versions` is empty.
    """
    superseded = {older for memory in versions for older in memory.supersedes}
    standing = [memory for memory in versions if memory.version not in superseded]
    return max(standing or versions, key=lambda memory: (memory.priority, memory.timestamp, memory.version))
