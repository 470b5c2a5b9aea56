"""Sealing a run with all that it rests upon."""

import re
from collections.abc import Iterable, Sequence

from rookery.domain.bundles import CALLS, EVENTS, MANIFEST, RESULT, RUN, SNAPSHOTS, STEPS, Manifest, seal
from rookery.domain.calls import StepRecord
from rookery.domain.errors import NotFound
from rookery.domain.frozen import Frozen
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.runs import Run

_NAMED = re.compile(r'"(?:source_)?sha256":"([0-9a-f]{64})"')


class SealRun:
    """Collects a run: its events, result, finished steps and calls of models, and the texts that it cited and read."""

    def __init__(self, run_store: RunStorePort, snapshots: SnapshotStorePort) -> None:
        self._run_store = run_store
        self._snapshots = snapshots

    async def __call__(self, run_id: str) -> tuple[Manifest, dict[str, bytes]]:
        """Return the manifest, and all files by name, the manifest among them. The same run gives the same bytes.

        Raises:
            NotFound: there is no such run, or a text that it cites is gone.
        """
        run = await self._run_store.get(run_id)
        steps = await self._run_store.steps(run_id)
        files = {
            RUN: _document(run.model_copy(update={"result": None})),
            EVENTS: _lines(await self._run_store.events(run_id)),
            CALLS: _lines(await self._run_store.calls(run_id)),
            STEPS: _lines(steps),
        }
        if run.result is not None:
            files[RESULT] = _document(run.result)
        files |= await self._texts(run, steps)
        manifest = seal(run_id, files)
        return manifest, files | {MANIFEST: _document(manifest)}

    async def _texts(self, run: Run, steps: Sequence[StepRecord]) -> dict[str, bytes]:
        cited = {citation.source_sha256 for citation in run.result.citations} if run.result else set[str]()
        read = {digest for step in steps for digest in _NAMED.findall(step.output)}
        texts: dict[str, bytes] = {}
        for digest in sorted(cited | read):
            try:
                snapshot = await self._snapshots.get(digest)
            except NotFound:
                if digest in cited:
                    raise
                continue  # the digest of something else
            texts[f"{SNAPSHOTS}{digest}.json"] = _document(snapshot)
        return texts


def _document(value: Frozen) -> bytes:
    return (value.model_dump_json(indent=2) + "\n").encode()


def _lines(values: Iterable[Frozen]) -> bytes:
    return "".join(value.model_dump_json() + "\n" for value in values).encode()
