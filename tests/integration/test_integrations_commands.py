"""Telling people from the command line and over HTTP, with real servers at both ends."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from rookery.testing import GitHubService, SlackService, serve
from rookery.testing.services.github import Repository
from tests.support.server import LIGHT, rookery, start_server

NOBODY = dict.fromkeys(("SLACK_BOT_TOKEN", "SLACK_USER_TOKEN", "NOTION_TOKEN", "NOTION_API_KEY", "GITHUB_TOKEN"), "")
NOBODY |= dict.fromkeys(("GH_TOKEN", "JIRA_BASE_URL", "JIRA_URL", "JIRA_SERVER", "JIRA_API_TOKEN", "JIRA_TOKEN"), "")


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubService]:
    with serve(GitHubService()) as service:
        yield service


@pytest.fixture
def team(github: GitHubService) -> Repository:
    github.repositories.clear()
    return github.repository("kittiwake/team")


@pytest.fixture
def settings(github: GitHubService) -> Mapping[str, str]:
    place = {"ROOKERY_INTEGRATIONS__GITHUB__BASE_URL": github.url, "GITHUB_TOKEN": github.token}
    return {**LIGHT, **NOBODY, **place, "ROOKERY_RESEARCH__OFFLINE": "false"}


def test_the_list_says_who_is_ready_and_what_the_others_need(tmp_path: Path, settings: Mapping[str, str]) -> None:
    told = rookery("integrations", "list", "--json", home=tmp_path, settings=settings)
    states = {one["name"]: (one["status"], one["detail"]) for one in json.loads(told.stdout)["integrations"]}
    assert states["github"][0] == "ready"
    assert "rookery-bot" in states["github"][1]
    for name, variable in {"slack": "SLACK_BOT_TOKEN", "notion": "NOTION_TOKEN", "jira": "JIRA_BASE_URL"}.items():
        assert states[name][0] == "unconfigured"
        assert variable in states[name][1]


def test_a_check_fails_where_a_token_is_refused(tmp_path: Path, settings: Mapping[str, str]) -> None:
    wrong = {**settings, "GITHUB_TOKEN": "ghp_wrong_1234"}
    told = rookery("integrations", "check", "github", home=tmp_path, settings=wrong)
    assert told.returncode == 1
    assert "refused" in told.stdout
    assert "ghp_wrong_1234" not in told.stdout + told.stderr
    assert rookery("integrations", "check", "nobody", home=tmp_path, settings=settings).returncode == 2


def test_a_text_is_sent_once_under_its_key(tmp_path: Path, settings: Mapping[str, str], team: Repository) -> None:
    words = ("integrations", "notify", "github", "-", "--target", "kittiwake/team", "--key", "monday", "--json")
    secret = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD2fG5"
    told = [rookery(*words, home=tmp_path, settings=settings, stdin=f"# Hello\n\nIt is {secret}.") for _ in range(2)]
    assert [one.returncode for one in told] == [0, 0], told[0].stderr
    first, again = (json.loads(one.stdout) for one in told)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["url"] == again["url"] == team.issues[0]["html_url"]
    assert [issue["title"] for issue in team.issues] == ["Hello"]
    assert secret not in team.issues[0]["body"]


def test_what_cannot_be_sent_is_told(tmp_path: Path, settings: Mapping[str, str]) -> None:
    for words, complaint, code in [
        (("slack", "-", "--target", "#team"), "set SLACK_BOT_TOKEN", 1),
        (("github", "-"), "name owner/repo", 1),
        (("github", "missing.md"), "cannot be read", 2),
        (("github",), "name a file", 2),
        (("github", "--run", "none"), "none", 2),
        (("teams", "-"), "there are: github, jira, notion, slack", 2),
    ]:
        told = rookery("integrations", "notify", *words, home=tmp_path, settings=settings, stdin="Hello")
        assert complaint in told.stderr, (words, told.stderr)
        assert told.returncode == code, words


def test_a_report_and_a_message_go_out_over_http(home: Path, settings: Mapping[str, str], team: Repository) -> None:
    with serve(SlackService()) as slack:
        channel = slack.channel("team")
        place = {"ROOKERY_INTEGRATIONS__SLACK__BASE_URL": f"{slack.url}/api", "SLACK_BOT_TOKEN": slack.token}
        asked = rookery("research", "When was the observatory founded?", "--json", home=home, settings=settings)
        run = json.loads(asked.stdout)["task_id"]
        with (
            start_server(home, settings={**settings, **place}) as server,
            httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client,
        ):
            states = {one["name"]: one["status"] for one in client.get("/v1/integrations").json()["items"]}
            assert states == {"github": "ready", "jira": "unconfigured", "notion": "unconfigured", "slack": "ready"}
            word = {"text": "The *gauge*.", "target": "#team"}
            key = {"Idempotency-Key": "k"}
            sent = [client.post("/v1/integrations/slack/notify", json=word, headers=key).json() for _ in range(2)]
            assert [one["repeated"] for one in sent] == [False, True]
            assert len(channel.messages) == 1
            other = client.post("/v1/integrations/slack/notify", json={**word, "text": "Other"}, headers=key)
            assert other.status_code == 409
            assert client.post("/v1/integrations/teams/notify", json=word).status_code == 404
            where = {"integration": "github", "target": "kittiwake/team"}
            published = client.post(f"/v1/runs/{run}/publish", json=where)
            assert published.status_code == 200, published.text
            assert client.post(f"/v1/runs/{run}/publish", json=where).json()["repeated"]
            assert client.post("/v1/runs/none/publish", json=where).status_code == 404
    assert [issue["title"] for issue in team.issues] == ["When was the observatory founded?"]
    assert "extractive" in team.issues[0]["body"]
