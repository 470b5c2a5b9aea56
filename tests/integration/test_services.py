"""What is particular to each of the four services."""

from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from rookery.adapters.integrations.jira.adf import adf_of
from rookery.domain.errors import NotifierError, ToolError
from rookery.domain.integrations import IntegrationState, Notification
from rookery.testing import Fault, Reply
from rookery.testing.integration_contract import call, note
from rookery.testing.services.notion import NotionService, text_of
from rookery.testing.services.slack import SlackService
from rookery.testing.worlds import World, driven
from tests.support.teamwork import github_world, jira_world, notion_world, slack_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def slack() -> AsyncIterator[World]:
    with slack_world() as world:
        yield world
        await world.close()


@pytest.fixture
async def notion() -> AsyncIterator[World]:
    with notion_world() as world:
        yield world
        await world.close()


@pytest.fixture
async def github() -> AsyncIterator[World]:
    with github_world() as world:
        yield world
        await world.close()


@pytest.fixture
async def jira() -> AsyncIterator[World]:
    with jira_world(cloud=True) as world:
        yield world
        await world.close()


def slack_of(world: World) -> SlackService:
    assert isinstance(world.service, SlackService)
    return world.service


def to(target: str, text: str = "Hello") -> Notification:
    return Notification(text=text, target=target)


async def test_slack_names_the_scope_that_is_missing(slack: World) -> None:
    slack_of(slack).scopes = frozenset({"channels:read"})
    with pytest.raises(NotifierError, match=r"lacks the scope chat:write; add it to the app"):
        await slack.integration().notify(note("Hello", slack), idempotency_key="k")


async def test_slack_tells_of_channels_that_it_cannot_write_to(slack: World) -> None:
    slack_of(slack).channel("closed", member=False)
    archived = slack_of(slack).channel("old", archived=True)
    integration = slack.integration()
    for target, words in {
        "#closed": "not in the channel; invite it there",
        archived.id: "archived; name another one",
        "#nowhere": "no channel #nowhere to the bot; check its name, and invite",
        "C999999999": "no such channel to the bot; check",
    }.items():
        with pytest.raises(NotifierError, match=words):
            await integration.notify(to(target), idempotency_key=target)


async def test_slack_finds_a_channel_on_a_later_page(slack: World) -> None:
    slack_of(slack).page_size = 2
    for number in range(7):
        slack_of(slack).channel(f"filler-{number}")
    last = slack_of(slack).channel("late")
    await slack.integration().notify(to("#late"), idempotency_key="k")
    assert len(last.messages) == 1


async def test_a_bot_that_may_not_search_slack_looks_through_the_channel_it_is_given(slack: World) -> None:
    integration = slack.integration(user_token=None)
    with pytest.raises(ToolError, match=r"bot's token may not search.*name a channel.*SLACK_USER_TOKEN"):
        await call(integration, "slack_search", {"query": "gauge"})
    outcome = await call(integration, "slack_search", {"query": "gauge", "channel": "#archive"})
    assert "Who built the tide gauge?" in outcome.passages[0].text


async def test_a_doubtful_message_that_slack_does_not_let_us_look_for_is_not_sent_again(slack: World) -> None:
    slack_of(slack).scopes = frozenset({"chat:write", "channels:read"})
    slack.service.fault(Fault(Reply(503), done=True, when=slack.posts))
    async with driven(slack.clock):
        with pytest.raises(NotifierError, match=r"not known.*channels:history"):
            await slack.integration().notify(note("Hello", slack), idempotency_key="k")
    assert len(slack.said()) == 1


async def test_a_long_message_of_slack_goes_on_in_its_thread(slack: World) -> None:
    async with driven(slack.clock):
        delivery = await slack.integration().notify(note("word " * 2000, slack), idempotency_key="k")
    first, *others = slack_of(slack).channels[1].messages
    assert delivery.parts == 1 + len(others)
    assert {one["thread_ts"] for one in others} == {first["ts"]}
    assert delivery.url
    assert delivery.url.endswith(first["ts"].replace(".", ""))


@pytest.mark.parametrize("limit", ["primary", "secondary", "secondary without a time"])
async def test_github_is_left_alone_when_a_limit_is_reached(github: World, limit: str) -> None:
    reply = {
        "primary": github.service.limit(90),  # type: ignore[attr-defined]
        "secondary": Reply(403, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "60"}),
        "secondary without a time": Reply(403, {"message": "You have exceeded a secondary rate limit."}),
    }[limit]
    github.service.fault(Fault(reply))
    began = github.clock.monotonic()
    async with driven(github.clock):
        await github.integration().notify(note("Hello", github), idempotency_key="k")
    assert 60 <= github.clock.monotonic() - began <= 92
    assert github.said().count("Hello") + sum(text.startswith("Hello\n") for text in github.said()) == 1


async def test_github_does_not_show_a_private_repository_to_this_token(github: World) -> None:
    github.service.repository("kittiwake/secret", private=True)  # type: ignore[attr-defined]
    with pytest.raises(NotifierError, match=r"hides it: a private repository.*check the name and the token"):
        await github.integration().notify(to("kittiwake/secret"), idempotency_key="k")


@pytest.mark.parametrize("name", ["../user", "..", "a/..", "a/../b", "a/b/c", "a b/c", "a/b?x=1", "a/b#", "%2e%2e/x"])
async def test_a_name_that_leads_elsewhere_is_no_repository(github: World, name: str) -> None:
    integration = github.integration()
    with pytest.raises(NotifierError, match="name owner/repo"):
        await integration.notify(to(name), idempotency_key="k")
    with pytest.raises(ValidationError):
        await call(integration, "github_read", {"repository": name, "number": 1})
    assert github.service.requests == []


async def test_github_is_read_over_all_pages(github: World) -> None:
    github.service.page_size = 3  # type: ignore[attr-defined]
    archive = github.service.repositories["kittiwake/archive"]  # type: ignore[attr-defined]
    for number in range(10):
        github.service.remark(archive, 1, f"Remark {number} about the gauge.")  # type: ignore[attr-defined]
    outcome = await call(github.integration(), "github_read", {"repository": "kittiwake/archive", "number": 1})
    text = (await github.snapshots.get(outcome.passages[0].sha256)).text
    assert all(f"Remark {number} about" in text for number in range(10))


async def test_github_finds_pull_requests_code_and_repositories(github: World) -> None:
    archive = github.service.repositories["kittiwake/archive"]  # type: ignore[attr-defined]
    github.service.issue(archive, "Mend the gauge", "A patch.", pull=True)  # type: ignore[attr-defined]
    integration = github.integration()
    for kind, words in {
        "pulls": "Mend the gauge",
        "code": "def read_gauge",
        "repositories": "kittiwake/archive",
    }.items():
        query = "archive" if kind == "repositories" else "gauge"
        outcome = await call(integration, "github_search", {"query": query, "kind": kind})
        assert words in " ".join(piece.text for piece in outcome.passages), kind


async def test_github_comments_on_the_issue_that_is_named(github: World) -> None:
    delivery = await github.integration().notify(to("kittiwake/team#1", "A word on it."), idempotency_key="k")
    team = github.service.repositories["kittiwake/team"]  # type: ignore[attr-defined]
    assert team.comments[1][0]["body"].startswith("A word on it.\n\n<!-- rookery:")
    assert delivery.url == team.comments[1][0]["html_url"]


async def test_a_repository_that_was_moved_is_told(github: World) -> None:
    github.service.fault(Fault(Reply(307, {"message": "Moved Permanently"}, {"Location": f"{github.service.url}/x"})))
    with pytest.raises(NotifierError, match="was moved; use its new name"):
        await github.integration().notify(note("Hello", github), idempotency_key="k")


async def test_jira_moves_an_issue_and_says_where_it_can_go(jira: World) -> None:
    talk = next(key for key in jira.service.issues if key.startswith("TEAM"))  # type: ignore[attr-defined]
    integration = jira.integration()
    with pytest.raises(ToolError, match=r"cannot be moved to 'Done' from where it is; open to it: In Progress"):
        await call(integration, "jira_transition", {"issue": talk, "to": "Done"}, key="a")
    await call(integration, "jira_transition", {"issue": talk, "to": "in progress"}, key="b")
    jira.service.fault(Fault(Reply(502), done=True, when=lambda one: one.method == "POST"))
    async with driven(jira.clock):
        outcome = await call(integration, "jira_transition", {"issue": talk, "to": "Done"}, key="c")
    assert f"{talk} is Done" in outcome.text
    again = await call(integration, "jira_transition", {"issue": talk, "to": "Done"}, key="c")
    assert "before" in again.text


async def test_jira_is_searched_over_all_pages_and_says_what_is_wrong_with_a_query(jira: World) -> None:
    jira.service.page_size = 2  # type: ignore[attr-defined]
    for number in range(7):
        jira.service.issue("ARC", f"Question {number}", adf_of("About the gauge."))  # type: ignore[attr-defined]
    integration = jira.integration()
    outcome = await call(integration, "jira_search", {"query": "project = ARC", "limit": 50})
    assert len(outcome.origins) == 8
    with pytest.raises(ToolError, match=r"does not take it like that.*not understood"):
        await call(integration, "jira_search", {"query": "nonsense = true"})


async def test_jira_names_the_field_that_it_does_not_take(jira: World) -> None:
    with pytest.raises(NotifierError, match="project: valid project is required"):
        await jira.integration().notify(to("NOPE"), idempotency_key="k")


async def test_notion_publishes_in_a_database_whose_title_has_a_name_of_its_own(notion: World) -> None:
    assert isinstance(notion.service, NotionService)
    database = notion.service.database("Reports", title_property="Report")
    integration = notion.integration()
    notion.service.fault(Fault(Reply(504), done=True, when=notion.posts))
    async with driven(notion.clock):
        await integration.notify(
            Notification(text="The gauge is whole.", title="Gauge", target=database.id), idempotency_key="k"
        )
    rows = notion.service.source_of(database).children
    assert [list(row.body["properties"]) for row in rows] == [["Report"]]
    assert "The gauge is whole." in text_of(rows[0].children)


async def test_a_page_of_notion_is_read_whole(notion: World) -> None:
    assert isinstance(notion.service, NotionService)
    notion.service.page_size = 3
    integration = notion.integration()
    text = "\n\n".join(f"Paragraph {n} on the gauge." for n in range(10)) + "\n\n- one\n  - two\n    - three"
    await integration.notify(note(text, notion), idempotency_key="k")
    page = next(
        one
        for one in notion.service.pages.values()
        if one.body["id"] not in (notion.target,) and "Tide" in str(one.body)
    )
    outcome = await call(integration, "notion_read", {"page": page.body["url"]})
    read = (await notion.snapshots.get(outcome.passages[0].sha256)).text
    assert all(f"Paragraph {n} on the gauge." in read for n in range(10))
    assert "- one\n  - two\n    - three" in read


async def test_notion_tells_what_is_not_shared_and_what_is_no_address(notion: World) -> None:
    integration = notion.integration()
    with pytest.raises(NotifierError, match=r"shows no such thing to the integration.*share the page"):
        await integration.notify(to("0123456789abcdef0123456789abcdef"), idempotency_key="a")
    with pytest.raises(NotifierError, match="neither an id nor an address"):
        await integration.notify(to("My page"), idempotency_key="b")


async def test_an_answer_without_end_is_refused(github: World) -> None:
    github.service.fault(Fault(Reply(200, b"[" + b" " * (17 * 2**20) + b"]")))
    with pytest.raises(ToolError, match="more than 16 MiB"):
        await call(github.integration(), "github_search", {"query": "gauge"})


async def test_html_in_place_of_json_is_no_answer(github: World) -> None:
    github.service.fault(Fault(Reply(200, b"<html>Sign in to the hotel's network</html>"), times=9))
    async with driven(github.clock):
        status = await github.integration().check()
    assert status.status is IntegrationState.UNREACHABLE
    assert "no JSON" in status.detail
