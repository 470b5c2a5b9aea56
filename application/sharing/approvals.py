"""Side effects that wait for a person, where machines share runs: asked on one machine, decided on another."""

from typing import Literal, Protocol

from pydantic import ValidationError

from rookery.application.sharing.run_store import SharedRunStore
from rookery.domain.approvals import Approval, ApprovalStatus, Decision
from rookery.domain.errors import Conflict, NotFound, StorageError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.approval_store import ApprovalStorePort
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.run_log import ApprovalAsked


class _Word(Frozen):
    """What a person said of an approval. The first one to be stored counts, whichever machine it was said to."""

    decision: Literal["approve", "deny"]
    by: str


class HomeApprovalStore(ApprovalStorePort, Protocol):
    """A store of this machine."""

    def close(self) -> None:
        """Close its files."""
        ...


class SharedApprovalStore(ApprovalStorePort):
    """Approvals of this home; those of runs that are conducted here are known elsewhere, and decisions go both ways."""

    def __init__(self, home: HomeApprovalStore, *, run_store: SharedRunStore, objects: ObjectStorePort) -> None:
        self._home = home
        self._run_store = run_store
        self._objects = objects

    async def request(self, approval: Approval) -> Approval:
        stored = await self._home.request(approval)
        await self._run_store.ask_approval(ApprovalAsked(approval=stored))
        return stored

    async def get(self, approval_id: str) -> Approval:
        return await self._home.get(approval_id)

    async def all(self, *, status: ApprovalStatus | None = None, run_id: str | None = None) -> list[Approval]:
        return await self._home.all(status=status, run_id=run_id)

    async def decide(self, approval_id: str, decision: Decision, *, by: str) -> Approval:
        """The word goes out first: what is stored here has been heard everywhere."""
        approval = await self._home.get(approval_id)
        if approval.status is ApprovalStatus.PENDING:
            word = _Word(decision=decision.decision, by=by)
            await self._objects.put_new(_name(approval_id), word.model_dump_json().encode())
            counted = await self._word(approval_id) or word
            await self._home.decide(approval_id, Decision(decision=counted.decision), by=counted.by)
        return await self._home.decide(approval_id, decision, by=by)

    async def wait(self, approval_id: str, *, seconds: float) -> Approval:
        await self._hear(approval_id)
        approval = await self._home.wait(approval_id, seconds=seconds)
        return await self._hear(approval_id) or approval

    def close(self) -> None:
        """Close the home's files."""
        self._home.close()

    async def _hear(self, approval_id: str) -> Approval | None:
        """Store here what was decided elsewhere, and return it; None: nothing was, or the store cannot be asked now."""
        try:
            word = await self._word(approval_id)
        except StorageError as error:
            if not error.retryable:
                raise
            return None
        if word is None:
            return None
        try:
            return await self._home.decide(approval_id, Decision(decision=word.decision), by=word.by)
        except Conflict:  # it came too late
            return await self._home.get(approval_id)

    async def _word(self, approval_id: str) -> _Word | None:
        try:
            return _Word.model_validate_json(await self._objects.get(_name(approval_id)))
        except NotFound:
            return None
        except ValidationError as error:
            raise StorageError(f"{_name(approval_id)} in the shared store cannot be read") from error


def _name(approval_id: str) -> str:
    return f"decisions/{approval_id}"
