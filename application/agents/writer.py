"""The writer composes, and locks each claim to its quotes."""

from rookery.application.agents.coordinator import Emit
from rookery.application.agents.remarks import Remarked
from rookery.application.agents.roster import COORDINATOR, WRITER
from rookery.application.asking import Asker, Spoken
from rookery.application.memory.agents import AgentMemory
from rookery.domain.agents import Agent
from rookery.domain.backing import unbacked
from rookery.domain.citations import cite
from rookery.domain.errors import AdapterError
from rookery.domain.events import AgentFinished, AgentStarted, ClaimVerified, MemoryWritten, TokenEmitted
from rookery.domain.frozen import Frozen
from rookery.domain.links import strangers, without
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.reasoning import ComposeJob, Draft, DraftClaim
from rookery.domain.results import Citation, Claim, TaskStatus


class Written(Remarked):
    """A claim ledger: every citation was compared with its snapshot."""

    claims: list[Claim]
    citations: list[Citation]
    spoken: Spoken


class Writer:
    """Writes the answer from the evidence, and nothing else."""

    def __init__(self, ask: Asker, snapshots: SnapshotStorePort, emit: Emit, *, agent: Agent = WRITER) -> None:
        self._ask = ask
        self._agent = agent
        self._snapshots = snapshots
        self._emit = emit

    async def compose(self, job: ComposeJob) -> Written:
        """Return claims in reading order; one is supported when all it cites was verified, and could say it."""
        await self._emit(AgentStarted(agent_id=WRITER.id, role=WRITER.role, goal=WRITER.goal, parent_id=COORDINATOR.id))
        draft, spoken = await self._draft(job)
        ledger = _Ledger(job, self._snapshots)
        claims: list[Claim] = []
        for drafted in draft.claims[: job.max_claims]:
            claim = await ledger.lock(drafted)
            claims.append(claim)
            await self._emit(TokenEmitted(agent_id=WRITER.id, text=claim.text + "\n"))
            await self._emit(ClaimVerified(agent_id=WRITER.id, **claim.model_dump()))
        supported = sum(claim.supported for claim in claims)
        status = TaskStatus.SUCCEEDED if supported else TaskStatus.PARTIAL
        summary = f"{supported} of {len(claims)} claims supported" if claims else "nothing in the sources answers this"
        ended = {"status": status, "summary": summary, "tokens": spoken.usage.tokens or None}
        await self._emit(AgentFinished(agent_id=WRITER.id, role=WRITER.role, **ended))
        return Written(claims=claims, citations=ledger.citations, spoken=spoken)

    async def _draft(self, job: ComposeJob) -> tuple[Draft, Spoken]:
        if not job.evidence:
            return Draft(claims=[]), Spoken()
        return await self._ask(job, Draft, agent=self._agent, default=verbatim(job))


def verbatim(job: ComposeJob) -> Draft:
    """Return the best quotes as they stand. Nobody says that they answer the question, so none is sure."""
    best = sorted(job.evidence, key=lambda piece: -piece.score)[: job.max_claims]
    return Draft(claims=[DraftClaim(text=piece.quote, evidence=[piece.id], sure=False) for piece in best])


class ToNote(Frozen):
    """What is worth remembering of a run."""

    namespace: str
    citations: list[Citation]


class Noted(Frozen):
    """What memory holds of it now; `trouble` says why it holds nothing."""

    memories: list[str]
    trouble: str | None = None


class Notes:
    """Notes findings. A memory that cannot be written does not cost the answer."""

    def __init__(self, memory: AgentMemory, run_id: str, emit: Emit, *, agent: Agent = WRITER) -> None:
        self._memory = memory
        self._agent = agent
        self._run_id = run_id
        self._emit = emit

    async def note(self, found: ToNote) -> Noted:
        """Store each quote once, and tell of those that were not known before."""
        try:
            held = await self._memory.note(self._agent, found.namespace, self._run_id, found.citations)
        except AdapterError as error:
            return Noted(memories=[], trouble=f"what was found could not be noted: {error}")
        for memory in held:
            if memory.run_id == self._run_id:
                written = {"memory_id": memory.id, "namespace": memory.namespace, "content": memory.content}
                await self._emit(MemoryWritten(agent_id=WRITER.id, **written))
        return Noted(memories=[memory.id for memory in held])


class _Ledger:
    """Numbers citations in the order of their first use; one quote has one number."""

    def __init__(self, job: ComposeJob, snapshots: SnapshotStorePort) -> None:
        self._evidence = {piece.id: piece for piece in job.evidence}
        self._question = job.question
        self._snapshots = snapshots
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.citations: list[Citation] = []

    async def lock(self, drafted: DraftClaim) -> Claim:
        numbers = [await self._number(evidence_id) for evidence_id in dict.fromkeys(drafted.evidence)]
        verified = [number for number in numbers if number is not None]
        said = self._said(drafted)
        strange = strangers(drafted.text, said)
        backed = not strange and not unbacked(drafted.text, said)
        supported = drafted.sure and bool(numbers) and len(verified) == len(numbers) and backed
        text = without(drafted.text, strange)
        return Claim(text=text, citations=list(dict.fromkeys(verified)), supported=supported)

    def _said(self, drafted: DraftClaim) -> list[str]:
        """Return all that a claim may rest on."""
        pieces = [self._evidence[number] for number in drafted.evidence if number in self._evidence]
        said = [(piece.quote, piece.passage.text, piece.passage.title, piece.passage.url) for piece in pieces]
        return [self._question, *(text for texts in said for text in texts)]

    async def _number(self, evidence_id: int) -> int | None:
        piece = self._evidence.get(evidence_id)
        if piece is None:
            return None
        place = (piece.passage.sha256, piece.start, piece.end)
        if place not in self._numbers:
            snapshot = await self._snapshots.get(piece.passage.sha256)
            citation = cite(piece, snapshot, number=len(self.citations) + 1)
            if citation is None:
                return None
            self._numbers[place] = citation.id
            self.citations.append(citation)
        return self._numbers[place]
