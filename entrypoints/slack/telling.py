"""Telling in Slack how a run goes, from its events alone, whoever conducts it."""

import asyncio
import logging

from rookery.application.run_view import RunView, fold
from rookery.domain.approvals import ApprovalStatus
from rookery.domain.errors import RookeryError, ToolError
from rookery.domain.events import ApprovalRequested, RunEvent
from rookery.domain.runs import Run, RunStatus
from rookery.entrypoints.container import Container
from rookery.entrypoints.slack.incoming import Ask
from rookery.entrypoints.slack.room import Place, SlackRooms
from rookery.entrypoints.slack.showing import answer_parts, approval_parts, progress, with_decision

_log = logging.getLogger(__name__)
_INTERVAL = 2.0  # seconds between two states of a run, beside what the channel allows
_GLANCE = 5.0  # seconds


class Teller:
    """Shows one run in the message that it has, its approvals and its answer in the thread below.

    Args:
        ask: what somebody asked.
        run: that came of it.
        thread: first message of the thread.
        head: the message that shows how far it is.
    """

    def __init__(self, container: Container, rooms: SlackRooms, ask: Ask, run: Run, *, thread: str, head: str) -> None:
        self._container = container
        self._rooms = rooms
        self._ask = ask
        self._run = run
        self._place = Place(ask.channel, thread)
        self._head = head
        self._view = RunView()
        self._changed = asyncio.Event()

    async def tell(self) -> None:
        """Follow the run to its end; return when its answer is told.

        Raises:
            ToolError: the answer could not be posted.
        """
        async with asyncio.TaskGroup() as group:
            showing = group.create_task(self._keep_shown())
            waiting = []
            async for event in self._container.run_store().follow(self._run.id):
                self._take(event)
                if isinstance(event, ApprovalRequested):
                    waiting.append(group.create_task(self._have_decided(event.approval_id)))
            for task in (showing, *waiting):
                task.cancel()
        await self._conclude()

    async def last_words(self) -> None:
        """Show how the run stands when it is not followed any more."""
        run_store = self._container.run_store()
        for event in await run_store.events(self._run.id, after=self._view.last_seq):
            self._take(event)
        run = await run_store.get(self._run.id)
        if run.status is RunStatus.INTERRUPTED:
            self._view = self._view.model_copy(update={"status": run.status.value})
        await self._show()

    def _take(self, event: RunEvent) -> None:
        self._view = fold([event], self._view)
        self._changed.set()

    async def _keep_shown(self) -> None:
        """Show the latest state again and again; those that it overtakes are not shown."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._show()
            await self._container.clock().sleep(_INTERVAL)

    async def _show(self) -> None:
        try:
            part = progress(self._ask.user, self._ask.text, self._view, self._run.id)
            await self._rooms.update(self._ask.channel, self._head, part)
        except ToolError as error:
            _log.warning("Slack does not show how run %s stands: %s", self._run.id, error)

    async def _have_decided(self, approval_id: str) -> None:
        try:
            await self._ask_for(approval_id)
        except RookeryError as error:
            _log.warning("Slack does not show approval %s: %s", approval_id, error)

    async def _ask_for(self, approval_id: str) -> None:
        """Show an approval, and what came of it, through whatever door."""
        approvals = self._container.approval_store()
        approval = await approvals.get(approval_id)
        parts = approval_parts(approval)
        posted = await self._rooms.post(f"approval:{approval_id}", self._place, parts)
        await self._rooms.update(self._ask.channel, posted[-1], with_decision(parts[-1], approval))
        while approval.status is ApprovalStatus.PENDING:
            approval = await approvals.wait(approval_id, seconds=_GLANCE)
        await self._rooms.update(self._ask.channel, posted[-1], with_decision(parts[-1], approval))

    async def _conclude(self) -> None:
        await self._show()
        await self._close_approvals()
        run = await self._container.run_store().get(self._run.id)
        await self._rooms.post(f"answer:{run.id}", self._place, answer_parts(run, self._ask.user))

    async def _close_approvals(self) -> None:
        """Take the buttons from approvals that the end of the run has overtaken."""
        for approval in await self._container.approval_store().all(run_id=self._run.id):
            await self._settle(approval.id)

    async def _settle(self, approval_id: str) -> None:
        try:
            approval = await self._container.approval_store().get(approval_id)
            parts = approval_parts(approval)
            posted = await self._rooms.post(f"approval:{approval_id}", self._place, parts)
            await self._rooms.update(self._ask.channel, posted[-1], with_decision(parts[-1], approval, over=True))
        except RookeryError as error:
            _log.warning("Slack does not show approval %s: %s", approval_id, error)
