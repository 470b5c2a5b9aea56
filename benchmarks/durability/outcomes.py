"""What a run came to, and in what it differs from one that nobody disturbed."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.application.bundle_checks import check
from rookery.application.bundles import SealRun
from rookery.domain.events import PlanMade, RunEvent, RunPaused, RunResumed, ToolReturned, substance
from rookery.domain.runs import Run

READ = "read_sources"  # says how many documents are new: what was read before a crash is so no more


class Outcome(NamedTuple):
    """What is left of a run when it is over."""

    answer: dict[str, Any]
    events: Counter[str]
    notes: Counter[str]
    plans: int
    faults: list[str]


def run_of(home: Path) -> Run | None:
    """Return the run of a home that has at most one."""
    return asyncio.run(_run_of(home))


def outcome(home: Path) -> Outcome:
    """Return what the run of a home came to."""
    return asyncio.run(_outcome(home))


def differences(got: Outcome, wanted: Outcome) -> list[str]:
    """Return a line for each thing that is not as it is without kills."""
    lines = list(got.faults)
    lines += [f"another {name}" for name in wanted.answer if got.answer.get(name) != wanted.answer[name]]
    if got.plans != wanted.plans:
        lines.append(f"{got.plans} plans for {wanted.plans}")
    for what, there, right in (("event", got.events, wanted.events), ("note", got.notes, wanted.notes)):
        lines += [f"{what} {count} times too often: {name}" for name, count in (there - right).items()]
        lines += [f"{what} missing: {name}" for name in right - there]
    return lines


async def _run_of(home: Path) -> Run | None:
    store = SqliteRunStore(home, clock=SystemClock())
    runs = (await store.page(limit=2)).items
    store.close()
    assert len(runs) < 2, "one question made two runs"
    return runs[0] if runs else None


async def _outcome(home: Path) -> Outcome:
    store, snapshots, journal = (
        SqliteRunStore(home, clock=SystemClock()),
        SqliteSnapshotStore(home),
        SqliteMemoryJournal(home),
    )
    [run] = (await store.page(limit=2)).items
    events = await store.events(run.id)
    _, files = await SealRun(store, snapshots)(run.id)
    faults = [*check(files).faults, *await journal.check()]
    memories = [entry.memory for entry in await journal.after(0, limit=100_000)]
    answer: dict[str, Any] = {"status": run.status}
    if run.result is None:
        faults.append(f"no result: {run.error}")
    else:
        fields = {"output", "claims", "sources", "reflection_notes"}
        answer |= run.result.model_dump(mode="json", include=fields)
        answer["citations"] = [citation.model_dump(exclude={"retrieved_at"}) for citation in run.result.citations]
    for open_store in (store, snapshots, journal):
        open_store.close()
    return Outcome(
        answer,
        Counter(substance(event) for event in events if _counts(event)),
        Counter(f"{memory.namespace} {memory.key} {memory.content}" for memory in memories),
        sum(isinstance(event, PlanMade) for event in events),
        faults,
    )


def _counts(event: RunEvent) -> bool:
    read = isinstance(event, ToolReturned) and event.tool == READ
    return not (read or isinstance(event, RunPaused | RunResumed))
