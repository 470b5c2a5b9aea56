"""Who gets how many tokens of the next decoding step. Pure arithmetic."""

from collections.abc import Sequence
from typing import NamedTuple

_STEEPEST = 8  # priorities beyond this count as this


class Need(NamedTuple):
    """What a request could have decoded in a step."""

    key: int
    tokens: int
    prompt: bool
    """Whether these tokens are of its prompt; otherwise it waits for its next token, and comes first."""
    priority: int = 0
    group: str | None = None
    """Requests of different groups cannot share a step."""


def plan(needs: Sequence[Need], *, room: int, prompt_room: int) -> dict[int, int]:
    """Return how many tokens of each request to decode in a step of at most `room` tokens.

    Of prompts at most `prompt_room` tokens are taken, shared by priority: each step more doubles the share. The needs
    are those of one group, in the order of their arrival.
    """
    parts: dict[int, int] = {}
    for need in needs:
        if not need.prompt and room > 0:
            parts[need.key] = min(need.tokens, room)
            room -= parts[need.key]
    prompts = [need for need in needs if need.prompt]
    return parts | share(prompts, min(room, prompt_room))


def share(needs: Sequence[Need], room: int) -> dict[int, int]:
    """Share tokens by weight; what one does not need goes to the others."""
    parts = dict.fromkeys((need.key for need in needs), 0)
    open_needs = list(needs)
    while room > 0 and open_needs:
        total = sum(_weight(need) for need in open_needs)
        left = room
        for need in sorted(open_needs, key=lambda need: -need.priority):
            fair = max(1, int(room * _weight(need) / total))
            more = min(fair, left, need.tokens - parts[need.key])
            parts[need.key] += more
            left -= more
        room = left
        open_needs = [need for need in open_needs if parts[need.key] < need.tokens]
    return {key: part for key, part in parts.items() if part}


def next_group(needs: Sequence[Need], last: str | None) -> str | None:
    """Return the group whose turn it is: the groups alternate, in the order of their names."""
    groups = sorted({need.group for need in needs}, key=_rank)
    later = [group for group in groups if _rank(group) > _rank(last)]
    return (later or groups)[0]


class Pace:
    """How many tokens of prompts a step may take so that nobody waits for long.

    It learns what a token of a prompt costs on this machine.

    Args:
        largest: tokens of a step, at most.
    """

    smallest = 16
    """Below this, a token of a prompt costs far more than in a larger batch."""
    patience = 0.25
    """Seconds that a step may take while others wait for their next token."""
    solitude = 1.0
    """The same while there are only prompts; requests join, and counts are told, between steps."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._cost: float | None = None

    def prompt_room(self, *, others_wait: bool) -> int:
        """Return the number of tokens."""
        if self._cost is None:
            return min(64, self._largest)
        seconds = self.patience if others_wait else self.solitude
        return max(min(self.smallest, self._largest), min(self._largest, int(seconds / self._cost)))

    def learn(self, tokens: int, seconds: float) -> None:
        """Note how long a step took that was mostly made of prompts."""
        if tokens >= self.smallest:
            cost = max(seconds / tokens, 1e-9)
            self._cost = cost if self._cost is None else 0.7 * self._cost + 0.3 * cost


def _weight(need: Need) -> float:
    return 2.0 ** max(-_STEEPEST, min(_STEEPEST, need.priority))


def _rank(group: str | None) -> tuple[bool, str]:
    return (group is not None, group or "")
