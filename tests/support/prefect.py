"""A Prefect server for all tests of a session, which takes seconds to start, and what it was told."""

import time
from typing import Any

import httpx
import pytest

from rookery.adapters.orchestrators.prefect.embedded import start_server

_TRIES = 20
_PAUSE_SECONDS = 0.5


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a server's API. It ends with the tests."""
    return start_server(tmp_path_factory.mktemp("prefect"))


def post(url: str, path: str, json: object) -> Any:
    """Call a server; while its database is locked it says 503, as Prefect's own client knows."""
    for _ in range(_TRIES):
        reply = httpx.post(f"{url}/{path}", json=json, timeout=30)
        if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(_PAUSE_SECONDS)
    return reply.raise_for_status().json()


def told(url: str, what: str, run_id: str) -> list[dict[str, Any]]:
    """Return the `flow_runs`, `task_runs` or `artifacts` of a run of ours that a server knows."""
    found: list[dict[str, Any]] = post(url, f"{what}/filter", {"flow_runs": {"tags": {"all_": [f"run:{run_id}"]}}})
    return found
