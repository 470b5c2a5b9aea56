"""What every ledger of requests does, and what is built upon it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.request_ledgers.in_memory import InMemoryRequestLedger
from rookery.adapters.request_ledgers.sqlite import SqliteRequestLedger
from rookery.application.idempotency import KEPT, DoOnce
from rookery.domain.errors import Conflict, NotFound
from rookery.domain.ports.request_ledger import Entry

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=9)
ASKED = Entry("digest", NOON, None)


class Answer(BaseModel):
    number: int


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request, tmp_path):
    if request.param == "memory":
        yield InMemoryRequestLedger()
        return
    ledger = SqliteRequestLedger(tmp_path)
    yield ledger
    ledger.close()


@pytest.fixture
def clock():
    return ManualClock(NOON)


@pytest.fixture
def once(ledger, clock):
    return DoOnce(ledger, clock)


def counting():
    done = []

    async def do() -> Answer:
        done.append(None)
        return Answer(number=len(done))

    return do


async def test_a_key_stands_for_the_first_request_and_its_answer(ledger):
    assert await ledger.claim("k", ASKED, since=LONG_AGO) is None
    assert await ledger.claim("k", ASKED._replace(digest="other"), since=LONG_AGO) == ASKED
    await ledger.answer("k", "{}")
    assert await ledger.claim("k", ASKED, since=LONG_AGO) == ASKED._replace(answer="{}")
    assert await ledger.claim("l", ASKED, since=LONG_AGO) is None


async def test_a_key_is_free_again_when_it_was_released_or_is_old(ledger):
    await ledger.claim("k", ASKED, since=LONG_AGO)
    await ledger.release("k")
    assert await ledger.claim("k", ASKED, since=LONG_AGO) is None
    later = ASKED._replace(at=NOON + timedelta(seconds=2))
    assert await ledger.claim("k", later, since=NOON + timedelta(seconds=1)) is None
    assert await ledger.claim("k", ASKED, since=LONG_AGO) == later


async def test_of_many_that_ask_at_once_one_does_it(ledger):
    claims = await asyncio.gather(*(ledger.claim("k", ASKED, since=LONG_AGO) for _ in range(9)))
    assert claims.count(None) == 1


async def test_what_is_asked_twice_with_a_key_is_done_once(once):
    do = counting()
    answers = [await once("k", "request", do, returns=Answer) for _ in range(2)]
    assert [answer.number for answer in answers] == [1, 1]
    assert (await once(None, "request", do, returns=Answer)).number == 2


async def test_a_key_of_another_request_is_a_conflict(once):
    await once("k", "request", counting(), returns=Answer)
    with pytest.raises(Conflict, match="another request"):
        await once("k", "other", counting(), returns=Answer)


async def test_what_failed_can_be_tried_again(once):
    async def fail() -> Answer:
        raise NotFound("nothing there")

    with pytest.raises(NotFound):
        await once("k", "request", fail, returns=Answer)
    assert (await once("k", "request", counting(), returns=Answer)).number == 1


async def test_what_is_being_done_is_not_begun_again_until_it_was_given_up(once, ledger, clock):
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> Answer:
        begun.set()
        await may_end.wait()
        return Answer(number=7)

    first = asyncio.create_task(once("k", "request", slow, returns=Answer))
    await begun.wait()
    with pytest.raises(Conflict, match="being done"):
        await once("k", "request", slow, returns=Answer)
    clock.advance(timedelta(minutes=11))
    assert (await once("k", "request", counting(), returns=Answer)).number == 1
    may_end.set()
    assert (await first).number == 7


async def test_a_key_is_forgotten_after_a_day(once, clock):
    do = counting()
    await once("k", "request", do, returns=Answer)
    clock.advance(KEPT + timedelta(seconds=1))
    assert (await once("k", "request", do, returns=Answer)).number == 2
