"""Collecting what a model may learn from: of runs, corrections and approvals."""

from rookery.domain.errors import InvalidRequest
from rookery.domain.examples import Told, example_of, is_held_out
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.correction_store import CorrectionStorePort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.redaction import redact
from rookery.domain.runs import Run, RunFilter, RunStatus
from rookery.domain.tuning import Correction, Example

HELD_OUT = 0.25
"""The share of runs that is kept for the examination, where nobody says otherwise."""

_ENDED = RunFilter(statuses=[RunStatus.SUCCEEDED, RunStatus.PARTIAL])
_PAGE = 100


class CollectExamples:
    """Reads the runs of a home."""

    def __init__(self, run_store: RunStorePort, approvals: ApprovalStorePort, corrections: CorrectionStorePort) -> None:
        self._run_store = run_store
        self._approvals = approvals
        self._corrections = corrections

    async def __call__(self, agent: str, *, held_out: float = HELD_OUT) -> list[Example]:
        """Return the examples of an agent, those of the newest runs first; `[]` when there are none.

        Args:
            agent: whose replies.
            held_out: the share of runs that is not to be learnt from.
        """
        found: list[Example] = []
        cursor = None
        while True:
            page = await self._run_store.page(limit=_PAGE, cursor=cursor, where=_ENDED)
            for run in page.items:
                found += await self._of_run(run, agent, held_out)
            if (cursor := page.next_cursor) is None:
                return found

    async def _of_run(self, run: Run, agent: str, share: float) -> list[Example]:
        corrections = await self._corrections.of_run(run.id)
        told = Told(run, await self._approvals.all(run_id=run.id), corrections)
        held_out = is_held_out(run.id, share)
        calls = await self._run_store.calls(run.id)
        made = (example_of(call, told, agent=agent, held_out=held_out) for call in calls)
        return [example for example in made if example is not None]


class CorrectClaim:
    """Notes what a claim of an answer should have been."""

    def __init__(self, corrections: CorrectionStorePort, clock: ClockPort) -> None:
        self._corrections = corrections
        self._clock = clock

    async def __call__(self, run: Run, claim: int, text: str) -> Correction:
        """Store the correction, without credentials; the answer stays as it was given.

        Raises:
            InvalidRequest: the run has no such claim, or the text says nothing.
        """
        claims = run.result.claims if run.result else []
        if not 1 <= claim <= len(claims):
            there = f"it has claims 1 to {len(claims)}" if claims else "it has none"
            raise InvalidRequest(f"the answer of run {run.id} has no claim {claim}: {there}")
        if not text.strip():
            raise InvalidRequest("say what the claim should have been")
        said = redact(text.strip()).text
        correction = Correction(run_id=run.id, claim=claim, was=claims[claim - 1].text, text=said, at=self._clock.now())
        await self._corrections.add(correction)
        return correction
