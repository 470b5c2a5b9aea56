"""What every journal of memories must do."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rookery.adapters.journals.in_memory import InMemoryMemoryJournal
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from rookery.domain.errors import StorageError
from rookery.domain.memories import Memory, Slot
from rookery.domain.ports.memory_journal import Appended, MemoryJournalPort

pytestmark = pytest.mark.anyio

Open = Callable[[str], MemoryJournalPort]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "in_memory"])
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Open the journal of a home, once more where it is on disk."""
    opened: list[SqliteMemoryJournal] = []
    kept: dict[str, InMemoryMemoryJournal] = {}

    def open_(home: str) -> MemoryJournalPort:
        if request.param == "in_memory":
            return kept.setdefault(home, InMemoryMemoryJournal(f"of {home}"))
        opened.append(SqliteMemoryJournal(tmp_path / home))
        return opened[-1]

    yield open_
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(open_journal: Open) -> MemoryJournalPort:
    return open_journal("home")


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[SqliteMemoryJournal]:
    journal = SqliteMemoryJournal(tmp_path)
    yield journal
    journal.close()


def a_memory(number: int, *, key: str = "light", namespace: str = "agents", id_: str = "m-1") -> Memory:
    return Memory(
        id=id_,
        namespace=namespace,
        key=key,
        content=f"Lamp {number} is lit. 🐦\n",
        tags=["lamp"],
        timestamp=NOON + timedelta(minutes=number),
    )


def memories(count: int, *, start: int = 0) -> list[Memory]:
    return [a_memory(number) for number in range(start, start + count)]


async def held(journal: MemoryJournalPort) -> list[tuple[int, Memory]]:
    return [(entry.cursor, entry.memory) for entry in await journal.after(0, limit=10_000)]


async def test_a_new_journal_is_empty_and_sound(journal: MemoryJournalPort) -> None:
    assert await journal.end() == 0
    assert await held(journal) == []
    assert await journal.check() == []


async def test_what_was_added_comes_back_whole_in_the_order_of_arrival(journal: MemoryJournalPort) -> None:
    later, earlier = memories(2)[::-1]
    odd = Memory(
        id="x" * 1000,
        namespace="ü/☃",
        key="k\n\u2028'\"",
        content="a\0b\r\n\u2029" * 50,
        tags=["b", "a"],
        timestamp=NOON,
        relevance_score=0.1 + 0.2,
        supersedes=[later.version],
        priority=-3,
        source="https://example.org/?q=1",
        run_id="r",
        redactions=2,
        forgotten=True,
    )
    await journal.append([later, earlier, odd])
    assert await held(journal) == [(1, later), (2, earlier), (3, odd)]


async def test_adding_is_set_union_and_cursors_have_no_gaps(journal: MemoryJournalPort) -> None:
    assert await journal.append(memories(3)) == Appended(3, 1, 3)
    assert await journal.append(memories(3)) == Appended(0, 4, 3)
    assert await journal.append([]) == Appended(0, 4, 3)
    assert await journal.append([*memories(5), *memories(5)]) == Appended(2, 4, 5)
    assert await journal.append([a_memory(0), a_memory(9), a_memory(1), a_memory(9)]) == Appended(1, 6, 6)
    assert [cursor for cursor, _ in await held(journal)] == [1, 2, 3, 4, 5, 6]
    assert [memory for _, memory in await held(journal)] == [*memories(5), a_memory(9)]
    assert await journal.end() == 6


async def test_a_past_names_all_that_came_before_and_its_order(open_journal: Open) -> None:
    journal, swapped, shorter = open_journal("home"), open_journal("swapped"), open_journal("shorter")
    first, second, third = memories(3)
    await journal.append([first, second, third])
    await swapped.append([second, first])
    await swapped.append([first, third])
    await shorter.append([first])
    await shorter.append([first, second])
    pasts = [await journal.past(cursor) for cursor in range(4)]
    assert len({None, *pasts}) == 5
    assert await journal.past(4) is None
    assert [await shorter.past(cursor) for cursor in range(4)] == [*pasts[:3], None]
    assert await swapped.past(0) == pasts[0]
    assert {await swapped.past(cursor) for cursor in (1, 2, 3)}.isdisjoint(pasts)


async def test_a_forged_version_is_refused_and_nothing_beside_it_is_added(journal: MemoryJournalPort) -> None:
    forged = a_memory(5).model_copy(update={"content": "The lamp was never lit."})
    with pytest.raises(StorageError, match="not the version") as refusal:
        await journal.append([a_memory(1), forged, a_memory(2)])
    assert not refusal.value.retryable
    assert await held(journal) == []


async def test_pages_go_on_after_a_cursor(journal: MemoryJournalPort) -> None:
    await journal.append(memories(7))
    pages = [[cursor for cursor, _ in await journal.after(after, limit=3)] for after in (0, 3, 6, 7, 99)]
    assert pages == [[1, 2, 3], [4, 5, 6], [7], [], []]


async def test_arrivals_name_the_slots_of_what_comes_after_a_cursor(journal: MemoryJournalPort) -> None:
    await journal.append(memories(7))
    for cursor in (0, 3, 7, 99):
        expected = [(place, memory.slot) for place, memory in await journal.after(cursor, limit=3)]
        assert await journal.arrivals(cursor, limit=3) == expected


async def test_histories_have_every_version_of_the_slots_asked_for(journal: MemoryJournalPort) -> None:
    first, second = a_memory(2), a_memory(1)
    other, elsewhere = a_memory(3, key="rent"), a_memory(4, namespace="ben")
    await journal.append([first, other, second, elsewhere])
    light, unknown = Slot("agents", "light"), Slot("agents", "nothing")
    assert await journal.histories([light, unknown]) == {light: [first, second]}
    assert await journal.histories({other.slot, elsewhere.slot}) == {other.slot: [other], elsewhere.slot: [elsewhere]}
    assert await journal.histories([]) == {}


async def test_an_id_leads_to_every_slot_that_it_ever_stood_in(journal: MemoryJournalPort) -> None:
    await journal.append([a_memory(1, key="rent"), a_memory(2), a_memory(3), a_memory(4, key="other", id_="m-2")])
    assert await journal.slots_of("m-1") == [Slot("agents", "light"), Slot("agents", "rent")]
    assert await journal.slots_of("m-2") == [Slot("agents", "other")]
    assert await journal.slots_of("m-3") == []


async def test_an_identity_stays_and_is_that_of_no_other(open_journal: Open) -> None:
    first, other = open_journal("home"), open_journal("another home")
    identity = await first.identity()
    await first.append(memories(2))
    assert await first.identity() == await open_journal("home").identity() == identity
    assert await other.identity() != identity


async def test_many_who_open_a_new_home_at_once_see_one_identity(open_journal: Open) -> None:
    identities = await asyncio.gather(*(open_journal("home").identity() for _ in range(8)))
    assert len(set(identities)) == 1


async def test_each_of_many_appends_gets_cursors_of_its_own(open_journal: Open) -> None:
    opened = [open_journal("home") for _ in range(4)]
    batches = [memories(number % 4, start=10 * number) for number in range(40)]
    appended = await asyncio.gather(*(opened[n % 4].append(batch) for n, batch in enumerate(batches)))
    at = dict(await held(opened[0]))
    for batch, (added, first, last) in zip(batches, appended, strict=True):
        assert added == len(batch) == last - first + 1
        assert [at[cursor] for cursor in range(first, last + 1)] == batch
    assert sorted(at) == list(range(1, sum(map(len, batches)) + 1))


WRITER = """
import asyncio, sys
from pathlib import Path
from rookery.adapters.journals.sqlite import SqliteMemoryJournal
from tests.contract.test_memory_journals import memories

async def write(home, start):
    journal = SqliteMemoryJournal(Path(home))
    for number in range(0, 200, 5):
        await journal.append(memories(10, start=start + number))
    journal.close()

asyncio.run(write(sys.argv[1], int(sys.argv[2])))
"""


async def test_processes_that_append_at_once_lose_nothing(on_disk: SqliteMemoryJournal, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    starts = [0, 100, 200]
    commands = [[sys.executable, "-c", WRITER, str(tmp_path), str(start)] for start in starts]
    writers = [await asyncio.create_subprocess_exec(*command, cwd=root) for command in commands]
    assert [await writer.wait() for writer in writers] == [0, 0, 0]
    entries = await held(on_disk)
    assert [cursor for cursor, _ in entries] == list(range(1, 406))
    assert {memory.version for _, memory in entries} == {memory.version for memory in memories(405)}
    assert await on_disk.check() == []


async def test_a_closed_journal_opens_again_with_all_that_it_had(on_disk: SqliteMemoryJournal) -> None:
    await on_disk.append(memories(3))
    on_disk.close()
    on_disk.close()
    assert [memory for _, memory in await held(on_disk)] == memories(3)


@pytest.mark.parametrize("change", ["UPDATE versions SET body = '{}'", "DELETE FROM versions WHERE cursor = 1"])
async def test_rows_can_be_neither_changed_nor_removed(
    on_disk: SqliteMemoryJournal, tmp_path: Path, change: str
) -> None:
    await on_disk.append(memories(2))
    refused = pytest.raises(sqlite3.IntegrityError, match="append only")
    with closing(sqlite3.connect(tmp_path / "memory.db")) as connection, refused:
        connection.execute(change)
    assert [memory for _, memory in await held(on_disk)] == memories(2)


CHANGES = {
    "UPDATE versions SET body = REPLACE(body, 'is lit', 'is out') WHERE cursor = 2": "2 is not what its digest says",
    "UPDATE versions SET body = SUBSTR(body, 1, 40) WHERE cursor = 2": "2 cannot be read",
    "UPDATE versions SET key = 'other' WHERE cursor = 2": "2 is filed under another name",
    "UPDATE versions SET id = 'other' WHERE cursor = 2": "2 is filed under another name",
    "UPDATE versions SET past = 'other' WHERE cursor = 3": "what stood before version 3 was changed",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_check_finds_what_was_changed_behind_its_back(
    on_disk: SqliteMemoryJournal, tmp_path: Path, change: str
) -> None:
    await on_disk.append(memories(3))
    with closing(sqlite3.connect(tmp_path / "memory.db")) as connection, connection:
        connection.execute("DROP TRIGGER versions_are_never_changed")
        connection.execute(change)
    [problem] = await on_disk.check()
    assert CHANGES[change] in problem


async def test_a_check_finds_that_a_row_is_gone(on_disk: SqliteMemoryJournal, tmp_path: Path) -> None:
    await on_disk.append(memories(3))
    with closing(sqlite3.connect(tmp_path / "memory.db")) as connection, connection:
        connection.execute("DROP TRIGGER versions_are_never_removed")
        connection.execute("DELETE FROM versions WHERE cursor = 2")
    assert await on_disk.check() == ["what stood before version 3 was changed"]


async def test_a_version_that_cannot_be_read_is_told(on_disk: SqliteMemoryJournal, tmp_path: Path) -> None:
    await on_disk.append(memories(2))
    with closing(sqlite3.connect(tmp_path / "memory.db")) as connection, connection:
        connection.execute("DROP TRIGGER versions_are_never_changed")
        connection.execute("UPDATE versions SET body = JSON_SET(body, '$.colour', 'blue') WHERE cursor = 2")
    for work in (on_disk.after(0, limit=9), on_disk.histories([a_memory(1).slot])):
        with pytest.raises(StorageError, match="cannot be read: a newer Rookery wrote it"):
            await work


async def test_a_journal_that_is_removed_while_it_is_open_is_told(on_disk: SqliteMemoryJournal, tmp_path: Path) -> None:
    await on_disk.append(memories(1))
    (tmp_path / "memory.db").unlink()
    for work in (on_disk.append(memories(2)), on_disk.after(0, limit=1), on_disk.identity()):
        with pytest.raises(StorageError, match=r"memory\.db was removed while it was open; restore it"):
            await work
    assert not (tmp_path / "memory.db").exists()


async def test_a_journal_that_is_no_database_is_told(on_disk: SqliteMemoryJournal, tmp_path: Path) -> None:
    (tmp_path / "memory.db").write_bytes(b"not a database, and longer than the head of one" * 50)
    with pytest.raises(StorageError, match=r"memory\.db is damaged"):
        await on_disk.end()
