"""What a system that watches many programs is told of runs."""

import json
from pathlib import Path

import httpx
import pytest

from tests.support.openai_model import KEY
from tests.support.server import CORPUS, LIGHT, rookery, start_server

QUESTION = "When was the observatory founded?"


def asked(home: Path, settings: dict[str, str], **more: str) -> str:
    """Serve, ask one question, and end; return the run's id."""
    with start_server(home, settings=LIGHT | settings) as server:
        body = {"question": QUESTION, "sources": [str(CORPUS)]} | more
        run = httpx.post(f"{server.url}/v1/research", json=body, headers=server.headers).json()
        httpx.get(f"{server.url}{run['events_url']}", headers=server.headers, timeout=60)
        return run["task_id"]


def told_of(spans, operation: str) -> list[dict]:
    return [span for span in spans if span["gen_ai.operation.name"] == operation]


def test_a_run_is_one_trace_of_agents_tools_and_calls_without_a_word_of_what_was_said(
    tmp_path, otlp, chat, chat_server
):
    chat.say = lambda _: "{}"
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url,
        "OTEL_SERVICE_NAME": "rooks",
        "ROOKERY_LLMS__OPENAI__BASE_URL": chat_server.url,
        "ROOKERY_LLMS__OPENAI__API_KEY": KEY,
    }
    run_id = asked(tmp_path, settings, model="openai:rook-1")
    assert otlp.resource["service.name"] == "rooks"
    assert len({span["trace"] for span in otlp.spans}) == 1
    assert {span["gen_ai.conversation.id"] for span in otlp.spans} == {run_id}
    ids = {span["id"] for span in otlp.spans}
    [root] = [span for span in otlp.spans if not span["parent"]]
    assert root["name"] == "invoke_agent rookery"
    assert all(span["parent"] in ids for span in otlp.spans if span is not root)
    agents = {span["gen_ai.agent.name"]: span for span in told_of(otlp.spans, "invoke_agent") if span is not root}
    assert {"coordinator", "researcher", "writer"} <= set(agents)
    assert agents["researcher"]["parent"] == agents["coordinator"]["id"]
    tools = {span["gen_ai.tool.name"] for span in told_of(otlp.spans, "execute_tool")}
    assert {"read_sources", "search_documents"} <= tools
    calls = told_of(otlp.spans, "chat")
    assert calls
    assert {span["gen_ai.request.model"] for span in calls} <= {"rook-1", "openai:rook-1"}
    assert all(span["gen_ai.usage.input_tokens"] >= 0 for span in calls)
    told = repr(otlp.spans)
    assert "observatory" not in told
    assert KEY not in told


def test_what_was_said_is_told_only_when_that_is_switched_on(tmp_path, otlp):
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url, "ROOKERY_TRACES__CONTENT": "true"}
    asked(tmp_path, settings)
    assert QUESTION in repr(otlp.spans)


def test_a_run_of_the_command_line_is_traced_as_well(tmp_path, otlp):
    settings = LIGHT | {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url}
    asked = rookery("research", QUESTION, "--source", str(CORPUS), home=tmp_path, settings=settings)
    assert asked.returncode in (0, 3), asked.stderr
    assert [span["name"] for span in otlp.spans if not span["parent"]] == ["invoke_agent rookery"]


def test_nothing_is_told_where_no_endpoint_is_set(tmp_path, otlp):
    asked(tmp_path, {})
    assert otlp.spans == []


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_tells_of_each_request_with_its_id(tmp_path, capfd, form):
    settings = LIGHT | {"ROOKERY_LOGS__FORM": form, "ROOKERY_LOGS__LEVEL": "info"}
    with start_server(tmp_path, settings=settings) as server:
        headers = server.headers | {"X-Request-ID": "rook-7"}
        httpx.get(f"{server.url}/v1/runs/unknown", headers=headers)
    lines = [line for line in capfd.readouterr().err.splitlines() if "rook-7" in line]
    if form == "text":
        assert lines == ["INFO rookery.requests: GET /v1/runs/unknown 404 [request=rook-7]"]
        return
    [told] = [json.loads(line) for line in lines]
    assert (told["request_id"], told["status"], told["path"]) == ("rook-7", 404, "/v1/runs/unknown")
    assert server.token not in str(told)
