"""What every run store does."""

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.domain.calls import ModelCall
from rookery.domain.errors import Conflict, InvalidRequest, NotFound
from rookery.domain.events import AgentStarted, RunFinished, StepStarted
from rookery.domain.results import TaskStatus
from rookery.domain.run_log import RunKept
from rookery.domain.runs import Depth, Run, RunFilter, RunStatus, StopRequest

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    clock = ManualClock(NOON, tick=timedelta(seconds=1))
    if request.param == "memory":
        yield InMemoryRunStore(clock=clock)
        return
    store = SqliteRunStore(tmp_path, clock=clock)
    yield store
    store.close()


def a_run(number: int = 1, question: str = "Where do rooks nest?") -> Run:
    return Run(
        id=f"run-{number:03}",
        question=question,
        status=RunStatus.QUEUED,
        depth=Depth.QUICK,
        namespace="default",
        model="extractive",
        created_at=NOON,
    )


def a_step(label: str) -> StepStarted:
    return StepStarted(agent_id="coordinator", step="read", label=label)


FIRST_SCHEMA = """
CREATE TABLE runs (id TEXT PRIMARY KEY, idempotency_key TEXT UNIQUE, stop TEXT, body TEXT NOT NULL);
CREATE TABLE events (run_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_id, seq))
    WITHOUT ROWID;
CREATE TABLE steps (run_id TEXT NOT NULL, step TEXT NOT NULL, input_hash TEXT NOT NULL, output TEXT NOT NULL,
    PRIMARY KEY (run_id, step, input_hash)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
FINISHED = RunFinished(agent_id="coordinator", status=TaskStatus.SUCCEEDED)


async def test_a_run_comes_back_as_it_was_stored(store):
    await store.create(a_run())
    assert await store.get("run-001") == a_run()


async def test_an_unknown_run_is_not_found(store):
    with pytest.raises(NotFound, match="run-404"):
        await store.get("run-404")


async def test_the_same_idempotency_key_returns_the_first_run(store):
    first = await store.create(a_run(1), idempotency_key="k")
    again = await store.create(a_run(2), idempotency_key="k")
    assert again == first
    with pytest.raises(NotFound):
        await store.get("run-002")


async def test_an_idempotency_key_of_another_question_is_a_conflict(store):
    await store.create(a_run(1), idempotency_key="k")
    with pytest.raises(Conflict):
        await store.create(a_run(2, question="Where do gulls nest?"), idempotency_key="k")


async def test_pages_go_from_the_newest_to_the_oldest_run_and_miss_none(store):
    for number in range(1, 8):
        await store.create(a_run(number))
    seen, cursor = [], None
    while True:
        page = await store.page(limit=3, cursor=cursor)
        seen += [run.id for run in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"run-{number:03}" for number in range(7, 0, -1)]


async def test_a_foreign_cursor_is_refused(store):
    with pytest.raises(InvalidRequest):
        await store.page(limit=3, cursor="nonsense")


async def test_events_are_numbered_from_one_without_gaps_although_many_write_at_once(store):
    await store.create(a_run())
    await asyncio.gather(*(store.append("run-001", a_step(str(number))) for number in range(20)))
    events = await store.events("run-001")
    assert [event.seq for event in events] == list(range(1, 21))
    assert {event.run_id for event in events} == {"run-001"}
    assert len({event.at for event in events}) == 20


async def test_events_after_a_number_leave_the_earlier_ones_out(store):
    await store.create(a_run())
    for label in "abc":
        await store.append("run-001", a_step(label))
    assert [event.label for event in await store.events("run-001", after=2)] == ["c"]


async def test_an_event_of_a_key_is_stored_once(store):
    await store.create(a_run())
    first = await store.append("run-001", a_step("a"), key="k")
    assert await store.append("run-001", a_step("again"), key="k") == first
    assert (await store.append("run-001", a_step("b"), key="l")).seq == 2
    assert (await store.append("run-002", a_step("c"), key="k")).seq == 1
    assert [event.label for event in await store.events("run-001")] == ["a", "b"]


async def test_a_run_and_the_event_that_explains_it_are_stored_together(store):
    await store.create(a_run())
    await store.save(a_run().model_copy(update={"status": RunStatus.SUCCEEDED}), FINISHED)
    assert (await store.get("run-001")).status is RunStatus.SUCCEEDED
    assert [event.type for event in await store.events("run-001")] == ["run_finished"]


async def test_followers_see_what_was_and_what_comes_and_stop_after_the_last_event(store):
    await store.create(a_run())
    await store.append("run-001", a_step("before"))
    first_seen = asyncio.Event()

    async def follow(after: int) -> list[int]:
        seen = []
        async for event in store.follow("run-001", after=after):
            seen.append(event.seq)
            first_seen.set()
        return seen

    early = asyncio.create_task(follow(0))
    late = asyncio.create_task(follow(1))
    await first_seen.wait()
    await store.append("run-001", AgentStarted(agent_id="writer", role="writer", goal="write"))
    await store.save(a_run(), FINISHED)
    assert await asyncio.wait_for(early, 10) == [1, 2, 3]
    assert await asyncio.wait_for(late, 10) == [2, 3]


@pytest.mark.parametrize("after", [1, 99])
async def test_following_a_run_that_is_over_ends_at_once(store, after):
    await store.create(a_run())
    await store.save(a_run(), FINISHED)
    assert [event async for event in store.follow("run-001", after=after)] == []


async def test_an_event_that_comes_while_a_follower_is_busy_is_not_missed(store):
    await store.create(a_run())
    await store.append("run-001", a_step("first"))
    seen = []
    async for event in store.follow("run-001"):
        seen.append(event.seq)
        if event.seq == 1:
            await store.save(a_run(), FINISHED)
    assert seen == [1, 2]


async def test_a_step_is_recorded_once_under_its_name_and_input(store):
    await store.create(a_run())
    await store.save_step("run-001", "plan", "h1", '{"first": true}')
    await store.save_step("run-001", "plan", "h1", '{"first": false}')
    assert [record.output for record in await store.steps("run-001")] == ['{"first": true}']
    assert await store.steps("run-002") == []


async def test_a_wish_to_stop_is_kept_until_it_is_taken_back(store):
    await store.create(a_run())
    assert await store.stop_asked("run-001") is None
    await store.ask_to_stop("run-001", StopRequest.PAUSE)
    assert await store.stop_asked("run-001") is StopRequest.PAUSE
    await store.ask_to_stop("run-001", None)
    assert await store.stop_asked("run-001") is None


async def test_the_file_of_an_older_version_is_read_and_written_on(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "runs.db")) as old, old:
        old.executescript(FIRST_SCHEMA)
        old.execute("INSERT INTO runs (id, body) VALUES (?, ?)", ("run-001", a_run().model_dump_json()))
        event = a_step("old").model_copy(update={"run_id": "run-001", "seq": 1, "at": NOON})
        old.execute("INSERT INTO events VALUES ('run-001', 1, ?)", (event.model_dump_json(),))
        old.execute("INSERT INTO steps VALUES ('run-001', 'plan', 'h', '{}')")
    store = SqliteRunStore(tmp_path, clock=ManualClock(NOON))
    assert await store.get("run-001") == a_run()
    assert [record.output for record in await store.steps("run-001")] == ["{}"]
    await store.append("run-001", a_step("new"), key="k")
    assert [event.label for event in await store.events("run-001")] == ["old", "new"]
    store.close()


@pytest.mark.parametrize("before", [True, False])
async def test_who_waits_for_a_wish_to_cancel_is_told_of_it_and_not_of_one_to_pause(store, before):
    await store.create(a_run())
    await store.ask_to_stop("run-001", StopRequest.CANCEL if before else StopRequest.PAUSE)
    waiting = asyncio.create_task(store.wait_for_cancel("run-001"))
    if not before:
        for _ in range(20):
            await store.stop_asked("run-001")
        assert not waiting.done()
        await store.ask_to_stop("run-001", StopRequest.CANCEL)
    await asyncio.wait_for(waiting, 10)


async def test_who_waits_for_a_wish_to_cancel_sees_what_another_process_notes(tmp_path):
    here, there = (SqliteRunStore(tmp_path, clock=ManualClock(NOON)) for _ in range(2))
    await here.create(a_run())
    waiting = asyncio.create_task(here.wait_for_cancel("run-001"))
    await there.ask_to_stop("run-001", StopRequest.CANCEL)
    await asyncio.wait_for(waiting, 10)
    here.close()
    there.close()


async def test_two_processes_share_one_store_without_gaps_or_losses(tmp_path):
    clock = ManualClock(NOON)
    here, there = (SqliteRunStore(tmp_path, clock=clock) for _ in range(2))
    await here.create(a_run())
    await asyncio.gather(*(store.append("run-001", a_step("x")) for store in (here, there) for _ in range(10)))
    assert [event.seq for event in await there.events("run-001")] == list(range(1, 21))
    here.close()
    there.close()


async def test_a_follower_can_be_stopped_in_the_very_moment_in_which_something_happens(store):
    await store.create(a_run())
    await store.append("run-001", a_step("one"))
    seen = asyncio.Event()

    async def follow() -> None:
        async for _ in store.follow("run-001"):
            seen.set()

    following = asyncio.create_task(follow())
    await seen.wait()
    for _ in range(3):  # by then it waits
        await store.events("run-001")
    await store.append("run-001", a_step("two"))
    following.cancel()
    await asyncio.wait([following], timeout=10)
    assert following.cancelled()


async def test_a_follower_sees_what_another_process_writes(tmp_path):
    clock = ManualClock(NOON)
    here, there = (SqliteRunStore(tmp_path, clock=clock) for _ in range(2))
    await here.create(a_run())

    async def follow() -> list[str]:
        return [event.type async for event in here.follow("run-001")]

    following = asyncio.create_task(follow())
    await there.append("run-001", a_step("elsewhere"))
    await there.save(a_run(), FINISHED)
    assert await asyncio.wait_for(following, 10) == ["step_started", "run_finished"]
    here.close()
    there.close()


def a_call(*contents: str, reply: str | None = "They nest in elms.", **more: object) -> ModelCall:
    roles = ["system", "user", "assistant", "user"]
    messages = [{"role": role, "content": text} for role, text in zip(roles, contents, strict=False)]
    told = {"messages": messages, "session": "writer", "max_tokens": 9, "temperature": 0.5, "seed": 7, "model": "m"}
    return ModelCall.model_validate(told | {"reply": reply} | more)


CALLS = [
    a_call("Answer.", "Where?", json_schema={"type": "object"}, allowed_sources=["1"], step="write"),
    a_call("Answer.", "Where?", "They nest in elms.", "Sure?", usage={"prompt_tokens": 5}, notices=["slow"]),
    a_call("Answer.", reply=None, error="the model is gone"),
]


async def test_calls_of_models_come_back_as_they_were_recorded(store):
    await store.create(a_run())
    for call in CALLS:
        store.post_call("run-001", call)
    store.post_call("run-002", CALLS[0])
    calls = await store.calls("run-001")
    assert [stored.call for stored in calls] == CALLS
    assert [stored.number for stored in calls] == [1, 2, 3]
    assert calls[0].at < calls[1].at < calls[2].at
    assert [stored.number for stored in await store.calls("run-002")] == [1]


async def test_what_another_store_has_kept_is_received_as_it_stands_there_and_once(store):
    kept = []
    other = InMemoryRunStore(clock=ManualClock(NOON, tick=timedelta(seconds=5)), kept=kept.append)
    await other.append("run-001", a_step("a"), key="k")
    await other.save_step("run-001", "plan", "h", "{}")
    for call in CALLS:
        other.post_call("run-001", call)
    await other.save(a_run().model_copy(update={"status": RunStatus.SUCCEEDED}), FINISHED)
    for _ in range(2):
        await store.receive("run-001", kept)
    assert await store.events("run-001") == await other.events("run-001")
    assert await store.steps("run-001") == await other.steps("run-001")
    assert await store.calls("run-001") == await other.calls("run-001")
    assert await store.get("run-001") == await other.get("run-001")
    told_again = await store.append("run-001", a_step("again"), key="k")
    assert told_again == (await other.events("run-001"))[0]


async def test_a_run_that_is_received_late_does_not_replace_what_came_after_it(store):
    early = RunKept(run=a_run().model_copy(update={"status": RunStatus.RUNNING}), seq=0)
    await store.receive("run-001", [early])
    await store.save(a_run().model_copy(update={"status": RunStatus.SUCCEEDED}), FINISHED)
    await store.receive("run-001", [early])
    assert (await store.get("run-001")).status is RunStatus.SUCCEEDED


async def test_who_follows_a_run_sees_what_is_received(store):
    kept = []
    other = InMemoryRunStore(clock=ManualClock(NOON), kept=kept.append)
    await store.create(a_run())

    async def follow() -> list[int]:
        return [event.seq async for event in store.follow("run-001")]

    following = asyncio.create_task(follow())
    await other.append("run-001", a_step("a"))
    await store.receive("run-001", kept)
    await other.save(a_run(), FINISHED)
    await store.receive("run-001", kept)
    assert await asyncio.wait_for(following, 10) == [1, 2]


async def test_finished_steps_are_listed_by_name(store):
    await store.save_step("run-001", "write", "h2", '{"b": 1}')
    await store.save_step("run-001", "plan", "h1", '{"a": 1}')
    await store.save_step("run-002", "plan", "h1", "{}")
    assert [(step.step, step.input_hash, step.output) for step in await store.steps("run-001")] == [
        ("plan", "h1", '{"a": 1}'),
        ("write", "h2", '{"b": 1}'),
    ]


async def test_a_call_is_durable_with_the_step_that_follows_from_it_and_shares_its_texts(tmp_path):
    here, there = (SqliteRunStore(tmp_path, clock=ManualClock(NOON)) for _ in range(2))
    await here.create(a_run())
    for number, call in enumerate(CALLS):
        here.post_call("run-001", call)
        await here.save_step("run-001", f"step-{number}", "h", "{}")
    assert [stored.call for stored in await there.calls("run-001")] == CALLS
    here.close()
    there.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "runs.db")) as file:
        texts = [text for (text,) in file.execute("SELECT text FROM texts ORDER BY id")]
    assert texts == ["Answer.", "Where?", '{"type": "object"}', "They nest in elms.", "Sure?"]


async def test_a_write_that_fails_takes_no_other_with_it(tmp_path):
    store = SqliteRunStore(tmp_path, clock=ManualClock(NOON))
    await store.create(a_run())
    store.post_call("run-001", CALLS[0])
    with pytest.raises(InvalidRequest):
        await store.save_step("run-001", "half of a pair: \ud800", "h", "{}")
    await store.save_step("run-001", "whole", "h", "{}")
    assert [stored.call for stored in await store.calls("run-001")] == CALLS[:1]
    store.close()


ANNA = a_run(1, "Where do ROOKS nest?").model_copy(update={"namespace": "anna", "status": RunStatus.SUCCEEDED})
BERT = a_run(2, "Straße?").model_copy(update={"agent": "researcher", "created_at": NOON + timedelta(microseconds=1)})
CARL = a_run(3, "Why?").model_copy(update={"created_at": NOON + timedelta(seconds=1)})


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (RunFilter(), [CARL, BERT, ANNA]),
        (RunFilter(statuses=[RunStatus.SUCCEEDED, RunStatus.FAILED]), [ANNA]),
        (RunFilter(statuses=[]), []),
        (RunFilter(namespace="anna"), [ANNA]),
        (RunFilter(agent="researcher"), [BERT]),
        (RunFilter(text="rooks N"), [ANNA]),
        (RunFilter(text="STRASSE"), [BERT]),
        (RunFilter(text="%"), []),
        (RunFilter(created_after=NOON + timedelta(microseconds=1)), [CARL, BERT]),
        (RunFilter(created_before=NOON + timedelta(microseconds=1)), [ANNA]),
        (RunFilter(created_after=NOON, created_before=NOON + timedelta(seconds=1), text="?"), [BERT, ANNA]),
    ],
)
async def test_only_runs_that_count_are_on_a_page(store, where, found):
    for run in (ANNA, BERT, CARL):
        await store.create(run)
    assert (await store.page(limit=9, where=where)).items == found
    assert [run for run in (CARL, BERT, ANNA) if where.admits(run)] == found
    first = await store.page(limit=1, where=where)
    assert first.items == found[:1]
    assert (first.next_cursor is None) == (len(found) <= 1)
