"""`models fit` against what a process really takes, and what llama.cpp says that it reserves."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from rookery.adapters.llms.llama_cpp import wire
from rookery.adapters.llms.llama_cpp.catalogue import read_model
from rookery.adapters.llms.llama_cpp.fit import estimate
from rookery.domain.errors import LLMError
from rookery.domain.models import Deployment
from tests.support.gguf_files import write_tiny_bert
from tests.support.gguf_llms import (
    CHATML,
    GEMMA_3_1B,
    Shape,
    Tensor,
    Weights,
    random_blocks,
    sentence_pieces,
    write_gemma3_1b,
    write_llm,
)
from tests.support.llama_buffers import write_hollow
from tests.support.server import ROOT

pytest.importorskip("llama_cpp")

TENTH = 0.10
HOLLOW = {
    "gemma-3-1b": (GEMMA_3_1B, 262144),
    "llama-3.1-8b": (Shape("llama", 32, 4096, 32, 8, 128, 14336, 131072), 32000),
    "qwen-2.5-0.5b": (Shape("qwen2", 24, 896, 14, 2, 64, 4864, 32768), 50000),
}
DEPLOYMENTS = [
    Deployment(n_ctx=8192, slots=4),
    Deployment(n_ctx=2048, slots=1, n_batch=128),
    Deployment(n_ctx=8192, slots=8, kv_type="q8_0"),
    Deployment(n_ctx=4096, slots=2, kv_type="q4_0", n_batch=1024),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("name", HOLLOW)
def test_cache_compute_and_outputs_are_within_a_fiftieth_of_what_llama_cpp_reserves(folder: Path, name: str) -> None:
    shape, tokens = HOLLOW[name]
    path = write_hollow(folder / f"{name}.gguf", shape, tokens=tokens)
    header = read_model(path)
    for deployment, reserved in zip(DEPLOYMENTS, reserve(path), strict=True):
        memory = estimate(header, deployment)
        assert memory.kv_cache == pytest.approx(reserved["kv_cache"], rel=0.001)
        assert memory.output == pytest.approx(reserved["output"], rel=0.01)
        assert memory.compute == pytest.approx(reserved["compute"], rel=0.02)


def reserve(path: Path) -> list[dict[str, float]]:
    deployments = [deployment.model_dump_json() for deployment in DEPLOYMENTS]
    command = [sys.executable, "-m", "tests.support.llama_buffers", str(path), *deployments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    sizes: list[dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return sizes


class Case(NamedTuple):
    """A model that is really loaded."""

    path: Path
    deployment: Deployment


def gemma_of_4_layers(folder: Path) -> Case:
    return Case(write_gemma3_1b(folder / "gemma.gguf", layers=4), Deployment(n_ctx=1024, slots=1, n_batch=128))


def llama_with_a_large_cache(folder: Path) -> Case:
    shape = Shape("llama", 24, 512, 8, 8, 64, 1024, 32768)
    path = write_llm(
        folder / "llama.gguf", shape, sentence_pieces([], size=16000), template=CHATML, weights=random_blocks(1)
    )
    return Case(path, Deployment(n_ctx=4096, slots=2, n_batch=128))


def qwen_of_halves(folder: Path) -> Case:
    """Its weights are 16-bit floats, which llama.cpp reads from the file's mapping alone."""
    shape = Shape("qwen2", 10, 1024, 16, 4, 64, 4096, 32768)
    path = write_llm(folder / "qwen.gguf", shape, sentence_pieces([], size=30000), template=CHATML, weights=halves(1))
    return Case(path, Deployment(n_ctx=1024, slots=1, n_batch=128))


def halves(seed: int) -> Weights:
    random = np.random.default_rng(seed)

    def make(_: str, shape: tuple[int, ...]) -> Tensor:
        if len(shape) == 1:
            return Tensor(np.ones(shape, np.float32))
        return Tensor(
            (random.standard_normal(shape, np.float32) * np.float32(0.3 / shape[-1] ** 0.5)).astype(np.float16)
        )

    return make


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("make", [gemma_of_4_layers, llama_with_a_large_cache, qwen_of_halves])
def test_the_whole_is_within_a_tenth_of_what_the_worker_process_takes(folder: Path, make: object) -> None:
    assert callable(make)
    case: Case = make(folder)
    with worker(case) as process:
        write_something(process)
        resident = resident_bytes(process.pid)
    memory = estimate(read_model(case.path), case.deployment)
    assert memory.ram == pytest.approx(resident, rel=TENTH), memory


@contextmanager
def worker(case: Case) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", "rookery.adapters.llms.llama_cpp.worker"]
    deployment = case.deployment
    load = wire.Load(
        path=str(case.path), n_ctx=deployment.n_ctx, slots=deployment.slots, n_batch=deployment.n_batch, threads=2
    )
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        wire.write(process.stdin, load)
        assert isinstance(answer(process), wire.Loaded)
        try:
            yield process
        finally:
            process.kill()


def write_something(process: "subprocess.Popen[bytes]") -> None:
    """A prompt of full batches, and a reply that a schema binds."""
    turns = [wire.Turn(role="user", content="where do rooks nest " * 60)]
    schema = {
        "type": "object",
        "properties": {"a": {"type": "boolean"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert process.stdin is not None
    wire.write(process.stdin, wire.Generate(id=1, messages=turns, max_tokens=4, json_schema=dict(schema)))
    while isinstance(reply := answer(process), wire.Piece):
        pass
    assert isinstance(reply, wire.Finished), reply


def answer(process: "subprocess.Popen[bytes]") -> object:
    assert process.stdout is not None
    frame = wire.read(process.stdout)
    assert frame is not None
    return wire.REPLY.validate_json(frame)


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel does not tell")


def test_layers_on_the_gpu_leave_the_ram(folder: Path) -> None:
    path = write_hollow(folder / "divided.gguf", HOLLOW["qwen-2.5-0.5b"][0], tokens=2000)
    header = read_model(path)
    cpu, half, gpu = (estimate(header, Deployment(gpu_layers=layers)) for layers in (0, 12, 25))
    assert (cpu.vram, gpu.weights) == (0, 0)
    assert cpu.ram > half.ram > gpu.ram
    assert 0 < half.vram < gpu.vram
    assert half.kv_cache == half.vram_kv_cache == cpu.kv_cache / 2
    assert gpu.vram_weights == sum(tensor.size for tensor in header.tensors if tensor.name != "token_embd.weight")


def test_what_is_no_language_model_is_told(folder: Path) -> None:
    path = write_tiny_bert(folder / "bert.gguf")
    assert estimate(read_model(path), Deployment()).ram > 0
    broken = read_model(path)._replace(values={"general.architecture": "bert"})
    with pytest.raises(LLMError, match="does not tell the model's shape"):
        estimate(broken, Deployment())
