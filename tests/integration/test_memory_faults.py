"""Memory when things go wrong: a clear word or the right result, and nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from rookery.adapters.vector_stores import chroma
from rookery.adapters.vector_stores.chroma import ChromaVectorStore
from rookery.domain.errors import InvalidRequest, NotFound, StorageError, StoreDamaged
from rookery.domain.memories import NewMemory
from tests.support.mind import Mind
from tests.support.server import LIGHT, MAIN, ROOT, environment, rookery

pytestmark = pytest.mark.anyio

EARLIER = "Ada: Rooks nest in the elms by the weir."
HALF = "\ud800"


async def assert_nothing_is_lost(home: Path) -> None:
    """As a process that comes later sees it."""
    mind = Mind(home)
    assert await mind.journal.check() == []
    recalled = await mind.search("Where do rooks nest?")
    assert EARLIER in [memory.content for memory in recalled.memories]
    assert recalled.degraded == []
    await mind.projection.rebuild()
    assert EARLIER in await mind.told("Where do rooks nest?")
    mind.close()


@pytest.fixture
async def mind(tmp_path: Path) -> AsyncIterator[Mind]:
    """A mind that remembers something, and must remember it afterwards."""
    mind = Mind(tmp_path / "home")
    await mind.add(EARLIER)
    yield mind
    mind.close()
    await assert_nothing_is_lost(tmp_path / "home")


UNTIL_THE_DISK_IS_FULL = """
import asyncio, json, resource, signal, sys
from pathlib import Path
from rookery.domain.errors import StorageError
from tests.support.mind import Mind

async def main(home):
    mind = Mind(Path(home))
    await mind.add({earlier!r})
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
    stored, complaints = [], []
    for number in range(60):
        try:
            stored.append((await mind.add(f"note {{number}} " + f"word{{number}} " * 3000)).version)
        except StorageError as error:
            complaints.append(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    stored.append((await mind.add("There is room again.")).version)
    print(json.dumps({{"stored": stored, "complaints": complaints}}))

asyncio.run(main(sys.argv[1]))
"""


def program(text: str, *arguments: str) -> dict[str, list[str]]:
    """Run a program in a process of its own and return what it says."""
    command = [sys.executable, "-c", text.format(earlier=EARLIER), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


async def test_on_a_full_disk_what_was_acknowledged_stays_and_the_rest_is_refused(tmp_path: Path) -> None:
    told = program(UNTIL_THE_DISK_IS_FULL, str(tmp_path))
    assert len(told["stored"]) > 5
    assert len(told["complaints"]) > 5
    for complaint in told["complaints"]:
        assert ".db cannot be used" in complaint
        assert "check the disk" in complaint
    mind = Mind(tmp_path)
    kept = {entry.memory.version for entry in await mind.journal.after(0, limit=1000)}
    assert set(told["stored"]) <= kept
    assert await mind.told("Is there room again?", limit=1) == ["There is room again."]
    mind.close()
    await assert_nothing_is_lost(tmp_path)


IN_A_FOLDER_OF_SOMEBODY_ELSE = """
import asyncio, json, os, sys
from pathlib import Path
from rookery.domain.errors import StorageError
from tests.support.mind import Mind

async def main(home, warm):
    mind = Mind(Path(warm))  # loads all that is loaded late, which the user may not be allowed to read
    await mind.add("x")
    await mind.find("x")
    mind.close()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    complaints = []
    mind = Mind(Path(home))
    for work in (lambda: mind.add("Something new."), lambda: mind.find("rooks"), lambda: mind.projection.rebuild()):
        try:
            await work()
        except StorageError as error:
            complaints.append(str(error))
    mind.close()
    print(json.dumps({{"complaints": complaints}}))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def somebody_elses() -> Iterator[Path]:
    """A folder that others may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    for file in home.iterdir():
        file.chmod(0o444)
    home.chmod(0o555)
    yield
    home.chmod(0o755)
    for file in home.iterdir():
        file.chmod(0o644)


@pytest.mark.parametrize("fresh", [True, False])
async def test_a_home_that_cannot_be_written_is_a_clear_error(somebody_elses: Path, *, fresh: bool) -> None:
    home = somebody_elses / "home"
    home.mkdir()
    if not fresh:
        mind = Mind(home)
        await mind.add(EARLIER)
        mind.close()
    with read_only(home):
        told = program(IN_A_FOLDER_OF_SOMEBODY_ELSE, str(home), str(somebody_elses / "warm"))
    assert len(told["complaints"]) == 3
    for complaint in told["complaints"]:
        assert str(home) in complaint
        assert "the folder's permissions" in complaint
    if not fresh:
        await assert_nothing_is_lost(home)


@pytest.mark.parametrize("suffixes", [[""], ["", "-wal", "-shm"]])
async def test_an_index_that_is_removed_while_in_use_is_made_again(
    mind: Mind, tmp_path: Path, suffixes: list[str]
) -> None:
    assert await mind.told("rooks") == [EARLIER]
    for suffix in suffixes:
        (tmp_path / "home" / f"memory-index.db{suffix}").unlink(missing_ok=True)
    assert await mind.told("rooks") == [EARLIER]
    await mind.add("Kestrels hover.", minutes=5)
    assert set(await mind.told("rooks and kestrels")) == {EARLIER, "Kestrels hover."}
    other = Mind(tmp_path / "home")
    assert set(await other.told("rooks and kestrels")) == {EARLIER, "Kestrels hover."}
    other.close()


async def test_a_damaged_journal_is_told_and_costs_no_index(tmp_path: Path) -> None:
    mind = Mind(tmp_path)
    await mind.add("Rooks nest in elms.")
    mind.close()
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"memory.db{suffix}").unlink(missing_ok=True)
    (tmp_path / "memory.db").write_bytes(b"garbage" * 4096)
    with pytest.raises(StoreDamaged, match=r"memory\.db"):
        await mind.search("rooks")
    assert (await mind.index.state()).cursor == 1
    mind.close()


async def test_a_damaged_index_is_made_again_and_told(mind: Mind, tmp_path: Path) -> None:
    mind.close()
    for suffix in ("-wal", "-shm"):
        (tmp_path / "home" / f"memory-index.db{suffix}").unlink(missing_ok=True)
    (tmp_path / "home" / "memory-index.db").write_bytes(os.urandom(40_000))
    recalled = await mind.search("rooks")
    assert [memory.content for memory in recalled.memories] == [EARLIER]
    assert "was damaged and has been made anew" in recalled.degraded[0]


async def test_a_chroma_folder_that_is_removed_while_in_use_is_made_again(tmp_path: Path) -> None:
    store = ChromaVectorStore(chroma.Settings(), home=tmp_path)
    mind = Mind(tmp_path, stores=[store], flat=0)
    await mind.add(EARLIER)
    await mind.projection.mirror()
    shutil.rmtree(tmp_path / "chroma")
    await mind.add("Kestrels hover.", minutes=5)
    await mind.projection.mirror()
    assert set(await mind.told("rooks and kestrels")) == {EARLIER, "Kestrels hover."}
    await store.close()
    mind.close()
    await assert_nothing_is_lost(tmp_path)


async def test_a_journal_that_is_removed_while_in_use_is_an_error_and_not_an_empty_memory(tmp_path: Path) -> None:
    mind = Mind(tmp_path)
    await mind.add(EARLIER)
    (tmp_path / "memory.db").rename(tmp_path / "elsewhere.db")
    for work in (mind.add("Something new."), mind.find("rooks")):
        with pytest.raises(StorageError, match="removed while it was open"):
            await work
    (tmp_path / "elsewhere.db").rename(tmp_path / "memory.db")
    assert await mind.told("rooks") == [EARLIER]
    mind.close()
    await assert_nothing_is_lost(tmp_path)


@pytest.mark.parametrize("text", ["kestrels hover " * 70_000, "k" * 1_000_000, "研究" * 500_000, "a.b:c?" * 170_000])
async def test_a_million_characters_are_one_memory(mind: Mind, text: str) -> None:
    held = await mind.add(f"{text} quetzal", minutes=5)
    assert held.content == f"{text} quetzal"
    [found, *_] = await mind.find("quetzal")
    assert found.id == held.id
    assert len(found.content) >= 1_000_000


async def test_what_is_longer_than_a_memory_is_refused(mind: Mind) -> None:
    with pytest.raises(ValidationError, match="at most 4000000"):
        NewMemory(content="x" * 4_000_001)
    with pytest.raises(ValidationError, match="at most 20000"):
        NewMemory(content="x", tags=[f"{number}" for number in range(20_001)])


@pytest.mark.parametrize("field", ["key", "id", "tags"])
async def test_what_becomes_too_long_when_credentials_are_replaced_is_refused(mind: Mind, field: str) -> None:
    long = "://a:" + "b1@" + "x" * 992
    with pytest.raises(InvalidRequest, match="credentials replaced") as caught:
        await mind.add("Something new.", **{field: [long] if field == "tags" else long})
    assert "b1@" not in str(caught.value)


async def test_ten_thousand_tags_are_kept_and_found_by(mind: Mind) -> None:
    tags = [f"tag {number}" for number in range(10_000)]
    held = await mind.add("Kestrels hover.", tags=tags, minutes=5)
    assert held.tags == tags
    for wanted in (tags[:1], tags[-1:], tags):
        assert await mind.told("kestrels", tags_all=wanted) == ["Kestrels hover."]
    assert await mind.told("kestrels", tags_all=[*tags, "another"]) == []


async def test_nul_characters_are_kept_and_found(mind: Mind) -> None:
    fields = {"key": "k\0ey", "id": "i\0d", "tags": ["t\0ag", "\0"], "source": "s\0ource", "namespace": "n\0s"}
    held = await mind.add("Kestrels\0 hover.\0", minutes=5, **fields)
    assert (held.content, held.key, held.tags) == ("Kestrels\0 hover.\0", "k\0ey", ["t\0ag", "\0"])
    for where in ({"namespaces": ["n\0s"]}, {"tags_all": ["t\0ag", "\0"]}, {"source": "s\0ource"}, {"source": "s\0o*"}):
        assert [memory.id for memory in await mind.find("kestrels\0", **where)] == ["i\0d"]
    for where in ({"namespaces": ["n"]}, {"tags_any": ["t"]}, {"source": "s"}, {"source": "s\0x*"}):
        assert await mind.find("kestrels", **where) == []
    await mind.forget("i\0d")
    assert await mind.find("kestrels", namespaces=["n\0s"]) == []


@pytest.mark.parametrize("field", ["content", "key", "id", "namespace", "source", "run_id"])
async def test_half_of_a_surrogate_pair_cannot_be_remembered(mind: Mind, field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        await mind.add(**{"content": "x", field: f"a{HALF}b"})


async def test_half_of_a_surrogate_pair_cannot_be_asked_for(mind: Mind) -> None:
    with pytest.raises(InvalidRequest, match="a text of 1 to 4000"):
        await mind.search(f"rooks {HALF}")
    for where in ({"tags_any": [HALF]}, {"tags_all": [HALF]}, {"source": HALF}):
        with pytest.raises(InvalidRequest, match="surrogate"):
            await mind.find("rooks", **where)
    for where in ({"namespaces": [HALF]}, {"source": f"{HALF}*"}):
        assert await mind.find("rooks", **where) == []
    with pytest.raises(InvalidRequest, match="surrogate"):
        await mind.forget(HALF)
    with pytest.raises(NotFound):
        await mind.forget("unknown")


async def test_commands_refuse_what_is_not_text(tmp_path: Path) -> None:
    home = tmp_path / "home"

    def told(*arguments: str | bytes, stdin: bytes = b"") -> str:
        variables = environment(home, LIGHT | {"PYTHONIOENCODING": "utf-8:strict"})
        command = [*MAIN, "memory", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=variables, input=stdin, capture_output=True, check=False)
        assert done.returncode == 2, done.stderr
        assert b"Traceback" not in done.stderr
        return done.stderr.decode()

    assert rookery("memory", "add", EARLIER, home=home, settings=LIGHT).returncode == 0
    assert "line 1: content" in told("import", "-", stdin=b'{"content": "\\ud800"}')
    assert "not UTF-8" in told("add", "-", stdin=b"rooks \xff")
    assert "content" in told("add", b"rooks \xff")
    assert "a text of 1 to 4000" in told("search", b"rooks \xff")
    assert "surrogate" in told("list", "-t", b"\xff")
    assert "surrogate" in told("forget", b"\xff")
    await assert_nothing_is_lost(home)
