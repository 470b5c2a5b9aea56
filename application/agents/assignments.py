"""What an agent is given to do, and what it brings back."""

from rookery.application.agents.remarks import Remarked
from rookery.application.asking import Spoken
from rookery.domain.actions import ToolCall
from rookery.domain.frozen import Frozen
from rookery.domain.loop import Spent
from rookery.domain.provenance import Origin
from rookery.domain.reasoning import Evidence

DEEPEST = 2
"""How often a task may be handed on: what an agent delegates may be delegated once more."""


class Assignment(Frozen):
    """One task for one agent.

    Attributes:
        agent_id: of the agent in this run.
        agent: its id in the colony.
        question: the task.
        main_question: of the run, for context.
        snapshots: where it looks; null is the whole library.
        passages: that it reads at once.
        opening: what is called by rule before it thinks.
        thoughts: how often it may decide for itself.
        until_found: whether it stops once it has found something.
        depth: how often the task was handed on.
        origins: what had been read, that nobody vouches for, by those who gave the task.
        given: addresses that it may ask for, although a model wrote its task.
    """

    agent_id: str
    agent: str = "researcher"
    parent_id: str | None = None
    question: str
    main_question: str
    namespace: str
    snapshots: list[str] | None
    passages: int
    opening: list[ToolCall] = []
    thoughts: int = 0
    until_found: bool = True
    depth: int = 0
    given: list[str] = []
    origins: list[Origin] = []


class Investigation(Remarked):
    """What an agent found, best first; the ids of the evidence count from 1 within the investigation.

    What it spent and says includes what it handed on. `trouble` says what could not be done; `stopped` whether it ended
    before it was done; `origins` where what it has read came from.
    """

    question: str
    evidence: list[Evidence]
    spoken: Spoken
    spent: Spent = Spent()
    trouble: list[str] = []
    stopped: bool = False
    origins: list[Origin] = []
