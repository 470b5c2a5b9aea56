"""How long a run has worked, by its events."""

from datetime import UTC, datetime, timedelta

import pytest

from rookery.domain.events import (
    ApprovalRequested,
    ApprovalResolved,
    RunPaused,
    RunResumed,
    RunStarted,
    StepStarted,
)
from rookery.domain.runs import Depth
from rookery.domain.working_time import worked_seconds

BEGAN = datetime(2026, 11, 29, 12, tzinfo=UTC)


def events(*told):
    """Return events that were told so many seconds after the beginning."""
    kinds = {
        "start": lambda: RunStarted(agent_id="c", question="Why?", sources=[], depth=Depth.QUICK, model="m"),
        "step": lambda: StepStarted(agent_id="c", step="work", label="work"),
        "pause": lambda: RunPaused(agent_id="c"),
        "resume": lambda: RunResumed(agent_id="c"),
        "ask": lambda: ApprovalRequested(agent_id="c", approval_id="1", tool="t", arguments={}, reason="r"),
        "ask too": lambda: ApprovalRequested(agent_id="c", approval_id="2", tool="t", arguments={}, reason="r"),
        "answer": lambda: ApprovalResolved(agent_id="c", approval_id="1", decision="approve"),
        "answer too": lambda: ApprovalResolved(agent_id="c", approval_id="2", decision="deny"),
    }
    return [kinds[kind]().model_copy(update={"at": BEGAN + timedelta(seconds=at)}) for kind, at in told]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ([], 0),
        ([("start", 0)], 0),
        ([("start", 0), ("step", 3), ("step", 5)], 5),
        ([("start", 0), ("step", 3), ("pause", 4), ("resume", 100), ("step", 103)], 7),
        ([("start", 0), ("step", 3), ("resume", 100), ("step", 103)], 6),  # its process died
        ([("start", 0), ("ask", 3), ("answer", 50), ("step", 52)], 5),
        ([("start", 0), ("ask", 3), ("ask too", 10), ("answer", 20), ("answer too", 50), ("step", 51)], 4),
        ([("start", 0), ("ask", 3), ("resume", 100), ("step", 101), ("answer", 150), ("step", 151)], 4),
        ([("start", 0), ("step", 3), ("step", 2)], 3),  # another machine's clock is behind
    ],
)
def test_only_the_time_counts_in_which_it_was_at_work_and_nobody_was_waited_for(told, seconds):
    assert worked_seconds(events(*told)) == pytest.approx(seconds)
