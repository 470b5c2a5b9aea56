"""Who takes part in a run that comes from another machine."""

from rookery.application.agents.roster import AGENTS, RESEARCHER
from rookery.application.sharing.lineups import Lineups
from rookery.domain.agents import Lineup
from rookery.domain.run_log import LogRecord, Prepared, RunKept, Segment
from tests.support.sharing import RUN

HERE = Lineup(agents={agent.id: agent for agent in AGENTS})
THERE = Lineup(agents={"scout": RESEARCHER.model_copy(update={"id": "scout", "tools": ["almanac"]})}, lent=["almanac"])


def test_a_run_has_those_it_brings_as_long_as_it_is_here():
    lineups = Lineups(HERE)
    with lineups.brought("run-1", [RunKept(run=RUN, seq=0), Prepared(lineup=THERE)]):
        assert lineups.of("run-1") == THERE
        assert lineups.of("run-2") == HERE
    assert lineups.of("run-1") == HERE


def test_a_run_that_brings_none_has_those_of_the_machine():
    lineups = Lineups(HERE)
    with lineups.brought("run-1", [Prepared()]):
        assert lineups.of("run-1") == HERE


def test_they_come_through_the_log_as_they_were():
    records: list[LogRecord] = [Prepared(lineup=THERE)]
    segment = Segment(run_id="run-1", number=1, epoch=1, holder="a", records=records)
    assert Segment.model_validate_json(segment.model_dump_json()).records == records
