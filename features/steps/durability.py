"""Stopping a run in the middle of a thought, seeing an old one again, and taking one elsewhere."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from pytest_bdd import given, then, when

from rookery.adapters.support.zipped import read_bundle, write_bundle
from rookery.domain.runs import ResearchRequest, Run
from rookery.entrypoints.container import close
from tests.support.colony import make_container
from tests.support.desk import Desk
from tests.support.openai_chat import Reply
from tests.support.openai_model import KEY
from tests.support.openai_server import NO_ANSWER, OpenAIServer
from tests.support.server import rookery

QUESTION = "When was the observatory founded?"
PATIENCE = 30  # seconds, after which something hangs
Told = CompletedProcess[str]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A machine with nothing on it."""
    return tmp_path / "elsewhere"


@given("a run whose model thinks and thinks", target_fixture="conducting")
def thinking(desk: Desk, chat_server: OpenAIServer) -> "Iterator[asyncio.Task[Run]]":
    chat_server.replies.append(Reply(NO_ANSWER))
    llms = {"openai": {"base_url": chat_server.url, "api_key": KEY}}
    container = make_container(desk.home, llms=llms, model="openai:rook-1", embedder=None)

    async def begin() -> "asyncio.Task[Run]":
        run = await container.start_run()(ResearchRequest(question=QUESTION))
        desk.runs.append(run)
        conducting = asyncio.create_task(container.conduct_run()(run.id))
        assert await asyncio.to_thread(chat_server.is_silent.wait, PATIENCE)
        return conducting

    yield desk.wait(begin())
    desk.wait(close(container))


@when("I cancel it from another terminal")
def cancel(desk: Desk, conducting: "asyncio.Task[Run]") -> None:
    async def wait() -> None:
        await asyncio.to_thread(rookery, "runs", "cancel", desk.runs[-1].id, home=desk.home)
        await asyncio.wait_for(conducting, PATIENCE)

    desk.wait(wait())


@then("the model thinks no more")
def left_alone(chat_server: OpenAIServer) -> None:
    assert chat_server.was_left.wait(PATIENCE)


@given("a run that was answered some time ago")
def answered(desk: Desk) -> None:
    desk.ask(QUESTION)


@when("I have it shown again", target_fixture="told")
def replay(desk: Desk) -> Told:
    return rookery("runs", "replay", desk.runs[-1].id, home=desk.home)


@then("I see the agents at work and the same answer")
def same(desk: Desk, told: Told) -> None:
    assert "coordinator" in told.stderr
    assert "writer" in told.stderr
    shown = rookery("runs", "show", desk.runs[-1].id, home=desk.home)
    assert told.stdout == shown.stdout
    assert "[1]" in told.stdout


@then("no model was asked")
def unasked(desk: Desk) -> None:
    assert len(desk.wait(desk.container.run_store().page(limit=10)).items) == 1
    calls = desk.wait(desk.container.run_store().calls(desk.runs[-1].id))
    last = desk.events(desk.runs[-1])[-1]
    assert calls
    assert all(call.at <= last.at for call in calls)


@when("I take it to another machine", target_fixture="bundle")
def take(desk: Desk, tmp_path: Path) -> Path:
    bundle = tmp_path / "run.rookery"
    exported = rookery("runs", "export", desk.runs[-1].id, "-o", str(bundle), home=desk.home)
    assert exported.returncode == 0, exported.stderr
    return bundle


@then("it is found whole there, every quote in its source")
def whole(desk: Desk, bundle: Path, elsewhere: Path) -> None:
    told = rookery("runs", "verify", str(bundle), "--json", home=elsewhere)
    found = json.loads(told.stdout)
    assert found["faults"] == []
    assert found["citations"] == len(desk.result.citations) > 0


@when("somebody changes a word of a quote on the way")
def tamper(bundle: Path) -> None:
    files = read_bundle(bundle)
    result = json.loads(files["result.json"])
    result["citations"][0]["quote"] = result["citations"][0]["quote"][::-1]
    write_bundle(bundle, files | {"result.json": json.dumps(result).encode()})


@then("I am told there what was changed")
def noticed(bundle: Path, elsewhere: Path) -> None:
    told = rookery("runs", "verify", str(bundle), home=elsewhere)
    assert told.returncode == 1
    assert "result.json was changed" in told.stdout
    assert "is not the quote" in told.stdout
