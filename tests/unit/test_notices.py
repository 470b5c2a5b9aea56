"""What services have to say reaches the runs that are at work."""

import asyncio

import pytest

from rookery.application.notices import Notices
from rookery.domain.errors import RunStopped, StorageError

pytestmark = pytest.mark.anyio


async def test_all_who_are_at_work_are_told_and_nobody_else():
    notices, first, second = Notices(), asyncio.Queue(), asyncio.Queue()
    notices("too early")
    async with notices.told_to(first.put), notices.told_to(second.put):
        notices("slack asks to wait 10 s")
        assert await first.get() == await second.get() == "slack asks to wait 10 s"
    notices("too late")
    assert first.empty()


async def test_the_work_ends_as_it_would_have_ended():
    heard = asyncio.Queue()
    with pytest.raises(RunStopped):
        async with Notices().told_to(heard.put):
            raise RunStopped("pause")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), Notices().told_to(heard.put):
            await asyncio.Event().wait()


async def test_what_cannot_be_told_ends_the_work():
    notices = Notices()

    async def cannot(notice):
        raise StorageError("the disk is full")

    async def works():
        async with notices.told_to(cannot):
            notices("slack asks to wait 10 s")
            await asyncio.Event().wait()

    with pytest.raises(StorageError):
        await works()
