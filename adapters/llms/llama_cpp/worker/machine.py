"""What the machine has: cores and memory; and how threads wait for each other."""

import os
from contextlib import suppress
from pathlib import Path

_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, where there is one

SPINS = "1000"
"""How often a thread of OpenMP looks whether the others are ready before it sleeps.

By default it is 300,000 times. On a machine with other work, llama.cpp's threads then spin while those that they wait
for cannot run: 5.6 s for a token of a 1b model with two threads on two busy cores, where it takes 0.13 s with this.
"""


def wait_in_sleep() -> None:
    """Let OpenMP's threads sleep early, unless the person has said how; call it before llama.cpp is loaded."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def cores() -> int:
    """Count the cores that this process may use; two threads of one core do not decode faster than one."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, len({_siblings(cpu) for cpu in usable}))


def memory() -> int | None:
    """Return the bytes of RAM that this process could have at most; null where nobody says."""
    known: list[int] = []
    with suppress(AttributeError, ValueError, OSError):
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(ValueError, OSError):
        known.append(int(_LIMIT.read_text("ascii")))
    return min(known, default=None)


def _siblings(cpu: int) -> str:
    try:
        return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text("ascii")
    except OSError:
        return str(cpu)
