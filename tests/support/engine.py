"""Containers of the image, on a Docker engine of this machine."""

import json
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.support.server import CORPUS

LOCKED_UP = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
_PATIENCE = 900.0  # seconds; engines of tests may have little of a busy machine
_NONE: Mapping[str, str] = {}


def docker(*arguments: str, fails: bool = False) -> str:
    """Run a docker command and return what it printed."""
    ended = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert (ended.returncode != 0) is fails, (
        f"docker {' '.join(arguments)}: {ended.stdout[-3000:]}{ended.stderr[-3000:]}"
    )
    return ended.stdout.strip()


@contextmanager
def volume() -> Iterator[str]:
    """A volume that is gone afterwards."""
    name = f"rookery-test-{uuid.uuid4().hex[:12]}"
    docker("volume", "create", name)
    try:
        yield name
    finally:
        docker("volume", "rm", "--force", name)


def options(home: str, given: Mapping[str, str], mounts: Sequence[str] = ()) -> list[str]:
    """Return how containers of the tests are run: as few rights as Compose gives them, and the host's network."""
    variables = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    places = [f"{home}:/var/lib/rookery", f"{CORPUS}:/documents/kittiwake-point:ro", *mounts]
    return [*LOCKED_UP, "--network", "host", *variables, *(word for place in places for word in ("--volume", place))]


def command(image: str, home: str, *words: str, given: Mapping[str, str] = _NONE, mounts: Sequence[str] = ()) -> Any:
    """Run a command of `rookery --json` in a container of its own, and return what it said."""
    said = docker("run", "--rm", *options(home, given, mounts), image, *words, "--json")
    return json.loads(said)


class Container(NamedTuple):
    """A `rookery serve` in a container."""

    id: str
    port: int

    def state(self) -> dict[str, Any]:
        return json.loads(docker("inspect", "--format", "{{json .State}}", self.id))

    def wait_until_healthy(self) -> None:
        """Wait for the engine's own word."""
        wait_for(lambda: self.state()["Health"]["Status"] == "healthy", f"{self.id} to be healthy", self.logs)

    def logs(self) -> str:
        ended = subprocess.run(["docker", "logs", self.id], capture_output=True, text=True, check=True)
        return ended.stdout + ended.stderr

    def client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60)


@contextmanager
def serving(image: str, home: str, given: Mapping[str, str], mounts: Sequence[str] = ()) -> Iterator[Container]:
    """Serve from an image, with a volume for its home."""
    port = _free_port()
    given = {"ROOKERY_SERVER__HOST": "127.0.0.1", "ROOKERY_SERVER__PORT": str(port), **given}
    container = Container(docker("run", "--detach", *options(home, given, mounts), image), port)
    try:
        yield container
    finally:
        docker("rm", "--force", container.id)


def wait_for(what: Any, told: str, more: Any = str) -> None:
    """Wait until something holds, else fail and tell more."""
    end = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < end, f"waited {_PATIENCE:.0f} s for {told}: {more()[-3000:]}"
        time.sleep(0.25)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
