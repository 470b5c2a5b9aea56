"""Real decoding through Vulkan, on the device that Mesa computes in software; slow, and as exact as a GPU."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rookery.domain.errors import LLMError
from tests.support.llama import MakeLlama, asked
from tests.support.software_vulkan import Missing, software_device

PATIENT = {"device": "auto", "stall_timeout_seconds": 1800, "load_timeout_seconds": 1800}  # shaders are compiled first
OBJECT = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 8}, "sure": {"type": "boolean"}},
    "required": ["name", "sure"],
    "additionalProperties": False,
}
SWAPPING = """
import subprocess, sys
from rookery.adapters.llms.llama_cpp import wire

first = wire.REQUEST.validate_json(wire.read(sys.stdin.buffer))
if isinstance(first, wire.Load) and first.device is not None:
    first = first.model_copy(update={"path": sys.argv[1]})
worker = [sys.executable, "-P", "-m", "rookery.adapters.llms.llama_cpp.worker"]
with subprocess.Popen(worker, stdin=subprocess.PIPE) as process:
    wire.write(process.stdin, first)
    while (frame := wire.read(sys.stdin.buffer)) is not None:
        wire.write(process.stdin, wire.REQUEST.validate_json(frame))
"""


if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)
try:
    software_device(Path())
except Missing as missing:
    pytest.skip(str(missing), allow_module_level=True)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def shaders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for compiled shaders, so that each is compiled once."""
    return tmp_path_factory.mktemp("shaders")


@pytest.fixture(autouse=True)
def on_that_device(shaders: Path) -> Iterator[None]:
    """The environment in which llama.cpp sees that device, and no other one."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in software_device(shaders).items():
            patch.setenv(name, value)
        yield


async def test_a_device_that_computes_as_the_cpu_does_is_chosen_and_answers_alike(make_llama: MakeLlama) -> None:
    requests = [asked("where do rooks breed?"), asked("who?", json_schema=OBJECT, max_tokens=200)]
    cpu, gpu = make_llama(), make_llama(**PATIENT)
    expected = [await cpu.complete(request) for request in requests]
    replies = await asyncio.gather(*(gpu.complete(request) for request in requests))
    assert [reply.text for reply in replies] == [reply.text for reply in expected]
    assert [reply.notices for reply in replies] == [[], []]
    state = gpu.backend()
    assert state is not None
    assert state.device == "Vulkan0"
    assert state.layers >= state.all_layers > 0
    assert "llvmpipe" in state.reason
    assert "says what the CPU says" in state.reason


async def test_a_conversation_on_the_device_is_decoded_once_and_survives_a_pause(
    make_llama: MakeLlama, tmp_path: Path
) -> None:
    text = "where do rooks breed " * 5
    cpu, gpu = make_llama(), make_llama(**PATIENT)
    for _ in range(2):
        fields = {"session": "a", "max_tokens": 8}
        expected, reply = await cpu.complete(asked(text, **fields)), await gpu.complete(asked(text, **fields))
        assert reply.text == expected.text
        text += "and why? "
    assert await gpu.suspend(tmp_path / "paused") == 1
    assert await gpu.restore(tmp_path / "paused") == 1
    expected, reply = await cpu.complete(asked(text, **fields)), await gpu.complete(asked(text, **fields))
    assert reply.text == expected.text
    assert reply.usage.cached_prompt_tokens > reply.usage.prompt_tokens * 0.7


async def test_a_device_that_computes_something_else_is_not_used(
    make_llama: MakeLlama, llama_models: Path, tmp_path: Path
) -> None:
    script = tmp_path / "swapping.py"
    script.write_text(SWAPPING)
    command = [sys.executable, "-P", str(script), str(llama_models / "other.gguf")]
    llm = make_llama(command=command, **PATIENT)
    reply = await llm.complete(asked())
    assert reply.text == (await make_llama().complete(asked())).text
    state = llm.backend()
    assert state is not None
    assert state.device == "CPU"
    assert "Vulkan0 says" in state.reason


async def test_without_a_device_the_cpu_is_used_and_a_named_one_is_refused(
    make_llama: MakeLlama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GGML_VK_VISIBLE_DEVICES")
    llm = make_llama(**PATIENT)
    await llm.complete(asked())
    state = llm.backend()
    assert state is not None
    assert state.device == "CPU"
    assert "finds no GPU" in state.reason
    with pytest.raises(LLMError, match="no device 'Vulkan0'"):
        await make_llama(**PATIENT | {"device": "Vulkan0"}).complete(asked())
