"""Machines as network namespaces of Linux: each with an address and a view of files of its own, on one cable each."""

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import IO, TypeVar

T = TypeVar("T")
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>
_NET = "10.77.0"  # exists within the namespaces alone
_HIDING = 'until [ "$1" = -- ]; do mount -t tmpfs none "$1" || exit 1; shift; done; shift; exec "$@"'
_PATIENCE = 30
_numbers = count(1)


def lacking() -> str | None:
    """Return what is missing to make namespaces, or None."""
    if shutil.which("ip") is None:
        return "iproute2's `ip` is not installed"
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"rookery-try-{os.getpid()}"
    made = _ip("netns", "add", name, check=False)
    if made.returncode != 0:
        return f"no network namespace can be made: {made.stderr.strip()}"
    try:
        mounts = _ip("netns", "exec", name, "mount", "-t", "tmpfs", "none", "/mnt", check=False)
        links = _ip("-n", name, "link", "add", "try", "type", "bridge", check=False)
        return next(
            (f"namespaces lack something: {one.stderr.strip()}" for one in (mounts, links) if one.returncode), None
        )
    finally:
        _ip("netns", "delete", name)


class Machine:
    """One namespace. What runs in `call` reaches the others, and so do programs that it runs.

    Args:
        switch: the namespace that all cables lead to.
        number: of the machine, from 1.
        hidden: folders that its programs find empty.
    """

    def __init__(self, switch: str, number: int, hidden: Sequence[Path]) -> None:
        self.name = f"{switch}-{number}"
        self.address = f"{_NET}.{number}"
        self._switch = switch
        self._port = f"port{number}"
        self._hidden = [str(folder) for folder in hidden]
        self._executor: ThreadPoolExecutor | None = None

    def connect(self) -> None:
        """Make the namespace and lay the cable."""
        _ip("netns", "add", self.name)
        _ip("-n", self._switch, "link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("-n", self._switch, "link", "set", self._port, "master", "switch", "up")
        _ip("-n", self.name, "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", self.name, "link", "set", device, "up")
        self._executor = ThreadPoolExecutor(initializer=self._enter)

    def disconnect(self) -> None:
        """Remove the namespace, and its cable with it."""
        if self._executor is not None:
            self._executor.shutdown()
        _ip("netns", "delete", self.name, check=False)

    def cut(self) -> None:
        """Pull the cable."""
        _ip("-n", self._switch, "link", "set", self._port, "down")

    def heal(self) -> None:
        """Plug the cable in again."""
        _ip("-n", self._switch, "link", "set", self._port, "up")

    def also(self, number: int) -> str:
        """Have a second address, and return it."""
        address = f"{_NET}.{number}"
        _ip("-n", self.name, "address", "add", f"{address}/24", "dev", "eth0")
        return address

    def lose_way(self, address: str) -> None:
        """Reach an address no more, and all others as before."""
        _ip("-n", self.name, "route", "add", "blackhole", f"{address}/32")

    def find_way(self, address: str) -> None:
        """Reach an address again."""
        _ip("-n", self.name, "route", "delete", "blackhole", f"{address}/32")

    def call(self, work: Callable[[], T]) -> T:
        """Do something with sockets of this machine."""
        assert self._executor is not None
        return self._executor.submit(work).result()

    @contextmanager
    def program(
        self, command: Sequence[str], *, environment: Mapping[str, str], errors: IO[str], folder: Path
    ) -> Iterator["subprocess.Popen[str]"]:
        """Run a program on this machine until the block ends."""
        inside = ["ip", "netns", "exec", self.name, "sh", "-c", _HIDING, "sh", *self._hidden, "--", *command]
        with subprocess.Popen(
            inside, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process:
            try:
                yield process
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=_PATIENCE)
                process.kill()

    def _enter(self) -> None:
        """Take this thread, and those that it starts, into the namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/run/netns/{self.name}").open() as namespace:
            if libc.setns(namespace.fileno(), _NEW_NETWORK) != 0:
                raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")


@contextmanager
def machines(*hidden: Sequence[Path]) -> Iterator[list[Machine]]:
    """Yield machines on one switch, as many as there are lists of folders that they do not see."""
    switch = f"rookery-{os.getpid()}-{next(_numbers)}"
    with ExitStack() as stack:
        _ip("netns", "add", switch)
        stack.callback(_ip, "netns", "delete", switch)
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        made = []
        for number, folders in enumerate(hidden, 1):
            made.append(Machine(switch, number, folders))
            stack.callback(made[-1].disconnect)
            made[-1].connect()
        yield made


def _ip(*arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True)
