"""The worlds of the four services."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.integrations.jira.adf_reading import markdown_of
from rookery.domain.ports.integration import IntegrationPort
from rookery.entrypoints import plugins
from rookery.testing import GitHubService, JiraService, NotionService, SlackService, serve
from rookery.testing.services.notion import text_of
from rookery.testing.worlds import SKEW, START, World


def builder(name: str) -> Callable[..., IntegrationPort]:
    """Return what builds a registered integration."""

    def build(settings: Mapping[str, Any], surroundings: object) -> IntegrationPort:
        return plugins.build("integrations", name, settings=settings, offered={"surroundings": surroundings})

    return build


def _clock() -> ManualClock:
    return ManualClock(START)


@contextmanager
def slack_world() -> Iterator[World]:
    """A workspace with one channel, in which the gauge was spoken of."""
    clock = _clock()
    with serve(SlackService(now=lambda: clock.now() + SKEW)) as slack:
        archive, team = slack.channel("archive"), slack.channel("team")
        thread = slack.say(archive, "Who built the tide gauge?")
        slack.say(archive, "Ansgar Lunde built the tide gauge in 1902 &amp; kept it.", thread=thread)
        yield World(
            slack,
            builder("slack"),
            settings={"token": slack.token, "user_token": slack.user_token, "base_url": f"{slack.url}/api"},
            unset={"token": None, "user_token": None, "base_url": f"{slack.url}/api"},
            refused={"token": "xoxb-0000-wrong"},
            target="#team",
            said=lambda: [_slack_text(one) for one in team.messages],
            posts=lambda request: request.path.endswith("/chat.postMessage"),
            reads={
                "slack_search": {"query": "gauge"},
                "slack_read": {"channel": "#archive", "thread": thread},
            },
            writes={"slack_post": {"channel": "#team", "text": "{text}"}},
            clock=clock,
        )


def _slack_text(message: Mapping[str, Any]) -> str:
    return "\n".join(block["text"]["text"] for block in message["blocks"])


@contextmanager
def notion_world() -> Iterator[World]:
    """A workspace with a page about the gauge and an empty one for reports."""
    clock = _clock()
    with serve(NotionService(now=lambda: clock.now() + SKEW)) as notion:
        text = {"type": "text", "text": {"content": "Ansgar Lunde built the tide gauge in 1902."}}
        page = notion.page(
            "The tide gauge",
            blocks=[{"type": "paragraph", "paragraph": {"rich_text": [text]}}],
        )
        reports = notion.page("Reports")
        yield World(
            notion,
            builder("notion"),
            settings={"token": notion.token, "base_url": notion.url},
            unset={"token": None, "base_url": notion.url},
            refused={"token": "ntn_wrong_0000"},
            target=reports.id,
            said=lambda: [text_of(notion.pages[one.id].children) for one in reports.children],
            posts=lambda request: request.method == "PATCH" or (request.method, request.path) == ("POST", "/v1/pages"),
            reads={"notion_search": {"query": "gauge"}, "notion_read": {"page": page.body["url"], "query": "gauge"}},
            writes={"notion_publish": {"parent": reports.id, "title": "A report", "text": "{text}"}},
            clock=clock,
        )


@contextmanager
def github_world() -> Iterator[World]:
    """A repository with an issue about the gauge, and one for reports."""
    clock = _clock()
    with serve(GitHubService(now=lambda: clock.now() + SKEW)) as github:
        archive, team = github.repository("kittiwake/archive"), github.repository("kittiwake/team")
        github.issue(archive, "Who built the tide gauge?", "It stands at the point.")
        github.remark(archive, 1, "Ansgar Lunde built the gauge in 1902.")
        archive.files["gauge.py"] = "def read_gauge(): ..."
        github.issue(team, "Talk", "for comments")
        yield World(
            github,
            builder("github"),
            settings={"token": github.token, "base_url": github.url},
            unset={"token": None, "base_url": github.url},
            refused={"token": "ghp_wrong_0000"},
            target="kittiwake/team",
            said=lambda: [
                *(issue["body"] for issue in team.issues),
                *(one["body"] for comments in team.comments.values() for one in comments),
            ],
            posts=lambda request: request.method == "POST",
            reads={
                "github_search": {"query": "gauge"},
                "github_read": {"repository": "kittiwake/archive", "number": 1},
            },
            writes={
                "github_create_issue": {"repository": "kittiwake/team", "title": "A report", "text": "{text}"},
                "github_comment": {"repository": "kittiwake/team", "number": 1, "text": "{text}"},
            },
            clock=clock,
        )


@contextmanager
def jira_world(*, cloud: bool) -> Iterator[World]:
    """A project with an issue about the gauge, and one for reports."""
    clock = _clock()
    with serve(JiraService(cloud=cloud, now=lambda: clock.now() + SKEW)) as jira:
        jira.project("ARC")
        jira.project("TEAM")
        told = "Ansgar Lunde built the tide gauge in 1902."
        described = {"version": 1, "type": "doc", "content": [_paragraph(told)]} if cloud else told
        asked = jira.issue("ARC", "Who built the tide gauge?", described)
        talk = jira.issue("TEAM", "Talk", None)
        who = {"email": jira.email} if cloud else {}
        kind = {"deployment": "cloud" if cloud else "data_center"}
        yield World(
            jira,
            builder("jira"),
            settings={"base_url": jira.url, "token": jira.token, **who, **kind},
            unset={"base_url": None, "token": None, "email": None, **kind},
            refused={"token": "wrong-0000"},
            target="TEAM",
            said=lambda: [
                markdown_of(text)
                for issue in jira.issues.values()
                if issue.key.startswith("TEAM")
                for text in (issue.fields["description"], *(one["body"] for one in issue.comments))
            ],
            posts=lambda request: request.method == "POST" and request.path.endswith(("/issue", "/comment")),
            reads={"jira_search": {"query": "tide gauge"}, "jira_read": {"issue": asked.key}},
            writes={
                "jira_create": {"project": "TEAM", "summary": "A report", "text": "{text}"},
                "jira_comment": {"issue": talk.key, "text": "{text}"},
            },
            clock=clock,
        )


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}
