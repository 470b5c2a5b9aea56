"""A real server and the real command line, each in a process of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "examples" / "kittiwake-point"
LIGHT = {"ROOKERY_RESEARCH__EMBEDDER": "hashing", "ROOKERY_RESEARCH__VECTOR_STORE": "memory"}
MAIN = [sys.executable, "-c", "from rookery.entrypoints.cli import main; main()"]


class Server(NamedTuple):
    """A `rookery serve` that runs in a process of its own."""

    url: str
    token: str
    home: Path

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="session")
def server(well_read_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a free loopback port whose library holds the archive."""
    with start_server(copy_home(well_read_home, tmp_path_factory.mktemp("served") / "home")) as server:
        yield server


@contextmanager
def start_server(
    home: Path, *, token: str = "", settings: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[Server]:
    """Serve until the block ends. Documents of this repository may be named as sources.

    Where the home has tokens already, none is printed: `token` is one of them. Port 0 is any that is free.
    """
    command = [*MAIN, "serve", "--port", str(port)]
    variables = environment(home, settings)
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.match(r"(?P<url>http://[^/\s]+)(/#token=(?P<token>\S+))?", process.stdout.readline())
        assert match, "the server printed no link"
        try:
            yield Server(match["url"], match["token"] or token, home)
        finally:
            process.terminate()
            process.wait(timeout=20)


def environment(home: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a machine on which nothing but the home and these settings are set."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("ROOKERY_")}
    always = {"ROOKERY_HOME": str(home), "ROOKERY_RESEARCH__OFFLINE": "true", "PYTHONUNBUFFERED": "1"}
    return inherited | always | dict(settings or {})


def rookery(
    *arguments: str,
    home: Path,
    stdin: str | None = None,
    settings: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder to its end."""
    return subprocess.run(
        [*MAIN, *arguments],
        cwd=folder,
        env=environment(home, settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def copy_home(home: Path, copy: Path) -> Path:
    """Copy a home; the models, which nobody changes, are shared."""
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("models"))
    shutil.copytree(home / "models", copy / "models", copy_function=os.link)
    return copy
