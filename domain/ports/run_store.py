"""The store of runs, of what happened in them, and of the steps that they finished."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from rookery.domain.calls import ModelCall, StepRecord, StoredCall
from rookery.domain.events import RunEvent
from rookery.domain.run_log import StoreRecord
from rookery.domain.runs import ALL_RUNS, Run, RunFilter, StopRequest


class RunPage(NamedTuple):
    """Some runs, and where the next ones begin."""

    items: list[Run]
    next_cursor: str | None


class RunStorePort(Protocol):
    """Keeps runs. Safe to call concurrently and from several processes.

    Each call is durable when it returns, apart from what is posted: that is stored soon, in order, and no later than
    anything that is stored after it. Reads of this process see it. When it cannot be stored, the next call that waits
    for what it writes says so.
    """

    async def create(self, run: Run, *, idempotency_key: str | None = None) -> Run:
        """Store a new run, or return the one that was created with the same key.

        Raises:
            Conflict: the key was used for another request.
        """
        ...

    async def get(self, run_id: str) -> Run:
        """Return a run.

        Raises:
            NotFound: there is no such run.
        """
        ...

    async def save(self, run: Run, event: RunEvent) -> None:
        """Replace what is stored of a run and append the event that says why, both or neither."""
        ...

    async def page(self, *, limit: int, cursor: str | None = None, where: RunFilter = ALL_RUNS) -> RunPage:
        """Return runs that count, newest first. `cursor` is the `next_cursor` of the page before.

        Raises:
            InvalidRequest: the cursor is none of ours.
        """
        ...

    async def append(self, run_id: str, event: RunEvent, *, key: str | None = None) -> RunEvent:
        """Store an event and return it stamped with `run_id`, `seq` and `at`.

        Where the run has an event of this key already, nothing is stored and that one is returned.
        """
        ...

    def post(self, run_id: str, event: RunEvent, *, key: str | None = None) -> None:
        """Store an event as `append` does, without waiting for it."""
        ...

    async def events(self, run_id: str, *, after: int = 0) -> list[RunEvent]:
        """Return the events whose `seq` is greater than `after`, in order."""
        ...

    def follow(self, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent]:
        """Yield stored events and then those to come, in order and without gaps; end after the run's last one."""
        ...

    async def save_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        """Record that a step is finished. A record that is there already is left as it is."""
        ...

    def post_step(self, run_id: str, step: str, input_hash: str, output: str) -> None:
        """Record a step as `save_step` does, without waiting for it."""
        ...

    async def settle(self) -> None:
        """Wait until all that was posted is durable."""
        ...

    async def steps(self, run_id: str) -> list[StepRecord]:
        """Return what is recorded of finished steps, by name and then by input."""
        ...

    def post_call(self, run_id: str, call: ModelCall) -> None:
        """Keep a call of a model, stamped with its number and the time, without waiting for it.

        Texts are stored once, however many calls share them.
        """
        ...

    async def calls(self, run_id: str) -> list[StoredCall]:
        """Return the calls of models, in the order in which they were recorded."""
        ...

    async def receive(self, run_id: str, records: Sequence[StoreRecord]) -> None:
        """Store what another store has kept of a run, as it stands there and in its order: all or nothing.

        What is here already is left as it is, apart from the run itself: the later one counts.
        """
        ...

    async def ask_to_stop(self, run_id: str, stop: StopRequest | None) -> None:
        """Note that a person wants the run paused or cancelled; None takes it back."""
        ...

    async def stop_asked(self, run_id: str) -> StopRequest | None:
        """Return what was noted last, or None."""
        ...

    async def wait_for_cancel(self, run_id: str) -> None:
        """Return once a person wants the run cancelled, well within a second, whichever process noted it."""
        ...
