"""What a worker keeps of conversations: in the context, in the RAM, on the disk, and over a suspension."""

import importlib.util
from pathlib import Path

import pytest

if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

from rookery.adapters.llms.llama_cpp import wire
from tests.support.gguf_llms import write_tiny_gemma3, write_tiny_llama
from tests.support.llama_worker import LlamaWorker, Reply, llama_worker

CLEAN = {"grammar": "start: /[a-z]{12}/", "max_tokens": 12, "temperature": 1.0}
"""Bytes that are no text would be told in other tokens the next time."""
LONG = "rooks breed in colonies where the nest is " * 8


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_llama(folder / "llama.gguf")
    write_tiny_llama(folder / "other.gguf", seed=2)
    write_tiny_gemma3(folder / "gemma3.gguf")
    return folder


def conversation(name: str) -> str:
    """A prompt of some 100 tokens that shares little with another name's."""
    return f"{name} {LONG}{name}"


def said(role: str, text: str) -> list[wire.Turn]:
    return [wire.Turn.model_validate({"role": role, "content": text})]


def talk(worker: LlamaWorker, name: str) -> wire.Finished:
    return worker.generate(conversation(name), session=name, max_tokens=4).finished


def suspend(worker: LlamaWorker, folder: Path) -> int:
    number = worker.number()
    worker.send(wire.Suspend(id=number, folder=str(folder)))
    answer = worker.answer(number)
    assert isinstance(answer, wire.Suspended)
    return answer.sessions


def restore(worker: LlamaWorker, folder: Path) -> tuple[int, int]:
    number = worker.number()
    worker.send(wire.Restore(id=number, folder=str(folder)))
    answer = worker.answer(number)
    assert isinstance(answer, wire.Restored)
    return answer.sessions, answer.left_out


@pytest.mark.parametrize("model", ["llama", "gemma3"])
def test_a_session_that_left_the_context_comes_back_from_the_ram(models: Path, model: str) -> None:
    def talk_on(worker: LlamaWorker, *others: str) -> tuple[wire.Finished, Reply]:
        first = worker.generate(conversation("a"), session="a", **CLEAN)
        for name in others:
            talk(worker, name)
        going_on = [*said("user", conversation("a")), *said("assistant", first.text), *said("user", "go on")]
        return first.finished, worker.generate(going_on, session="a", max_tokens=12)

    with llama_worker(models / f"{model}.gguf") as roomy:
        _, expected = talk_on(roomy)
    with llama_worker(models / f"{model}.gguf", kv_tokens=512, slots=2) as worker:
        first, again = talk_on(worker, *"bcdefgh")
        assert worker.state().evicted_sessions > 0
    assert again.text == expected.text
    assert again.finished.cached_prompt_tokens == first.prompt_tokens + first.completion_tokens - 1


def test_a_session_that_left_the_ram_too_comes_back_from_the_disk(models: Path, tmp_path: Path) -> None:
    options = {"kv_tokens": 512, "slots": 2, "ram_cache_mb": 0, "disk_cache": str(tmp_path / "cache")}
    with llama_worker(models / "llama.gguf", **options) as worker:
        talk(worker, "a")
        for name in "bcdefgh":
            talk(worker, name)
        files = list((tmp_path / "cache").iterdir())
        assert files
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)
        again = talk(worker, "a")
        assert again.cached_prompt_tokens == again.prompt_tokens - 1
        assert worker.notices == []


def test_a_damaged_file_is_told_and_computed_anew(models: Path, tmp_path: Path) -> None:
    options = {"kv_tokens": 512, "slots": 2, "ram_cache_mb": 0, "disk_cache": str(tmp_path)}
    with llama_worker(models / "llama.gguf", **options) as worker:
        expected = worker.generate(conversation("a"), session="a", max_tokens=4).text
        for name in "bcdefgh":
            talk(worker, name)
        for file in tmp_path.iterdir():
            content = bytearray(file.read_bytes())
            content[-100] ^= 1
            file.write_bytes(content)
        reply = worker.generate(conversation("a"), session="a", max_tokens=4)
        assert reply.text == expected
        assert reply.finished.cached_prompt_tokens < 10
        assert [notice for notice in worker.notices if "damaged" in notice]


def test_files_of_another_model_are_not_taken(models: Path, tmp_path: Path) -> None:
    options = {"kv_tokens": 512, "slots": 2, "ram_cache_mb": 0, "disk_cache": str(tmp_path)}
    with llama_worker(models / "llama.gguf", **options) as worker:
        for name in "abcdefgh":
            talk(worker, name)
    assert list(tmp_path.iterdir())
    with llama_worker(models / "other.gguf", **options) as worker:
        assert talk(worker, "a").cached_prompt_tokens == 0


def test_a_full_context_makes_someone_wait_but_loses_nobody(models: Path) -> None:
    questions = [conversation(name) for name in "abcdef"]
    with llama_worker(models / "llama.gguf", slots=6) as roomy:
        expected = [roomy.generate(text, max_tokens=60).text for text in questions]
    with llama_worker(models / "llama.gguf", kv_tokens=512, slots=6) as worker:
        numbers = [worker.start(text, max_tokens=60, priority=-place) for place, text in enumerate(questions)]
        replies = [worker.finish(number) for number in numbers]
        assert [reply.finished.completion_tokens for reply in replies] == [60] * 6
        # who was set aside comes back to cells in another order, and so sums round differently after a while
        assert [reply.text[:80] for reply in replies] == [text[:80] for text in expected]
        assert worker.state().evicted_sessions > 0


def test_a_full_context_without_a_cache_loses_nobody_either(models: Path) -> None:
    with llama_worker(models / "llama.gguf", kv_tokens=512, slots=6, ram_cache_mb=0) as worker:
        numbers = [worker.start(conversation(name), max_tokens=60) for name in "abcdef"]
        assert [worker.finish(number).finished.completion_tokens for number in numbers] == [60] * 6


@pytest.mark.parametrize("model", ["llama", "gemma3"])
def test_a_suspended_model_goes_on_as_if_it_had_never_left(models: Path, model: str, tmp_path: Path) -> None:
    path, folder = models / f"{model}.gguf", tmp_path / "suspended"
    with llama_worker(path) as worker:
        first = worker.generate(conversation("a"), session="a", **CLEAN)
        talk(worker, "b")
        assert suspend(worker, folder) == 2
        assert worker.receive() is None
        assert worker.close() == 0
    going_on = [*said("user", conversation("a")), *said("assistant", first.text), *said("user", "go on")]
    with llama_worker(path) as worker:
        assert restore(worker, folder) == (2, 0)
        reply = worker.generate(going_on, session="a", max_tokens=12)
        held = first.finished.prompt_tokens + first.finished.completion_tokens - 1  # the last is not decoded yet
        assert reply.finished.cached_prompt_tokens == held
        assert worker.state().evaluated_tokens == reply.finished.prompt_tokens - held
    with llama_worker(path) as worker:
        assert worker.generate(conversation("a"), session="a", **CLEAN).text == first.text
        assert worker.generate(going_on, session="a", max_tokens=12).text == reply.text


def test_a_request_in_flight_is_told_of_a_suspension(models: Path, tmp_path: Path) -> None:
    with llama_worker(models / "llama.gguf", n_ctx=4096, slots=1) as worker:
        running = worker.start("a", session="a", max_tokens=4000)
        waiting = worker.start("b", session="b", max_tokens=4000)
        assert isinstance(worker.answer(running), wire.Piece)
        suspend(worker, tmp_path)
        assert worker.finish(running).failed.kind == "cancelled"
        assert worker.finish(waiting).failed.kind == "cancelled"


def test_sessions_of_another_shape_and_damaged_ones_are_left_out(models: Path, tmp_path: Path) -> None:
    with llama_worker(models / "llama.gguf") as worker:
        talk(worker, "a")
        suspend(worker, tmp_path)
    (tmp_path / "damaged.kv").write_bytes(b"no state")
    with llama_worker(models / "other.gguf") as worker:
        assert restore(worker, tmp_path) == (0, 2)
        assert [notice for notice in worker.notices if "damaged.kv" in notice]


def test_a_conversation_that_branches_keeps_what_its_branches_share(models: Path) -> None:
    with llama_worker(models / "llama.gguf") as worker:
        start = worker.generate(LONG, session="a", max_tokens=2).finished.prompt_tokens
        one = worker.generate(LONG + "one", session="a", max_tokens=2).finished
        two = worker.generate(LONG + "two", session="a", max_tokens=2).finished
        assert min(one.cached_prompt_tokens, two.cached_prompt_tokens) >= start - 20  # the turn ends elsewhere


def test_two_requests_of_one_session_at_once_are_both_served(models: Path) -> None:
    with llama_worker(models / "llama.gguf") as worker:
        expected = worker.generate(LONG, max_tokens=10).text
        numbers = [worker.start(LONG, session="a", max_tokens=10) for _ in range(3)]
        assert [worker.finish(number).text for number in numbers] == [expected] * 3
