"""Machines that share runs and no file system: one takes them on, the others conduct them."""

import json
from pathlib import Path

import pytest

from tests.integration.test_workers import LIGHT, QUESTIONS, Client, answer, undisturbed
from tests.support.server import rookery, start_server
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
        "ROOKERY_RUNS__LEASE_SECONDS": "3",
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
