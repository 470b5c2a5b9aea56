"""What every ledger of syncs must do."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rookery.adapters.sync_ledgers.in_memory import InMemorySyncLedger
from rookery.adapters.sync_ledgers.sqlite import SqliteSyncLedger
from rookery.domain.errors import Conflict, StorageError
from rookery.domain.ports.sync_ledger import SyncLedgerPort
from rookery.domain.sync import Mark, Parcel, Standing

pytestmark = pytest.mark.anyio

Open = Callable[[str], SyncLedgerPort]

FULL = Standing(
    device="machine-1",
    sequence=6,
    sent=40,
    received={"machine-2": 3, "machine-ü": 12},
    parcel=Parcel.model_construct(
        sha256="ab" * 32, content=bytes(range(256)) * 40 + b"\0\xff\n", sequence=7, cursor=55, versions=15
    ),
    mark=Mark(cursor=55, past="cd" * 32),
    synced_at=datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
)


@pytest.fixture(params=["sqlite", "in_memory"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Open the ledger of a home, once more where it is on disk."""
    opened: list[SqliteSyncLedger] = []
    kept: dict[str, InMemorySyncLedger] = {}

    def open_(home: str) -> SyncLedgerPort:
        if request.param == "in_memory":
            return kept.setdefault(home, InMemorySyncLedger())
        opened.append(SqliteSyncLedger(tmp_path / home))
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Open) -> SyncLedgerPort:
    return open_ledger("home")


async def test_a_store_that_was_never_met_has_no_standing(ledger: SyncLedgerPort) -> None:
    assert await ledger.load("s3 bucket") is None


async def test_a_standing_comes_back_with_its_parcel_byte_for_byte(open_ledger: Open) -> None:
    await open_ledger("home").save("s3 bucket", FULL)
    loaded = await open_ledger("home").load("s3 bucket")
    assert loaded == FULL
    assert loaded is not None
    assert loaded.parcel is not None
    assert loaded.parcel.content == bytes(range(256)) * 40 + b"\0\xff\n"


async def test_a_standing_that_is_stored_as_it_came_stays_what_it_was(open_ledger: Open) -> None:
    await open_ledger("home").save("s3 bucket", FULL)
    for _ in range(3):
        loaded = await open_ledger("home").load("s3 bucket")
        assert loaded is not None
        await open_ledger("home").save("s3 bucket", loaded.model_copy(update={"sequence": loaded.sequence + 1}))
    assert await open_ledger("home").load("s3 bucket") == FULL.model_copy(update={"sequence": 9})


async def test_the_last_standing_counts_and_stores_are_told_apart(ledger: SyncLedgerPort) -> None:
    await ledger.save("s3 bucket", FULL)
    await ledger.save("directory /mnt/share", Standing(device="machine-1"))
    await ledger.save("s3 bucket", FULL.model_copy(update={"parcel": None}))
    assert await ledger.load("s3 bucket") == FULL.model_copy(update={"parcel": None})
    assert await ledger.load("directory /mnt/share") == Standing(device="machine-1")


async def test_homes_do_not_share_standings(open_ledger: Open) -> None:
    await open_ledger("home").save("s3 bucket", FULL)
    assert await open_ledger("another home").load("s3 bucket") is None


async def test_a_home_has_one_turn_at_a_time(open_ledger: Open) -> None:
    async with open_ledger("home").turn():
        with pytest.raises(Conflict, match="sync"):
            async with open_ledger("home").turn():
                pytest.fail("two had the turn")
        async with open_ledger("another home").turn():
            pass
    async with open_ledger("home").turn():
        pass


async def test_a_turn_ends_with_an_error(open_ledger: Open) -> None:
    with pytest.raises(StorageError, match="lost"):
        async with open_ledger("home").turn():
            raise StorageError("the store was lost")
    async with open_ledger("home").turn():
        pass


async def test_standings_are_read_and_written_within_a_turn(open_ledger: Open) -> None:
    async with open_ledger("home").turn():
        await open_ledger("home").save("s3 bucket", FULL)
        assert await open_ledger("home").load("s3 bucket") == FULL


HOLDER = """
import asyncio, sys
from pathlib import Path
from rookery.adapters.sync_ledgers.sqlite import SqliteSyncLedger

async def hold(home):
    async with SqliteSyncLedger(Path(home)).turn():
        print("taken", flush=True)
        sys.stdin.read()

asyncio.run(hold(sys.argv[1]))
"""


async def test_a_turn_ends_with_the_process_that_was_killed_in_it(tmp_path: Path) -> None:
    ledger = SqliteSyncLedger(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holder = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"taken\n"
    with pytest.raises(Conflict, match="another process syncs this home"):
        async with ledger.turn():
            pytest.fail("two had the turn")
    holder.kill()
    await holder.wait()
    async with ledger.turn():
        pass


async def test_a_ledger_that_is_removed_while_it_is_open_is_told(tmp_path: Path) -> None:
    ledger = SqliteSyncLedger(tmp_path)
    await ledger.save("s3 bucket", FULL)
    (tmp_path / "sync.db").unlink()
    with pytest.raises(StorageError, match=r"sync\.db was removed while it was open"):
        await ledger.save("s3 bucket", FULL)
    ledger.close()
