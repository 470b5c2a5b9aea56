"""What can go wrong with llama.cpp, and does: none of it ends Rookery, and no request is lost without an error."""

import asyncio
import importlib.util
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

from rookery.adapters.clocks.manual import ManualClock
from rookery.domain.errors import ContextOverflow, LLMError
from tests.support.gguf_llms import CHATML, TINY, Tensor, byte_pairs, random_weights, write_llm, write_tiny_llama
from tests.support.llama import MakeLlama, asked, fake_worker, has_ended, llama_workers

pytestmark = pytest.mark.anyio

ENDLESS = {"json_schema": {"type": "string", "minLength": 100_000}, "max_tokens": 400}
WORKER = [sys.executable, "-P", "-m", "rookery.adapters.llms.llama_cpp.worker"]


async def test_a_missing_model_says_how_to_get_one(make_llama: MakeLlama, started: Callable[[], list[int]]) -> None:
    for name in ("none.gguf", "none", "owner/repository:Q4_K_M"):
        with pytest.raises(LLMError, match="rookery models pull") as caught:
            await make_llama(name).complete(asked())
        assert not caught.value.retryable
    assert started() == []


async def test_libraries_that_are_not_where_the_variable_says_are_a_plain_error(
    make_llama: MakeLlama, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path / "gone"))
    with pytest.raises(LLMError, match=r"LLAMA_CPP_LIB_PATH says to take it from .*gone: unset that"):
        await make_llama().complete(asked())
    monkeypatch.delenv("LLAMA_CPP_LIB_PATH")
    assert (await make_llama().complete(asked())).text


@pytest.mark.parametrize("damage", ["half", "header", "empty", "garbage"])
async def test_a_damaged_model_is_a_plain_error(
    make_llama: MakeLlama, llama_models: Path, damage: str, started: Callable[[], list[int]]
) -> None:
    whole = (llama_models / "tiny.gguf").read_bytes()
    content = {
        "half": whole[: len(whole) // 2],
        "header": whole[:100],
        "empty": b"",
        "garbage": b"GGUF" + b"no model at all " * 5000,
    }
    (llama_models / f"{damage}.gguf").write_bytes(content[damage])
    with pytest.raises(LLMError, match=rf"{damage}\.gguf.*rookery models pull") as caught:
        await make_llama(f"{damage}.gguf").complete(asked())
    assert not caught.value.retryable
    assert started() == []


async def test_a_model_that_computes_no_numbers_says_so_and_goes_on(
    make_llama: MakeLlama, llama_models: Path, started: Callable[[], list[int]]
) -> None:
    write_llm(
        llama_models / "blank.gguf",
        TINY,
        byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]),
        template=CHATML,
        weights=without_numbers,
    )
    llm = make_llama("blank.gguf")
    for fields in ({}, {"json_schema": {"type": "boolean"}}, {"temperature": 1.0}):
        with pytest.raises(LLMError, match="computes no numbers") as caught:
            await llm.complete(asked(**fields))
        assert not caught.value.retryable
    assert len(started()) == 1


async def test_a_model_whose_every_weight_is_no_number_dies_and_the_reason_is_told(
    make_llama: MakeLlama, llama_models: Path
) -> None:
    write_tiny_llama(llama_models / "nan.gguf", fill=float("nan"))
    with pytest.raises(LLMError, match=r"give no numbers.*rookery models pull"):
        await make_llama("nan.gguf").complete(asked())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "no such type"},
        {"$ref": "#/$defs/nowhere"},
        {"type": "string", "pattern": "("},
        {"enum": []},
        {"type": "array", "minItems": 3, "maxItems": 1},
    ],
)
async def test_a_schema_that_cannot_bind_is_refused_and_others_go_on(make_llama: MakeLlama, schema: object) -> None:
    llm = make_llama()
    good = asyncio.create_task(llm.complete(asked(json_schema={"type": "boolean"})))
    with pytest.raises(LLMError, match="JSON schema or grammar cannot bind") as caught:
        await llm.complete(asked(json_schema=schema))
    assert not caught.value.retryable
    assert (await good).text in ("true", "false")


async def test_a_prompt_that_does_not_fit_is_refused_with_both_numbers(make_llama: MakeLlama) -> None:
    llm = make_llama(n_ctx=64)
    long = asked("rook " * 200)
    with pytest.raises(ContextOverflow) as caught:
        await llm.complete(long)
    assert caught.value.prompt_tokens == await llm.count_tokens(long.messages)
    assert caught.value.context_tokens == 64
    assert (await llm.complete(asked("rooks", max_tokens=8))).text


@pytest.mark.parametrize(("number", "said"), [(signal.SIGKILL, "SIGKILL.*want of memory"), (signal.SIGABRT, "SIGABRT")])
async def test_a_process_that_dies_at_work_fails_all_that_ran_and_the_next_request_works(
    make_llama: MakeLlama, started: Callable[[], list[int]], number: signal.Signals, said: str
) -> None:
    llm = make_llama()
    expected = (await llm.complete(asked())).text
    (worker,) = started()
    os.kill(worker, signal.SIGSTOP)
    running = [asyncio.create_task(llm.complete(asked(f"{index}", **ENDLESS))) for index in range(8)]
    await asyncio.sleep(0)
    os.kill(worker, number)
    os.kill(worker, signal.SIGCONT)
    for end in await asyncio.gather(*running, return_exceptions=True):
        assert isinstance(end, LLMError)
        assert end.retryable
        assert "worked on 8 requests" in str(end)
    with pytest.raises(LLMError, match=rf"died while .*{said}.*next request"):
        await running[0]
    assert (await llm.complete(asked())).text == expected
    assert started() != [worker]


async def test_a_process_that_dies_amid_a_stream_ends_it_with_an_error(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    stream = make_llama().stream(asked(**ENDLESS))
    assert await anext(stream)
    (worker,) = started()
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(LLMError, match="died while"):
        async for _ in stream:
            pass


async def test_a_process_that_died_between_two_requests_is_not_noticed(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    expected = (await llm.complete(asked())).text
    (worker,) = started()
    ended = os.pidfd_open(worker)
    os.kill(worker, signal.SIGKILL)
    assert has_ended(ended)
    os.close(ended)
    assert (await llm.complete(asked())).text == expected


async def test_a_process_that_hangs_is_stopped_and_the_next_request_works(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama(stall_timeout_seconds=2.0)
    expected = (await llm.complete(asked())).text
    (worker,) = started()
    os.kill(worker, signal.SIGSTOP)
    ends = await asyncio.gather(*(llm.complete(asked()) for _ in range(4)), return_exceptions=True)
    assert all(isinstance(end, LLMError) and end.retryable for end in ends)
    assert "nothing got on for 2 s" in str(ends[0])
    assert "`stall_timeout_seconds`" in str(ends[0])
    assert (await llm.complete(asked())).text == expected


async def test_a_process_that_hangs_can_be_closed(make_llama: MakeLlama, started: Callable[[], list[int]]) -> None:
    llm = make_llama()
    await llm.complete(asked())
    (worker,) = started()
    os.kill(worker, signal.SIGSTOP)
    call = asyncio.create_task(llm.complete(asked()))
    await asyncio.sleep(0)
    await llm.close()
    with pytest.raises(LLMError, match="was closed"):
        await call
    assert started() == []


async def test_a_model_that_takes_too_long_to_load_names_the_setting(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    with pytest.raises(LLMError, match=r"longer than 0\.001 s.*`load_timeout_seconds`"):
        await make_llama(load_timeout_seconds=0.001).complete(asked())
    assert started() == []


async def test_memory_that_runs_out_while_the_model_is_loaded_is_an_error(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    limited = ["prlimit", f"--as={3 * 2**30}", *WORKER]
    with pytest.raises(LLMError, match="n_ctx"):
        await make_llama(command=limited, n_ctx=4096, kv_tokens=2**24).complete(asked())
    assert started() == []


async def test_memory_that_runs_out_at_work_is_an_error_and_the_next_request_works(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    expected = (await llm.complete(asked())).text
    (worker,) = started()
    limit = memory_of(worker)[0] + 2**20
    resource.prlimit(worker, resource.RLIMIT_AS, (limit, limit))
    ends = await asyncio.gather(
        *(llm.complete(asked(f"{index} " * 100, **ENDLESS)) for index in range(8)), return_exceptions=True
    )
    for end in ends:
        assert isinstance(end, LLMError) or end.text
    assert any(isinstance(end, LLMError) and end.retryable for end in ends)
    assert (await llm.complete(asked())).text == expected


@pytest.mark.parametrize("garbage", [b"what is this?", b"\5\0\0\0{...}", b'\17\0\0\0{"type":"what"}'])
async def test_a_process_that_talks_nonsense_is_stopped(make_llama: MakeLlama, garbage: bytes) -> None:
    llm = make_llama(command=fake_worker("--garbage", garbage.hex()))
    with pytest.raises(LLMError, match="not of the protocol") as caught:
        await llm.complete(asked())
    assert caught.value.retryable


async def test_a_process_that_dies_again_and_again_is_left_alone_for_a_minute(
    make_llama: MakeLlama, tmp_path: Path
) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    log = tmp_path / "starts"
    dying = fake_worker("--fault", "die", "--where", "everywhere", "--after", "0", "--log", str(log))
    llm = make_llama(command=dying, clock=clock)
    for _ in range(3):
        with pytest.raises(LLMError, match=r"died while it worked.*SIGABRT.*GGML_ASSERT failed") as caught:
            await llm.complete(asked())
        assert caught.value.retryable
    for _ in range(5):
        with pytest.raises(LLMError, match=r"died 3 times in a row.*60 s.*GGML_ASSERT failed") as caught:
            await llm.complete(asked())
        assert not caught.value.retryable
    assert len(log.read_text().splitlines()) == 3
    clock.advance(timedelta(seconds=61))
    with pytest.raises(LLMError, match="died while it worked"):
        await llm.complete(asked())
    assert len(log.read_text().splitlines()) == 4


async def test_deaths_between_which_something_was_finished_are_no_loop(make_llama: MakeLlama) -> None:
    llm = make_llama(command=fake_worker("--fault", "die", "--where", "everywhere", "--after", "1"))
    for _ in range(5):
        await llm.complete(asked())
        with pytest.raises(LLMError, match="died while") as caught:
            await llm.complete(asked())
        assert caught.value.retryable


async def test_a_program_that_is_not_there_is_an_error(make_llama: MakeLlama) -> None:
    with pytest.raises(LLMError, match="cannot be started"):
        await make_llama(command=["/nowhere/worker"]).complete(asked())


async def test_an_interruption_of_the_whole_group_is_left_to_rookery(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()
    expected = (await llm.complete(asked())).text
    (worker,) = started()
    os.kill(worker, signal.SIGINT)
    assert (await llm.complete(asked())).text == expected
    assert started() == [worker]


async def test_the_process_knows_no_credentials(
    make_llama: MakeLlama, started: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "ROOKERY_LLMS__OPENAI__API_KEY"):
        monkeypatch.setenv(name, "secret-of-the-parent")
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")
    await make_llama().complete(asked())
    (worker,) = started()
    environment = await asyncio.to_thread(Path(f"/proc/{worker}/environ").read_bytes)
    assert b"secret-of-the-parent" not in environment
    assert b"GGML_VK_VISIBLE_DEVICES=0" in environment


async def test_modules_of_the_working_directory_are_not_run(
    make_llama: MakeLlama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "llama_cpp.py", "rookery.py"):
        (tmp_path / name).write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert (await make_llama().complete(asked())).text


@pytest.mark.parametrize("state", ["idle", "busy", "stopped"])
@pytest.mark.parametrize("end", ["return", "os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_no_process_outlives_rookery(llama_models: Path, tmp_path: Path, end: str, state: str) -> None:
    script = f"""
import asyncio, os, signal, sys
from pathlib import Path
from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.llms.llama_cpp.llm import LlamaCppLLM
from rookery.adapters.llms.llama_cpp.settings import Settings
from rookery.domain.inference import LLMRequest, Message

settings = Settings(model="tiny", device="cpu", n_ctx=4096, slots=2, threads=1)
llm = LlamaCppLLM(settings, models=Path({str(llama_models)!r}), home=Path({str(tmp_path)!r}), clock=SystemClock())
endless = LLMRequest(
    messages=[Message(role="user", content="on")], json_schema={ENDLESS["json_schema"]!r}, max_tokens=4000
)

async def main():
    stream = llm.stream(endless)
    await anext(stream)
    if {state!r} == "idle":
        await stream.aclose()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    {end}

asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as rookery:
        assert rookery.stdin is not None
        assert rookery.stdout is not None
        assert rookery.stdout.readline() == "ready\n"
        (worker,) = llama_workers(rookery.pid)
        if state == "stopped":
            os.kill(worker, signal.SIGSTOP)
        ended = os.pidfd_open(worker)
        rookery.stdin.close()
        rookery.wait()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(ended, signal.SIGCONT)  # one that was stopped ends as soon as it goes on
        assert has_ended(ended)
        os.close(ended)


async def test_memory_stays_flat_over_a_thousand_requests(
    make_llama: MakeLlama, started: Callable[[], list[int]]
) -> None:
    llm = make_llama()

    async def ask(numbers: range) -> None:
        sessions = [f"s{number % 50}" for number in numbers]
        tasks = [
            llm.complete(asked(f"{number} rooks", session=session, max_tokens=4))
            for number, session in zip(numbers, sessions, strict=True)
        ]
        await asyncio.gather(*tasks)

    for start in range(0, 300, 20):
        await ask(range(start, start + 20))
    (worker,) = started()
    before = memory_of(worker)[1]
    for start in range(300, 1300, 20):
        await ask(range(start, start + 20))
    assert started() == [worker]
    assert memory_of(worker)[1] - before < 24 * 2**20


def without_numbers(name: str, shape: tuple[int, ...]) -> Tensor:
    """Only the last matrix is damaged, so that the logits are no numbers."""
    return random_weights(1, fill=float("nan") if name == "output.weight" else None)(name, shape)


def memory_of(process: int) -> tuple[int, int]:
    """Return the bytes that a process has addresses for, and those that are in memory."""
    addressed, resident = Path(f"/proc/{process}/statm").read_text().split()[:2]
    return int(addressed) * os.sysconf("SC_PAGE_SIZE"), int(resident) * os.sysconf("SC_PAGE_SIZE")
