"""On which device a model runs: chosen by a trial, remembered, left when it fails. The worker is a made-up program."""

import asyncio
import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

from rookery.domain.errors import LLMError
from tests.support.llama import MakeLlama, asked, fake_worker

pytestmark = pytest.mark.anyio

WORDS = "one two three four five six"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "starts"


def loads(log: Path) -> list[str]:
    """Return where each worker loaded the model."""
    return log.read_text().splitlines() if log.exists() else []


async def test_a_device_that_says_what_the_cpu_says_is_used(make_llama: MakeLlama, log: Path) -> None:
    llm = make_llama(device="auto", command=fake_worker("--device", "Fake0", "--log", str(log)))
    assert llm.backend() is None
    reply = await llm.complete(asked(WORDS))
    state = llm.backend()
    assert reply.text == WORDS
    assert reply.notices == []
    assert state is not None
    assert (state.device, state.layers, state.all_layers) == ("Fake0", 8, 8)
    assert "says what the CPU says" in state.reason
    assert state.probed_at is not None
    assert loads(log) == ["CPU 0", "Fake0 8", "Fake0 8"]


async def test_the_choice_is_remembered_for_the_next_process(make_llama: MakeLlama, log: Path) -> None:
    command = fake_worker("--device", "Fake0", "--log", str(log))
    await make_llama(device="auto", command=command).complete(asked(WORDS))
    other = make_llama(device="auto", command=command)
    known = other.backend()
    await other.complete(asked(WORDS))
    assert known is not None
    assert known.device == "Fake0"
    assert loads(log)[3:] == ["Fake0 8"]


async def test_devices_are_tried_again_when_that_is_asked_for(make_llama: MakeLlama, log: Path) -> None:
    home = log.parent / "home"
    await make_llama(device="auto", home=home, command=fake_worker()).complete(asked(WORDS))
    llm = make_llama(device="auto", home=home, command=fake_worker("--device", "Fake0", "--log", str(log)))
    await llm.complete(asked(WORDS))
    assert loads(log) == ["CPU 0"]
    await llm.retry_devices()
    assert llm.backend() is None
    await llm.complete(asked(WORDS))
    assert loads(log)[1:] == ["CPU 0", "Fake0 8", "Fake0 8"]


async def test_another_state_of_the_file_is_tried_anew(make_llama: MakeLlama, llama_models: Path, log: Path) -> None:
    (llama_models / "changing.gguf").write_bytes(b"one")
    command = fake_worker("--device", "Fake0", "--log", str(log))
    await make_llama("changing.gguf", device="auto", command=command).complete(asked(WORDS))
    (llama_models / "changing.gguf").write_bytes(b"another")
    await make_llama("changing.gguf", device="auto", command=command).complete(asked(WORDS))
    assert len(loads(log)) == 6


async def test_a_device_that_says_other_things_is_not_used(make_llama: MakeLlama) -> None:
    llm = make_llama(device="auto", command=fake_worker("--device", "Fake0", "--fault", "lie", "--after", "0"))
    assert (await llm.complete(asked(WORDS))).text == WORDS
    state = llm.backend()
    assert state is not None
    assert state.device == "CPU"
    assert "Fake0 says" in state.reason


async def test_the_next_device_is_tried_where_one_is_broken(make_llama: MakeLlama, log: Path) -> None:
    devices = ("--device", "Fake0", "--device", "Fake1")
    broken = fake_worker(*devices, "--broken", "Fake0", "--fault", "die", "--after", "0", "--log", str(log))
    llm = make_llama(device="auto", command=broken)
    assert (await llm.complete(asked(WORDS))).text == WORDS
    state = llm.backend()
    assert state is not None
    assert (state.device, state.layers) == ("Fake1", 8)
    assert "Fake0 failed with all layers: llama.cpp's process died" in state.reason


async def test_a_model_too_large_for_the_device_is_put_there_in_part(make_llama: MakeLlama) -> None:
    command = fake_worker("--device", "Fake0", "--fault", "load", "--layers", "4", "--after", "0")
    llm = make_llama(device="auto", command=command)
    await llm.complete(asked(WORDS))
    state = llm.backend()
    assert state is not None
    assert (state.device, state.layers) == ("Fake0", 4)
    assert "no room on the device" in state.reason


async def test_without_a_gpu_the_cpu_is_used_and_the_reason_is_told(make_llama: MakeLlama, log: Path) -> None:
    llm = make_llama(device="auto", command=fake_worker("--log", str(log)))
    await llm.complete(asked(WORDS))
    state = llm.backend()
    assert state is not None
    assert state.device == "CPU"
    assert "finds no GPU" in state.reason
    assert loads(log) == ["CPU 0"]


async def test_the_cpu_is_not_tried_when_it_is_set(make_llama: MakeLlama, log: Path) -> None:
    llm = make_llama(device="cpu", command=fake_worker("--device", "Fake0", "--log", str(log)))
    await llm.complete(asked(WORDS))
    state = llm.backend()
    assert state is not None
    assert (state.device, state.probed_at) == ("CPU", None)
    assert loads(log) == ["CPU 0"]


async def test_a_device_can_be_named_and_must_be_there(make_llama: MakeLlama) -> None:
    command = fake_worker("--device", "Fake0", "--device", "Fake1")
    llm = make_llama(device="fake1", command=command)
    await llm.complete(asked(WORDS))
    state = llm.backend()
    assert state is not None
    assert state.device == "Fake1"
    with pytest.raises(LLMError, match="no device 'Vulkan7', but the CPU, Fake0, Fake1; set") as caught:
        await make_llama(device="Vulkan7", command=command).complete(asked(WORDS))
    assert not caught.value.retryable


@pytest.mark.parametrize("fault", ["lost", "memory", "numbers", "die", "hang"])
async def test_a_request_goes_on_with_fewer_layers_when_the_device_fails(make_llama: MakeLlama, fault: str) -> None:
    command = fake_worker("--device", "Fake0", "--fault", fault, "--after", "1", "--layers", "4")
    llm = make_llama(device="auto", command=command, stall_timeout_seconds=5.0 if fault == "hang" else 300.0)
    replies = [await llm.complete(asked(WORDS)) for _ in range(3)]
    state = llm.backend()
    assert [reply.text for reply in replies] == [WORDS] * 3
    assert [len(reply.notices) for reply in replies] == [0, 1, 0]
    assert "Fake0 failed with 8 of 8 layers on it" in replies[1].notices[0]
    assert "now runs on Fake0 with 4 of 8 layers" in replies[1].notices[0]
    assert state is not None
    assert (state.device, state.layers) == ("Fake0", 4)
    later = make_llama(device="auto", command=command).backend()
    assert later == state


async def test_a_device_that_fails_again_and_again_is_left_for_the_cpu(make_llama: MakeLlama, log: Path) -> None:
    llm = make_llama(device="auto", command=fake_worker("--device", "Fake0", "--after", "1", "--log", str(log)))
    replies = [await llm.complete(asked(WORDS)) for _ in range(6)]
    assert [reply.text for reply in replies] == [WORDS] * 6
    assert sum(len(reply.notices) for reply in replies) == 3
    assert loads(log)[2:] == ["Fake0 8", "Fake0 4", "Fake0 2", "CPU 0"]
    state = llm.backend()
    assert state is not None
    assert state.device == "CPU"


async def test_all_that_ran_on_a_lost_device_is_done_again_and_told_once(make_llama: MakeLlama) -> None:
    command = fake_worker("--device", "Fake0", "--after", "3", "--layers", "4")
    llm = make_llama(device="auto", command=command)
    replies = await asyncio.gather(*(llm.complete(asked(f"{WORDS} {number}")) for number in range(16)))
    assert [reply.text for reply in replies] == [f"{WORDS} {number}" for number in range(16)]
    assert sum(len(reply.notices) for reply in replies) == 1


async def test_a_stream_goes_on_where_it_was(make_llama: MakeLlama, log: Path) -> None:
    command = fake_worker("--device", "Fake0", "--after", "0", "--layers", "4", "--log", str(log), "--spare", "probe")
    llm = make_llama(device="auto", command=command)
    assert "".join([piece async for piece in llm.stream(asked(WORDS))]) == WORDS
    assert loads(log)[2:] == ["Fake0 8", "Fake0 4"]


async def test_what_cannot_be_remembered_is_found_out_again(
    make_llama: MakeLlama, tmp_path: Path, log: Path, started: Callable[[], list[int]]
) -> None:
    (tmp_path / "llama").write_text("in the way")
    command = fake_worker("--device", "Fake0", "--after", "1", "--layers", "4", "--log", str(log))
    llm = make_llama(device="auto", command=command, disk_cache=False)
    replies = [await llm.complete(asked(WORDS)) for _ in range(3)]
    assert [reply.text for reply in replies] == [WORDS] * 3
    assert loads(log)[2:] == ["Fake0 8", "Fake0 4"]
    assert len(started()) == 1


async def test_a_damaged_memory_of_devices_is_nothing_remembered(make_llama: MakeLlama, tmp_path: Path) -> None:
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama" / "backends.json").write_text("{")
    llm = make_llama(device="auto", command=fake_worker("--device", "Fake0"))
    await llm.complete(asked(WORDS))
    state = make_llama(device="auto", command=fake_worker()).backend()
    assert state is not None
    assert state.device == "Fake0"
