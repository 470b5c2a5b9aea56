"""Writes of many callers in one transaction."""

import asyncio

import pytest

from rookery.adapters.support.sqlite import Database
from rookery.adapters.support.write_queue import WriteQueue
from rookery.domain.errors import StorageError

pytestmark = pytest.mark.anyio
SCHEMA = """
CREATE TABLE parents (id INTEGER PRIMARY KEY);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)
"""


@pytest.fixture
def lost():
    """How often a whole transaction failed."""
    return []


@pytest.fixture
def queue(tmp_path, lost):
    database = Database(tmp_path / "x.db", [SCHEMA])
    yield WriteQueue(database, after=lambda: None, lost=lambda: lost.append(1))
    database.close()


def adding(number):
    return lambda connection: connection.execute("INSERT INTO parents VALUES (?)", (number,)).rowcount


def orphan(connection):
    """Do what only the commit refuses."""
    connection.execute("INSERT INTO children VALUES (1, 404)")


async def numbers(queue):
    return await queue.put(lambda connection: [n for (n,) in connection.execute("SELECT id FROM parents ORDER BY id")])


async def test_a_write_that_fails_takes_no_other_with_it(queue, lost):
    results = await asyncio.gather(*(queue.put(adding(n)) for n in (1, 2, 1, 3)), return_exceptions=True)
    assert [isinstance(result, StorageError) for result in results] == [False, False, True, False]
    assert await numbers(queue) == [1, 2, 3]
    assert lost == []


async def test_all_who_wait_are_told_of_a_transaction_that_fails_and_the_next_one_works(queue, lost):
    results = await asyncio.gather(queue.put(adding(1)), queue.put(orphan), return_exceptions=True)
    assert all(isinstance(result, StorageError) for result in results)
    assert lost == [1]
    await queue.put(adding(2))
    assert await numbers(queue) == [2]


async def test_what_was_posted_in_vain_is_told_to_who_waits_next(queue):
    await queue.put(adding(1))
    queue.post(adding(1))
    with pytest.raises(StorageError):
        await queue.settle()
    await queue.settle()


async def test_what_waits_at_the_end_is_written_and_its_failure_is_told(queue):
    queue.post(adding(1))
    queue.post(adding(1))
    with pytest.raises(StorageError):
        queue.drain()
    assert await numbers(queue) == [1]
