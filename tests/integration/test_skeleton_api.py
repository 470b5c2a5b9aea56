"""The skeleton answers on every path, in the types of the domain."""

import httpx
import pytest
from httpx_sse import connect_sse

from rookery.domain.events import ends_run, run_event_adapter
from rookery.domain.results import TaskResult
from rookery.domain.runs import Run
from rookery.domain.sources import Snapshot


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, headers=server.headers) as client:
        yield client


def test_a_question_becomes_a_run_whose_quotes_stand_in_their_snapshots(client):
    accepted = client.post("/v1/research", json={"question": "Where do rooks nest?"})
    assert accepted.status_code == 202
    run = Run.model_validate_json(client.get(accepted.json()["result_url"]).text)
    assert isinstance(run.result, TaskResult)
    for citation in run.result.citations:
        snapshot = Snapshot.model_validate_json(client.get(f"/v1/snapshots/{citation.source_sha256}").text)
        assert snapshot.text[citation.start : citation.end] == citation.quote


def test_events_come_without_gaps_and_resume_after_the_last_one_seen(client):
    url = client.post("/v1/research", json={"question": "Where do rooks nest?"}).json()["events_url"]
    with connect_sse(client, "GET", url) as stream:
        events = [run_event_adapter.validate_json(message.data) for message in stream.iter_sse()]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert ends_run(events[-1])
    with connect_sse(client, "GET", url, headers={"Last-Event-ID": "3"}) as stream:
        assert [message.id for message in stream.iter_sse()] == [str(event.seq) for event in events[3:]]


@pytest.mark.parametrize("path", ["runs", "memories", "sources", "agents", "models", "integrations", "approvals"])
def test_every_list_has_something_to_show(client, path):
    body = client.get(f"/v1/{path}").json()
    assert len(body.get("items", body.get("data"))) >= 1


def test_what_does_not_exist_is_a_problem_document(client):
    answer = client.get("/v1/runs/unknown")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:rookery:problem:not-found"
