"""Every integration keeps the contract: the four that come with Rookery, and in its outlines whatever is registered."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rookery.entrypoints import plugins
from rookery.testing.integration_contract import IntegrationContract
from rookery.testing.worlds import World
from tests.support.teamwork import github_world, jira_world, notion_world, slack_world


class TestSlack(IntegrationContract):
    @pytest.fixture
    def world(self) -> Iterator[World]:
        with slack_world() as world:
            yield world


class TestNotion(IntegrationContract):
    @pytest.fixture
    def world(self) -> Iterator[World]:
        with notion_world() as world:
            yield world


class TestGitHub(IntegrationContract):
    @pytest.fixture
    def world(self) -> Iterator[World]:
        with github_world() as world:
            yield world


class TestJiraCloud(IntegrationContract):
    @pytest.fixture
    def world(self) -> Iterator[World]:
        with jira_world(cloud=True) as world:
            yield world


class TestJiraDataCenter(IntegrationContract):
    @pytest.fixture
    def world(self) -> Iterator[World]:
        with jira_world(cloud=False) as world:
            yield world


BUILD_ALL = """
import asyncio, json, sys
from datetime import UTC, datetime
from rookery.entrypoints import plugins
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.support.services.ledger import InMemoryDeliveryLedger
from rookery.adapters.support.services.surroundings import Surroundings

around = Surroundings(ManualClock(datetime(2026, 11, 22, tzinfo=UTC)), InMemoryDeliveryLedger(), None)
told = {}
for name in plugins.available("integrations"):
    one = plugins.build("integrations", name, settings={}, offered={"surroundings": around})
    told[name] = [one.name, asyncio.run(one.check()).status]
heavy = [name for name in ("slack_sdk", "notion_client", "markdown_it", "aiohttp") if name in sys.modules]
print(json.dumps([told, heavy]))
"""


def test_whatever_is_registered_is_built_without_settings_and_without_its_library() -> None:
    told = subprocess.run(
        [sys.executable, "-c", BUILD_ALL], env={}, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    integrations, heavy = json.loads(told)
    assert integrations == {name: [name, "unconfigured"] for name in plugins.available("integrations")}
    assert {"github", "jira", "notion", "slack"} <= integrations.keys()
    assert heavy == []
