"""The agents that every colony has."""

from collections.abc import Collection, Mapping

from rookery.domain.agents import Agent, Budget

COORDINATOR = Agent(
    id="coordinator",
    role="coordinator",
    goal="Divide the question and hand its parts to researchers.",
    tools=["read_sources"],
    priority=10,
    works_alone=False,
)
RESEARCHER = Agent(
    id="researcher",
    role="researcher",
    goal="Find what the documents say to one sub-question, word for word.",
    tools=["recall_memory", "search_documents", "delegate"],
    budget=Budget(max_steps=10, max_tool_calls=10),
)
CRITIC = Agent(
    id="critic",
    role="critic",
    goal="Find gaps and contradictions in the evidence and ask on.",
    priority=5,
    works_alone=False,
)
WRITER = Agent(
    id="writer",
    role="writer",
    goal="Compose the answer and lock each claim to its quotes.",
    tools=["note_memory"],
    priority=5,
    works_alone=False,
)
SUPERVISOR = Agent(
    id="supervisor",
    role="supervisor",
    goal="Watch budgets and agents that go astray, step in, and say why.",
    works_alone=False,
)

AGENTS = [COORDINATOR, RESEARCHER, CRITIC, WRITER, SUPERVISOR]


def without(tools: Collection[str], agents: Mapping[str, Agent]) -> dict[str, Agent]:
    """Return the agents by id, the researcher without some of its tools."""
    members = {RESEARCHER.id: RESEARCHER, **agents}
    left = [name for name in members[RESEARCHER.id].tools if name not in tools]
    return members | {RESEARCHER.id: members[RESEARCHER.id].model_copy(update={"tools": left})}
