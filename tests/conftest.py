"""What all tests share."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent


class Server(NamedTuple):
    """A `rookery serve` that runs in a process of its own."""

    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a free loopback port, with a home of its own and the repository's examples as sources."""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-c", "from rookery.entrypoints.cli import main; main()", "serve", "--port", "0"]
    environment = os.environ | {"ROOKERY_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.match(r"(?P<url>\S+)/#token=(?P<token>\S+)", process.stdout.readline())
        assert match, "the server printed no link"
        try:
            yield Server(match["url"], match["token"])
        finally:
            process.terminate()
            process.wait(timeout=20)
