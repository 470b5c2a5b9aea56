"""Machines in one process: leases that end, wishes and approvals that travel, segments that come too late."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.object_stores.in_memory import InMemoryObjectStore
from rookery.adapters.object_stores.sealed import SealedObjectStore, new_identity
from rookery.domain.actions import ToolCall
from rookery.domain.approvals import Approval, ApprovalStatus, Decision, digest_of
from rookery.domain.errors import Conflict, StorageError
from rookery.domain.events import RunCancelled, StepStarted
from rookery.domain.run_log import EventKept, RunKept
from rookery.domain.runs import RunStatus, StopRequest
from tests.support.lossy_store import LossyObjectStore
from tests.support.sharing import RUN, Peer, handed_over

pytestmark = pytest.mark.anyio
PATIENCE = 20  # seconds, after which something hangs


def a_step(label: str) -> StepStarted:
    return StepStarted(agent_id="coordinator", step="work", label=label)


@pytest.fixture
async def objects() -> InMemoryObjectStore:
    objects = InMemoryObjectStore()
    await handed_over(objects)
    return objects


async def test_what_is_told_is_in_the_store_when_it_returns_and_the_asking_machine_reads_it(objects):
    a, b = Peer(objects, mirrors=True), Peer(objects)
    async with b.claims.hold(RUN.id):
        await b.runs.append(RUN.id, a_step("first"), key="1")
        await a.watch.look(RUN.id)
        assert [event.label for event in await a.runs.events(RUN.id)] == ["first"]
        assert await a.runs.events(RUN.id) == await b.runs.events(RUN.id)


async def test_a_worker_that_cannot_reach_the_store_stops_when_its_lease_is_over_and_another_goes_on(objects):
    line = LossyObjectStore(objects)
    b, c = Peer(line, lease_seconds=0.4), Peer(objects, lease_seconds=0.4)
    stopped = asyncio.Event()

    async def work() -> None:
        async with b.claims.hold(RUN.id):
            await b.runs.append(RUN.id, a_step("first"), key="1")
            line.failures = 10**6
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

    with pytest.raises((Conflict, StorageError)):
        await asyncio.wait_for(work(), PATIENCE)
    assert stopped.is_set()
    async with asyncio.timeout(PATIENCE):
        while await c.claims.held(RUN.id):  # noqa: ASYNC110 - silence gives no sign
            await asyncio.sleep(0.02)
    async with c.claims.hold(RUN.id):
        again = await c.runs.append(RUN.id, a_step("first"), key="1")
        assert (again.seq, (await c.runs.append(RUN.id, a_step("second"), key="2")).seq) == (1, 2)


async def test_an_interruption_that_is_shorter_than_the_lease_is_not_noticed(objects):
    line = LossyObjectStore(objects)
    b = Peer(line, lease_seconds=30)
    async with b.claims.hold(RUN.id):
        line.failures = 2
        await asyncio.wait_for(b.runs.append(RUN.id, a_step("first")), PATIENCE)
        line.lost_answers = 1
        await asyncio.wait_for(b.runs.append(RUN.id, a_step("second")), PATIENCE)
    assert {segment.epoch for segment in await b.log(RUN.id).read()} == {1, 2}


async def test_what_a_worker_writes_that_has_lost_the_run_is_refused(objects):
    b = Peer(objects)

    async def work() -> None:
        async with b.claims.hold(RUN.id):
            log = b.log(RUN.id)
            await log.read()
            assert await log.append(log.next([], holder="c"))
            await b.runs.append(RUN.id, a_step("late"))

    with pytest.raises(Conflict, match="in the hands of another"):
        await asyncio.wait_for(work(), PATIENCE)
    kept = [one for segment in await b.log(RUN.id).read() for one in segment.records if isinstance(one, EventKept)]
    assert kept == []


async def test_a_wish_to_cancel_reaches_the_worker_and_also_the_one_that_goes_on_after_it(objects):
    a, b, c = Peer(objects, mirrors=True), Peer(objects), Peer(objects)
    async with b.claims.hold(RUN.id):
        await a.runs.ask_to_stop(RUN.id, StopRequest.CANCEL)
        await asyncio.wait_for(b.runs.wait_for_cancel(RUN.id), PATIENCE)
    async with c.claims.hold(RUN.id):
        await c.runs.ask_to_stop(RUN.id, None)  # as everybody does who begins; c was told of nothing yet
        await asyncio.wait_for(c.runs.wait_for_cancel(RUN.id), PATIENCE)
        await c.runs.ask_to_stop(RUN.id, None)  # it has obeyed
    assert await a.wishes(RUN.id).read() is None


async def test_a_run_that_nobody_conducts_is_ended_from_any_machine_and_one_at_work_is_not(objects):
    a, b = Peer(objects, mirrors=True), Peer(objects)
    await a.watch.look(RUN.id)
    cancelled = RUN.model_copy(update={"status": RunStatus.CANCELLED})
    async with b.claims.hold(RUN.id):
        with pytest.raises(Conflict):
            await a.runs.save(cancelled, RunCancelled(agent_id="coordinator"))
    await a.runs.save(cancelled, RunCancelled(agent_id="coordinator"))
    assert (await a.runs.get(RUN.id)).status is RunStatus.CANCELLED
    last = [one for segment in await b.log(RUN.id).read() for one in segment.records if isinstance(one, RunKept)][-1]
    assert last.run.status is RunStatus.CANCELLED


def an_approval() -> Approval:
    call, now = ToolCall(tool="post_notice", arguments={"text": "hello"}), datetime.now(UTC)
    return Approval(
        id="approval-1",
        run_id=RUN.id,
        agent_id="clerk",
        tool=call.tool,
        arguments=call.arguments,
        digest=digest_of(call),
        reason="because",
        requested_at=now,
        expires_at=now + timedelta(hours=1),
    )


async def test_an_approval_is_asked_on_one_machine_and_decided_on_another_and_the_first_word_counts(objects):
    a, other, b = Peer(objects, mirrors=True), Peer(objects, mirrors=True), Peer(objects)
    async with b.claims.hold(RUN.id):
        asked = await b.approvals.request(an_approval())
        for machine in (a, other):
            await machine.watch.look(RUN.id)
            assert await machine.approvals.all(status=ApprovalStatus.PENDING) == [asked]
        assert (await b.approvals.wait(asked.id, seconds=0.01)).status is ApprovalStatus.PENDING
        await a.approvals.decide(asked.id, Decision(decision="approve"), by="Mara")
        with pytest.raises(Conflict, match="Mara"):
            await other.approvals.decide(asked.id, Decision(decision="deny"), by="Otto")
        heard = await b.approvals.wait(asked.id, seconds=PATIENCE)
        assert (heard.status, heard.decided_by) == (ApprovalStatus.APPROVED, "Mara")


async def test_a_machine_that_cannot_reach_the_store_takes_nothing_for_free(objects):
    line = LossyObjectStore(objects)
    b = Peer(line)
    line.failures = 1
    assert await b.claims.held(RUN.id)
    assert not await b.claims.held(RUN.id)


async def test_with_an_identity_everything_that_leaves_the_machine_is_sealed():
    inner = InMemoryObjectStore()
    identity = new_identity()
    await handed_over(SealedObjectStore(inner, identity))
    b, c = (Peer(SealedObjectStore(inner, identity)) for _ in range(2))
    async with b.claims.hold(RUN.id):
        await b.runs.append(RUN.id, a_step("first"), key="1")
        await b.approvals.request(an_approval())
        await b.approvals.decide("approval-1", Decision(decision="deny"), by="Mara")
        await b.runs.ask_to_stop(RUN.id, StopRequest.PAUSE)
    async with c.claims.hold(RUN.id):
        assert (await c.runs.append(RUN.id, a_step("first"), key="1")).seq == 1
    names = [name async for name in inner.names("")]
    assert {name.partition("/")[0] for name in names} == {"runs", "decisions", "wishes"}
    for name in names:
        assert (await inner.get(name)).startswith(b"age-encryption.org/v1\n"), name
