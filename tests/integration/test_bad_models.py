"""Runs with models that go astray: each ends within its budget, tells the truth, and keeps what is of use."""

import json
from collections import Counter

import pytest

from rookery.application.verification import verify
from rookery.domain.events import SupervisorIntervened, ToolCalled
from rookery.domain.runs import Depth, RunStatus, StopRequest
from tests.support import bad_models as bad
from tests.support.colony import after_plan, ask, make_container
from tests.support.openai_chat import Chat, Reply
from tests.support.openai_server import NO_ANSWER, openai_server
from tests.support.server import CORPUS

pytestmark = pytest.mark.anyio
QUESTION = "When was the observatory founded?"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


async def run(home, say, *, monkeypatch, replies=(), chat=None, **more):
    """Ask a colony whose model is behind a server; return the run, its events, and how often the model was asked."""
    with openai_server(chat=chat or Chat(say=say, context=32768)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        server.replies.extend(replies)
        container = make_container(home, model="openai:rook-1", embedder=None, vector_store="memory")
        done = await ask(container, QUESTION, CORPUS, **{"depth": Depth.DEEP, **more})
        happened = await container.run_store().events(done.id)
        if done.result is not None:
            assert await verify(done.result.citations, container.snapshots()) == []
        await container.llms().close()
        return done, happened, len(server.received)


def interventions(happened):
    return [event for event in happened if isinstance(event, SupervisorIntervened)]


async def test_a_model_that_does_its_work_needs_no_supervisor(home, monkeypatch):
    done, happened, _ = await run(home, bad.sound, monkeypatch=monkeypatch)
    assert done.status is RunStatus.SUCCEEDED
    assert done.result.model == "rook-1"
    assert [event for event in interventions(happened) if "searched by words" not in event.reason] == []


async def test_one_that_repeats_one_call_for_ever_is_stopped_and_makes_it_once(home, monkeypatch):
    say = bad.otherwise(act=bad.repeats_itself)
    done, happened, asked = await run(home, say, monkeypatch=monkeypatch)
    assert done.status is RunStatus.PARTIAL
    assert done.result.claims[0].supported
    calls = Counter(json.dumps(event.arguments) for event in happened if isinstance(event, ToolCalled))
    assert calls[json.dumps({"query": "observatory"})] == 1
    actions = [event.action for event in interventions(happened)]
    assert actions[-3:] == ["rephrase", "switch tool", "stop with what was found"] or "switch tool" in actions
    assert asked < 30


async def test_one_that_calls_unknown_tools_is_stopped(home, monkeypatch):
    say = bad.otherwise(act=bad.calls_what_is_not_there)
    done, happened, asked = await run(home, say, monkeypatch=monkeypatch)
    assert done.status is RunStatus.PARTIAL
    assert done.result.claims[0].supported
    assert {event.tool for event in happened if isinstance(event, ToolCalled)} <= {
        "read_sources",
        "search_documents",
    }
    assert "no valid action" in done.result.reflection_notes
    assert asked < 30


async def test_one_that_never_ends_its_work_is_stopped_when_it_finds_nothing_new(home, monkeypatch):
    say = bad.otherwise(act=bad.never_ends_its_work())
    done, happened, asked = await run(home, say, monkeypatch=monkeypatch)
    assert done.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
    assert done.result.claims[0].supported
    assert sum(isinstance(event, ToolCalled) for event in happened) <= 12
    assert asked < 30


async def test_one_that_gives_garbage_is_stood_in_for(home, monkeypatch):
    done, happened, asked = await run(home, bad.garbage, monkeypatch=monkeypatch)
    assert done.status is RunStatus.PARTIAL
    assert "1871" in done.result.output or done.result.claims
    assert "extractive" in done.result.model
    assert any("stands in" in event.action for event in interventions(happened))
    assert asked < 40


async def test_what_was_noted_before_a_pause_is_told_after_it(home, monkeypatch):
    with openai_server(chat=Chat(say=bad.otherwise(plan=bad.garbage), context=32768)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
        container = make_container(home, model="openai:rook-1", embedder=None, vector_store="memory")

        async def pause(run_store, run_id):
            await run_store.ask_to_stop(run_id, StopRequest.PAUSE)

        with after_plan(container, pause):
            paused = await ask(container, QUESTION, CORPUS)
        assert paused.status is RunStatus.PAUSED
        done = await container.conduct_run()(paused.id)
        await container.llms().close()
    assert done.status is RunStatus.PARTIAL
    assert "stands in" in done.result.reflection_notes
    assert "extractive" in done.result.model


async def test_one_that_contradicts_itself_is_not_believed(home, monkeypatch):
    say = bad.otherwise(write=bad.contradicts_itself)
    done, _, _ = await run(home, say, monkeypatch=monkeypatch)
    assert done.status is RunStatus.PARTIAL
    assert not any(claim.supported for claim in done.result.claims)


async def test_one_that_answers_without_evidence_supports_nothing(home, monkeypatch):
    say = bad.otherwise(write=bad.answers_without_evidence)
    done, _, _ = await run(home, say, monkeypatch=monkeypatch)
    assert done.status is RunStatus.PARTIAL
    assert [(claim.citations, claim.supported) for claim in done.result.claims] == [([], False)]
    assert "*(unsupported)*" in done.result.output


async def test_one_that_goes_on_for_a_hundred_thousand_tokens_uses_up_its_budget_and_no_more(home, monkeypatch):
    done, happened, asked = await run(home, bad.a_hundred_thousand_tokens, monkeypatch=monkeypatch)
    assert done.status is RunStatus.PARTIAL
    assert done.result.claims
    assert done.result.usage.completion_tokens >= 100_000
    assert asked < 10
    assert any("token" in event.reason for event in interventions(happened))


async def test_one_that_never_answers_is_left_when_the_time_is_over(home, monkeypatch):
    done, happened, _ = await run(
        home, bad.sound, monkeypatch=monkeypatch, replies=[Reply(NO_ANSWER)] * 20, max_seconds=2.0
    )
    assert done.status is RunStatus.PARTIAL
    assert any("time" in event.reason for event in interventions(happened))
    assert "time budget" in done.result.reflection_notes


async def test_one_with_a_small_context_reads_what_fits_and_says_what_was_left_out(home, monkeypatch):
    small = Chat(kind="vllm", say=bad.sound, context=1500)
    done, happened, _ = await run(home, bad.sound, monkeypatch=monkeypatch, chat=small)
    assert done.result.claims[0].supported
    told = [event.reason for event in interventions(happened) if "left out" in event.reason]
    assert told
    assert "passages" in told[0]
