"""Corrections for as long as the process lives."""

from rookery.domain.ports.correction_store import CorrectionStorePort
from rookery.domain.tuning import Correction


class InMemoryCorrectionStore(CorrectionStorePort):
    """A dictionary of corrections, by run and claim."""

    def __init__(self) -> None:
        self._corrections: dict[str, dict[int, Correction]] = {}

    async def add(self, correction: Correction) -> None:
        self._corrections.setdefault(correction.run_id, {})[correction.claim] = correction

    async def of_run(self, run_id: str) -> list[Correction]:
        return [correction for _, correction in sorted(self._corrections.get(run_id, {}).items())]
