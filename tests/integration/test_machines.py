"""Machines that share runs and no file system: one takes them on, the others conduct them."""

import json
from pathlib import Path

import pytest

from tests.integration.test_workers import LIGHT, QUESTIONS, Client, answer, undisturbed
from tests.support.server import CORPUS, rookery, start_server
from tests.support.waiting import eventually
from tests.support.workers import start_worker

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(prefect_url: str, tmp_path: Path) -> dict[str, str]:
    store = tmp_path / "store"
    store.mkdir()
    return LIGHT | {
        "ROOKERY_RESEARCH__ORCHESTRATOR": "prefect",
        "ROOKERY_ORCHESTRATORS__PREFECT__API_URL": prefect_url,
        "ROOKERY_ORCHESTRATORS__PREFECT__WORK_POOL": tmp_path.name,
        "ROOKERY_ORCHESTRATORS__PREFECT__POLL_SECONDS": "0.2",
        "ROOKERY_SYNC__STORE": "directory",
        "ROOKERY_OBJECT_STORES__DIRECTORY__PATH": str(store),
        "ROOKERY_RUNS__SHARED": "true",
        "ROOKERY_RUNS__LEASE_SECONDS": "10",
        "ROOKERY_RUNS__POLL_SECONDS": "0.1",
    }


@pytest.fixture
def elsewhere(settings: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings of a machine that may read no documents."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    return settings | {"ROOKERY_SERVER__SOURCE_ROOTS": json.dumps([str(nothing)])}


async def test_a_run_of_one_machine_is_conducted_by_another_and_read_where_it_was_asked(settings, elsewhere, tmp_path):
    with start_server(tmp_path / "a", settings=settings) as server, start_worker(tmp_path / "b", elsewhere):
        client = Client(server)
        run_id = client.ask(QUESTIONS[0])
        await eventually(client.has(run_id, "succeeded", "partial", "failed"), bool, seconds=60)
        run = client.run(run_id)
    assert answer(run["result"]) == undisturbed(QUESTIONS[0], tmp_path / "alone")
    verified = rookery("runs", "verify", run_id, "--json", home=tmp_path / "a")
    assert verified.returncode == 0, verified.stdout + verified.stderr


async def test_a_run_without_sources_searches_the_library_of_the_machine_that_was_asked(settings, elsewhere, tmp_path):
    added = rookery("sources", "add", str(CORPUS), home=tmp_path / "a", settings=settings)
    assert added.returncode == 0, added.stderr
    with start_server(tmp_path / "a", settings=settings) as server, start_worker(tmp_path / "b", elsewhere):
        client = Client(server)
        run_id = client.ask(QUESTIONS[1], sources=[])
        await eventually(client.has(run_id, "succeeded", "partial", "failed"), bool, seconds=60)
        [claim, *_] = client.run(run_id)["result"]["claims"]
    assert claim["supported"]


async def test_a_person_pauses_cancels_and_resumes_what_waits_for_a_worker_on_another_machine(
    settings, elsewhere, tmp_path
):
    with start_server(tmp_path / "a", settings=settings) as server:
        client = Client(server)
        paused, resumed, cancelled = (client.ask(question) for question in QUESTIONS[:3])
        client.post(f"/runs/{paused}/pause")
        client.post(f"/runs/{resumed}/pause")
        client.post(f"/runs/{resumed}/resume")
        assert rookery("runs", "cancel", cancelled, home=tmp_path / "a", settings=settings).returncode == 0
    with start_server(tmp_path / "a", settings=settings, token=server.token) as server:  # which goes on with all that
        client = Client(server)
        with start_worker(tmp_path / "b", elsewhere, "--limit", "1"):
            await eventually(client.has(resumed, "succeeded"), bool, seconds=60)
            last = client.ask(QUESTIONS[3])
            await eventually(client.has(last, "succeeded"), bool, seconds=60)
        assert client.run(paused)["status"] == "paused"
        assert client.run(cancelled)["status"] == "cancelled"


async def test_a_worker_that_is_told_to_end_leaves_its_run_to_another_machine(settings, elsewhere, tmp_path):
    with start_server(tmp_path / "a", settings=settings) as server:
        client = Client(server)
        run_id = client.ask(QUESTIONS[1])
        with start_worker(tmp_path / "b", elsewhere) as leaving:
            await eventually(client.has(run_id, "queued"), lambda queued: not queued, seconds=60)
            leaving.terminate()
            assert leaving.wait(timeout=30) == 0
        with start_worker(tmp_path / "c", elsewhere):
            await eventually(client.has(run_id, "succeeded"), bool, seconds=60)
        events = client.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] for event in events].count("run_finished") == 1


def test_sharing_runs_needs_a_store_that_machines_share(settings, tmp_path):
    settings = {name: value for name, value in settings.items() if name != "ROOKERY_SYNC__STORE"}
    refused = rookery("serve", home=tmp_path, settings=settings)
    assert refused.returncode == 2
    assert "ROOKERY_SYNC__STORE" in refused.stderr
    assert "Traceback" not in refused.stderr
