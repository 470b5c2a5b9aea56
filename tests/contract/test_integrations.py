"""Every integration keeps the contract: the four that come with Rookery, and in its outlines whatever is registered."""

from collections.abc import Iterator

import pytest

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
