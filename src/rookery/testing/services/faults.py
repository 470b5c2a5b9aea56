"""What can go wrong between a client and a service."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from rookery.testing.services.requests import Reply, Request


class Break(Enum):
    """How an answer does not come."""

    TRUNCATED = "truncated"
    """Half of the body, then the end of the connection."""
    STALLED = "stalled"
    """The head and a part of the body, then nothing."""
    CLOSED = "closed"
    """Not a byte."""


@dataclass
class Fault:
    """Something that goes wrong a few times.

    Attributes:
        reply: what is answered instead; None: the service's own answer.
        how: in what way the answer breaks; None: it arrives.
        done: whether the service does what it was asked, before things go wrong.
        times: how often.
        when: for which requests.
    """

    reply: Reply | None = None
    how: Break | None = None
    done: bool = False
    times: int = 1
    when: Callable[[Request], bool] = field(default=lambda _: True)
