"""What every integration must do. Needs pytest and anyio's plugin.

For your own integration, say how its world is made, and run all of it:

    class TestMine(IntegrationContract):
        @pytest.fixture
        def world(self):
            with serve(MyService()) as service:
                yield World(service, ...)
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from rookery.adapters.support.services.ledger import InMemoryDeliveryLedger, SqliteDeliveryLedger
from rookery.domain.errors import Conflict, NotifierError, ToolError
from rookery.domain.integrations import IntegrationState, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.tool import Need, Outcome
from rookery.domain.provenance import OriginKind
from rookery.testing.services.faults import Break, Fault
from rookery.testing.services.requests import Reply, Request
from rookery.testing.worlds import World, driven, scope

PARTS = 100
LONG = "\n\n".join(f"## Part {n}\n\nThe gauge was read {n} times, by lamp. " + f"word{n} " * 240 for n in range(PARTS))
"""Longer than what any of the services takes at once."""


def note(text: str, world: World) -> Notification:
    """Return a notification for the world's people."""
    return Notification(text=text, title="Tide gauge", target=world.target)


@pytest.mark.anyio
class IntegrationContract:
    """The suite; `world` is yours to give."""

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    async def _closed(self, world: World) -> AsyncIterator[None]:
        yield
        await world.close()

    async def test_tools_are_named_after_it_declare_their_effect_and_need_the_network(self, world: World) -> None:
        integration = world.build(world.unset, world.surroundings())
        assert integration.tools
        for tool in integration.tools:
            assert tool.name.startswith(f"{integration.name}_")
            assert tool.effect in ("read", "write")
            assert Need.NETWORK in tool.needs
            assert tool.description
            assert tool.arguments.model_config.get("frozen"), tool.name
            assert tool.arguments.model_json_schema()["additionalProperties"] is False

    async def test_it_says_that_it_is_not_set_up_and_what_to_set(self, world: World) -> None:
        integration = world.build(world.unset, world.surroundings())
        status = await integration.check()
        assert (status.status, status.configured) == (IntegrationState.UNCONFIGURED, False)
        assert "set " in status.detail
        assert status.tools == [tool.name for tool in integration.tools]
        with pytest.raises(NotifierError, match="set "):
            await integration.notify(note("Hello", world), idempotency_key="k")
        for name, given in {**world.reads, **world.writes}.items():
            with pytest.raises(ToolError, match="set "):
                await call(integration, name, given, key="k")
        assert not world.service.requests

    async def test_it_says_as_whom_and_where_it_is_ready(self, world: World) -> None:
        status = await world.integration().check()
        assert status.status is IntegrationState.READY, status.detail
        assert status.detail

    async def test_credentials_that_are_refused_are_told_and_not_repeated(self, world: World) -> None:
        integration = world.build({**world.settings, **world.refused}, world.surroundings())
        status = await integration.check()
        assert status.status is IntegrationState.REFUSED
        assert "set " in status.detail
        with pytest.raises(NotifierError) as refusal:
            await integration.notify(note("Hello", world), idempotency_key="k")
        for secret in map(str, world.refused.values()):
            assert secret not in f"{status.detail} {refusal.value}"
        assert not refusal.value.retryable

    async def test_a_service_that_is_not_there_is_told_without_an_error(self, world: World) -> None:
        status = await world.integration(base_url="http://127.0.0.1:9").check()
        assert status.status is IntegrationState.UNREACHABLE

    async def test_offline_nothing_is_sent(self, world: World) -> None:
        integration = world.integration(offline=True)
        with pytest.raises(NotifierError, match="offline"):
            await integration.notify(note("Hello", world), idempotency_key="k")
        for name, given in world.reads.items():
            with pytest.raises(ToolError, match="offline"):
                await call(integration, name, given)
        assert (await integration.check()).status is not IntegrationState.READY
        assert not world.service.requests

    async def test_a_message_arrives_once_however_often_it_is_sent(self, world: World) -> None:
        integration = world.integration()
        first = await integration.notify(note("The gauge is **whole**.", world), idempotency_key="k")
        again = await integration.notify(note("The gauge is **whole**.", world), idempotency_key="k")
        assert (first.repeated, again.repeated) == (False, True)
        assert first.url == again.url
        assert first.url
        assert count(world, "whole") == 1

    async def test_a_key_stands_for_one_message(self, world: World) -> None:
        integration = world.integration()
        await integration.notify(note("first", world), idempotency_key="k")
        with pytest.raises(Conflict, match="key"):
            await integration.notify(note("second", world), idempotency_key="k")
        await integration.notify(note("second", world), idempotency_key="another")
        assert (count(world, "first"), count(world, "second")) == (1, 1)

    @pytest.mark.parametrize("form", ["seconds", "date"])
    async def test_a_busy_service_gets_the_message_once_and_not_before_its_time(self, world: World, form: str) -> None:
        integration = world.integration()
        world.service.busy(10, form="date" if form == "date" else "seconds")
        async with driven(world.clock):
            delivery = await integration.notify(note("The gauge is whole.", world), idempotency_key="k")
        assert not delivery.repeated
        assert count(world, "whole") == 1
        assert world.service.early == []
        assert any("asks to wait 10 s" in notice for notice in world.notices)

    async def test_while_it_waits_it_says_until_when(self, world: World) -> None:
        integration = world.integration()
        world.service.busy(10)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(integration.notify(note("Hello", world), idempotency_key="k"))
            left = await world.clock.until_asleep()
            status = await integration.check()
            assert status.status is IntegrationState.WAITING
            assert status.waits_until is not None
            assert 9 <= (status.waits_until - world.clock.now()).total_seconds() <= 11
            world.clock.advance(left)
            async with driven(world.clock):
                await sending
                assert (await integration.check()).status is IntegrationState.READY

    async def test_a_service_that_stays_busy_is_given_up_and_the_message_can_be_sent_later(self, world: World) -> None:
        ledger = InMemoryDeliveryLedger()
        world.service.busy(3600)
        with pytest.raises(NotifierError, match="longer than") as refusal:
            await world.integration(ledger=ledger).notify(note("Hello there", world), idempotency_key="k")
        assert refusal.value.retryable
        world.service.busy(0)
        async with driven(world.clock):
            await world.integration(ledger=ledger).notify(note("Hello there", world), idempotency_key="k")
        assert count(world, "Hello there") == 1

    @pytest.mark.parametrize("how", [Break.CLOSED, Break.TRUNCATED, Break.STALLED, None])
    @pytest.mark.parametrize("done", [True, False], ids=["done", "not-done"])
    async def test_a_lost_answer_does_not_make_it_arrive_twice(
        self, world: World, how: Break | None, *, done: bool
    ) -> None:
        integration = world.integration(timeout_seconds=1.0)
        reply = Reply(503, b"<html>oops</html>") if how is None or not done else None
        world.service.fault(Fault(reply, how, done=done, when=world.posts))
        async with driven(world.clock):
            await integration.notify(note("The gauge is whole.", world), idempotency_key="k")
        assert count(world, "whole") == 1

    async def test_a_process_that_dies_before_the_answer_does_not_make_it_arrive_twice(
        self, world: World, tmp_path: Path
    ) -> None:
        first, second = SqliteDeliveryLedger(tmp_path), SqliteDeliveryLedger(tmp_path)
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()

        def posts(request: Request) -> bool:
            if world.posts(request):
                loop.call_soon_threadsafe(arrived.set)
            return world.posts(request)

        world.service.fault(Fault(how=Break.STALLED, done=True, when=posts))
        sending = asyncio.create_task(
            world.integration(ledger=first).notify(note("The gauge is whole.", world), idempotency_key="k")
        )
        await arrived.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        delivery = await world.integration(ledger=second).notify(
            note("The gauge is whole.", world), idempotency_key="k"
        )
        first.close()
        second.close()
        assert delivery.url
        assert count(world, "whole") == 1

    async def test_a_long_text_arrives_whole_and_in_order(self, world: World) -> None:
        async with driven(world.clock):
            delivery = await world.integration(max_wait_seconds=3600).notify(note(LONG, world), idempotency_key="k")
        assert delivery.parts > 1
        read = "\n".join(world.said())
        places = [read.find(f"word{n} ") for n in range(PARTS)]
        assert -1 not in places
        assert places == sorted(places)
        assert all(read.count(f"word{n} ") >= 239 for n in range(PARTS))

    async def test_a_long_text_goes_on_at_the_part_that_is_missing(self, world: World) -> None:
        ledger = InMemoryDeliveryLedger()
        refused = Fault(Reply(503), times=100, when=world.posts)

        def second(request: Request) -> bool:
            return world.posts(request) and count(world, "word0 ") > 0

        refused.when = second
        world.service.fault(refused)
        async with driven(world.clock):
            with pytest.raises(NotifierError):
                await world.integration(ledger=ledger).notify(note(LONG, world), idempotency_key="k")
            refused.times = 0
            await world.integration(ledger=ledger).notify(note(LONG, world), idempotency_key="k")
        read = "\n".join(world.said())
        assert all(re.search(rf"Part {n}\b", read) for n in range(PARTS))
        assert all(239 <= read.count(f"word{n} ") <= 240 for n in range(PARTS))

    async def test_what_tools_read_can_be_cited(self, world: World) -> None:
        integration = world.integration()
        for name, given in world.reads.items():
            outcome = await call(integration, name, given)
            assert outcome.untrusted
            assert outcome.origins, name
            assert all(origin.kind is OriginKind.INTEGRATION for origin in outcome.origins)
            assert "gauge" in outcome.text + "".join(piece.text for piece in outcome.passages), name
            for passage in outcome.passages:
                assert passage.url.startswith("https://") or passage.url.startswith(world.service.url)
                snapshot = await world.snapshots.get(passage.sha256)
                assert snapshot.text[passage.start : passage.end] == passage.text

    async def test_a_tool_that_writes_does_it_once_for_its_key(self, world: World) -> None:
        integration = world.integration()
        for name, given in world.writes.items():
            text = f"said by {name}"
            filled = {field: text if value == "{text}" else value for field, value in given.items()}
            first = await call(integration, name, filled, key=name)
            again = await call(integration, name, filled, key=name)
            assert count(world, text) == 1, name
            assert "before" in again.text
            assert "before" not in first.text
            with pytest.raises(ToolError, match="key"):
                await call(integration, name, filled, key="")

    async def test_a_tool_does_not_send_credentials(self, world: World) -> None:
        integration = world.integration()
        secret = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD2fG5"
        for name, given in world.writes.items():
            text = f"told by {name}: {secret}"
            filled = {field: text if value == "{text}" else value for field, value in given.items()}
            await call(integration, name, filled, key=f"{name} with a secret")
            assert count(world, f"told by {name}") == 1
        assert secret not in "\n".join(world.said())

    async def test_answers_that_break_are_asked_for_again(self, world: World) -> None:
        integration = world.integration(timeout_seconds=1.0)
        for name, given in world.reads.items():
            for how in (Break.CLOSED, Break.TRUNCATED, Break.STALLED):
                world.service.fault(Fault(how=how))
            async with driven(world.clock):
                outcome = await call(integration, name, given)
            assert "gauge" in outcome.text + "".join(piece.text for piece in outcome.passages)


async def call(integration: IntegrationPort, name: str, given: Mapping[str, Any], *, key: str = "") -> Outcome:
    """Call a tool by its name."""
    tool = next(tool for tool in integration.tools if tool.name == name)
    return await tool(tool.arguments.model_validate(dict(given)), scope(key))


def count(world: World, text: str) -> int:
    """Return how many messages have a text."""
    return sum(text in said for said in world.said())
