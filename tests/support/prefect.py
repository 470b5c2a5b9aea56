"""A Prefect server for all tests of a session, which takes seconds to start, and what it was told."""

from typing import Any

import httpx
import pytest

from rookery.adapters.orchestrators.prefect.embedded import start_server


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a server's API. It ends with the tests."""
    return start_server(tmp_path_factory.mktemp("prefect"))


def told(url: str, what: str, run_id: str) -> list[dict[str, Any]]:
    """Return the `flow_runs`, `task_runs` or `artifacts` of a run of ours that a server knows."""
    of_the_run = {"flow_runs": {"tags": {"all_": [f"run:{run_id}"]}}}
    found: list[dict[str, Any]] = httpx.post(f"{url}/{what}/filter", json=of_the_run).raise_for_status().json()
    return found
