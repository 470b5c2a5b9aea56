"""The Slack door: questions become runs, buttons become decisions. Events by HTTP and Socket Mode share it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pydantic import ValidationError

from rookery.application.research import as_it_stands
from rookery.domain.approvals import Decision
from rookery.domain.errors import InvalidRequest, RookeryError
from rookery.domain.letters import Letter
from rookery.domain.runs import ResearchRequest, Run, RunStatus, StopRequest
from rookery.entrypoints.api.colony import Conductor
from rookery.entrypoints.container import Container
from rookery.entrypoints.slack.incoming import Ask, Kind, Press, understood
from rookery.entrypoints.slack.room import Place, SlackRooms, rooms_of
from rookery.entrypoints.slack.showing import approval_parts, opening, with_decision
from rookery.entrypoints.slack.telling import Teller

_log = logging.getLogger(__name__)
_LAST_WORDS_SECONDS = 5
_HELP = "Ask a question, such as: /research When was the observatory founded?"
_GOING_ON = {RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.INTERRUPTED}


class SlackDoor:
    """Takes what Slack sends, at once and once, and deals with it in the background.

    Args:
        container: the colony.
        conductor: conducts the runs.
        name: of this door; letters that it left open are taken up when it opens again.
    """

    def __init__(self, container: Container, conductor: Callable[[], Conductor], *, name: str) -> None:
        self._container = container
        self._conductor = conductor
        self._name = name
        self._settings = container.settings().slack
        self._rooms: SlackRooms = rooms_of(container.integrations(), container.clock())
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[str] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["SlackDoor"]:
        """Take up what was left open, and deal with what comes until the block ends. Runs then should be parked."""
        for letter in await self._container.inbox().unsettled(self._name):
            self._begin(self._deal_with(letter))
        try:
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def receive(self, kind: Kind, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """Take what Slack sent; return what to acknowledge it with. It is durable when this returns.

        Raises:
            StorageError: it could not be kept; Slack sends it again.
        """
        match understood(kind, payload):
            case Ask() as ask:
                return await self._accept(ask)
            case Press() as press:
                self._begin(self._press(press))
        return None

    async def _accept(self, ask: Ask) -> dict[str, Any] | None:
        refusal = self._refusal(ask)
        if refusal is not None and ask.response_url is not None:
            return _only_to_you(refusal)
        letter = Letter(
            key=ask.key, door=self._name, body=ask.model_dump_json(), received_at=self._container.clock().now()
        )
        if await self._container.inbox().receive(letter):
            self._begin(self._deal_with(letter))
        return None if ask.response_url is None else _only_to_you("On it.")

    def _refusal(self, ask: Ask) -> str | None:
        if not self._settings.may_ask(ask.user):
            return f"You may not ask here. Whoever runs Rookery can add {ask.user} to `slack.askers`."
        return None if ask.text else _HELP

    async def _deal_with(self, letter: Letter) -> None:
        ask = Ask.model_validate_json(letter.body)
        refusal = self._refusal(ask)
        if refusal is not None:
            await self._whisper(Place(ask.channel, ask.thread), ask.user, refusal)
        else:
            await self._research(ask, letter)
        await self._container.inbox().settle(letter.key)

    async def _research(self, ask: Ask, letter: Letter) -> None:
        place = Place(ask.channel, ask.thread, ask.response_url)
        try:
            [head] = await self._rooms.post(f"head:{ask.key}", place, opening(ask.user, ask.text))
            run = await self._run_of(ask, letter)
        except RookeryError as error:
            _log.warning("a question from Slack was not taken on: %s", error)
            await self._whisper(place, ask.user, f"This was not taken on: {error}")
            return
        await self._tell(Teller(self._container, self._rooms, ask, run, thread=ask.thread or head, head=head), run)

    async def _run_of(self, ask: Ask, letter: Letter) -> Run:
        """Return the run of a question, which is begun, or gone on with when the process died before."""
        run_store = self._container.run_store()
        if letter.run_id is None:
            request = await self._request(ask)
            self._conductor().make_room()
            run = await self._container.start_run()(request, idempotency_key=ask.key)
            await self._container.inbox().assign(ask.key, run.id)
        else:
            run = await as_it_stands(await run_store.get(letter.run_id), self._container.orchestrator())
        if run.status in _GOING_ON and not await self._container.orchestrator().is_running(run.id):
            await self._conductor().take(run)
        return run

    async def _request(self, ask: Ask) -> ResearchRequest:
        asked = {
            "question": ask.text,
            "depth": self._settings.depth,
            "namespace": self._settings.namespace,
            "agent": self._settings.agent,
            "conversation": await self._rooms.said_before(ask),
        }
        try:
            return ResearchRequest.model_validate(asked)
        except ValidationError as error:
            raise InvalidRequest(error.errors()[0]["msg"].removeprefix("Value error, ")) from error

    async def _tell(self, teller: Teller, run: Run) -> None:
        self._told.add(run.id)
        try:
            await teller.tell()
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(teller.last_words(), _LAST_WORDS_SECONDS)
            raise
        finally:
            self._told.discard(run.id)

    async def _press(self, press: Press) -> None:
        deciding = press.action in ("approve", "deny")
        allowed = self._settings.may_approve if deciding else self._settings.may_ask
        if not allowed(press.user):
            name = "approvers" if deciding else "askers"
            told = f"You may not {press.action} here. Whoever runs Rookery can add {press.user} to `slack.{name}`."
            await self._whisper(_where(press), press.user, told)
            return
        try:
            await (self._decide(press) if deciding else self._steer(press))
        except RookeryError as error:
            await self._whisper(_where(press), press.user, f"That came to nothing: {error}")

    async def _decide(self, press: Press) -> None:
        decision = Decision.model_validate({"decision": press.action})
        approvals = self._container.approval_store()
        approval = await approvals.decide(press.value, decision, by=f"{press.user} in Slack")
        if approval.run_id not in self._told:  # nobody else shows what came of it
            part = approval_parts(approval)[-1]
            await self._rooms.update(press.channel, press.message, with_decision(part, approval))

    async def _steer(self, press: Press) -> None:
        if press.action == "cancel":
            await self._container.stop_run()(press.value, StopRequest.CANCEL)
        else:
            await self._conductor().take(await self._container.run_store().get(press.value))

    async def _whisper(self, place: Place, user: str, text: str) -> None:
        try:
            await self._rooms.whisper(place, user, text)
        except RookeryError as error:
            _log.warning("Slack does not take what is told to %s: %s", user, error)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except RookeryError as error:
        _log.warning("the Slack door: %s", error)
    except Exception:
        _log.exception("the Slack door could not deal with something")


def _where(press: Press) -> Place:
    return Place(press.channel, press.thread, press.response_url)


def _only_to_you(text: str) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": text}


@asynccontextmanager
async def opened(container: Container, conductor: Callable[[], Conductor]) -> AsyncIterator[SlackDoor | None]:
    """Open the door for events by HTTP until the block ends; None where no signing secret is set.

    Raises:
        ConfigurationError: something that it needs is not set.
    """
    if container.settings().slack.signing_secret is None:
        yield None
        return
    async with SlackDoor(container, conductor, name="http").open() as door:
        yield door
