"""Limits of time stand still while a person is waited for."""

import asyncio
from datetime import timedelta

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.application.agents.deadlines import Deadlines
from tests.support.bench import NOON

pytestmark = pytest.mark.anyio
SHORT = 0.05


async def longer_than(seconds):
    await asyncio.sleep(3 * seconds)


async def test_what_takes_too_long_is_cut_off():
    with pytest.raises(TimeoutError):
        async with Deadlines(ManualClock(NOON)).limit(SHORT):
            await asyncio.Event().wait()


async def test_who_waits_for_a_person_is_not_cut_off_nor_are_others_meanwhile():
    deadlines = Deadlines(ManualClock(NOON))
    async with deadlines.limit(SHORT):
        with deadlines.standing_still():
            async with deadlines.limit(SHORT):
                await longer_than(SHORT)


async def test_afterwards_the_time_that_was_left_goes_on():
    deadlines = Deadlines(ManualClock(NOON))

    async def waits_for_a_person_first():
        async with deadlines.limit(SHORT):
            with deadlines.standing_still():
                await longer_than(SHORT)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await waits_for_a_person_first()


async def test_with_several_who_wait_time_goes_on_with_the_last():
    clock = ManualClock(NOON)
    deadlines = Deadlines(clock)
    with deadlines.standing_still():
        clock.advance(timedelta(seconds=10))
        with deadlines.standing_still():
            clock.advance(timedelta(seconds=5))
        assert deadlines.waited == 0
    assert deadlines.waited == 15


async def test_a_limit_that_has_struck_already_stays_struck():
    deadlines = Deadlines(ManualClock(NOON))

    async def asks_a_person_too_late():
        async with deadlines.limit(SHORT):
            try:
                await asyncio.Event().wait()
            finally:
                with deadlines.standing_still():
                    await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await asks_a_person_too_late()
