"""Runs that several processes share: one takes them on, others conduct them, and some of these die."""

import json
import signal
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from tests.support.prefect import told
from tests.support.server import CORPUS, Server, rookery, start_server
from tests.support.waiting import eventually
from tests.support.workers import start_worker, stuck_in

pytestmark = pytest.mark.anyio
LIGHT = {"ROOKERY_RESEARCH": json.dumps({"embedder": None, "vector_store": "memory"})}
QUESTIONS = [
    "Where did the man who built the tide gauge at Kittiwake Point learn his trade?",
    "When was the observatory founded?",
    "Who built the tide gauge at Kittiwake Point?",
    "Where did Lucien Méridot learn his trade?",
]


@pytest.fixture
def settings(prefect_url: str, tmp_path) -> dict[str, str]:
    return LIGHT | {
        "ROOKERY_RESEARCH__ORCHESTRATOR": "prefect",
        "ROOKERY_ORCHESTRATORS__PREFECT__API_URL": prefect_url,
        "ROOKERY_ORCHESTRATORS__PREFECT__WORK_POOL": tmp_path.name,
        "ROOKERY_ORCHESTRATORS__PREFECT__POLL_SECONDS": "0.2",
    }


class Client:
    """Asks over the network and looks how runs stand."""

    def __init__(self, server: Server) -> None:
        self._http = httpx.Client(base_url=f"{server.url}/v1", headers=server.headers, timeout=30)

    def ask(self, question: str, *, sources: Sequence[str] = (str(CORPUS),)) -> str:
        asked = {"question": question, "sources": list(sources), "depth": "quick"}
        reply = self._http.post("/research", json=asked)
        assert reply.status_code == 202, reply.text
        return reply.json()["task_id"]

    def post(self, path: str) -> dict[str, Any]:
        return self._http.post(path).raise_for_status().json()

    def run(self, run_id: str) -> dict[str, Any]:
        return self._http.get(f"/runs/{run_id}").raise_for_status().json()

    def events(self, run_id: str) -> list[dict[str, Any]]:
        reply = self._http.get(f"/runs/{run_id}/events?follow=false").raise_for_status()
        return [
            json.loads(line.removeprefix("data: ")) for line in reply.text.splitlines() if line.startswith("data: ")
        ]

    def has(self, run_id: str, *statuses: str) -> Callable[[], bool]:
        return lambda: self.run(run_id)["status"] in statuses


def answer(result: dict[str, Any]) -> object:
    """What an answer says and what it rests on, without times and ids."""
    kept = ("title", "quote", "start", "end", "source_sha256")
    return result["output"], result["claims"], [{key: cited[key] for key in kept} for cited in result["citations"]]


def undisturbed(question: str, home) -> object:
    arguments = ("research", question, "--source", str(CORPUS), "--depth", "quick", "--json")
    return answer(json.loads(rookery(*arguments, home=home, settings=LIGHT).stdout))


async def test_runs_of_a_worker_that_was_killed_are_finished_by_another(settings, tmp_path, prefect_url):
    home = tmp_path / "home"
    with start_server(home, settings=settings) as server, start_worker(home, settings, stuck=True) as doomed:
        client = Client(server)
        runs = [client.ask(QUESTIONS[0])]
        assert stuck_in(doomed) == runs[0]
        with start_worker(home, settings, "--limit", "2"):
            runs += [client.ask(question) for question in QUESTIONS[1:]]
            doomed.send_signal(signal.SIGKILL)
            doomed.wait()
            for run_id in runs:
                await eventually(client.has(run_id, "succeeded", "partial"), bool, seconds=60)
        finished = [client.run(run_id) for run_id in runs]
    for question, run in zip(QUESTIONS, finished, strict=True):
        assert answer(run["result"]) == undisturbed(question, tmp_path / "alone"), question
        events = json.loads(rookery("runs", "events", run["id"], "--json", home=home).stdout)
        kinds = [event["type"] for event in events]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert (kinds.count("plan_made"), kinds.count("run_finished")) == (1, 1)
        [flow_run] = told(prefect_url, "flow_runs", run["id"])
        assert flow_run["state_type"] == "COMPLETED"
    assert "run_resumed" in json.dumps(json.loads(rookery("runs", "events", runs[0], "--json", home=home).stdout))


async def test_a_worker_that_is_told_to_end_leaves_its_runs_to_others(settings, tmp_path):
    home = tmp_path / "home"
    with start_server(home, settings=settings) as server:
        client = Client(server)
        with start_worker(home, settings, stuck=True) as leaving:
            run_id = client.ask(QUESTIONS[1])
            assert stuck_in(leaving) == run_id
            leaving.terminate()
            assert leaving.wait(timeout=30) == 0
        assert client.run(run_id)["status"] == "interrupted"
        with start_worker(home, settings):
            await eventually(client.has(run_id, "succeeded"), bool, seconds=60)


async def test_a_person_pauses_cancels_and_resumes_what_waits_for_a_worker(settings, tmp_path):
    home = tmp_path / "home"
    with start_server(home, settings=settings) as server:
        client = Client(server)
        paused, resumed, cancelled = (client.ask(question) for question in QUESTIONS[:3])
        client.post(f"/runs/{paused}/pause")
        client.post(f"/runs/{resumed}/pause")
        client.post(f"/runs/{resumed}/resume")
        client.post(f"/runs/{cancelled}/cancel")
        with start_worker(home, settings, "--limit", "1"):
            await eventually(client.has(resumed, "succeeded"), bool, seconds=60)
            last = client.ask(QUESTIONS[3])
            await eventually(client.has(last, "succeeded"), bool, seconds=60)
        assert client.run(paused)["status"] == "paused"
        assert client.run(cancelled)["status"] == "cancelled"


def test_a_worker_says_what_it_lacks(tmp_path):
    alone = rookery("worker", home=tmp_path, settings=LIGHT)
    assert alone.returncode == 2
    assert "prefect server start" in alone.stderr
    assert "api_url" in alone.stderr
    nobody = LIGHT | {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
    unreachable = rookery("worker", home=tmp_path, settings=nobody)
    assert unreachable.returncode == 1
    assert "http://127.0.0.1:9/api cannot be reached" in unreachable.stderr
    assert "Traceback" not in alone.stderr + unreachable.stderr
    local = rookery("worker", "--orchestrator", "local", home=tmp_path, settings=LIGHT)
    assert local.returncode == 2
    assert "has no workers" in local.stderr
