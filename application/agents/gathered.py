"""What the researchers of one run have found so far."""

from rookery.application.agents.assignments import Investigation
from rookery.domain.provenance import Origin, distinct
from rookery.domain.reasoning import Evidence


class Gathered:
    """The investigations of a run, by agent."""

    def __init__(self) -> None:
        self._investigations: dict[str, Investigation] = {}

    def take(self, agent_id: str, found: Investigation) -> None:
        """Add what an agent found."""
        self._investigations[agent_id] = found

    def origins(self) -> list[Origin]:
        """Return what had a part in it, each once."""
        return distinct([origin for found in self._investigations.values() for origin in found.origins])

    def evidence(self) -> list[Evidence]:
        """Return each quote once, with the best score it got, numbered in the order of the agents."""
        unique: dict[tuple[str, int, int], Evidence] = {}
        for agent_id in sorted(self._investigations, key=_number):
            for piece in self._investigations[agent_id].evidence:
                place = (piece.passage.sha256, piece.start, piece.end)
                if place not in unique or piece.score > unique[place].score:
                    unique[place] = piece
        return [piece.model_copy(update={"id": number}) for number, piece in enumerate(unique.values(), 1)]


def _number(agent_id: str) -> int:
    number = agent_id.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0
