"""The API under load: requests beside a bare FastAPI route, and many who follow runs.

Requests: authenticated `GET /v1/runs/{id}` of a finished run, and a bare route of FastAPI that returns its parameter,
in turns, each behind the same server in a process of its own. Streams: so many follow runs in which nothing happens,
and others follow runs that are at work; each must hear each event of its run once. At last something happens in each
idle run, written by another process. Fails when the share of the bare route's rate is below 0.5, when an event was lost
or repeated, or when an idle client costs 100 kB of the server's memory or more.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from clients import Follower, rate
from servers import ROOT, Server, bare, serving

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.domain.events import RunCancelled
from rookery.domain.runs import Depth, Run, RunStatus

SHARE, IDLE_BYTES = 0.5, 100_000
QUESTION = {"question": "When was the observatory founded?", "sources": [str(ROOT / "examples" / "kittiwake-point")]}


def main() -> int:
    """Measure and print; return 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round of requests")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=500)
    parser.add_argument("--live", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        measured = asyncio.run(_requests(server, given)) | asyncio.run(_streams(server, Path(folder), given))
    print(json.dumps(measured, indent=2) if given.json else _table(measured))
    good = measured["share"] >= SHARE and not measured["faults"] and measured["bytes_per_idle_client"] < IDLE_BYTES
    return 0 if good else 1


async def _requests(server: Server, given: argparse.Namespace) -> dict[str, Any]:
    run_id = _ask(server)
    await Follower(server, run_id)()
    rates: dict[str, list[float]] = {"rookery": [], "bare": []}
    with bare() as other:
        for _ in range(given.rounds):
            for name, one in (("rookery", server), ("bare", other)):
                path = f"/v1/runs/{run_id}"
                rates[name].append(await rate(one, path, connections=16, seconds=given.seconds))
    shares = [ours / theirs for ours, theirs in zip(rates["rookery"], rates["bare"], strict=True)]
    medians = {name: round(statistics.median(found)) for name, found in rates.items()}
    return {"requests_per_second": medians, "share": round(statistics.median(shares), 2)}


async def _streams(server: Server, home: Path, given: argparse.Namespace) -> dict[str, Any]:
    store = SqliteRunStore(home, clock=SystemClock())
    idle_runs = [await store.create(_idle_run(number)) for number in range(given.idle)]
    [(_, first)] = await _connected(server, [idle_runs[0].id])  # what is made once is made now
    first.cancel()
    before = server.resident()
    idle = await _connected(server, [run.id for run in idle_runs])
    each = (server.resident() - before) / max(1, given.idle)
    live_runs = [_ask(server) for _ in range(max(1, given.live // 5))]
    live = await _connected(server, [live_runs[number % len(live_runs)] for number in range(given.live)])
    await asyncio.gather(*(task for _, task in live))
    for run in idle_runs:
        await store.save(run.model_copy(update={"status": RunStatus.CANCELLED}), RunCancelled(agent_id="bench"))
    await asyncio.gather(*(task for _, task in idle))
    stored = {run_id: len(await store.events(run_id)) for run_id in live_runs}
    store.close()
    faults = sum(follower.numbers != [1] for follower, _ in idle)
    faults += sum(follower.numbers != list(range(1, stored[follower.run_id] + 1)) for follower, _ in live)
    heard = sum(len(follower.numbers) for follower, _ in live)
    return {
        "idle": given.idle,
        "live": given.live,
        "events_heard": heard,
        "faults": faults,
        "bytes_per_idle_client": round(each),
    }


async def _connected(server: Server, run_ids: list[str]) -> list[tuple[Follower, "asyncio.Task[None]"]]:
    followers = [Follower(server, run_id) for run_id in run_ids]
    tasks = []
    for follower in followers:
        tasks.append(asyncio.create_task(follower()))
        await follower.connected.wait()
    return list(zip(followers, tasks, strict=True))


def _ask(server: Server) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/research",
        json.dumps(QUESTION).encode(),
        {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        accepted: dict[str, str] = json.load(answer)
    return accepted["task_id"]


def _idle_run(number: int) -> Run:
    return Run(
        id=f"idle-{number:06}",
        question="Where do rooks nest?",
        status=RunStatus.QUEUED,
        depth=Depth.QUICK,
        namespace="idle",
        model="extractive",
        created_at=SystemClock().now(),
    )


def _table(measured: dict[str, Any]) -> str:
    rates = measured["requests_per_second"]
    return (
        f"GET /v1/runs/{{id}}, with a token   {rates['rookery']:>8} requests/s\n"
        f"a bare route of FastAPI            {rates['bare']:>8} requests/s\n"
        f"share                              {measured['share']:>8} (at least {SHARE})\n\n"
        f"streams: {measured['idle']} idle, {measured['live']} live; {measured['events_heard']} events heard; "
        f"streams with a lost or repeated event: {measured['faults']}\n"
        f"memory of an idle client           {measured['bytes_per_idle_client'] / 1000:>8.1f} kB (less than 100)"
    )


if __name__ == "__main__":
    sys.exit(main())
