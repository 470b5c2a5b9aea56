"""Through whom the agents of one run ask models, and what all of them said."""

from collections.abc import Callable

from rookery.application.agents.supervisor import Supervisor
from rookery.application.asking import Asker, Spoken
from rookery.application.run_llm import RunLLM
from rookery.domain.loop import Spent
from rookery.domain.ports.llm import LLMPort
from rookery.domain.ports.orchestrator import WorkflowContext
from rookery.domain.runs import ResearchRequest


class Voices:
    """One asker for each model that is asked.

    Args:
        llms: returns a model by name, the default one for None.
        stand_in: works by rule where a model gives nothing valid.
        context: of the run; calls of models are recorded there.
        supervisor: is told of trouble, and what was spent.
        request: what the run is to do; names the model of agents that have none of their own.

    Attributes:
        spoken: all that was said.
    """

    def __init__(
        self,
        llms: Callable[[str | None], LLMPort],
        stand_in: LLMPort,
        context: WorkflowContext,
        supervisor: Supervisor,
        request: ResearchRequest,
    ) -> None:
        self._llms = llms
        self._stand_in = stand_in
        self._context = context
        self._supervisor = supervisor
        self._request = request
        self._askers: dict[str | None, Asker] = {}
        self._heard: dict[str, Spoken] = {}
        self.spoken = Spoken()

    def of(self, model: str | None) -> Asker:
        """Return who asks a model; that of the run for None."""
        name = model or self._request.model
        if name not in self._askers:
            llm = RunLLM(self._llms(name), self._context.run_id, self._supervisor.notice, self._context.record)
            stand_in = self._stand_in if llm.capabilities().generative else None
            self._askers[name] = Asker(llm, stand_in=stand_in, told=self._supervisor.hinder, seed=self._request.seed)
        return self._askers[name]

    def hear(self, agent_id: str, spoken: Spoken) -> None:
        """Count what an agent of the workflow itself said, and have the supervisor account for it."""
        self.spoken += spoken
        self._heard[agent_id] = self._heard.get(agent_id, Spoken()) + spoken
        usage = self._heard[agent_id].usage
        self._supervisor.account(agent_id, Spent(tokens=usage.prompt_tokens + usage.completion_tokens))
