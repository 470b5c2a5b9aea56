"""What the API refuses, and how it says so."""

import re
import socket
from pathlib import Path

import httpx
import pytest

from rookery.entrypoints.api.problems import TYPE_ROOT, slugs
from tests.support.openai_model import KEY
from tests.support.server import CORPUS, LIGHT, ROOT, start_server

QUESTION = {"question": "When was the observatory founded?"}


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        yield client


def told(answer: httpx.Response, status: int, slug: str) -> httpx.Response:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == TYPE_ROOT + slug
    assert answer.json()["status"] == status
    return answer


def test_what_is_not_there_is_not_found_whatever_the_method(client):
    told(client.get("/v1/nothing"), 404, "not-found")
    told(client.post("/v1/nothing", json={}), 404, "not-found")


def test_a_wrong_method_is_told_with_the_right_ones(client):
    assert told(client.put("/v1/memories", json={}), 405, "method-not-allowed").headers["allow"] == "GET, POST"
    answer = told(client.post("/v1/memories/a/b", json={}), 405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, GET"
    assert told(client.request("TRACE", "/healthz"), 405, "method-not-allowed").headers["allow"] == "GET"


def test_an_answer_is_given_in_an_accepted_type_only(client):
    told(client.get("/v1/runs", headers={"Accept": "application/xml"}), 406, "not-acceptable")
    assert client.get("/v1/runs", headers={"Accept": "application/xml, application/json;q=0.1"}).status_code == 200


def test_a_body_of_another_type_is_not_read(client):
    told(client.post("/v1/research", data=QUESTION), 415, "unsupported-media-type")


def test_an_address_or_headers_without_end_are_refused(client):
    told(client.get("/v1/runs", params={"q": "x" * 9000}), 414, "uri-too-long")
    told(client.get("/v1/runs", headers={"X-Long": "x" * 33_000}), 431, "headers-too-large")


def test_a_body_is_refused_when_it_is_too_large_whether_or_not_it_says_so(tmp_path):
    with (
        start_server(tmp_path, settings=LIGHT | {"ROOKERY_SERVER__MAX_BODY_MB": "0.001"}) as server,
        httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client,
    ):
        large = {"question": "x" * 2000}
        told(client.post("/v1/research", json=large), 413, "body-too-large")
        pieces = iter([b'{"question": "', b"x" * 2000, b'"}'])
        headers = {"Content-Type": "application/json"}
        told(client.post("/v1/research", content=pieces, headers=headers), 413, "body-too-large")
        assert client.post("/v1/research", json=QUESTION).status_code == 202


def test_a_token_that_asks_too_much_is_told_to_wait_and_others_are_not(tmp_path):
    settings = LIGHT | {"ROOKERY_SERVER__REQUEST_BURST": "3", "ROOKERY_SERVER__REQUESTS_PER_SECOND": "0.001"}
    with start_server(tmp_path, settings=settings) as server:
        answers = [httpx.get(f"{server.url}/v1/runs", headers=server.headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        told(answers[-1], 429, "rate-limited")
        assert 900 <= int(answers[-1].headers["retry-after"]) <= 1000
        assert answers[0].headers["ratelimit-policy"] == '"token";q=3;w=3000'
        assert answers[0].headers["ratelimit"].startswith('"token";r=2;')
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert httpx.get(f"{server.url}/v1/runs").status_code == 401


def test_runs_beyond_those_that_may_wait_are_refused_until_there_is_room(tmp_path, chat, chat_server, pausing):
    settings = LIGHT | chat_server_settings(chat_server)
    settings |= {"ROOKERY_SERVER__PARALLEL_RUNS": "1", "ROOKERY_SERVER__WAITING_RUNS": "1"}
    with (
        start_server(tmp_path, settings=settings) as server,
        httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client,
    ):
        ask = QUESTION | {"model": "openai:rook-1"}
        first, second, third = (client.post("/v1/research", json=ask) for _ in range(3))
        assert (first.status_code, second.status_code) == (202, 202)
        assert int(told(third, 503, "overloaded").headers["retry-after"]) > 0
        assert len(client.get("/v1/runs").json()["items"]) == 2
        client.post(f"{second.json()['result_url']}/cancel").raise_for_status()


def test_every_answer_has_an_id_and_headers_that_guard_it(client, server):
    given = client.get("/v1/runs", headers={"X-Request-ID": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    other = client.get("/v1/nothing", headers={"X-Request-ID": "no good\tid"})
    assert re.fullmatch("[0-9a-f]{32}", other.headers["x-request-id"])
    for answer in (given, other, httpx.get(f"{server.url}/v1/runs")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_pages_of_others_may_call_only_when_they_are_named(server, tmp_path):
    origin = {"Origin": "https://rooks.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in httpx.options(f"{server.url}/v1/runs", headers=origin).headers
    settings = LIGHT | {"ROOKERY_SERVER__CORS_ORIGINS": '["https://rooks.example"]'}
    with start_server(tmp_path, settings=settings) as open_to_one:
        url = f"{open_to_one.url}/v1/runs"
        assert httpx.options(url, headers=origin).headers["access-control-allow-origin"] == origin["Origin"]
        assert httpx.options(url, headers=origin | {"Origin": "https://gulls.example"}).status_code == 400


def test_the_page_of_errors_lists_every_type_with_its_status():
    page = Path(ROOT / "docs" / "errors.md").read_text("utf-8")
    listed = {name: int(status) for name, status in re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", page, re.MULTILINE)}
    assert listed == slugs()


def test_lists_are_read_page_by_page_and_filtered(client):
    first = client.get("/v1/sources", params={"limit": 5}).json()
    rest = client.get("/v1/sources", params={"limit": 200, "cursor": first["next_cursor"]}).json()
    assert len(first["items"]) == 5
    assert rest["next_cursor"] is None
    every = client.get("/v1/sources", params={"limit": 200}).json()["items"]
    assert first["items"] + rest["items"] == every
    found = client.get("/v1/sources", params={"q": "CENSUS"}).json()["items"]
    assert 0 < len(found) < len(every)
    agents = client.get("/v1/agents", params={"limit": 2}).json()
    more = client.get("/v1/agents", params={"cursor": agents["next_cursor"]}).json()
    assert [agent["id"] for agent in agents["items"]] < [agent["id"] for agent in more["items"]]
    for path in ("sources", "agents", "runs", "memories"):
        told(client.get(f"/v1/{path}", params={"cursor": "bm9uc2Vuc2U"}), 422, "invalid-request")


def test_runs_are_filtered(client):
    asked = client.post("/v1/research", json=QUESTION | {"namespace": "filtered", "sources": [str(CORPUS)]}).json()
    other = client.post("/v1/research", json={"question": "Wer baute den Turm?", "namespace": "filtered"}).json()
    for run in (asked, other):
        client.get(run["events_url"])

    def found(**where: str | list[str]) -> list[str]:
        page = client.get("/v1/runs", params={"namespace": "filtered"} | where).json()
        return [run["id"] for run in page["items"]]

    assert found() == [other["task_id"], asked["task_id"]]
    assert found(q="OBSERVATORY") == [asked["task_id"]]
    assert found(status=["succeeded", "partial"]) == found()
    assert found(status="interrupted") == []
    assert found(agent="researcher") == []
    assert found(created_after="2999-01-01T00:00:00Z") == []
    assert found(created_before="2999-01-01T00:00:00Z") == found()
    told(client.get("/v1/runs", params={"status": "sleeping"}), 422, "invalid-request")


def test_what_is_stored_twice_with_one_key_is_stored_once(client):
    keys = {"Idempotency-Key": "memory-1"}
    memory = {"namespace": "once", "content": "Rooks nest in elms."}
    first = client.post("/v1/memories", json=memory, headers=keys)
    assert first.status_code == 201
    assert client.post("/v1/memories", json=memory, headers=keys).json() == first.json()
    told(client.post("/v1/memories", json=memory | {"content": "Other."}, headers=keys), 409, "conflict")
    lines = '{"content": "Gulls nest on cliffs."}\n'
    imported = [client.post("/v1/memories/import?namespace=once", content=lines, headers=keys) for _ in range(2)]
    assert [answer.json() for answer in imported] == [{"memories": 1}] * 2


def test_figures_tell_of_requests_runs_and_tools(client):
    run = client.post("/v1/research", json=QUESTION | {"sources": [str(CORPUS)]}).json()
    client.get(run["events_url"])
    client.get("/v1/runs/unknown")
    figures = client.get("/metrics").text
    assert 'rookery_http_requests_total{method="GET",path="/v1/runs/{run_id}",status="404"}' in figures
    assert 'rookery_http_request_seconds_count{method="POST",path="/v1/research"}' in figures
    assert 'rookery_runs_total{status="finished"}' in figures
    assert 'rookery_tool_calls_total{ok="true",tool="read_sources"}' in figures
    assert "rookery_event_streams 0.0" in figures
    assert run["task_id"] not in figures


def test_a_peer_that_speaks_no_http_is_told_so(server):
    with socket.create_connection(server.address) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")


def chat_server_settings(chat_server) -> dict[str, str]:
    return {"ROOKERY_LLMS__OPENAI__BASE_URL": chat_server.url, "ROOKERY_LLMS__OPENAI__API_KEY": KEY}
