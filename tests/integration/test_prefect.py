"""What Prefect is told, and what it is kept from."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.orchestrators.prefect.orchestrator import PrefectOrchestrator
from rookery.adapters.orchestrators.prefect.settings import Settings
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.domain.errors import ConfigurationError, LLMError, OrchestratorError, RunStopped
from rookery.domain.frozen import Frozen
from rookery.domain.runs import Depth, Run, RunStatus, StopRequest
from tests.support.colony import ask, make_container
from tests.support.dying import die_after_plan
from tests.support.prefect import post, told
from tests.support.server import CORPUS, LIGHT, rookery
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio
QUESTION = "When was the observatory founded?"


class Number(Frozen):
    value: int = 0


class Moody:
    """A step that fails so often before it succeeds."""

    def __init__(self, times: int, error: Exception) -> None:
        self.calls, self._times, self._error = 0, times, error

    async def __call__(self, number: Number) -> Number:
        self.calls += 1
        if self.calls <= self._times:
            raise self._error
        return number


@pytest.fixture
def store() -> InMemoryRunStore:
    return InMemoryRunStore(clock=ManualClock(datetime(2026, 11, 22, tzinfo=UTC)))


@pytest.fixture
def orchestrator(store, tmp_path, prefect_url):
    settings = Settings(api_url=prefect_url, retries=2, backoff_seconds=0)
    return PrefectOrchestrator(settings, run_store=store, home=tmp_path)


def a_run(run_id: str) -> Run:
    return Run(
        id=run_id,
        question=QUESTION,
        status=RunStatus.QUEUED,
        depth=Depth.QUICK,
        namespace="default",
        model="extractive",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


async def execute(orchestrator, work):
    async def workflow(context, given):
        return await context.step("work", work, given, returns=Number)

    return await orchestrator.execute("r", workflow, Number())


async def test_a_step_is_tried_again_when_its_error_says_that_this_may_help(orchestrator):
    step = Moody(2, LLMError("the server is busy", retryable=True))
    assert await execute(orchestrator, step) == Number()
    assert step.calls == 3


async def test_the_last_error_comes_out_when_no_retry_helped(orchestrator):
    step = Moody(9, LLMError("the server is busy", retryable=True))
    with pytest.raises(LLMError, match="busy"):
        await execute(orchestrator, step)
    assert step.calls == 3


async def test_a_step_is_not_tried_again_when_its_error_does_not_say_so(orchestrator):
    step = Moody(1, LLMError("the model is broken"))
    with pytest.raises(LLMError, match="broken"):
        await execute(orchestrator, step)
    assert step.calls == 1


async def test_a_limit_of_the_steps_tag_holds(store, tmp_path, prefect_url):
    limit = {"tag": tmp_path.name, "concurrency_limit": 1}
    await asyncio.to_thread(post, prefect_url, "concurrency_limits/", limit)
    settings = Settings(api_url=prefect_url, step_tag=tmp_path.name)
    orchestrator = PrefectOrchestrator(settings, run_store=store, home=tmp_path)
    together, met = asyncio.Barrier(2), []

    async def meet(number: Number) -> Number:
        with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(0.3):  # the other one could come now
                await together.wait()
                met.append(number)
        return number

    async def workflow(context, given):
        await context.fan_out("meet", meet, [given, given], returns=Number)
        return given

    await orchestrator.execute("r", workflow, Number())
    assert met == []


async def test_a_person_who_asked_to_pause_is_heard_before_a_retry(orchestrator, store):
    class Asked(Moody):
        async def __call__(self, number: Number) -> Number:
            await store.ask_to_stop("r", StopRequest.PAUSE)
            return await super().__call__(number)

    step = Asked(1, LLMError("the server is busy", retryable=True))
    with pytest.raises(RunStopped):
        await execute(orchestrator, step)
    assert step.calls == 1


async def test_nothing_else_in_the_process_is_disturbed(orchestrator):
    def state():
        variables = {name: value for name, value in os.environ.items() if name.startswith("PREFECT")}
        return signal.getsignal(signal.SIGTERM), variables, logging.root.level, list(logging.root.handlers)

    before = state()
    meanwhile = []

    async def look(number: Number) -> Number:
        meanwhile.append(state())
        return number

    await execute(orchestrator, look)
    assert meanwhile == [before]
    assert state() == before


async def test_runs_side_by_side_leave_signals_alone_too(orchestrator):
    together = asyncio.Barrier(3)
    handlers = []

    async def look(number: Number) -> Number:
        await together.wait()
        handlers.append(signal.getsignal(signal.SIGTERM))
        return number

    async def workflow(context, given):
        return await context.step("look", look, given, returns=Number)

    before = signal.getsignal(signal.SIGTERM)
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(orchestrator.execute(f"r{number}", workflow, Number()))
    assert handlers == [before] * 3
    assert signal.getsignal(signal.SIGTERM) == before


async def test_a_server_that_is_not_there_is_named(store, tmp_path):
    settings = Settings(api_url="http://127.0.0.1:9/api")
    orchestrator = PrefectOrchestrator(settings, run_store=store, home=tmp_path)
    with pytest.raises(OrchestratorError, match=r"http://127\.0\.0\.1:9/api cannot be reached.*prefect server start"):
        await execute(orchestrator, Moody(0, ValueError()))
    assert not await orchestrator.is_running("r")


async def test_a_server_that_cannot_be_reached_leaves_the_run_as_it_is(tmp_path, prefect_url):
    light = {"embedder": None, "vector_store": "memory"}
    nobody = {"prefect": {"api_url": "http://127.0.0.1:9/api"}}
    with pytest.raises(OrchestratorError, match="cannot be reached"):
        await ask(make_container(tmp_path, orchestrators=nobody, orchestrator="prefect", **light), QUESTION, CORPUS)
    somebody = {"prefect": {"api_url": prefect_url}}
    container = make_container(tmp_path, orchestrators=somebody, orchestrator="prefect", **light)
    [run] = (await container.run_store().page(limit=1)).items
    assert (await container.conduct_run()(run.id)).status is RunStatus.SUCCEEDED


async def test_prefect_that_is_not_installed_is_named(store, tmp_path, monkeypatch):
    for module in ("prefect", "prefect.main"):
        monkeypatch.setitem(sys.modules, module, None)
    orchestrator = PrefectOrchestrator(Settings(), run_store=store, home=tmp_path)
    with pytest.raises(ConfigurationError, match=r"pip install 'rookery\[prefect\]'"):
        await execute(orchestrator, Moody(0, ValueError()))


async def test_prefect_sees_a_flow_with_its_steps_and_the_answer(tmp_path, prefect_url):
    container = make_container(
        tmp_path,
        orchestrators={"prefect": {"api_url": prefect_url}},
        orchestrator="prefect",
        embedder=None,
        vector_store="memory",
    )
    run = await ask(container, QUESTION, CORPUS, depth="quick")
    [flow_run] = told(prefect_url, "flow_runs", run.id)
    assert flow_run["state_type"] == "COMPLETED"
    assert flow_run["parameters"] == {"run_id": run.id}
    assert set(flow_run["tags"]) == {f"run:{run.id}", "depth:quick", "namespace:default"}
    [answer] = told(prefect_url, "artifacts", run.id)
    assert answer["data"].startswith(run.result.output)
    steps = ["note", "plan", "read", "research-1/1", "write"]
    assert await eventually(
        lambda: [task for task in told(prefect_url, "task_runs", run.id) if task["state_type"] == "COMPLETED"],
        lambda tasks: sorted(task["name"] for task in tasks) == steps,
    )


def test_a_run_whose_process_was_killed_goes_on_from_the_command_line(tmp_path):
    home, light = tmp_path / "home", {"embedder": "hashing", "vector_store": "memory"}
    die_after_plan(home, QUESTION, CORPUS, orchestrator="prefect", **light)
    [run] = json.loads(rookery("runs", "list", "--json", home=home).stdout)
    assert run["status"] == "interrupted"
    resumed = rookery("runs", "resume", run["id"], "--orchestrator", "prefect", "--json", home=home, settings=LIGHT)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stderr == ""
    assert json.loads(resumed.stdout)["status"] == "succeeded"
    events = json.loads(rookery("runs", "events", run["id"], "--json", home=home).stdout)
    assert [event["type"] for event in events].count("plan_made") == 1
    with sqlite3.connect(home / "prefect" / "prefect.db") as database:
        assert database.execute("SELECT name, state_type FROM flow_run").fetchall() == [(run["id"], "COMPLETED")]


async def test_a_run_whose_workers_keep_dying_waits_for_a_person(store, tmp_path, prefect_url):
    settings = Settings(api_url=prefect_url, work_pool=tmp_path.name, poll_seconds=0.1)
    orchestrator = PrefectOrchestrator(settings, run_store=store, home=tmp_path)
    run = await store.create(a_run(tmp_path.name))
    await orchestrator.hand_in(run)
    await orchestrator.hand_in(run)
    [flow_run] = told(prefect_url, "flow_runs", run.id)
    running = {"state": {"type": "RUNNING"}, "force": True}
    for _ in range(5):
        await asyncio.to_thread(post, prefect_url, f"flow_runs/{flow_run['id']}/set_state", running)
    conducted, until = [], asyncio.Event()

    async def conduct(run_id: str) -> Run:
        conducted.append(run_id)
        return run

    working = asyncio.create_task(orchestrator.work(conduct, pool=None, parallel=1, until=until))
    await eventually(lambda: told(prefect_url, "flow_runs", run.id), lambda runs: runs[0]["state_type"] == "CRASHED")
    until.set()
    await working
    assert conducted == []


async def test_errors_are_redacted_before_prefect_sees_them(orchestrator, prefect_url):
    secret = "sk-proj-" + "Ab3" * 16
    with pytest.raises(LLMError, match=secret):
        await orchestrator.execute("leaky", _leak(secret), Number())
    [flow_run] = told(prefect_url, "flow_runs", "leaky")
    assert flow_run["state_type"] == "FAILED"
    [task] = await eventually(lambda: told(prefect_url, "task_runs", "leaky"), lambda tasks: tasks[0]["state"])
    assert "LLMError" in flow_run["state"]["message"]
    assert secret not in str(flow_run) + str(task)


def _leak(secret):
    async def leak(_: Number) -> Number:
        raise LLMError(f"the server refused the key {secret}")

    async def workflow(context, given):
        return await context.step("leak", leak, given, returns=Number)

    return workflow
