"""Steering runs across the deaths of processes."""

import pytest

from rookery.domain.runs import ResearchRequest, RunStatus, StopRequest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("stop", list(StopRequest))
async def test_a_wish_that_a_dead_process_never_saw_does_not_stop_the_resumed_run(container, tmp_path, stop):
    note = tmp_path / "note.md"
    note.write_text("# Rooks\n\nRooks nest in tall elms.\n")
    run = await container.start_run()(ResearchRequest(question="Where do rooks nest?", sources=[str(note)]))
    await container.run_store().ask_to_stop(run.id, stop)
    assert (await container.conduct_run()(run.id)).status is RunStatus.SUCCEEDED
