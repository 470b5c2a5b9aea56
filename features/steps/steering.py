"""Stopping runs and going on with them."""

import pytest
from pytest_bdd import given, parsers, then, when

from rookery.application.research import as_it_stands
from rookery.domain.errors import Conflict
from rookery.domain.events import PlanMade
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.runs import RunStatus, StopRequest
from tests.support.colony import after_plan
from tests.support.desk import Desk
from tests.support.dying import die_after_plan

QUESTION = "When was the observatory founded?"


@given("Rookery itself conducts my runs")
def conducted_here(desk: Desk) -> None:
    desk.conducted_by("local", {})


@given("Prefect conducts my runs")
def conducted_by_prefect(desk: Desk, prefect_url: str) -> None:
    desk.conducted_by("prefect", {"api_url": prefect_url})


@given(parsers.re(r"a run that is (?P<how>paused|cancelled) after its plan"))
def stopped(desk: Desk, how: str) -> None:
    stop = StopRequest.PAUSE if how == "paused" else StopRequest.CANCEL

    async def ask_to_stop(run_store: RunStorePort, run_id: str) -> None:
        await run_store.ask_to_stop(run_id, stop)

    with after_plan(desk.container, ask_to_stop):
        desk.ask(QUESTION)
    assert desk.runs[-1].status.value == how


@given("a run whose process was killed after its plan")
def killed(desk: Desk) -> None:
    die_after_plan(desk.home, QUESTION, *desk.sources, **desk.conductor)
    desk.runs += desk.wait(desk.container.run_store().page(limit=1)).items


@when("I resume it")
def resume(desk: Desk) -> None:
    desk.runs.append(desk.wait(desk.container.conduct_run()(desk.runs[-1].id)))


@then("the plan was made once")
def one_plan(desk: Desk) -> None:
    plans = [event for event in desk.events(desk.runs[-1]) if isinstance(event, PlanMade)]
    assert len(plans) == 1


@then("the run is cancelled")
def cancelled(desk: Desk) -> None:
    assert desk.wait(desk.container.run_store().get(desk.runs[-1].id)).status is RunStatus.CANCELLED


@then("it cannot be resumed")
def not_resumable(desk: Desk) -> None:
    with pytest.raises(Conflict, match="cancelled"):
        desk.wait(desk.container.conduct_run()(desk.runs[-1].id))


@then("the run is shown as interrupted")
def interrupted(desk: Desk) -> None:
    run = desk.wait(as_it_stands(desk.runs[-1], desk.container.orchestrator()))
    assert run.status is RunStatus.INTERRUPTED
