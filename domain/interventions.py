"""What can be wrong with an agent at work, and what is done about it."""

from enum import StrEnum

from rookery.domain.frozen import Frozen


class Trouble(StrEnum):
    """What can be wrong with an agent."""

    LOOP = "loop"
    STALL = "stall"
    INVALID = "invalid output"
    RUNAWAY = "runaway length"
    BUDGET = "budget"


class Remedy(StrEnum):
    """What the supervisor does."""

    REPHRASE = "rephrase"
    SWITCH_TOOL = "switch tool"
    RAISE_TEMPERATURE = "raise temperature"
    LOWER_TEMPERATURE = "lower temperature"
    SPLIT = "split the task"
    HAND_OVER = "hand the task to another agent"
    SHORTEN = "shorten the reply"
    STOP = "stop with what was found"


class Intervention(Frozen):
    """Why the supervisor steps in, and what it does. `tool` is the one that may not be called any more."""

    trouble: Trouble
    reason: str
    remedy: Remedy
    tool: str | None = None

    @property
    def ends_work(self) -> bool:
        """Whether the agent stops here."""
        return self.remedy in (Remedy.STOP, Remedy.HAND_OVER)

    @property
    def advice(self) -> str | None:
        """What the agent is told; null when it is of no use to it."""
        match self.remedy:
            case Remedy.REPHRASE:
                return f"{_sentence(self.reason)} Use other words, or look elsewhere; finish if there is nothing."
            case Remedy.SWITCH_TOOL:
                return f"{_sentence(self.reason)} {self.tool} is closed to you now: use another tool, or finish."
            case Remedy.SPLIT:
                return f"{_sentence(self.reason)} Take one part of the task and delegate it, or finish."
            case _:
                return None


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
