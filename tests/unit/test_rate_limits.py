"""When a service may be asked again, and by whom first."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.support.services.gate import Gate
from rookery.adapters.support.services.line import Line
from rookery.adapters.support.services.refusals import TryAgain, asked_wait, is_limit
from rookery.domain.errors import ToolError
from rookery.testing.worlds import driven

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EPOCH = str(int(NOON.timestamp()) + 90)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "10"}, 10),
        ({"retry-after": "0"}, 0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:10 GMT"}, 10),
        ({"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0),
        # by the service's own clock, which is two hours ahead
        ({"Retry-After": "Sun, 22 Nov 2026 14:00:10 GMT", "Date": "Sun, 22 Nov 2026 14:00:00 GMT"}, 10),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": EPOCH}, 90),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-22T12:01:30Z"}, 90),
        ({"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": EPOCH}, None),
        ({"Retry-After": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": EPOCH}, 5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, 0),
        ({}, None),
    ],
)
def test_what_a_service_asks_for_is_understood(headers, seconds):
    assert asked_wait(headers, NOON) == seconds


@given(st.dictionaries(st.sampled_from(["Retry-After", "Date", "X-RateLimit-Reset"]), st.text(max_size=40)))
def test_no_header_whatever_is_in_it_breaks_anything(headers):
    wait = asked_wait(headers, NOON)
    assert wait is None or wait >= 0 or wait != wait


@pytest.mark.parametrize(
    ("status", "headers", "limit"),
    [
        (429, {}, True),
        (403, {"Retry-After": "60"}, True),
        (403, {"X-RateLimit-Remaining": "0"}, True),
        (403, {"X-RateLimit-Remaining": "7"}, False),
        (503, {"Retry-After": "60"}, False),
    ],
)
def test_a_limit_is_told_from_a_refusal(status, headers, limit):
    assert is_limit(status, headers) is limit


class Service:
    """Answers what it was told to, and notes when it was asked."""

    def __init__(self, clock: ManualClock, *answers: TryAgain | str) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.asked: list[float] = []

    async def __call__(self) -> str:
        self.asked.append(self.clock.monotonic())
        answer = self.answers.pop(0)
        if isinstance(answer, TryAgain):
            raise answer
        return answer


def line(clock: ManualClock, *, draw: float = 0.5, patience: float = 300.0) -> Line:
    gate = Gate("the service", clock, pace=1.0, notice=lambda _: None)
    return Line(gate, clock, draw=lambda: draw, patience=patience)


def broken(**more: object) -> TryAgain:
    return TryAgain(ToolError("out of order", retryable=True), **more)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.mark.anyio
@pytest.mark.parametrize(("draw", "pauses"), [(0.0, [0, 0, 0]), (0.5, [1, 2, 4]), (0.999, [1.998, 3.996, 7.992])])
async def test_pauses_are_drawn_from_zero_to_a_bound_that_doubles(clock, draw, pauses):
    service = Service(clock, broken(), broken(), broken(), "done")
    async with driven(clock):
        assert await line(clock, draw=draw).ask(service) == "done"
    between = [later - earlier for earlier, later in zip(service.asked, service.asked[1:], strict=False)]
    assert between == pytest.approx(pauses, abs=0.01)


@pytest.mark.anyio
async def test_what_stays_broken_is_given_up_after_five_tries(clock):
    service = Service(clock, *[broken() for _ in range(9)])
    async with driven(clock):
        with pytest.raises(ToolError, match=r"out of order \(5 tries\)") as failure:
            await line(clock).ask(service)
    assert failure.value.retryable
    assert len(service.asked) == 5


@pytest.mark.anyio
async def test_a_refusal_for_good_is_not_asked_again(clock):
    class Refusing:
        asked = 0

        async def __call__(self) -> str:
            self.asked += 1
            raise ToolError("no")

    service = Refusing()
    with pytest.raises(ToolError, match="no"):
        await line(clock).ask(service)
    assert service.asked == 1


@pytest.mark.anyio
async def test_waiting_has_an_end_that_is_told_at_once(clock):
    service = Service(clock, broken(after=301.0, limited=True), "done")
    with pytest.raises(ToolError, match=r"12:05:01 UTC, in 301 s.*max_wait_seconds"):
        await line(clock).ask(service)
    assert clock.now() == NOON


@pytest.mark.anyio
async def test_who_comes_later_waits_too(clock):
    shared = line(clock)
    first, second = Service(clock, broken(after=10.0, limited=True), "one"), Service(clock, "two")
    async with asyncio.TaskGroup() as group:
        one = group.create_task(shared.ask(first))
        left = await clock.until_asleep()
        two = group.create_task(shared.ask(second))
        assert shared.gate.waits_until == NOON + timedelta(seconds=10)
        assert second.asked == []
        clock.advance(left)
        async with driven(clock):
            assert (await one, await two) == ("one", "two")
    assert second.asked[0] >= first.asked[1] + 1.0 >= 11.0


@pytest.mark.anyio
async def test_a_doubtful_write_is_looked_for_before_it_is_made_again(clock):
    service = Service(clock, broken(), "made twice")

    async def found() -> str:
        return "made once"

    async with driven(clock):
        assert await line(clock).tell(service, found) == "made once"
    assert len(service.asked) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("sure", [{"doubtful": False}, {"limited": True, "after": 3.0}])
async def test_a_write_that_was_surely_not_made_is_made_without_a_search(clock, sure):
    service = Service(clock, broken(**sure), "made")

    async def found() -> str:
        raise AssertionError("nobody needs to look")

    async with driven(clock):
        assert await line(clock).tell(service, found) == "made"


@pytest.mark.anyio
async def test_a_manual_clock_wakes_those_whose_time_has_come_and_no_others(clock):
    async with asyncio.TaskGroup() as group:
        sleepers = [group.create_task(clock.sleep(seconds)) for seconds in (3, 1, 2)]
        assert await clock.until_asleep(3) == timedelta(seconds=1)
        clock.advance(timedelta(seconds=2))
        await asyncio.gather(*sleepers[1:])
        assert not sleepers[0].done()
        assert await clock.until_asleep() == timedelta(seconds=1)
        clock.advance(timedelta(seconds=1))
