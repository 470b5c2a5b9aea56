"""Those who follow a run over the network while it is at work."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from httpx_sse import connect_sse

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.domain.runs import Depth, Run, RunStatus
from tests.support.openai_model import KEY
from tests.support.openai_server import OpenAIServer
from tests.support.pausing import PATIENCE, Pausing
from tests.support.server import LIGHT, Server, rookery, start_server

QUESTION = {"question": "When was the observatory founded?"}
Told = list[tuple[int, str]]


@pytest.fixture
def server(tmp_path: Path, pausing: Pausing, chat_server: OpenAIServer) -> Iterator[Server]:
    settings = {"ROOKERY_LLMS__OPENAI__BASE_URL": chat_server.url, "ROOKERY_LLMS__OPENAI__API_KEY": KEY}
    with start_server(tmp_path / "home", settings=LIGHT | settings) as server:
        yield server


def follow(server: Server, url: str, *, after: int = 0, until: int | None = None) -> Told:
    """Return the numbers and texts of events, over a connection of one's own that is dropped after number `until`."""
    told: Told = []
    headers = server.headers | ({"Last-Event-ID": str(after)} if after else {})
    with (
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        connect_sse(client, "GET", url, headers=headers) as stream,
    ):
        for message in stream.iter_sse():
            told.append((int(message.id), message.data))
            if int(message.id) == until:
                break
    return told


def test_who_drops_and_comes_back_sees_what_who_stayed_sees_while_the_run_is_live(server, pausing):
    question = {"question": "Where do rooks nest?", "model": "openai:rook-1"}
    asked = httpx.post(f"{server.url}/v1/research", json=question, headers=server.headers).json()
    with ThreadPoolExecutor() as threads:
        staying = threads.submit(follow, server, asked["events_url"])
        assert pausing.is_asked.wait(PATIENCE)
        dropping = follow(server, asked["events_url"], until=1)
        dropping += follow(server, asked["events_url"], after=1, until=2)
        run = httpx.get(f"{server.url}{asked['result_url']}", headers=server.headers).json()
        assert run["status"] == "running"
        returning = threads.submit(follow, server, asked["events_url"], after=2)
        pausing.may_speak.set()
        stayed, dropped = staying.result(PATIENCE), dropping + returning.result(PATIENCE)
    assert [seq for seq, _ in stayed] == list(range(1, len(stayed) + 1))
    assert dropped == stayed
    assert follow(server, asked["events_url"], after=3) == stayed[3:]


def test_a_server_that_is_told_to_end_leaves_its_run_interrupted_and_the_next_one_takes_the_stream_up(
    tmp_path, pausing, chat_server
):
    settings = LIGHT | {"ROOKERY_LLMS__OPENAI__BASE_URL": chat_server.url, "ROOKERY_LLMS__OPENAI__API_KEY": KEY}
    question = {"question": "Where do rooks nest?", "model": "openai:rook-1"}
    with start_server(tmp_path / "home", settings=settings) as first:
        asked = httpx.post(f"{first.url}/v1/research", json=question, headers=first.headers).json()
        assert pausing.is_asked.wait(PATIENCE)
        before = follow(first, asked["events_url"], until=2)
    pausing.may_speak.set()
    with start_server(tmp_path / "home", token=first.token, settings=settings) as second:
        run = httpx.get(f"{second.url}{asked['result_url']}", headers=second.headers).json()
        assert run["status"] == "interrupted"
        httpx.post(f"{second.url}{asked['result_url']}/resume", headers=second.headers)
        after = follow(second, asked["events_url"], after=2)
    assert [seq for seq, _ in before + after] == list(range(1, len(before + after) + 1))
    assert sum('"run_started"' in text for _, text in before + after) == 1


def test_many_who_follow_hear_each_event_once_whether_this_server_or_another_process_tells_it(tmp_path):
    home = tmp_path / "home"
    with start_server(home, settings=LIGHT) as server, ThreadPoolExecutor(48) as threads:
        idle = [queued(home, number) for number in range(16)]
        waiting = [threads.submit(follow, server, f"/v1/runs/{run_id}/events") for run_id in idle]
        runs = [httpx.post(f"{server.url}/v1/research", json=QUESTION, headers=server.headers).json() for _ in range(4)]
        live = [threads.submit(follow, server, run["events_url"]) for run in runs for _ in range(8)]
        for stream in live:
            told = stream.result(PATIENCE)
            assert [seq for seq, _ in told] == list(range(1, len(told) + 1))
            assert '"run_finished"' in told[-1][1]
        for run_id in idle:
            rookery("runs", "cancel", run_id, home=home, settings=LIGHT)
        assert {tuple(seq for seq, _ in stream.result(PATIENCE)) for stream in waiting} == {(1,)}


def test_who_follows_a_run_is_told_that_it_was_parked_and_that_the_server_ends(tmp_path, pausing, chat_server):
    settings = LIGHT | {"ROOKERY_LLMS__OPENAI__BASE_URL": chat_server.url, "ROOKERY_LLMS__OPENAI__API_KEY": KEY}
    question = QUESTION | {"model": "openai:rook-1"}
    with ThreadPoolExecutor() as threads:
        with start_server(tmp_path / "home", settings=settings) as server:
            asked = httpx.post(f"{server.url}/v1/research", json=question, headers=server.headers).json()
            url = f"{server.url}{asked['events_url']}"
            stream = threads.submit(httpx.get, url, headers=server.headers, timeout=PATIENCE)
            assert pausing.is_asked.wait(PATIENCE)
        told = stream.result(PATIENCE).text
    assert "event: run_paused" in told
    assert told.endswith(": the server ends; come back with Last-Event-ID\nretry: 2000\n\n")


def queued(home: Path, number: int) -> str:
    """Store a run that nobody conducts."""

    async def store() -> str:
        runs = SqliteRunStore(home, clock=SystemClock())
        run = Run(
            id=f"idle-{number:03}",
            question="Where do rooks nest?",
            status=RunStatus.QUEUED,
            depth=Depth.QUICK,
            namespace="default",
            model="extractive",
            created_at=SystemClock().now(),
        )
        created = await runs.create(run)
        runs.close()
        return created.id

    return asyncio.run(store())
