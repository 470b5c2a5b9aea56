"""The same question with the same seed has the same answer, wherever it is asked and whatever conducts the run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.bad_models import kind_of, otherwise
from tests.support.openai_chat import Chat, ChatAsked
from tests.support.openai_server import openai_server
from tests.support.server import CORPUS, rookery, start_server

QUESTION = "When was the observatory founded?"
KEPT = ("inputs", "output", "sources", "reflection_notes", "agent_id", "status", "claims", "model")


def drawn(asked: ChatAsked) -> str:
    """Quote from a document that depends on the seed, as a model does that draws."""
    assert kind_of(asked) == "quote"
    assert asked.seed is not None
    documents = re.findall(r'<document id="(\d+)"[^>]*>\n(.*)', asked.messages[-1].content)
    number, text = documents[asked.seed % len(documents)]
    return json.dumps({"quotes": [{"passage_id": number, "quote": text[:80], "score": 0.9}]})


@pytest.fixture(scope="module")
def model() -> Iterator[dict[str, str]]:
    """The settings of a colony whose model draws."""
    with openai_server(chat=Chat(say=otherwise(quote=drawn), context=32768)) as server:
        yield {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "sk-not-a-real-key",
            "ROOKERY_RESEARCH__MODEL": "openai:rook-1",
            "ROOKERY_RESEARCH__EMBEDDER": "hashing",
        }


def what_counts(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs between any two runs: ids and moments, and what a server happened to have in its cache."""
    citations = [{k: v for k, v in citation.items() if k != "retrieved_at"} for citation in answer["citations"]]
    usage = {key: value for key, value in answer["usage"].items() if key not in ("seconds", "cached_prompt_tokens")}
    return {key: answer[key] for key in KEPT} | {"citations": citations, "usage": usage}


def on_the_command_line(home: Path, settings: dict[str, str], seed: int, orchestrator: str) -> dict[str, Any]:
    options = ("--depth", "deep", "--seed", str(seed), "--orchestrator", orchestrator, "--json")
    told = rookery("research", QUESTION, "--source", str(CORPUS), *options, home=home, settings=settings)
    assert told.stdout, told.stderr
    return what_counts(json.loads(told.stdout))


def over_the_network(home: Path, settings: dict[str, str], seed: int, orchestrator: str, token: str) -> dict[str, Any]:
    chosen = settings | {"ROOKERY_RESEARCH__ORCHESTRATOR": orchestrator}
    with start_server(home, settings=chosen, token=token) as server:
        client = httpx.Client(base_url=server.url, headers=server.headers, timeout=60)
        asked = {"question": QUESTION, "sources": [str(CORPUS)], "depth": "deep", "seed": seed}
        accepted = client.post("/v1/research", json=asked).json()
        with client.stream("GET", accepted["events_url"]) as events:
            assert "event: run_finished" in list(events.iter_lines())
        return what_counts(client.get(accepted["result_url"]).json()["result"])


def test_a_seed_gives_one_answer_on_the_command_line_and_over_rest_under_both_orchestrators(tmp_path, model):
    answers = [on_the_command_line(tmp_path, model, 11, orchestrator) for orchestrator in ("local", "prefect")]
    with_token = rookery("tokens", "create", "--scope", "run", "--scope", "read", "--json", home=tmp_path)
    token = json.loads(with_token.stdout)["token"]
    answers += [over_the_network(tmp_path, model, 11, orchestrator, token) for orchestrator in ("local", "prefect")]
    assert answers[0]["claims"]
    assert answers[0] == answers[1] == answers[2] == answers[3]


def test_another_seed_gives_another_answer(tmp_path, model):
    first, second = (on_the_command_line(tmp_path, model, seed, "local") for seed in (11, 12))
    assert first["citations"] != second["citations"]
