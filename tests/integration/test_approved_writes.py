"""From an agent's wish to the team's channel: the service is busy, the person approves, it is posted once."""

import asyncio

import pytest

from rookery.domain.approvals import Decision
from rookery.domain.events import ApprovalRequested, SupervisorIntervened, ToolReturned
from rookery.domain.runs import ResearchRequest
from rookery.entrypoints.container import close
from rookery.testing import Fault, Reply, SlackService, serve
from tests.support.bad_models import decides, otherwise
from tests.support.colony import make_container
from tests.support.good_models import is_first_round
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server

pytestmark = pytest.mark.anyio
CLERK = 'goal = "Tell the team."\ntools = ["slack_post"]\n'
MESSAGE = {"channel": "#team", "text": "The gauge is from 1902."}


def tells_the_team(asked):
    return decides(("slack_post", MESSAGE)) if is_first_round(asked) else decides(("finish", {}))


async def work_with(container, decision):
    """Have the clerk tell the team while a person decides; return what happened."""
    run = await container.start_run()(ResearchRequest(question="Tell the team.", agent="clerk"))

    async def decide():
        async for event in container.run_store().follow(run.id):
            if isinstance(event, ApprovalRequested):
                await container.approval_store().decide(event.approval_id, Decision(decision=decision), by="Mara")

    async with asyncio.TaskGroup() as group:
        group.create_task(decide())
        await container.conduct_run()(run.id)
    return await container.run_store().events(run.id)


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_the_team_is_told_once_although_slack_was_busy_or_not_at_all(tmp_path, monkeypatch, decision):
    home = tmp_path / "home"
    (home / "agents").mkdir(parents=True)
    (home / "agents" / "clerk.toml").write_text(CLERK)
    with (
        serve(SlackService()) as slack,
        openai_server(chat=Chat(say=otherwise(act=tells_the_team), context=16384)) as model,
    ):
        team = slack.channel("team")
        slack.fault(Fault(Reply(429, headers={"Retry-After": "1"})))
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        settings = {"integrations": {"slack": {"token": slack.token, "base_url": f"{slack.url}/api"}}}
        research = {"embedder": None, "vector_store": "memory", "model": "openai:rook-1", "offline": False}
        container = make_container(home, settings=settings, **research)
        happened = await work_with(container, decision)
        await close(container)
        said = [message["text"] for message in team.messages]
    told = [event.reason for event in happened if isinstance(event, SupervisorIntervened)]
    [returned] = [event for event in happened if isinstance(event, ToolReturned)]
    if decision == "approve":
        assert (len(said), returned.ok) == (1, True), returned.summary
        assert "The gauge is from 1902" in said[0]
        assert "slack asks to wait 1 s" in told
    else:
        assert (said, returned.ok) == ([], False)
        assert "slack asks to wait 1 s" not in told
