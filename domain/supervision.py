"""When an agent goes astray, and what is done about it: rules over what it did, the same every time.

Each kind of trouble has a ladder: the first time the mildest step, then the next, and at its end the agent stops with
what it has.
"""

from collections.abc import Callable, Sequence

from rookery.domain.actions import Turn
from rookery.domain.frozen import Frozen
from rookery.domain.interventions import Intervention, Remedy, Trouble

STALL = 3
"""Rounds without a new quote after which an agent is said to stall."""


class Means(Frozen):
    """What there is to help an agent with: its tools, its temperature, and whether somebody else can take over."""

    tools: list[str]
    temperature: float = 0.0
    may_delegate: bool = False
    may_hand_over: bool = False


def judge(turns: Sequence[Turn], means: Means) -> Intervention | None:
    """Return what is to be done about an agent after its last round; None while it does well.

    Args:
        turns: all its rounds, in order, with what was done before.
        means: what can be done.
    """
    if not turns:
        return None
    return _faulty(turns, means) or _looping(turns, means) or _stalling(turns, means)


def _faulty(turns: Sequence[Turn], means: Means) -> Intervention | None:
    if turns[-1].fault is None:
        return None
    if turns[-1].fault is Trouble.RUNAWAY:
        return _next(turns, Trouble.RUNAWAY, "the reply did not end", [Remedy.SHORTEN])
    other = Remedy.LOWER_TEMPERATURE if means.temperature > 0 else Remedy.RAISE_TEMPERATURE
    streak = _last(turns, lambda turn: turn.fault is not None)
    reason = f"no valid action in {streak} {'round' if streak == 1 else 'rounds'}"
    return _next(turns, Trouble.INVALID, reason, [other])


def _looping(turns: Sequence[Turn], means: Means) -> Intervention | None:
    """The same call with another result is none of the same: it may be a look at what changes."""
    before = {(seen.call.key, seen.digest) for turn in turns[:-1] for seen in turn.seen}
    again = [seen.call.tool for seen in turns[-1].seen if (seen.call.key, seen.digest) in before]
    if not again:
        return None
    others = [name for name in means.tools if name != again[0]]
    ladder = [Remedy.REPHRASE, *([Remedy.SWITCH_TOOL] if others else [])]
    reason = f"{again[0]} was called again in the same way, with the same result"
    return _next(turns, Trouble.LOOP, reason, ladder, tool=again[0])


def _stalling(turns: Sequence[Turn], means: Means) -> Intervention | None:
    if _last(turns, lambda turn: turn.fault is None and turn.new == 0 and not _about(turn, Trouble.STALL)) < STALL:
        return None
    ladder = [Remedy.REPHRASE]
    ladder += [Remedy.SPLIT] if means.may_delegate else []
    ladder += [Remedy.HAND_OVER] if means.may_hand_over else []
    return _next(turns, Trouble.STALL, f"nothing new in {STALL} rounds", ladder)


def _next(
    turns: Sequence[Turn], trouble: Trouble, reason: str, ladder: Sequence[Remedy], *, tool: str | None = None
) -> Intervention:
    tried = sum(_about(turn, trouble) for turn in turns)
    remedy = ladder[tried] if tried < len(ladder) else Remedy.STOP
    return Intervention(
        trouble=trouble, reason=reason, remedy=remedy, tool=tool if remedy is Remedy.SWITCH_TOOL else None
    )


def _about(turn: Turn, trouble: Trouble) -> bool:
    return turn.intervention is not None and turn.intervention.trouble is trouble


def _last(turns: Sequence[Turn], holds: Callable[[Turn], bool]) -> int:
    """Count the turns at the end of which something holds."""
    for count, turn in enumerate(reversed(turns)):
        if not holds(turn):
            return count
    return len(turns)
