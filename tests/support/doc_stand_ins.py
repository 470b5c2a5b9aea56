"""What a page of the documentation meets in the place of the world."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from rookery.testing import GitHubService, JiraService, NotionService, SlackService, serve
from rookery.testing.web import Searxng
from rookery.testing.web.serving import Entry
from tests.support.openai_chat import Chat
from tests.support.openai_server import openai_server
from tests.support.s3_server import KEY, SECRET, moto
from tests.support.web_server import serve as serve_pages


class StandIns(NamedTuple):
    """What a page's console meets in the place of the world.

    `variables` are set for all of its commands, `instead` says what is written in the place of what the page says.
    """

    variables: Mapping[str, str] = {}
    instead: Mapping[str, str] = {}


@contextmanager
def github() -> Iterator[StandIns]:
    with serve(GitHubService()) as service:
        service.repository("kittiwake/team")
        yield StandIns({"ROOKERY_INTEGRATIONS__GITHUB__BASE_URL": service.url, "GITHUB_TOKEN": service.token})


@contextmanager
def jira() -> Iterator[StandIns]:
    with serve(JiraService()) as service:
        service.project("KP")
        yield StandIns(instead={"https://example.atlassian.net": service.url})


@contextmanager
def notion() -> Iterator[StandIns]:
    with serve(NotionService()) as service:
        parent, page = service.page("Reports"), service.page("Others")
        settings = {"BASE_URL": service.url, "PARENT": parent.id}
        variables = {f"ROOKERY_INTEGRATIONS__NOTION__{name}": value for name, value in settings.items()}
        yield StandIns({**variables, "NOTION_TOKEN": service.token}, {"PAGE_ID": page.id})


@contextmanager
def team() -> Iterator[StandIns]:
    """Slack, Notion and GitHub at once."""
    with serve(SlackService()) as slack, github() as hub, notion() as pages:
        slack.channel("team")
        own = {"ROOKERY_INTEGRATIONS__SLACK__BASE_URL": f"{slack.url}/api", "SLACK_BOT_TOKEN": slack.token}
        page = pages.instead["PAGE_ID"]
        places = {"owner/repo": "kittiwake/team", "https://www.notion.so/Reports-1f2e…": page}
        yield StandIns({**own, **hub.variables, **pages.variables}, places)


@contextmanager
def model() -> Iterator[StandIns]:
    with openai_server("sk-local", Chat(context=32768)) as server:
        yield StandIns(instead={"http://127.0.0.1:8080/v1": server.url})


@contextmanager
def weaviate() -> Iterator[StandIns]:
    from tests.support.weaviate_server import weaviate_server

    with weaviate_server() as server:
        settings = {"URL": server.http_url, "GRPC_PORT": str(server.grpc_port)}
        yield StandIns({f"ROOKERY_VECTOR_STORES__WEAVIATE__{name}": value for name, value in settings.items()})


@contextmanager
def pinecone() -> Iterator[StandIns]:
    from tests.support.pinecone_server import API_KEY, running_pinecone

    with running_pinecone() as server:
        yield StandIns({"ROOKERY_VECTOR_STORES__PINECONE__HOST": server.host}, {"pclocal": API_KEY})


@contextmanager
def search_engine() -> Iterator[StandIns]:
    """A SearXNG that knows a page, and the page."""
    with serve_pages() as web:
        fact = "The lighthouse of Kittiwake Point is thirty-one metres tall."
        page = web.page("/lighthouse", f"<html><title>The lighthouse</title><p>{fact}</p></html>")
        with Searxng([Entry(page, "The lighthouse of Kittiwake Point", fact)]) as engine:
            allowed = json.dumps([web.host, engine.url.removeprefix("http://")])
            yield StandIns({"ROOKERY_NETWORK__ALLOW_HOSTS": allowed}, {"http://localhost:8888": engine.url})


@contextmanager
def a_page_of_the_web() -> Iterator[StandIns]:
    with serve_pages() as web:
        page = web.page("/report", "<html><title>A report</title><p>The observatory was founded in 1907.</p></html>")
        allowed = {"ROOKERY_SOURCES__ALLOW_HOSTS": json.dumps([web.host])}
        yield StandIns(allowed, {"https://example.org/report": page})


@contextmanager
def team_and_web() -> Iterator[StandIns]:
    with team() as services, a_page_of_the_web() as web:
        yield StandIns({**services.variables, **web.variables}, {**services.instead, **web.instead})


@contextmanager
def bucket() -> Iterator[StandIns]:
    with moto() as endpoint:
        import boto3

        client = boto3.client(
            "s3", endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        client.create_bucket(Bucket="our-memory")
        yield StandIns({"ROOKERY_OBJECT_STORES__S3__ENDPOINT_URL": endpoint})


@contextmanager
def shared_folder() -> Iterator[StandIns]:
    with tempfile.TemporaryDirectory() as folder:
        yield StandIns(instead={"/mnt/shared/rookery": folder})


@contextmanager
def nothing() -> Iterator[StandIns]:
    yield StandIns()
