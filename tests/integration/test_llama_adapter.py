"""A GGUF model in llama.cpp, asked in every way that the port knows."""

import asyncio
import importlib.util
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.llms.llama_cpp.llm import LlamaCppLLM
from rookery.adapters.llms.llama_cpp.settings import Settings
from rookery.domain.errors import ConfigurationError, LLMError
from rookery.domain.inference import LLMRequest
from rookery.domain.reasoning import Findings
from tests.support.gguf_llms import write_lora
from tests.support.llama import SMALL, MakeLlama, asked, has_ended

pytestmark = pytest.mark.anyio

LONG = "where do rooks breed " * 20
OBJECT = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 8}, "sure": {"type": "boolean"}},
    "required": ["name", "sure"],
    "additionalProperties": False,
}


def endless(text: str = "go on", **fields: object) -> LLMRequest:
    """Return a request whose reply takes all the tokens that it may."""
    return asked(text, **{"json_schema": {"type": "string", "minLength": 100_000}, "max_tokens": 300, **fields})


async def test_a_reply_names_its_model_and_what_it_cost(make_llama: MakeLlama) -> None:
    llm = make_llama()
    assert llm.capabilities().context_tokens is None
    reply = await llm.complete(asked())
    assert reply.model == llm.capabilities().name == "tiny"
    assert reply.usage.prompt_tokens == await llm.count_tokens(asked().messages)
    assert 0 < reply.usage.completion_tokens <= 16
    assert reply.usage.seconds > 0
    assert llm.capabilities().context_tokens == SMALL["n_ctx"]


async def test_a_model_that_is_read_greedily_says_the_same_again(make_llama: MakeLlama) -> None:
    llm = make_llama()
    first = await llm.complete(asked())
    assert (await llm.complete(asked())).text == first.text
    assert (await make_llama("other.gguf").complete(asked())).text != first.text


async def test_the_seed_chooses_above_temperature_zero(make_llama: MakeLlama) -> None:
    llm = make_llama()
    one, same, other = [
        (await llm.complete(asked(temperature=1.0, seed=seed, max_tokens=32))).text for seed in (1, 1, 2)
    ]
    assert one == same != other


async def test_a_stream_adds_up_to_the_reply(make_llama: MakeLlama) -> None:
    llm = make_llama()
    pieces = [piece async for piece in llm.stream(endless(max_tokens=40))]
    assert len(pieces) > 2
    assert "".join(pieces) == (await llm.complete(endless(max_tokens=40))).text


async def test_a_session_evaluates_what_is_new(make_llama: MakeLlama) -> None:
    llm = make_llama()
    first = (await llm.complete(asked(LONG, session="a"))).usage
    second = (await llm.complete(asked(f"{LONG} nest", session="a"))).usage
    assert first.cached_prompt_tokens == 0
    assert second.cached_prompt_tokens > second.prompt_tokens * 0.7


async def test_a_schema_binds_the_reply(make_llama: MakeLlama) -> None:
    llm = make_llama()
    reply = json.loads((await llm.complete(asked(json_schema=OBJECT, temperature=1.5, max_tokens=64))).text)
    assert set(reply) == {"name", "sure"}
    assert isinstance(reply["sure"], bool)


async def test_only_allowed_sources_are_named(make_llama: MakeLlama) -> None:
    llm = make_llama()
    schema = Findings.model_json_schema()
    schema["$defs"]["Quote"]["properties"]["quote"]["maxLength"] = 10
    schema["properties"]["quotes"] |= {"minItems": 1, "maxItems": 2}
    for seed in range(5):
        request = asked(json_schema=schema, allowed_sources=["p7", "p9"], max_tokens=300, temperature=1.5, seed=seed)
        findings = Findings.model_validate_json((await llm.complete(request)).text)
        assert {quote.passage_id for quote in findings.quotes} <= {"p7", "p9"}
        assert findings.quotes


async def test_sources_without_a_schema_cannot_be_bound_and_that_is_said(make_llama: MakeLlama) -> None:
    with pytest.raises(LLMError, match="give the request a `json_schema`"):
        await make_llama().complete(asked(allowed_sources=["1"]))


async def test_a_lora_changes_what_is_said_and_must_be_known(make_llama: MakeLlama, llama_models: Path) -> None:
    write_lora(llama_models / "critic.gguf")
    llm = make_llama(loras={"critic": {"path": "critic.gguf"}})
    assert (await llm.complete(asked(lora="critic"))).text != (await llm.complete(asked())).text
    with pytest.raises(LLMError, match="no LoRA adapter 'writer'; there is: critic"):
        await llm.complete(asked(lora="writer"))


async def test_a_lora_that_is_not_there_is_told_before_anything_starts(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    with pytest.raises(LLMError, match=r"'critic' of tiny\.gguf is not at .*none\.gguf"):
        await make_llama(loras={"critic": {"path": "none.gguf"}}).complete(asked())
    assert started() == []


async def test_two_models_work_side_by_side(make_llama: MakeLlama, started: Callable[[], list[int]]) -> None:
    one, other = make_llama(), make_llama("other.gguf")
    alone = [(await llm.complete(asked())).text for llm in (one, other)]
    replies = await asyncio.gather(*(llm.complete(asked()) for llm in (one, other) * 8))
    assert [reply.text for reply in replies] == alone * 8
    assert len(started()) == 2


async def test_64_requests_at_once_are_all_answered_as_they_are_alone(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    requests = [asked(f"question {number}", json_schema=OBJECT, max_tokens=40) for number in range(64)]
    replies = await asyncio.gather(*(llm.complete(request) for request in requests))
    assert len(started()) == 1
    assert all("sure" in json.loads(reply.text) for reply in replies)
    for number in (0, 31, 63):
        assert (await llm.complete(requests[number])).text == replies[number].text


async def test_a_storm_of_cancellations_leaves_nothing_behind(make_llama: MakeLlama) -> None:
    llm = make_llama()
    expected = (await llm.complete(asked())).text
    for storm in range(5):
        tasks = [asyncio.create_task(llm.complete(endless(f"storm {storm} {number}"))) for number in range(40)]
        for _ in range(storm * 20):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.wait(tasks[::2])
        for task in tasks[1::2]:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends)
    assert (await llm.complete(asked())).text == expected


async def test_a_stream_that_is_left_is_cancelled(make_llama: MakeLlama) -> None:
    llm = make_llama(slots=1)
    stream = llm.stream(endless(max_tokens=2000))
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert (await llm.complete(asked())).usage.completion_tokens > 0


async def test_giving_up_while_the_model_is_loaded_does_not_disturb_others(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    tasks = [asyncio.create_task(llm.complete(asked())) for _ in range(4)]
    await asyncio.sleep(0)
    for task in tasks[:3]:
        task.cancel()
    assert (await tasks[3]).text
    assert len(started()) == 1


def test_event_loops_in_several_threads_share_the_process(
    llama_models: Path, tmp_path: Path, started: Callable[[], list[int]]
) -> None:
    settings = Settings.model_validate({"model": "tiny", "device": "cpu", **SMALL})
    llm = LlamaCppLLM(settings, models=llama_models, home=tmp_path, clock=SystemClock())
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda _: asyncio.run(llm.complete(asked())).text, range(8)))
    assert len(set(replies)) == 1
    assert len(started()) == 1
    asyncio.run(llm.close())
    assert started() == []


async def test_closing_ends_the_process_and_the_next_request_starts_another(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    expected = (await llm.complete(asked())).text
    await llm.close()
    assert started() == []
    assert (await llm.complete(asked())).text == expected


async def test_requests_that_run_are_told_of_a_close(make_llama: MakeLlama) -> None:
    llm = make_llama()
    stream = llm.stream(endless(max_tokens=2000))
    await anext(stream)
    await llm.close()
    with pytest.raises(LLMError, match="was closed") as caught:
        async for _ in stream:
            pass
    assert caught.value.retryable


async def test_a_suspended_model_frees_its_memory_and_comes_back_with_its_sessions(
    make_llama: MakeLlama, tmp_path: Path, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    assert await llm.suspend(tmp_path / "nothing") == 0
    await llm.complete(asked(LONG, session="a"))
    (worker,) = started()
    ended = os.pidfd_open(worker)
    assert await llm.suspend(tmp_path / "paused") == 1
    assert has_ended(ended)
    os.close(ended)
    assert await llm.restore(tmp_path / "paused") == 1
    usage = (await llm.complete(asked(f"{LONG} nest", session="a"))).usage
    assert usage.cached_prompt_tokens > usage.prompt_tokens * 0.7


async def test_a_released_model_frees_its_memory_and_goes_on_from_its_sessions(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    await llm.release()
    assert started() == []
    await llm.complete(asked(LONG, session="a"))
    (worker,) = started()
    ended = os.pidfd_open(worker)
    await llm.release()
    assert has_ended(ended)
    os.close(ended)
    usage = (await llm.complete(asked(f"{LONG} nest", session="a"))).usage
    assert usage.cached_prompt_tokens > usage.prompt_tokens * 0.7


async def test_the_process_ends_with_a_model_that_nobody_holds(
    llama_models: Path, tmp_path: Path, started: Callable[[], list[int]]
) -> None:
    settings = Settings.model_validate({"model": "tiny", "device": "cpu", **SMALL})
    llm = LlamaCppLLM(settings, models=llama_models, home=tmp_path, clock=SystemClock())
    await llm.complete(asked())
    (worker,) = started()
    ended = os.pidfd_open(worker)
    del llm
    assert has_ended(ended)
    os.close(ended)


async def test_what_is_not_installed_is_named_with_what_to_do(
    make_llama: MakeLlama, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "llguidance" else find(name))
    with pytest.raises(ConfigurationError, match=r"needs llguidance: `pip install 'rookery\[llama\]'`; the README"):
        make_llama()
