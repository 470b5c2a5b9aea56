"""A run that can be taken elsewhere and checked there: files by name, and a manifest that seals them."""

import hashlib
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from rookery.domain.frozen import Frozen

MANIFEST = "manifest.json"
RUN = "run.json"
RESULT = "result.json"
EVENTS = "events.jsonl"
CALLS = "calls.jsonl"
STEPS = "steps.jsonl"
SNAPSHOTS = "snapshots/"
NAMES = r"(?:manifest|run|result)\.json|(?:events|calls|steps)\.jsonl|snapshots/[0-9a-f]{64}\.json"
"""What a file of a bundle may be called."""


class Member(Frozen):
    """A file of a bundle, as it was sealed."""

    sha256: str
    size: int = Field(ge=0, description="in bytes")


class Manifest(Frozen):
    """What a bundle holds. `digest` changes with any of it: who knows it knows the bundle."""

    format: Literal["rookery-bundle/1"] = "rookery-bundle/1"
    run_id: str
    digest: str = Field(description="SHA-256 over the lines `sha256  name`, sorted by name, of all other files")
    members: dict[str, Member]


def seal(run_id: str, files: Mapping[str, bytes]) -> Manifest:
    """Return the manifest of the files of a bundle."""
    members = {name: _member(files[name]) for name in sorted(files)}
    return Manifest(run_id=run_id, digest=digest_of(members), members=members)


def digest_of(members: Mapping[str, Member]) -> str:
    """Return the digest over all files, as `sha256sum` would print them."""
    lines = "".join(f"{members[name].sha256}  {name}\n" for name in sorted(members))
    return hashlib.sha256(lines.encode()).hexdigest()


def broken_seals(manifest: Manifest, files: Mapping[str, bytes]) -> list[str]:
    """Return a sentence for each file that is not what was sealed; `files` has the manifest too."""
    faults = [f"{name} is missing" for name in manifest.members if name not in files]
    faults += [f"{name} was put in: no seal names it" for name in files if name not in {*manifest.members, MANIFEST}]
    faults += [
        f"{name} was changed: it is not what was sealed"
        for name, member in manifest.members.items()
        if name in files and _member(files[name]) != member
    ]
    if digest_of(manifest.members) != manifest.digest:
        faults.append(f"{MANIFEST} was changed: its digest is not that of the files that it names")
    return faults


def _member(content: bytes) -> Member:
    return Member(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
