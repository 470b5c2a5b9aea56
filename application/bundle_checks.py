"""Checking a bundle with nothing but the bundle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from rookery.domain.bundles import (
    CALLS,
    EVENTS,
    MANIFEST,
    RESULT,
    RUN,
    SNAPSHOTS,
    STEPS,
    Manifest,
    broken_seals,
)
from rookery.domain.calls import StepRecord, StoredCall
from rookery.domain.events import (
    ClaimVerified,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    ends_run,
    run_event_adapter,
)
from rookery.domain.results import Citation, TaskResult
from rookery.domain.runs import Run, RunStatus
from rookery.domain.sources import Snapshot

T = TypeVar("T")


@dataclass
class Opened:
    """What stands in a bundle, as far as it can be read, and a sentence for each thing that is wrong with it.

    `misquoted` are those of the faults that are about quotes.
    """

    manifest: Manifest | None = None
    run: Run | None = None
    result: TaskResult | None = None
    events: list[RunEvent] = field(default_factory=list)
    calls: list[StoredCall] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    misquoted: list[str] = field(default_factory=list)


def check(files: Mapping[str, bytes]) -> Opened:
    """Read a bundle and compare all of it with all the rest: seals, numbers, quotes, and the result with the events."""
    opened = _Reader(files).opened
    if opened.run is None:
        return opened
    opened.faults += _numbered("event", [event.seq for event in opened.events])
    opened.faults += _numbered("call", [call.number for call in opened.calls])
    opened.faults += _foreign(opened.run, opened)
    opened.faults += _ending(opened.run, opened.result, opened.events)
    if opened.result is not None:
        misquoted = (_misquoted(citation, opened.snapshots) for citation in opened.result.citations)
        opened.misquoted = [fault for fault in misquoted if fault is not None]
        opened.faults += opened.misquoted
        opened.faults += _disagreements(opened.run, opened.result, opened.events)
    return opened


class _Reader:
    """Reads each file by its name and notes those that cannot be read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.opened = Opened()
        opened = self.opened
        opened.manifest = self._document(MANIFEST, Manifest.model_validate_json)
        if opened.manifest is not None:
            opened.faults += broken_seals(opened.manifest, files)
        opened.run = self._document(RUN, Run.model_validate_json)
        if RESULT in files:
            opened.result = self._document(RESULT, TaskResult.model_validate_json)
        opened.events = self._lines(EVENTS, run_event_adapter.validate_json)
        opened.calls = self._lines(CALLS, StoredCall.model_validate_json)
        opened.steps = self._lines(STEPS, StepRecord.model_validate_json)
        for name in files:
            if name.startswith(SNAPSHOTS):
                self._snapshot(name)

    def _document(self, name: str, read: Callable[[bytes], T]) -> T | None:
        return self._read(name, read, self._files[name]) if self._has(name) else None

    def _lines(self, name: str, read: Callable[[bytes], T]) -> list[T]:
        lines = self._files[name].splitlines() if self._has(name) else []
        values = (self._read(f"{name}, line {number}", read, line) for number, line in enumerate(lines, 1))
        return [value for value in values if value is not None]

    def _has(self, name: str) -> bool:
        if name not in self._files and f"{name} is missing" not in self.opened.faults:
            self.opened.faults.append(f"{name} is missing")
        return name in self._files

    def _snapshot(self, name: str) -> None:
        snapshot = self._read(name, Snapshot.model_validate_json, self._files[name])
        if snapshot is None:
            return
        if name != f"{SNAPSHOTS}{snapshot.sha256}.json":
            self.opened.faults.append(f"{name} holds another text: {snapshot.sha256}")
        self.opened.snapshots[snapshot.sha256] = snapshot

    def _read(self, where: str, read: Callable[[bytes], T], content: bytes) -> T | None:
        try:
            return read(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            self.opened.faults.append(f"{where} cannot be read: {place + ': ' if place else ''}{first['msg']}")
            return None


def _numbered(what: str, numbers: Sequence[int]) -> list[str]:
    for wanted, number in enumerate(numbers, 1):
        if number != wanted:
            return [f"where {what} {wanted} should stand, {what} {number} does"]
    return []


def _foreign(run: Run, opened: Opened) -> list[str]:
    faults = [f"event {event.seq} is of run {event.run_id}" for event in opened.events if event.run_id != run.id]
    if opened.manifest is not None and opened.manifest.run_id != run.id:
        faults.append(f"{MANIFEST} is of run {opened.manifest.run_id}, and {RUN} of run {run.id}")
    if opened.result is not None and str(opened.result.task_id) != run.id:
        faults.append(f"{RESULT} is of run {opened.result.task_id}, and {RUN} of run {run.id}")
    return faults


def _ending(run: Run, result: TaskResult | None, events: Sequence[RunEvent]) -> list[str]:
    """Compare how the run stands with its last event, and no event may come after one that ends it."""
    ends = [event for event in events if ends_run(event)]
    faults = [f"event {event.seq} ends the run, and others follow" for event in ends if event is not events[-1]]
    told = _status(ends[-1]) if ends else None
    if run.status.finished and told != run.status.value:
        faults.append(f"{RUN} says that the run {run.status}, and its events {told or 'have no end'}")
    if not run.status.finished and told is not None:
        faults.append(f"{RUN} says that the run is {run.status}, and its events that it {told}")
    answered = run.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
    if answered and result is None:
        faults.append(f"{RUN} says that the run {run.status}, and {RESULT} is missing or cannot be read")
    if result is not None and result.status.value != run.status.value:
        faults.append(f"{RESULT} says {result.status}, and {RUN} {run.status}")
    return faults


def _status(event: RunEvent) -> str | None:
    match event:
        case RunFinished():
            return event.status.value
        case RunFailed():
            return RunStatus.FAILED.value
        case RunCancelled():
            return RunStatus.CANCELLED.value
        case _:
            return None


def _misquoted(citation: Citation, snapshots: Mapping[str, Snapshot]) -> str | None:
    snapshot = snapshots.get(citation.source_sha256)
    if snapshot is None:
        return f"[{citation.id}] its text is not in the bundle: {SNAPSHOTS}{citation.source_sha256}.json"
    stands = snapshot.text[citation.start : citation.end]
    if stands != citation.quote:
        return f"[{citation.id}] the text at {citation.start}–{citation.end} is not the quote but {stands[:80]!r}"
    return None


def _disagreements(run: Run, result: TaskResult, events: Sequence[RunEvent]) -> list[str]:
    verified = {_claim(event) for event in events if isinstance(event, ClaimVerified)}
    faults = [
        f"no event tells that this claim was verified as it stands: {claim.text!r}"
        for claim in result.claims
        if (claim.text, tuple(claim.citations), claim.supported) not in verified
    ]
    lacking = [claim.text for claim in result.claims if claim.text not in result.output]
    faults += [f"the answer lacks a claim: {text!r}" for text in lacking]
    faults += [
        f"[{citation.id}] its address is not among the sources: {citation.url}"
        for citation in result.citations
        if citation.url not in result.sources
    ]
    asked = [event.question for event in events if isinstance(event, RunStarted)]
    if asked != [run.question] or result.inputs.get("question") != run.question:
        faults.append(f"{RUN}, {RESULT} and the first event do not ask the same question")
    return faults


def _claim(event: ClaimVerified) -> tuple[str, tuple[int, ...], bool]:
    return event.text, tuple(event.citations), event.supported
