"""The critic reflects."""

from rookery.application.agents.coordinator import Emit
from rookery.application.agents.remarks import Remarked
from rookery.application.agents.roster import COORDINATOR, CRITIC
from rookery.application.asking import Asker, Spoken
from rookery.domain.agents import Agent
from rookery.domain.events import AgentFinished, AgentStarted, ReflectionMade
from rookery.domain.frozen import Frozen
from rookery.domain.reasoning import Reflection, ReflectJob
from rookery.domain.results import TaskStatus


class Review(Frozen):
    """The evidence to look at, and in which round."""

    round: int
    job: ReflectJob


class Reviewed(Remarked):
    """What the critic thinks, and what it cost. Follow-ups are new questions only."""

    reflection: Reflection
    spoken: Spoken


class Critic:
    """Looks for gaps and contradictions in the evidence."""

    def __init__(self, ask: Asker, emit: Emit, *, agent: Agent = CRITIC) -> None:
        self._ask = ask
        self._agent = agent
        self._emit = emit

    async def reflect(self, review: Review) -> Reviewed:
        """Return the reflection; its follow-ups repeat no sub-question and keep to the job's limit."""
        job = review.job
        await self._emit(AgentStarted(agent_id=CRITIC.id, role=CRITIC.role, goal=CRITIC.goal, parent_id=COORDINATOR.id))
        reflection, spoken = await self._ask(job, Reflection, agent=self._agent, default=Reflection())
        new = [question for question in dict.fromkeys(reflection.follow_ups) if question not in job.sub_questions]
        reflection = reflection.model_copy(update={"follow_ups": new[: job.max_follow_ups]})
        await self._emit(
            ReflectionMade(
                agent_id=CRITIC.id,
                round=review.round,
                gaps=reflection.gaps,
                contradictions=reflection.contradictions,
                follow_ups=reflection.follow_ups,
                notes=reflection.notes,
            )
        )
        found = f"{len(reflection.gaps)} gaps, {len(reflection.contradictions)} contradictions"
        ended = {"status": TaskStatus.SUCCEEDED, "summary": found, "tokens": spoken.usage.tokens or None}
        await self._emit(AgentFinished(agent_id=CRITIC.id, role=CRITIC.role, **ended))
        return Reviewed(reflection=reflection, spoken=spoken)
