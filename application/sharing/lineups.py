"""Who takes part in runs that come from other machines: those who were there when a run was handed over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rookery.domain.agents import Lineup
from rookery.domain.run_log import LogRecord, Prepared


class Lineups:
    """The lineup of each run that is conducted here.

    Args:
        here: of this machine, for runs that bring none.
    """

    def __init__(self, here: Lineup) -> None:
        self._here = here
        self._brought: dict[str, Lineup] = {}

    def of(self, run_id: str) -> Lineup:
        """Return who takes part in a run."""
        return self._brought.get(run_id, self._here)

    @contextmanager
    def brought(self, run_id: str, records: Sequence[LogRecord]) -> Iterator[None]:
        """Know, within the block, the lineup that the log of a run names."""
        prepared = next((record for record in records if isinstance(record, Prepared)), None)
        if prepared is not None and prepared.lineup is not None:
            self._brought[run_id] = prepared.lineup
        try:
            yield
        finally:
            self._brought.pop(run_id, None)
