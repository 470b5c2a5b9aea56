"""Fifty agents post at once to a service that wants to be left alone for ten seconds of its own clock.

Both clocks are turned by hand; what goes between them is HTTP on the loopback.
"""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from rookery.domain.ports.integration import IntegrationPort
from rookery.testing import Fault, Request
from rookery.testing.integration_contract import call, count
from rookery.testing.worlds import World, driven
from tests.support.teamwork import github_world, jira_world, notion_world, slack_world

pytestmark = pytest.mark.anyio

AGENTS = 50
WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "slack": slack_world,
    "notion": notion_world,
    "github": github_world,
    "jira": partial(jira_world, cloud=True),
}
PACES = {"slack": 1.0, "notion": 0.34, "github": 1.0, "jira": 0.2}


def _text(agent: int) -> str:
    return f"The finding of agent {agent}."


async def _storm(world: World, integration: IntegrationPort) -> None:
    tool, given = next(iter(world.writes.items()))
    async with asyncio.TaskGroup() as group:
        for agent in range(AGENTS):
            filled = {field: _text(agent) if value == "{text}" else value for field, value in given.items()}
            group.create_task(call(integration, tool, filled, key=f"run-1/agent-{agent}"))


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("name", WORLDS)
async def test_nothing_is_sent_before_its_time_nothing_is_lost_and_nothing_comes_twice(name: str, form: str) -> None:
    with WORLDS[name]() as world:
        integration = world.integration(max_wait_seconds=3600)
        world.service.busy(10, form="date" if form == "date" else "seconds")
        end = world.service.now().timestamp() + 10
        async with driven(world.clock):
            await _storm(world, integration)
        await integration.close()
        assert [count(world, _text(agent)) for agent in range(AGENTS)] == [1] * AGENTS
        assert world.service.early == []
        times = [request.at.timestamp() for request in world.service.requests]
        assert [at >= end for at in times] == [False] + [True] * (len(times) - 1)
        assert len(world.notices) == 1
        assert "asks to wait 10 s" in world.notices[0]


@pytest.mark.parametrize("name", WORLDS)
async def test_afterwards_they_go_out_one_by_one(name: str) -> None:
    with WORLDS[name]() as world:
        integration = world.integration(max_wait_seconds=3600)
        world.service.busy(10)
        async with driven(world.clock):
            await _storm(world, integration)
        times = [request.at.timestamp() for request in world.service.requests][1:]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert len(gaps) >= AGENTS - 1
        assert all(gap >= PACES[name] - 0.002 for gap in gaps[: AGENTS - 1])


async def test_a_service_that_is_busy_again_still_gets_each_message_once() -> None:
    with slack_world() as world:
        integration = world.integration(max_wait_seconds=3600)
        world.service.busy(10)
        refusals = iter([5, 17, 18, 40])
        next_at = [next(refusals)]

        def again(request: Request) -> bool:
            """Be busy once more after the 5th message, and so on."""
            if world.posts(request) and len(world.said()) >= next_at[0]:
                next_at[0] = next(refusals, AGENTS + 1)
                world.service.busy(7, form="date")
            return False

        world.service.fault(Fault(times=1, when=again))
        async with driven(world.clock):
            await _storm(world, integration)
        await integration.close()
        assert [count(world, _text(agent)) for agent in range(AGENTS)] == [1] * AGENTS
        assert world.service.early == []
        assert len(world.notices) == 5
