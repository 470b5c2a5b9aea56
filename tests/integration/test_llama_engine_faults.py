"""What goes wrong with a language model in llama.cpp, and that nobody is left without an answer."""

import importlib.util
import signal
from collections import Counter
from pathlib import Path

import pytest

if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

from rookery.adapters.llms.llama_cpp import wire
from tests.support.gguf_llms import (
    CHATML,
    Tensor,
    byte_pairs,
    random_weights,
    write_llm,
    write_tiny_gemma3,
    write_tiny_llama,
)
from tests.support.gguf_llms import TINY as SHAPE
from tests.support.llama_worker import LlamaWorker, llama_worker


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_llama(folder / "llama.gguf")
    vocabulary = byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    write_llm(folder / "nan.gguf", SHAPE, vocabulary, template=CHATML, weights=_without_numbers)
    write_tiny_gemma3(folder / "gemma3.gguf")
    whole = (folder / "llama.gguf").read_bytes()
    for name, part in (("half", 0.5), ("metadata", 0.01), ("nearly", 0.999)):
        (folder / f"{name}.gguf").write_bytes(whole[: int(len(whole) * part)])
    (folder / "empty.gguf").write_bytes(b"")
    (folder / "text.gguf").write_text("this is no model")
    (folder / "magic.gguf").write_bytes(b"GGUF" + bytes(range(256)) * 4)
    (folder / "unknown.gguf").write_bytes(whole.replace(b"llama", b"lloma"))
    return folder


def _without_numbers(name: str, shape: tuple[int, ...]) -> Tensor:
    """In the last matrix alone; where llama.cpp meets such a number before, it may end the process."""
    return random_weights(1, fill=float("nan") if name == "output.weight" else None)(name, shape)


def refused(path: Path, **load: object) -> wire.Failed:
    worker = LlamaWorker()
    try:
        worker.send(wire.Load.model_validate({"path": str(path), "n_ctx": 128, "slots": 1, **load}))
        answer = worker.answer(0)
        assert isinstance(answer, wire.Failed)
        assert worker.receive() is None
        return answer
    finally:
        worker.close()


@pytest.mark.parametrize("name", ["absent", "empty", "text", "magic", "metadata", "half", "nearly", "unknown"])
def test_a_file_that_is_no_model_is_refused_by_its_name(models: Path, name: str) -> None:
    failed = refused(models / f"{name}.gguf")
    assert failed.kind == "model"
    assert f"{name}.gguf" in failed.message


def test_a_context_that_no_memory_can_hold_is_refused(models: Path) -> None:
    failed = refused(models / "llama.gguf", n_ctx=2**30, kv_tokens=2**31 - 256)
    assert failed.kind == "memory"
    assert "models fit" in failed.message


def test_a_device_that_is_not_there_is_refused(models: Path) -> None:
    failed = refused(models / "llama.gguf", device="Vulkan7", gpu_layers=-1)
    assert failed.kind == "device"
    assert "Vulkan7" in failed.message


def test_a_lora_that_is_none_is_refused(models: Path) -> None:
    failed = refused(models / "llama.gguf", loras=[wire.Lora(name="x", path=str(models / "text.gguf"))])
    assert failed.kind == "model"
    assert "text.gguf" in failed.message


def test_devices_are_told_without_a_model() -> None:
    worker = LlamaWorker()
    try:
        worker.send(wire.Look())
        answer = worker.receive()
        assert isinstance(answer, wire.Devices)
        assert all(device.name != "CPU" for device in answer.devices)
    finally:
        worker.close()


def test_a_model_that_computes_no_numbers_fails_each_request_and_lives(models: Path) -> None:
    with llama_worker(models / "nan.gguf") as worker:
        for options in ({}, {"temperature": 1.0}, {"json_schema": {"type": "integer"}}):
            failed = worker.generate("x", **options).failed
            assert failed.kind == "numbers"
        assert worker.count("x") > 0


def test_a_model_of_no_known_family_says_that_it_has_no_template(tmp_path: Path) -> None:
    vocabulary = byte_pairs(["<begin>", "<end>"])
    path = write_llm(tmp_path / "plain.gguf", SHAPE, vocabulary, template=None, weights=random_weights(1))
    with llama_worker(path) as worker:
        failed = worker.generate("x").failed
        assert failed.kind == "request"
        assert "chat template" in failed.message


def test_a_template_that_cannot_be_read_or_reaches_out_is_refused(tmp_path: Path) -> None:
    for number, template in enumerate(["{% for %}", "{{ ''.__class__.__mro__[1].__subclasses__() }}"]):
        path = write_tiny_llama(tmp_path / f"{number}.gguf", template=template)
        with llama_worker(path) as worker:
            assert worker.generate("x", max_tokens=1).failed.kind in ("model", "request")


def test_a_cancelled_prompt_leaves_the_others_as_they_are(models: Path) -> None:
    with llama_worker(models / "gemma3.gguf", n_ctx=4096, slots=3) as worker:
        expected = worker.generate("rooks", max_tokens=30).text
        running = worker.start("rooks", max_tokens=30)
        long = worker.start("where do rooks nest " * 300, max_tokens=5)
        worker.send(wire.Cancel(id=long))
        assert worker.finish(long).failed.kind == "cancelled"
        assert worker.finish(running).text == expected
        assert worker.state().running == 0


def test_a_storm_of_cancellations_answers_each_request_once(models: Path) -> None:
    with llama_worker(models / "llama.gguf", slots=8) as worker:
        numbers = [worker.start(f"{number} rooks nest in colonies", max_tokens=20) for number in range(64)]
        for number in numbers[::2]:
            worker.send(wire.Cancel(id=number))
        worker.send(wire.Cancel(id=10**6))
        replies = {number: worker.finish(number) for number in numbers}
        assert all(isinstance(replies[number].end, wire.Finished) for number in numbers[1::2])
        ends = Counter(type(replies[number].end).__name__ for number in numbers[::2])
        assert ends["Failed"] + ends["Finished"] == 32
        assert worker.generate("rooks", max_tokens=3).finished.completion_tokens == 3
        assert worker.state().waiting == 0


def test_64_requests_at_once_are_all_served(models: Path) -> None:
    with llama_worker(models / "llama.gguf", slots=8) as worker:
        numbers = [worker.start(f"{number} rooks", max_tokens=8, session=f"{number}") for number in range(64)]
        assert all(isinstance(worker.finish(number).end, wire.Finished) for number in numbers)


def test_a_worker_ends_with_its_input_even_while_it_decodes(models: Path) -> None:
    with llama_worker(models / "llama.gguf", n_ctx=4096, slots=1) as worker:
        worker.start("rooks", max_tokens=4000)
        assert isinstance(worker.receive(), wire.Piece)
        assert worker.close() == 0


def test_ctrl_c_is_left_to_the_adapter(models: Path) -> None:
    with llama_worker(models / "llama.gguf") as worker:
        worker.process.send_signal(signal.SIGINT)
        assert worker.generate("x", max_tokens=2).finished.completion_tokens == 2


def test_what_a_worker_is_asked_while_it_decodes_is_answered_at_once(models: Path) -> None:
    with llama_worker(models / "llama.gguf", n_ctx=4096, slots=1) as worker:
        running = worker.start("rooks", max_tokens=3000)
        assert isinstance(worker.answer(running), wire.Piece)
        assert worker.count("rooks") > 0
        assert worker.state().running == 1
        worker.send(wire.Cancel(id=running))
        assert worker.finish(running).failed.kind == "cancelled"


def test_memory_stays_flat_over_a_thousand_requests(models: Path) -> None:
    def resident(worker: LlamaWorker) -> int:
        status = Path(f"/proc/{worker.process.pid}/status").read_text("ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    def ask(worker: LlamaWorker, start: int, count: int) -> None:
        numbers = [
            worker.start(f"{number} rooks", max_tokens=3, session=f"{number}", json_schema={"type": "integer"})
            for number in range(start, start + count)
        ]
        for number in numbers:
            worker.finish(number)

    with llama_worker(models / "llama.gguf", slots=8, ram_cache_mb=1) as worker:
        for start in range(0, 300, 100):
            ask(worker, start, 100)
        before = resident(worker)
        for start in range(300, 1300, 100):
            ask(worker, start, 100)
        assert resident(worker) - before < 8 * 1024
