"""GGUF models in llama.cpp, which runs in a process that may die."""

import asyncio
import gc
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

if importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

import gguf

from rookery.adapters.embedders import minilm
from rookery.adapters.embedders.llama_cpp.embedder import LlamaCppEmbedder, Settings
from rookery.adapters.embedders.sentence_bert.weights import carrier_folder
from rookery.domain.errors import EmbedderError
from tests.support.gguf_files import write_minilm, write_tiny_bert
from tests.support.llama import has_ended

pytestmark = pytest.mark.anyio

TEXTS = ["where do rooks breed", "rooks breed in colonies", "quarterly revenue declined sharply"]
SENTENCES = [
    "hello world",
    "",
    "Rooks (Corvus frugilegus) breed in colonies called rookeries, high in the tops of trees.",
    "What did the second experiment measure, and why did its authors distrust the first?",
    "naïve café – ÅNGSTRÖM, 研究 and 🐦; e = mc², 3.14159",
    "Привет, мир! Γειά σου Κόσμε",
    "ﬁne ½ Ⅷ soft\u00adhyphen",
    "a\0b",
    "lone \ud800 surrogate",
    "tab\tnew\nline\r\n\u3000wide\u200bspace",
    "The critic sends the researcher out again when a sentence has no quotation behind it. " * 12,
    "far beyond the window " * 200,
]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    write_tiny_bert(tmp_path / "tiny.gguf")
    return tmp_path


@pytest.fixture
async def make(models: Path) -> AsyncIterator[Callable[..., LlamaCppEmbedder]]:
    """Make embedders that are closed in the end."""
    made: list[LlamaCppEmbedder] = []

    def one(model: str | Path = "tiny.gguf", **settings: object) -> LlamaCppEmbedder:
        values = {"model": model, "threads": 1} | settings
        made.append(LlamaCppEmbedder(Settings.model_validate(values), models=models))
        return made[-1]

    yield one
    for embedder in made:
        await embedder.close()


def cosine(one: list[float], other: list[float]) -> float:
    return sum(left * right for left, right in zip(one, other, strict=True))


def workers(parent: int) -> list[int]:
    """Return the ids of the parent's processes that hold a model."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and _is_worker(folder) and _parent(folder) == parent
    ]


@pytest.fixture
def started() -> Callable[[], list[int]]:
    """Return the processes that the test started and that still run."""
    before = workers(os.getpid())
    return lambda: [worker for worker in workers(os.getpid()) if worker not in before]


def _is_worker(folder: Path) -> bool:
    try:
        return b"llama_cpp.worker" in (folder / "cmdline").read_bytes()
    except OSError:
        return False


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


async def test_vectors_agree_with_those_of_the_same_weights_in_onnx_runtime(
    make: Callable[..., LlamaCppEmbedder], models: Path
) -> None:
    published = carrier_folder()
    assert published is not None
    embedder = make(write_minilm(models / "minilm.gguf", published), n_ctx=256)
    wanted = await minilm.MiniLMEmbedder(minilm.Settings(), models=models, offline=True).embed(SENTENCES)
    vectors = await embedder.embed(SENTENCES)
    assert embedder.dimension == 384
    assert min(map(cosine, vectors, wanted)) >= 0.999


async def test_a_process_that_dies_at_work_is_an_error_and_the_next_call_works(
    make: Callable[..., LlamaCppEmbedder], started: Callable[[], list[int]]
) -> None:
    embedder = make()
    expected = await embedder.embed(TEXTS)
    (worker,) = started()
    os.kill(worker, signal.SIGSTOP)
    call = asyncio.create_task(embedder.embed(TEXTS))
    await asyncio.sleep(0)
    os.kill(worker, signal.SIGABRT)
    os.kill(worker, signal.SIGCONT)
    with pytest.raises(EmbedderError, match=r"died while embedding.*SIGABRT.*next call") as caught:
        await call
    assert caught.value.retryable
    assert await embedder.embed(TEXTS) == expected
    assert started() != [worker]


async def test_a_process_that_does_not_answer_in_time_is_stopped_and_the_next_call_works(
    make: Callable[..., LlamaCppEmbedder],
    started: Callable[[], list[int]],
) -> None:
    embedder = make(timeout_seconds=1.0)
    expected = await embedder.embed(TEXTS)
    (worker,) = started()
    os.kill(worker, signal.SIGSTOP)
    with pytest.raises(EmbedderError, match="longer than 1 s; raise `timeout_seconds`") as caught:
        await embedder.embed(TEXTS)
    assert caught.value.retryable
    assert await embedder.embed(TEXTS) == expected


async def test_a_model_that_takes_too_long_to_load_names_the_setting(
    make: Callable[..., LlamaCppEmbedder], started: Callable[[], list[int]]
) -> None:
    with pytest.raises(EmbedderError, match=r"longer than 0\.001 s; raise `load_timeout_seconds`"):
        await make(load_timeout_seconds=0.001).embed(TEXTS)
    assert started() == []


async def test_a_process_that_died_between_two_calls_is_not_noticed(
    make: Callable[..., LlamaCppEmbedder], started: Callable[[], list[int]]
) -> None:
    embedder = make()
    expected = await embedder.embed(TEXTS)
    (worker,) = started()
    ended = os.pidfd_open(worker)
    os.kill(worker, signal.SIGKILL)
    assert has_ended(ended)
    os.close(ended)
    assert await embedder.embed(TEXTS) == expected


async def test_an_interruption_of_the_whole_group_is_left_to_rookery(
    make: Callable[..., LlamaCppEmbedder], started: Callable[[], list[int]]
) -> None:
    embedder = make()
    expected = await embedder.embed(TEXTS)
    (worker,) = started()
    os.kill(worker, signal.SIGINT)
    assert await embedder.embed(TEXTS) == expected
    assert started() == [worker]


async def test_a_call_that_is_given_up_does_not_disturb_the_next(make: Callable[..., LlamaCppEmbedder]) -> None:
    embedder = make()
    expected = await embedder.embed(TEXTS)
    call = asyncio.create_task(embedder.embed(["rook"] * 500))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await embedder.embed(TEXTS) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"this is no model at all " * 1000, "cannot be loaded"), (None, "cannot be read")],
)
async def test_a_file_that_is_no_model_is_a_plain_error(
    make: Callable[..., LlamaCppEmbedder],
    models: Path,
    content: bytes | None,
    said: str,
    started: Callable[[], list[int]],
) -> None:
    if content is not None:
        (models / "bad.gguf").write_bytes(content)
    with pytest.raises(EmbedderError, match=rf"bad\.gguf {said}.*GGUF") as caught:
        await make("bad.gguf").embed(TEXTS)
    assert not caught.value.retryable
    assert started() == []


async def test_a_truncated_file_is_a_plain_error(make: Callable[..., LlamaCppEmbedder], models: Path) -> None:
    whole = (models / "tiny.gguf").read_bytes()
    (models / "half.gguf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EmbedderError, match=r"half\.gguf cannot be loaded: .*whole GGUF file"):
        await make("half.gguf").embed(TEXTS)


async def test_a_model_that_says_no_pooling_needs_it_set(make: Callable[..., LlamaCppEmbedder], models: Path) -> None:
    model = write_tiny_bert(models / "raw.gguf", pooling=gguf.PoolingType.NONE)
    with pytest.raises(EmbedderError, match="set `pooling`"):
        await make(model).embed(TEXTS)


async def test_the_pooling_that_is_set_is_used_and_is_part_of_the_identity(
    make: Callable[..., LlamaCppEmbedder], models: Path
) -> None:
    raw = write_tiny_bert(models / "raw.gguf", pooling=gguf.PoolingType.NONE)
    by_model, mean, cls = make(), make(raw, pooling="mean"), make(raw, pooling="cls")
    expected = await by_model.embed(TEXTS)
    assert await mean.embed(TEXTS) == expected
    assert max(map(cosine, await cls.embed(TEXTS), expected)) < 0.95
    assert mean.identity != cls.identity


async def test_a_text_counts_with_what_fits_the_window(make: Callable[..., LlamaCppEmbedder]) -> None:
    words = ["twigs", "rooks"] * 100
    for n_ctx, fitting in ((32, 30), (4096, 62)):
        whole, cut, less = await make(n_ctx=n_ctx).embed(
            [" ".join(words), " ".join(words[:fitting]), " ".join(words[: fitting - 1])]
        )
        assert cosine(whole, cut) == pytest.approx(1.0, abs=1e-6)
        assert cosine(whole, less) < 0.99999


async def test_many_tokens_at_once_give_the_same_vectors_as_few(make: Callable[..., LlamaCppEmbedder]) -> None:
    texts = [" ".join(["rooks"] * length) for length in range(1, 60)]
    for one, other in zip(await make(n_batch=4096).embed(texts), await make(n_batch=8).embed(texts), strict=True):
        assert cosine(one, other) == pytest.approx(1.0, abs=1e-5)


async def test_the_identity_follows_the_content_and_the_dimension_the_model(
    make: Callable[..., LlamaCppEmbedder], models: Path
) -> None:
    write_tiny_bert(models / "wide.gguf", width=64)
    (models / "copies").mkdir()
    (models / "copies" / "tiny.gguf").write_bytes((models / "tiny.gguf").read_bytes())
    assert make().identity == make("copies/tiny.gguf").identity
    assert make("wide.gguf").dimension == 64
    assert make().dimension == 32


async def test_the_digest_is_computed_anew_only_when_the_file_was_changed(
    make: Callable[..., LlamaCppEmbedder], models: Path
) -> None:
    file = models / "tiny.gguf"
    identity, state = make().identity, file.stat()
    file.write_bytes(bytes(state.st_size))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert make().identity == identity
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert make().identity != identity


async def test_the_digest_need_not_be_remembered(make: Callable[..., LlamaCppEmbedder], models: Path) -> None:
    (models / ".digests").write_text("in the way")
    digest = hashlib.sha256((models / "tiny.gguf").read_bytes()).hexdigest()
    assert make().identity == f"gguf:tiny@{digest[:16]}"


async def test_a_model_that_changes_while_it_is_in_use_is_not_mixed_with_itself(
    make: Callable[..., LlamaCppEmbedder], models: Path
) -> None:
    embedder = make()
    await embedder.embed(TEXTS)
    write_tiny_bert(models / "new.gguf", seed=2).replace(models / "tiny.gguf")
    await embedder.close()
    with pytest.raises(EmbedderError, match="was changed while it was in use"):
        await embedder.embed(TEXTS)


async def test_modules_of_the_working_directory_are_not_run(
    make: Callable[..., LlamaCppEmbedder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "llama_cpp.py", "rookery.py"):
        (tmp_path / name).write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert len(await make().embed(TEXTS)) == 3


async def test_closing_ends_the_process_and_the_next_call_starts_another(
    make: Callable[..., LlamaCppEmbedder],
    started: Callable[[], list[int]],
) -> None:
    embedder = make()
    expected = await embedder.embed(TEXTS)
    await embedder.close()
    assert started() == []
    assert await embedder.embed(TEXTS) == expected


async def test_the_process_ends_with_an_embedder_that_nobody_holds(
    models: Path, started: Callable[[], list[int]]
) -> None:
    embedder = LlamaCppEmbedder(Settings(model=Path("tiny.gguf"), threads=1), models=models)
    await embedder.embed(TEXTS)
    (worker,) = started()
    ended = os.pidfd_open(worker)
    del embedder
    gc.collect()
    assert has_ended(ended)
    os.close(ended)


@pytest.mark.parametrize("end", ["pass", "os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_no_process_outlives_rookery(models: Path, end: str) -> None:
    script = f"""
import asyncio, os, signal, sys
from pathlib import Path
from rookery.adapters.embedders.llama_cpp.embedder import LlamaCppEmbedder, Settings
embedder = LlamaCppEmbedder(Settings(model="tiny.gguf", threads=1), models=Path({str(models)!r}))
asyncio.run(embedder.embed(["rook"]))
print("ready", flush=True)
sys.stdin.readline()
{end}
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as rookery:
        assert rookery.stdin is not None
        assert rookery.stdout is not None
        assert rookery.stdout.readline() == "ready\n"
        (worker,) = workers(rookery.pid)
        ended = os.pidfd_open(worker)
        rookery.stdin.close()
        assert has_ended(ended)
        os.close(ended)
