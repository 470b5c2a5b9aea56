"""The agents that every colony has."""

from rookery.domain.agents import Agent, Budget

COORDINATOR = Agent(
    id="coordinator",
    role="coordinator",
    goal="Divide the question and hand its parts to researchers.",
    tools=["read_sources"],
    priority=10,
)
RESEARCHER = Agent(
    id="researcher",
    role="researcher",
    goal="Find what the documents say to one sub-question, word for word.",
    tools=["recall_memory", "search_documents"],
    budget=Budget(max_steps=10, max_tool_calls=10),
)
CRITIC = Agent(id="critic", role="critic", goal="Find gaps and contradictions in the evidence and ask on.", priority=5)
WRITER = Agent(
    id="writer",
    role="writer",
    goal="Compose the answer and lock each claim to its quotes.",
    tools=["note_memory"],
    priority=5,
)
SUPERVISOR = Agent(
    id="supervisor", role="supervisor", goal="Watch budgets and degraded modes, and say when they change the run."
)

AGENTS = [COORDINATOR, RESEARCHER, CRITIC, WRITER, SUPERVISOR]
