"""Where requests wait, and what is known of those that run: shared by the threads that listen, prepare and decode."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from rookery.adapters.llms.llama_cpp.wire import Restore, Suspend, Weigh
from rookery.adapters.llms.llama_cpp.worker.generation import Generation

Command = Suspend | Restore | Weigh


class Stage(Enum):
    """How far a request has come."""

    PREPARED = auto()
    WAITING = auto()
    RUNNING = auto()


@dataclass(eq=False)
class Ticket:
    """A request from its arrival to its last answer."""

    id: int
    priority: int
    arrival: int
    stage: Stage = Stage.PREPARED
    cancelled: bool = False
    generation: Generation | None = None


class Lobby:
    """Safe to use from any thread.

    Args:
        abort: stops the step that is being decoded.
        resume: lets steps run again.
    """

    def __init__(self, *, abort: Callable[[], None], resume: Callable[[], None]) -> None:
        self._abort, self._resume = abort, resume
        self._changed = threading.Condition()
        self._tickets: dict[int, Ticket] = {}
        self._arrivals = 0
        self._commands: deque[Command] = deque()

    def enter(self, number: int, priority: int) -> None:
        """Note a request that is being prepared."""
        with self._changed:
            self._arrivals += 1
            self._tickets[number] = Ticket(number, priority, self._arrivals)

    def is_here(self, number: int) -> bool:
        """Whether a request still wants an answer."""
        with self._changed:
            return number in self._tickets

    def wait_for_slot(self, generation: Generation) -> None:
        """Let a prepared request wait; one that was cancelled meanwhile is gone."""
        with self._changed:
            if (ticket := self._tickets.get(generation.request.id)) is not None:
                ticket.generation, ticket.stage = generation, Stage.WAITING
                self._changed.notify()

    def wait_again(self, ticket: Ticket) -> None:
        """Take back a request that had to make room; it keeps its place."""
        with self._changed:
            ticket.stage = Stage.WAITING

    def call_next(self) -> tuple[Ticket, Generation] | None:
        """Return the waiting request of the highest priority that came first; from now on it runs."""
        with self._changed:
            waiting = [ticket for ticket in self._tickets.values() if ticket.stage is Stage.WAITING]
            if not waiting:
                return None
            ticket = min(waiting, key=lambda one: (-one.priority, one.arrival))
            ticket.stage = Stage.RUNNING
            return (ticket, ticket.generation) if ticket.generation is not None else None

    def cancel(self, number: int) -> bool:
        """Return whether a request ends at once, since it does not run; one that runs is told to the decoder."""
        with self._changed:
            ticket = self._tickets.get(number)
            if ticket is None:
                return False
            if ticket.stage is not Stage.RUNNING:
                del self._tickets[number]
                return True
            ticket.cancelled = True
            self._abort()
            return False

    def begin_step(self, tickets: Iterable[Ticket]) -> bool:
        """Let a step run; false if one of its requests was cancelled before."""
        with self._changed:
            if any(ticket.cancelled for ticket in tickets):
                return False
            self._resume()
            return True

    def leave(self, number: int) -> bool:
        """Forget a request that gets its last answer; false if it has left before."""
        with self._changed:
            return self._tickets.pop(number, None) is not None

    def everyone(self) -> list[int]:
        """Return the requests that want an answer."""
        with self._changed:
            return list(self._tickets)

    def command(self, command: Command) -> None:
        """Ask the decoder for what only it can do."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify()

    def next_command(self) -> Command | None:
        """Return what was asked first."""
        with self._changed:
            return self._commands.popleft() if self._commands else None

    def rest(self) -> None:
        """Wait until a request waits or something is asked."""
        with self._changed:
            self._changed.wait_for(self._has_work)

    def waiting(self) -> int:
        """Count the requests that do not run yet."""
        with self._changed:
            return sum(ticket.stage is not Stage.RUNNING for ticket in self._tickets.values())

    def _has_work(self) -> bool:
        return bool(self._commands) or any(one.stage is Stage.WAITING for one in self._tickets.values())
