"""A run as it is seen is a fold over its events."""

from rookery.application.run_view import fold
from rookery.domain import events
from rookery.domain.results import TaskStatus
from rookery.domain.runs import Depth

HAPPENED = [
    event.model_copy(update={"seq": seq})
    for seq, event in enumerate(
        [
            events.RunStarted(
                agent_id="coordinator", question="Where?", sources=[], depth=Depth.QUICK, model="extractive"
            ),
            events.AgentStarted(agent_id="coordinator", role="coordinator", goal="plan"),
            events.SupervisorIntervened(agent_id="supervisor", reason="no embedder", action="go on"),
            events.ToolReturned(
                agent_id="coordinator", call_id="c", tool="read_sources", ok=False, summary="x.pdf is broken", seconds=0
            ),
            events.PlanMade(agent_id="coordinator", sub_questions=["Where?", "When?"]),
            events.AgentStarted(agent_id="researcher-1", role="researcher", goal="Where?", parent_id="coordinator"),
            events.StepStarted(agent_id="researcher-1", step="read", label="Reading 3 passages"),
            events.AgentFinished(
                agent_id="researcher-1", role="researcher", status=TaskStatus.SUCCEEDED, summary="2 quotes"
            ),
            events.ClaimVerified(agent_id="writer", text="Here.", citations=[1], supported=True),
            events.RunFinished(agent_id="coordinator", status=TaskStatus.SUCCEEDED),
        ],
        1,
    )
]


def test_the_view_tells_agents_plan_problems_and_how_it_ended():
    view = fold(HAPPENED)
    assert view.question == "Where?"
    assert view.sub_questions == ["Where?", "When?"]
    assert [(agent.id, agent.parent_id) for agent in view.agents] == [
        ("coordinator", None),
        ("researcher-1", "coordinator"),
    ]
    assert view.agents[1].doing == "2 quotes"
    assert view.agents[1].status == "succeeded"
    assert view.problems == ["x.pdf is broken"]
    assert view.notices == ["no embedder: go on"]
    assert (view.status, view.claims, view.last_seq) == ("succeeded", 1, 10)


def test_folding_in_two_parts_is_folding_at_once():
    for cut in range(len(HAPPENED)):
        assert fold(HAPPENED[cut:], fold(HAPPENED[:cut])) == fold(HAPPENED)


def test_an_agent_that_starts_again_after_a_resume_is_shown_once():
    again = events.AgentStarted(agent_id="researcher-1", role="researcher", goal="Where?", parent_id="coordinator")
    agents = fold([*HAPPENED, again.model_copy(update={"seq": 11})]).agents
    assert [agent.id for agent in agents].count("researcher-1") == 1
    assert agents[-1].status == "working"
