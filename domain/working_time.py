"""How long a run has worked, by what was told of it."""

from collections.abc import Iterable
from datetime import datetime

from rookery.domain.events import ApprovalRequested, ApprovalResolved, RunEvent, RunPaused, RunResumed, RunStarted


def worked_seconds(events: Iterable[RunEvent]) -> float:
    """Return for how many seconds a run was at work and waited for nobody, up to the last of its events.

    A process that dies tells nothing of it: what it did after its last event does not count.
    """
    seconds = 0.0
    since: datetime | None = None  # when it began to work, or last told something; None: it is not at work
    awaited: set[str] = set()
    for event in events:
        if since is not None and not awaited and not isinstance(event, RunResumed):
            seconds += max(0.0, (event.at - since).total_seconds())  # clocks of two machines differ
        match event:
            case ApprovalRequested():
                awaited.add(event.approval_id)
            case ApprovalResolved():
                awaited.discard(event.approval_id)
            case _:
                pass
        if isinstance(event, RunPaused):
            since = None
        elif since is not None or isinstance(event, RunStarted | RunResumed):
            since = event.at
    return seconds
