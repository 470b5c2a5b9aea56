"""The events of a run."""

from typing import get_args

from infra.docs.reference.models import Row, rows
from infra.docs.reference.words import code, first_paragraph, table
from rookery.domain.events import Event, RunEvent, ends_run

_INTRODUCTION = """# Events

A run is the stream of its events. Each is stored before it is shown, and the command line (`rookery runs events`),
the HTTP API ([GET /v1/runs/{run_id}/events](rest.md#get-v1runsrun_idevents)), the dashboard and `rookery runs replay`
show the same ones.

"""


def page() -> str:
    """Return the page: what all events have, then each of them, in the order of a run."""
    kinds = get_args(get_args(RunEvent)[0])
    common = _fields(list(rows(Event)))
    return _INTRODUCTION + "Each event has\n\n" + common + "\n" + "\n".join(_told(kind) for kind in kinds)


def _told(kind: type[Event]) -> str:
    own = [row for row in rows(kind) if row.name not in Event.model_fields and row.name != "type"]
    last = " It is the last event of its run." if ends_run(kind.model_construct(agent_id="")) else ""
    return f"## {kind.model_fields['type'].default}\n\n{first_paragraph(kind)}{last}\n\n{_fields(own)}"


def _fields(fields: list[Row]) -> str:
    return table(["Field", "Type", "Meaning"], [[code(row.name), row.type, row.meaning] for row in fields])
