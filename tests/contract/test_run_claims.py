"""What everybody does who tells which process, or which machine, conducts a run."""

import asyncio

import pytest

from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.support.run_lock import RunLocks
from rookery.domain.errors import Conflict
from rookery.domain.ports.run_claims import RunClaimsPort
from tests.support.sharing import Peer, handed_over

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["locks", "log"])
async def both(request, tmp_path) -> tuple[RunClaimsPort, RunClaimsPort]:
    """Two who share what tells it."""
    if request.param == "locks":
        return RunLocks(tmp_path), RunLocks(tmp_path)
    objects = InMemoryObjectStore()
    await handed_over(objects)
    return Peer(objects).claims, Peer(objects).claims


async def test_one_holds_a_run_and_the_other_sees_it(both):
    here, there = both
    async with here.hold("run-1"):
        assert await there.held("run-1")
        with pytest.raises(Conflict):
            async with there.hold("run-1"):
                pytest.fail("both hold it")
    assert not await there.held("run-1")
    async with there.hold("run-1"):
        assert await here.held("run-1")


async def test_of_two_who_want_a_run_at_once_one_has_it(both):
    inside, most = 0, 0

    async def take(claims: RunClaimsPort) -> bool:
        nonlocal inside, most
        try:
            async with claims.hold("run-1"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
        except Conflict:
            return False
        return True

    taken = await asyncio.gather(*map(take, both))
    assert any(taken)
    assert most == 1


async def test_what_fails_while_a_run_is_held_is_told_as_it_is_and_the_run_is_free(both):
    here, there = both
    with pytest.raises(ZeroDivisionError):
        async with here.hold("run-1"):
            raise ZeroDivisionError
    async with there.hold("run-1"):
        pass


async def test_who_is_cancelled_while_it_holds_a_run_lets_it_go(both):
    here, there = both
    inside = asyncio.Event()

    async def conduct() -> None:
        async with here.hold("run-1"):
            inside.set()
            await asyncio.Event().wait()

    conducting = asyncio.create_task(conduct())
    await inside.wait()
    conducting.cancel()
    await asyncio.wait([conducting], timeout=10)
    assert conducting.cancelled()
    async with there.hold("run-1"):
        pass
