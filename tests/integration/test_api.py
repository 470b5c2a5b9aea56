"""The API, over the wire."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from httpx_sse import connect_sse

from rookery.adapters.approval_stores.sqlite import SqliteApprovalStore
from rookery.adapters.clocks.system import SystemClock
from rookery.domain.actions import ToolCall
from rookery.domain.approvals import Approval, digest_of
from rookery.domain.events import ends_run, run_event_adapter
from rookery.domain.results import TaskResult
from rookery.domain.runs import Run
from rookery.domain.sources import Snapshot
from tests.support.server import CORPUS, start_server

QUESTION = "When was the observatory founded?"


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        yield client


def ask(client, **more):
    body = {"question": QUESTION, "sources": [str(CORPUS)]} | more
    return client.post("/v1/research", json=body)


def follow(client, url, **headers):
    with connect_sse(client, "GET", url, headers=headers) as stream:
        told = [message.data for message in stream.iter_sse() if message.data]  # pings have none
        return [run_event_adapter.validate_json(data) for data in told]


@pytest.fixture(scope="module")
def finished(server):
    """The acknowledgement of a run that is over."""
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        accepted = ask(client)
        assert accepted.status_code == 202
        follow(client, accepted.json()["events_url"])
        return accepted.json()


def test_a_question_becomes_a_run_whose_quotes_stand_in_their_snapshots(client, finished):
    run = Run.model_validate_json(client.get(finished["result_url"]).text)
    assert run.status == "succeeded"
    assert isinstance(run.result, TaskResult)
    assert run.result.citations
    for citation in run.result.citations:
        snapshot = Snapshot.model_validate_json(client.get(f"/v1/snapshots/{citation.source_sha256}").text)
        assert snapshot.text[citation.start : citation.end] == citation.quote


def test_events_come_without_gaps_and_resume_after_the_last_one_seen(client, finished):
    events = follow(client, finished["events_url"])
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert ends_run(events[-1])
    assert follow(client, finished["events_url"], **{"Last-Event-ID": "3"}) == events[3:]
    assert follow(client, finished["events_url"], **{"Last-Event-ID": str(len(events))}) == []


def test_each_event_on_the_wire_has_its_number_and_its_type(client, finished):
    with connect_sse(client, "GET", finished["events_url"]) as stream:
        for message in (message for message in stream.iter_sse() if message.data):
            assert (int(message.id), message.event) == (message.json()["seq"], message.json()["type"])


def test_a_request_that_is_sent_twice_with_one_key_is_one_run(client):
    keys = {"Idempotency-Key": "once"}
    body = {"question": QUESTION}
    first = client.post("/v1/research", json=body, headers=keys).json()
    assert client.post("/v1/research", json=body, headers=keys).json() == first
    other = client.post("/v1/research", json={"question": "Who built it?"}, headers=keys)
    assert other.status_code == 409


@pytest.mark.parametrize("location", ["/etc/passwd", "../..", "~/.ssh", "file:///etc/hosts", "examples/../../.."])
def test_a_path_outside_the_named_folders_is_refused_before_anything_is_read(client, location):
    for answer in (ask(client, sources=[location]), client.post("/v1/sources", json={"location": location})):
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:rookery:problem:outside-sandbox"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "?"},
        {"question": "x" * 5000},
        {"question": QUESTION, "depth": "bottomless"},
        {"question": QUESTION, "namespace": "../x"},
        {"question": QUESTION, "max_seconds": 0},
        {"question": QUESTION, "invented": 1},
        {"question": QUESTION, "sources": "papers"},
        {"question": QUESTION, "model": "no-such-model"},
    ],
)
def test_a_wrong_request_is_a_problem_document_that_names_the_fault(client, body):
    answer = client.post("/v1/research", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"question": "\xff"}'])
def test_a_body_that_is_no_json_object_is_a_problem_document(client, content):
    answer = client.post("/v1/research", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_runs_are_listed_newest_first_page_by_page(client, finished):
    ask(client)
    first = client.get("/v1/runs", params={"limit": 1}).json()
    second = client.get("/v1/runs", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["items"][0]["id"] > second["items"][0]["id"]
    assert client.get("/v1/runs", params={"cursor": "nonsense"}).status_code == 422


@pytest.mark.parametrize("path", ["runs/unknown", "runs/unknown/events", f"snapshots/{'0' * 64}", "unknown"])
def test_what_does_not_exist_is_a_problem_document(client, path):
    answer = client.get(f"/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:rookery:problem:not-found"


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume"])
def test_a_finished_run_cannot_be_steered(client, finished, verb):
    answer = client.post(f"{finished['result_url']}/{verb}")
    assert answer.status_code == 409


def test_one_agent_is_given_a_task_of_its_own(client):
    accepted = client.post("/v1/agents/researcher/runs", json={"task": QUESTION, "sources": [str(CORPUS)]})
    assert accepted.status_code == 202
    happened = follow(client, accepted.json()["events_url"])
    started = {event.role for event in happened if event.type == "agent_started"}
    assert started == {"coordinator", "researcher", "writer"}
    result = client.get(accepted.json()["result_url"]).json()["result"]
    assert result["status"] == "succeeded"
    assert result["inputs"]["agent"] == "researcher"


@pytest.mark.parametrize(("agent", "status"), [("nobody", 404), ("writer", 422)])
def test_an_agent_that_is_none_or_does_not_work_alone_is_refused(client, agent, status):
    answer = client.post(f"/v1/agents/{agent}/runs", json={"task": QUESTION})
    assert answer.status_code == status
    assert agent in answer.json()["detail"]


def test_documents_can_be_added_and_are_listed(client):
    added = client.post("/v1/sources", json={"location": str(CORPUS), "namespace": "other"})
    assert added.status_code == 201
    assert len(added.json()["sources"]) == 14
    listed = client.get("/v1/sources", params={"namespace": "other"}).json()["items"]
    assert {source["id"] for source in listed} == {source["id"] for source in added.json()["sources"]}


def test_probes_need_no_token_and_learn_nothing_of_what_is_stored(server):
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
    ready = httpx.get(f"{server.url}/readyz")
    assert ready.json()["ready"] is True
    assert str(server.home) not in ready.text


def test_a_run_that_the_end_of_the_server_cut_off_is_interrupted_and_can_be_resumed(home):
    with start_server(home) as server, httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        runs = [ask(client, max_seconds=300).json() for _ in range(6)]
    with (
        start_server(home, token=server.token) as again,
        httpx.Client(base_url=again.url, headers=again.headers, timeout=60) as client,
    ):
        left = [run for run in runs if client.get(run["result_url"]).json()["result"] is None]
        assert left
        for run in left:
            status = client.get(run["result_url"]).json()["status"]
            assert status in ("interrupted", "queued")
            client.post(f"{run['result_url']}/resume").raise_for_status()
        for run in left:
            assert ends_run(follow(client, run["events_url"])[-1])
            assert client.get(run["result_url"]).json()["status"] == "succeeded"


def test_the_server_ends_although_somebody_follows_a_run_that_waits(home):
    with start_server(home) as server, httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        waiting = [ask(client).json() for _ in range(6)][-1]
        request = client.build_request("GET", waiting["events_url"])
        stream = client.send(request, stream=True)
    assert stream.status_code == 200
    with pytest.raises(httpx.HTTPError), httpx.Client() as gone:
        gone.get(f"{server.url}/healthz")


def side_effects(home, count):
    """Have so many side effects wait for a person."""
    store, clock = SqliteApprovalStore(home, clock=SystemClock()), SystemClock()

    async def ask_for_all():
        for number in range(count):
            call = ToolCall(tool="slack_post", arguments={"text": f"message {number}"})
            await store.request(
                Approval(
                    id=f"approval-{number}",
                    run_id="run-1",
                    agent_id="poster",
                    tool=call.tool,
                    arguments=call.arguments,
                    digest=digest_of(call),
                    reason="it changes something",
                    requested_at=clock.now(),
                    expires_at=clock.now() + timedelta(hours=1),
                )
            )

    asyncio.run(ask_for_all())
    store.close()


def test_side_effects_are_listed_page_by_page_while_they_are_decided(tmp_path):
    side_effects(tmp_path, 5)
    with (
        start_server(tmp_path) as server,
        httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client,
    ):
        seen, cursor = [], None
        while True:
            page = client.get("/v1/approvals", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            seen += [approval["id"] for approval in page["items"]]
            client.post(f"/v1/approvals/{seen[-1]}", json={"decision": "deny"}).raise_for_status()
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == [f"approval-{number}" for number in range(5)]
        pending = client.get("/v1/approvals", params={"status": "pending"}).json()["items"]
        assert [approval["id"] for approval in pending] == ["approval-0", "approval-2"]
        assert client.get("/v1/approvals", params={"cursor": "mine"}).status_code == 422
