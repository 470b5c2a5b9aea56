"""peft on the weights of GGUF files, compared with llama.cpp, which runs them."""

import asyncio
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest

if any(importlib.util.find_spec(name) is None for name in ("llama_cpp", "peft", "torch")):
    pytest.skip('tuning is not installed: make test EXTRAS="--extra llama --extra tune"', allow_module_level=True)

from rookery.adapters.tuners.peft.tuner import PeftTuner
from rookery.adapters.tuners.peft.worker.weights import Base, Untunable
from rookery.application.tuning.training import TOLERANCE
from rookery.domain.errors import TunerError
from rookery.domain.inference import Message
from rookery.domain.lessons import Lesson, Progress, Training, Weighed
from rookery.domain.tuning import Recipe
from tests.support.gguf_llms import (
    CHATML,
    TINY,
    byte_pairs,
    random_blocks,
    sentence_pieces,
    write_llm,
    write_tiny_gemma3,
    write_tiny_llama,
    write_tiny_mistral,
    write_tiny_qwen2,
)
from tests.support.llama import MakeLlama

pytestmark = pytest.mark.anyio
CLOSE = 0.01  # nats a token: llama.cpp keeps keys and values as 16-bit floats
Write = Callable[..., Path]


def conversation(number: int) -> list[Message]:
    system = Message(role="system", content="state what the text is")
    return [system, Message(role="user", content=f"where do rooks {number} breed " * 8)]


def reply(number: int) -> str:
    return json.dumps({"answer": f"rooks nest {number} in colonies"})


def files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


async def weighed(make_llama: MakeLlama, model: Path, lora: Path | None = None) -> list[Weighed]:
    llm = make_llama(str(model), **({"loras": {"tuned": {"path": str(lora)}}} if lora else {}))
    name = "tuned" if lora else None
    return [await llm.weigh(conversation(number), reply(number), lora=name) for number in range(6)]


def training(base: Path, read: list[Weighed], out: Path) -> Training:
    lessons = [Lesson(prompt=one.prompt, reply=one.reply) for one in read]
    recipe = Recipe(epochs=8, rate=5e-3, seed=3)
    return Training(base=base, lessons=lessons, checks=read, tolerance=CLOSE, recipe=recipe, out=out)


def write_packed_llama(path: Path) -> Path:
    """Write a llama whose matrices are 8-bit blocks."""
    vocabulary = byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return write_llm(path, TINY, vocabulary, template=CHATML, weights=random_blocks(1, "Q8_0"))


@pytest.mark.parametrize("write", [write_tiny_llama, write_tiny_qwen2, write_tiny_gemma3])
async def test_what_was_trained_is_what_llama_cpp_computes_with_the_adapter(
    write: Write, make_llama: MakeLlama, tmp_path: Path
) -> None:
    base = write(tmp_path / "base.gguf")
    read = await weighed(make_llama, base)
    told: list[Progress] = []
    trained = await PeftTuner().train(training(base, read, tmp_path / "lora.gguf"), told.append)
    tuned = await weighed(make_llama, base, tmp_path / "lora.gguf")
    for before, after, found in zip(read, tuned, trained.after, strict=True):
        assert after.mean == pytest.approx(found, abs=CLOSE)
        assert after.mean > before.mean + 2
    assert [one.step for one in told] == list(range(1, told[0].steps + 1))
    assert told[-1].loss < told[0].loss


async def test_weights_that_stay_packed_teach_the_same_as_unpacked_ones(make_llama: MakeLlama, tmp_path: Path) -> None:
    base = write_packed_llama(tmp_path / "base.gguf")
    read = await weighed(make_llama, base)
    wanted = training(base, read, tmp_path / "lora.gguf").model_copy(update={"tolerance": TOLERANCE})
    unpacked = await PeftTuner().train(wanted, lambda _: None)
    packed = wanted.recipe.model_copy(update={"packed": True})
    trained = await PeftTuner().train(wanted.model_copy(update={"recipe": packed}), lambda _: None)
    assert trained.after == pytest.approx(unpacked.after, abs=1e-4)
    assert trained.notes != unpacked.notes
    tuned = await weighed(make_llama, base, tmp_path / "lora.gguf")
    for before, after, found in zip(read, tuned, trained.after, strict=True):
        assert after.mean == pytest.approx(found, abs=TOLERANCE)
        assert after.mean > before.mean + 1


async def test_the_same_training_gives_the_same_file_and_another_seed_another(
    make_llama: MakeLlama, tmp_path: Path
) -> None:
    base = write_tiny_llama(tmp_path / "base.gguf")
    read = await weighed(make_llama, base)

    async def digest(seed: int) -> str:
        wanted = training(base, read, tmp_path / "lora.gguf")
        recipe = wanted.recipe.model_copy(update={"seed": seed, "epochs": 1})
        await PeftTuner().train(wanted.model_copy(update={"recipe": recipe}), lambda _: None)
        return hashlib.sha256((tmp_path / "lora.gguf").read_bytes()).hexdigest()

    assert await digest(1) == await digest(1) != await digest(2)


async def test_a_model_that_the_trainer_reads_otherwise_than_llama_cpp_is_refused(
    make_llama: MakeLlama, tmp_path: Path
) -> None:
    base = write_tiny_llama(tmp_path / "base.gguf")
    other = write_tiny_llama(tmp_path / "other.gguf", seed=2)
    read = await weighed(make_llama, base)
    with pytest.raises(TunerError, match=r"does not compute what llama\.cpp computes"):
        await PeftTuner().train(training(other, read, tmp_path / "lora.gguf"), lambda _: None)
    assert {path.name for path in files(tmp_path)} == {"base.gguf", "other.gguf"}


@pytest.mark.parametrize(
    ("write", "end"),
    [
        (write_tiny_llama, byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]).id("<|im_end|>")),
        (write_tiny_gemma3, sentence_pieces(["<start_of_turn>", "<end_of_turn>"]).id("<end_of_turn>")),
        (write_tiny_mistral, sentence_pieces(["[INST]", "[/INST]"]).id("<eos>")),
    ],
)
async def test_a_lesson_is_the_prompt_as_it_is_asked_and_ends_as_the_template_ends_a_turn(
    write: Write, end: int, make_llama: MakeLlama, tmp_path: Path
) -> None:
    llm = make_llama(str(write(tmp_path / "base.gguf")))
    read = await llm.weigh(conversation(1), reply(1), likelihood=False)
    assert len(read.prompt) == await llm.count_tokens(conversation(1))
    assert read.reply[-1] == end
    assert read.likelihoods == []


async def test_marks_in_a_reply_are_letters_like_any_others(make_llama: MakeLlama, tmp_path: Path) -> None:
    llm = make_llama(str(write_tiny_llama(tmp_path / "base.gguf")))
    end = byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]).id("<|im_end|>")
    read = await llm.weigh(conversation(1), '{"a":"<|im_end|>"}')
    assert read.reply.count(end) == 1
    assert len(read.likelihoods) == len(read.reply)


async def test_a_training_that_is_cancelled_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    step = json.dumps({"type": "step", "progress": {"step": 1, "steps": 2, "loss": 1.0}})
    never_ends = f"import sys; sys.stdin.readline(); print({step!r}, flush=True); sys.stdin.read()"
    begun = asyncio.Event()
    wanted = training(tmp_path / "base.gguf", [Weighed(prompt=[1], reply=[2], likelihoods=[-1.0])], tmp_path / "x.gguf")
    tuner = PeftTuner(command=[sys.executable, "-c", never_ends])
    task = asyncio.create_task(tuner.train(wanted, lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("last_act", "told"),
    [
        ("sys.exit('no space is left')", r"\(exit code 1\): no space is left; nothing was kept$"),
        ("os.kill(os.getpid(), 9)", r"\(SIGKILL\); nothing was kept; memory may have run out: try --qlora"),
    ],
)
async def test_a_training_that_dies_says_how(last_act: str, told: str, tmp_path: Path) -> None:
    wanted = training(tmp_path / "base.gguf", [Weighed(prompt=[1], reply=[2], likelihoods=[-1.0])], tmp_path / "x.gguf")
    dies = f"import os, sys; sys.stdin.readline(); {last_act}"
    with pytest.raises(TunerError, match=f"ended before it was done {told}"):
        await PeftTuner(command=[sys.executable, "-c", dies]).train(wanted, lambda _: None)


@pytest.mark.parametrize(
    ("architecture", "entries", "packed", "told"),
    [
        ("mamba", {}, False, "kind mamba cannot be tuned yet; these can: llama"),
        ("llama", {"split.count": 2}, False, "in several files"),
        ("llama", {"llama.expert_count": 8}, False, "mixtures of experts"),
        ("llama", {"llama.rope.dimension_count": 8, "llama.attention.key_length": 16}, False, "a part of its heads"),
        ("llama", {}, False, r"does not say llama\.attention\.head_count"),
        ("gemma3", {}, True, "gemma3 cannot stay packed yet"),
    ],
)
def test_a_model_that_cannot_be_tuned_says_why(
    *, architecture: str, entries: dict[str, int], packed: bool, told: str, tmp_path: Path
) -> None:
    writer = gguf.GGUFWriter(tmp_path / "base.gguf", architecture)
    for key, value in entries.items():
        writer.add_uint32(key, value)
    writer.add_tensor("token_embd.weight", np.zeros((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(Untunable, match=told):
        Base(tmp_path / "base.gguf", packed=packed)
