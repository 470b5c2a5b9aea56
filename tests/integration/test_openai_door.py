"""OpenAI's own client, against our server."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from tests.support.openai_model import KEY
from tests.support.pausing import PATIENCE
from tests.support.server import CORPUS, LIGHT, start_server

QUESTION = "When was the observatory founded?"
SOURCES = {"rookery": {"sources": [str(CORPUS)]}}


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.token, max_retries=0) as client:
        yield client


def asks(*said: str) -> list[dict[str, str]]:
    roles = ["user", "assistant"] * len(said)
    return [{"role": role, "content": text} for role, text in zip(roles, said, strict=False)]


def test_the_colony_its_agents_and_language_models_are_listed_and_each_can_be_read(client):
    models = list(client.models.list())
    assert [model.id for model in models][:2] == ["rookery", "researcher"]
    assert {model.object for model in models} == {"model"}
    assert {model.kind for model in models} == {"agent", "model"}
    assert client.models.retrieve("extractive").owned_by == "rookery"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such")


def test_a_chat_is_answered_with_marks_and_each_mark_with_its_quote(client, server):
    answer = client.chat.completions.create(model="rookery", messages=asks(QUESTION), extra_body=SOURCES)
    message = answer.choices[0].message
    assert (message.role, answer.choices[0].finish_reason, answer.object) == ("assistant", "stop", "chat.completion")
    assert "[1]" in message.content
    assert "**Sources**" in message.content
    for citation in answer.citations:
        url = f"{server.url}/v1/snapshots/{citation['source_sha256']}"
        text = httpx.get(url, headers=server.headers).json()["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    first = message.annotations[0].url_citation
    assert message.content[first.start_index : first.end_index] == "[1]"
    assert first.url == answer.citations[0]["url"]
    assert answer.usage.total_tokens == 0  # no language model was asked
    run = httpx.get(f"{server.url}/v1/runs/{answer.rookery['run_id']}", headers=server.headers).json()
    assert message.content.startswith(run["result"]["output"])


def test_a_streamed_answer_is_the_same_and_tells_how_the_work_goes_on(client):
    whole = client.chat.completions.create(model="rookery", messages=asks(QUESTION), extra_body=SOURCES)
    asked = {"model": "rookery", "messages": asks(QUESTION), "extra_body": SOURCES}
    chunks = list(client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **asked))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    assert any(getattr(delta, "reasoning_content", None) for delta in deltas)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 0
    assert chunks[-2].citations == whole.citations
    assert len({chunk.id for chunk in chunks}) == 1


def test_one_agent_alone_and_the_colony_with_a_language_model_answer_too(client, server):
    for model in ("researcher", "extractive"):
        answer = client.chat.completions.create(model=model, messages=asks(QUESTION), extra_body=SOURCES)
        run = httpx.get(f"{server.url}/v1/runs/{answer.rookery['run_id']}", headers=server.headers).json()
        assert run["agent" if model == "researcher" else "model"] == model
        assert answer.model == model


def test_a_follow_up_is_understood_by_what_was_asked_before(client, server):
    before = (QUESTION, "In 1904. [1]")
    answer = client.chat.completions.create(
        model="rookery", messages=asks(*before, "And who paid for it?"), extra_body=SOURCES
    )
    url = f"{server.url}/v1/runs/{answer.rookery['run_id']}"
    run = httpx.get(url, headers=server.headers).json()
    assert run["question"] == "And who paid for it?"
    assert [said["text"] for said in run["conversation"]] == list(before)
    happened = httpx.get(f"{url}/events", headers=server.headers).text
    assert "And who paid for it (after: When was the observatory founded)?" in happened


@pytest.mark.parametrize(
    "more",
    [
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"messages": [{"role": "assistant", "content": "I spoke last."}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
        {"messages": [{"role": "user", "content": "?"}]},
        {"messages": []},
    ],
)
def test_what_cannot_be_done_is_refused_in_openais_words(client, more):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**({"model": "rookery", "messages": asks(QUESTION)} | more))
    assert refused.value.type == "invalid_request_error"
    assert refused.value.code == "invalid_request"
    assert refused.value.body["message"]


def test_what_makes_no_difference_is_ignored(client):
    answer = client.chat.completions.create(
        model="rookery",
        messages=[{"role": "system", "content": "Be brief."}, *asks(QUESTION)],
        temperature=0.2,
        max_tokens=10,
        top_p=0.5,
        user="somebody",
        tools=[{"type": "function", "function": {"name": "f"}}],
        tool_choice="none",
        extra_body={"unheard_of": 1},
    )
    assert answer.choices[0].message.content


def test_unknown_models_and_tokens_are_told_as_openai_tells_them(client, server):
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-nobody", messages=asks(QUESTION))
    assert unknown.value.code == "not_found"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="/etc/passwd", messages=asks(QUESTION))
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="rk_wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        stranger.models.list()
    assert refused.value.type == "authentication_error"


def chat_settings(chat_server) -> dict[str, str]:
    llm = {"ROOKERY_LLMS__OPENAI__BASE_URL": chat_server.url, "ROOKERY_LLMS__OPENAI__API_KEY": KEY}
    return LIGHT | llm


@pytest.mark.parametrize("stream", [True, False])
def test_a_run_is_cancelled_when_nobody_waits_for_its_answer_any_more(tmp_path, pausing, chat_server, stream):
    with start_server(tmp_path / "home", settings=chat_settings(chat_server)) as server:
        body = {"model": "openai:rook-1", "messages": asks(QUESTION), "stream": stream}
        with httpx.Client(base_url=server.url, headers=server.headers, timeout=PATIENCE) as client:
            leave_alone(server, body, pausing)
            [run] = client.get("/v1/runs").json()["items"]
            happened = client.get(f"/v1/runs/{run['id']}/events").text  # ends when the run does
            assert "event: run_cancelled" in happened


def leave_alone(server, body, pausing) -> None:
    """Ask, and go away as soon as the model thinks."""
    content = json.dumps(body)
    head = {"Host": "rookery", "Content-Type": "application/json", "Content-Length": str(len(content))} | server.headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(server.address) as connection:
        connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n{content}".encode())
        assert pausing.is_asked.wait(PATIENCE)


def test_who_waits_for_an_answer_hears_that_the_server_ends(tmp_path: Path, pausing, chat_server):
    with ThreadPoolExecutor() as threads:
        with start_server(tmp_path / "home", settings=chat_settings(chat_server)) as server:
            client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.token, max_retries=0, timeout=PATIENCE)
            ask = {"model": "openai:rook-1", "messages": asks(QUESTION)}
            whole = threads.submit(client.chat.completions.create, **ask)
            streamed = threads.submit(lambda: list(client.chat.completions.create(stream=True, **ask)))
            assert pausing.is_asked.wait(PATIENCE)
        assert isinstance(whole.exception(PATIENCE), openai.InternalServerError)
        assert isinstance(streamed.exception(PATIENCE), openai.APIError)
        client.close()
