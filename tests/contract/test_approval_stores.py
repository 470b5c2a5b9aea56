"""What every approval store does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.approval_stores.in_memory import InMemoryApprovalStore
from rookery.adapters.approval_stores.sqlite import SqliteApprovalStore
from rookery.adapters.clocks.manual import ManualClock
from rookery.domain.actions import ToolCall
from rookery.domain.approvals import Approval, ApprovalStatus, Decision, digest_of
from rookery.domain.errors import Conflict, NotFound

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
YES, NO = Decision(decision="approve"), Decision(decision="deny")


@pytest.fixture
def clock():
    return ManualClock(NOON)


@pytest.fixture(params=["memory", "sqlite"])
def stores(request, tmp_path, clock):
    """Two that see the same approvals, as two processes do."""
    if request.param == "memory":
        store = InMemoryApprovalStore(clock=clock)
        yield store, store
        return
    both = SqliteApprovalStore(tmp_path, clock=clock), SqliteApprovalStore(tmp_path, clock=clock)
    yield both
    for store in both:
        store.close()


@pytest.fixture
def store(stores):
    return stores[0]


def wanted(number=1, *, run_id="run-1", **arguments):
    call = ToolCall(tool="slack_post", arguments=arguments or {"text": "hello"})
    return Approval(
        id=f"approval-{number}",
        run_id=run_id,
        agent_id="poster",
        tool=call.tool,
        arguments=call.arguments,
        digest=digest_of(call),
        reason="it changes something",
        requested_at=NOON + timedelta(seconds=number),
        expires_at=NOON + timedelta(hours=1),
    )


async def test_what_is_asked_for_twice_is_one_approval(store):
    await store.request(wanted())
    await store.decide("approval-1", YES, by="Mara")
    again = await store.request(wanted())
    assert (again.status, again.decided_by) == (ApprovalStatus.APPROVED, "Mara")
    assert len(await store.all()) == 1


async def test_an_id_is_never_taken_for_something_else(store):
    await store.request(wanted())
    with pytest.raises(Conflict):
        await store.request(wanted(text="something else"))


async def test_they_are_listed_oldest_first_by_status_and_by_run(store):
    for number, run_id in ((2, "run-1"), (1, "run-1"), (3, "run-2")):
        await store.request(wanted(number, run_id=run_id))
    await store.decide("approval-2", NO, by="Mara")
    assert [one.id for one in await store.all()] == ["approval-1", "approval-2", "approval-3"]
    assert [one.id for one in await store.all(status=ApprovalStatus.PENDING)] == ["approval-1", "approval-3"]
    assert [one.id for one in await store.all(run_id="run-2")] == ["approval-3"]


async def test_a_decision_says_who_and_when_and_stays(store, clock):
    await store.request(wanted())
    clock.advance(timedelta(minutes=5))
    decided = await store.decide("approval-1", NO, by="Mara")
    assert (decided.status, decided.decided_by, decided.decided_at) == (
        ApprovalStatus.DENIED,
        "Mara",
        NOON + timedelta(minutes=5),
    )
    assert await store.decide("approval-1", NO, by="Oskar") == decided
    with pytest.raises(Conflict, match="Mara has denied it"):
        await store.decide("approval-1", YES, by="Oskar")
    assert await store.get("approval-1") == decided


async def test_of_many_who_decide_at_once_one_wins(stores):
    first, second = stores
    await first.request(wanted())

    async def decide(store, decision, name):
        try:
            return (await store.decide("approval-1", decision, by=name)).decided_by
        except Conflict:
            return None

    pairs = [(first, YES), (second, NO)] * 10
    names = await asyncio.gather(*(decide(store, what, f"person {n}") for n, (store, what) in enumerate(pairs)))
    winner = await first.get("approval-1")
    assert {name for name in names if name is not None} == {winner.decided_by}
    assert sum(name is not None for name in names) == 10  # those who said the same


async def test_one_that_nobody_decided_in_time_has_expired_and_stays_so(store, clock):
    await store.request(wanted())
    clock.advance(timedelta(hours=1))
    assert (await store.get("approval-1")).status is ApprovalStatus.EXPIRED
    assert [one.status for one in await store.all(status=ApprovalStatus.EXPIRED)] == [ApprovalStatus.EXPIRED]
    with pytest.raises(Conflict, match="expired"):
        await store.decide("approval-1", YES, by="Mara")
    assert (await store.request(wanted())).status is ApprovalStatus.EXPIRED


async def test_who_waits_hears_of_a_decision_in_another_process(stores):
    here, there = stores
    await here.request(wanted())
    waiting = asyncio.create_task(here.wait("approval-1", seconds=30))
    await there.decide("approval-1", YES, by="Mara")
    assert (await asyncio.wait_for(waiting, 20)).status is ApprovalStatus.APPROVED


async def test_who_waits_does_not_wait_for_ever(store):
    await store.request(wanted())
    assert (await store.wait("approval-1", seconds=0.01)).status is ApprovalStatus.PENDING


async def test_there_is_none_of_an_unknown_id(store):
    for asked in (store.get("x"), store.wait("x", seconds=1), store.decide("x", YES, by="Mara")):
        with pytest.raises(NotFound, match="approvals list"):
            await asked


async def test_what_is_permitted_is_this_very_call_within_its_time(store, clock):
    await store.request(wanted())
    approval = await store.decide("approval-1", YES, by="Mara")
    same = ToolCall(tool="slack_post", arguments={"text": "hello"})
    other = [
        ToolCall(tool="slack_post", arguments={"text": "hello "}),
        ToolCall(tool="slack_post", arguments={"text": "hello", "channel": "#all"}),
        ToolCall(tool="notion_publish", arguments={"text": "hello"}),
    ]
    assert approval.permits(same, clock.now())
    assert not any(approval.permits(call, clock.now()) for call in other)
    assert not approval.permits(same, approval.expires_at)
