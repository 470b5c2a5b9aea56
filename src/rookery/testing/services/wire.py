"""What the local services have in common: a log of requests, a clock of their own, and faults on demand."""

import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal, NamedTuple

from rookery.testing.services.faults import Break, Fault
from rookery.testing.services.requests import Reply, Request

__all__ = ["Answer", "LocalService", "Reply", "Request"]


class Answer(NamedTuple):
    """What is sent, and how it breaks."""

    reply: Reply
    how: Break | None = None


def _machine_time() -> datetime:
    return datetime.now(UTC)


class LocalService:
    """A service on the loopback. Requests are answered one after another, so its state needs no locks.

    Args:
        token: that it takes.
        now: its own clock, which need not tell the same time as the client's.
    """

    def __init__(self, token: str = "local-token", *, now: Callable[[], datetime] = _machine_time) -> None:
        self.token = token
        self.now = now
        self.url = ""
        self.requests: list[Request] = []
        self.early: list[Request] = []
        """Requests that came before the time that a client had been told."""
        self.closing = threading.Event()
        self._faults: list[Fault] = []
        self._busy_until: datetime | None = None
        self._form: Literal["seconds", "date"] = "seconds"
        self._told = False
        self._lock = threading.Lock()

    def fault(self, fault: Fault) -> None:
        """Let something go wrong with the next requests that it is for."""
        self._faults.append(fault)

    def busy(self, seconds: float, *, form: Literal["seconds", "date"] = "seconds") -> None:
        """Refuse all requests for so long by the service's own clock, and say so in `Retry-After`."""
        self._busy_until, self._form, self._told = self.now() + timedelta(seconds=seconds), form, False

    def answer(self, request: Request) -> Answer:
        """Return what is said to a request."""
        with self._lock:
            self.requests.append(request)
            busy = self._refusal(request)
            if busy is not None:
                return Answer(busy)
            fault = next((one for one in self._faults if one.times > 0 and one.when(request)), None)
            if fault is None:
                return Answer(self.handle(request))
            fault.times -= 1
            own = self.handle(request) if fault.done or fault.reply is None else Reply()
            return Answer(fault.reply or own, fault.how)

    def handle(self, request: Request) -> Reply:
        """Do what is asked. Each service has its own."""
        raise NotImplementedError

    def too_many(self, headers: dict[str, str]) -> Reply:
        """Return how the service says that it is busy."""
        return Reply(429, {"message": "too many requests"}, headers)

    def asked(self, method: str, path: str) -> list[Request]:
        """Return the requests of a method whose path ends like that."""
        return [one for one in self.requests if one.method == method and one.path.endswith(path)]

    def _refusal(self, request: Request) -> Reply | None:
        if self._busy_until is None or request.at >= self._busy_until:
            return None
        if self._told:
            self.early.append(request)
        self._told = True
        left = math.ceil((self._busy_until - request.at).total_seconds())
        date = format_datetime(request.at + timedelta(seconds=left), usegmt=True)
        return self.too_many({"Retry-After": date if self._form == "date" else str(left)})
