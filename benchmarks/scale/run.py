"""Measure memory at scale: `python benchmarks/scale/run.py [--sizes 1000,10000,100000] [--json]`.

Rookery, Chroma and numpy store the same memories with the same embeddings, of which nobody has to make any, and are
asked the same queries in turns. `add/s` and `CPU s`: until all that a search reads is stored; `open`: the first search
after opening; `p50`, `p95`, `CPU`: milliseconds a search; `found`: queries whose memory is among the ten hits.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from corpus import make_corpus
from systems import BruteForce, Chroma, ChromaWithTexts, Rookery, RookeryByChroma, System

SYSTEMS: dict[str, type[System]] = {
    "Rookery": Rookery,
    "Rookery by Chroma": RookeryByChroma,
    "Chroma": Chroma,
    "Chroma with texts": ChromaWithTexts,
    "numpy": BruteForce,
}
QUERIES, WARM_UP = 200, 20
FIRST = 100  # memories of a run that is not reported, in which libraries are loaded


class Measured(NamedTuple):
    """What came of one system at one size; times of searches in milliseconds."""

    add_per_second: float
    add_cpu_seconds: float
    disk_mb: float
    open_ms: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    found: float


class Stopwatch:
    """Wall and CPU seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Return both."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


class Asked(NamedTuple):
    """A search: wall and CPU seconds, and whether it found its memory."""

    wall: float
    cpu: float
    found: bool


async def measure(size: int, folder: Path) -> dict[str, Measured]:
    """Return what came of each system at a size."""
    say(f"making {size} memories")
    corpus = make_corpus(size, QUERIES + WARM_UP)
    systems = {name: kind(folder / name, corpus) for name, kind in SYSTEMS.items()}
    added = {name: await _ingest(name, system) for name, system in systems.items()}
    opened = {name: await _open(system) for name, system in systems.items()}
    asked = await _ask(systems)
    for system in systems.values():
        await system.close()
    return {
        name: _measured(size, added[name], opened[name], asked[name], _megabytes(folder / name)) for name in systems
    }


async def _ingest(name: str, system: System) -> tuple[float, float]:
    await system.open()
    watch = Stopwatch()
    await system.ingest()
    taken = watch.read()
    await system.close()
    say(f"{name}: {taken[0]:.1f} s, {taken[1]:.1f} s CPU")
    return taken


async def _open(system: System) -> float:
    watch = Stopwatch()
    await system.open()
    await system.search(system.corpus.queries[0])
    return watch.read()[0]


async def _ask(systems: dict[str, System]) -> dict[str, list[Asked]]:
    asked: dict[str, list[Asked]] = {name: [] for name in systems}
    for number in range(QUERIES + WARM_UP):
        for name, system in _rotated(list(systems.items()), number):
            query = system.corpus.queries[number]
            watch = Stopwatch()
            found = await system.search(query)
            asked[name].append(Asked(*watch.read(), query.target in found))
    return {name: all_asked[WARM_UP:] for name, all_asked in asked.items()}


def _rotated(systems: list[tuple[str, System]], by: int) -> list[tuple[str, System]]:
    """Let each go first equally often: who comes after a scan of everything finds the processor's cache cold."""
    start = by % len(systems)
    return systems[start:] + systems[:start]


def _measured(size: int, added: tuple[float, float], opened: float, asked: Sequence[Asked], disk: float) -> Measured:
    walls = sorted(one.wall * 1000 for one in asked)
    return Measured(
        add_per_second=size / added[0],
        add_cpu_seconds=added[1],
        disk_mb=disk,
        open_ms=opened * 1000,
        p50_ms=statistics.median(walls),
        p95_ms=walls[int(0.95 * (len(walls) - 1))],
        cpu_ms=statistics.fmean(one.cpu * 1000 for one in asked),
        found=statistics.fmean(one.found for one in asked),
    )


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def ratios(measured: dict[int, dict[str, Measured]]) -> dict[str, float]:
    """Return Rookery's figures as multiples of Chroma's."""
    found: dict[str, float] = {}
    for size, systems in measured.items():
        ours = systems["Rookery"]
        for other in ("Chroma", "Chroma with texts"):
            theirs = systems[other]
            found[f"p50 of {other} at {size}"] = ours.p50_ms / theirs.p50_ms
            found[f"CPU of a search of {other} at {size}"] = ours.cpu_ms / theirs.cpu_ms
            found[f"add/s of {other} at {size}"] = ours.add_per_second / theirs.add_per_second
            found[f"CPU of adding of {other} at {size}"] = ours.add_cpu_seconds / theirs.add_cpu_seconds
    return found


def growth(measured: dict[int, dict[str, Measured]]) -> dict[str, dict[str, float]]:
    """Return by how much a search of each system got dearer from the last size but one to the last."""
    if len(measured) < 2:
        return {}
    before, after = (measured[size] for size in sorted(measured)[-2:])
    return {
        name: {"p50": after[name].p50_ms / before[name].p50_ms, "CPU": after[name].cpu_ms / before[name].cpu_ms}
        for name in after
    }


def show(measured: dict[int, dict[str, Measured]]) -> None:
    """Print a table for each size, the ratios and the growth."""
    for size, systems in measured.items():
        print(f"\n{size} memories of 384 dimensions")
        print(_line("", ["add/s", "CPU s", "MB", "open ms", "p50 ms", "p95 ms", "CPU ms", "found"]))
        for name, one in systems.items():
            cells = [
                f"{one.add_per_second:.0f}",
                f"{one.add_cpu_seconds:.1f}",
                f"{one.disk_mb:.0f}",
                f"{one.open_ms:.0f}",
            ]
            cells += [f"{one.p50_ms:.2f}", f"{one.p95_ms:.2f}", f"{one.cpu_ms:.2f}", f"{one.found:.2f}"]
            print(_line(name, cells))
    print("\nRookery, as a multiple of")
    for what, ratio in ratios(measured).items():
        print(f"  {what:<44}{ratio:6.2f}")
    for name, grown in growth(measured).items():
        sizes = " to ".join(str(size) for size in sorted(measured)[-2:])
        print(f"  {name}: from {sizes}, a search takes {grown['p50']:.1f} × the time, {grown['CPU']:.1f} × the CPU")


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _line(name: str, cells: Sequence[str]) -> str:
    return name.ljust(20) + "".join(cell.rjust(9) for cell in cells)


def _at(size: int) -> dict[str, Measured]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return asyncio.run(measure(size, Path(folder)))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000", help="numbers of memories")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    measured = {size: _at(size) for size in (FIRST, *sizes)}
    del measured[FIRST]
    if arguments.json:
        tables = {size: {name: one._asdict() for name, one in systems.items()} for size, systems in measured.items()}
        print(json.dumps({"sizes": tables, "ratios": ratios(measured), "growth": growth(measured)}, indent=2))
        return
    show(measured)


if __name__ == "__main__":
    main()
