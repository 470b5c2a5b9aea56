"""A namespace: its vectors, and the log that tells how far readers have come."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]


class Stored(NamedTuple):
    """A vector as it lies in a namespace."""

    id: str
    values: list[float]
    metadata: dict[str, Any]

    @property
    def wire(self) -> dict[str, Any]:
        return {"id": self.id, "values": self.values, "metadata": self.metadata}


class Space:
    """Vectors by id. Readers may be made to lag behind the writers for a while."""

    def __init__(self) -> None:
        self.vectors: dict[str, Stored] = {}
        self.position = 0
        """How many writes there were: the log sequence number."""
        self._before: dict[str, Stored] = {}
        self._late_reads = 0
        self._rows: Rows | None = None

    def write(self, change: Callable[[dict[str, Stored]], None], *, late_reads: int) -> int:
        """Change the vectors and return the write's position; so many queries will not see the change."""
        self._before = dict(self.vectors) if late_reads else {}
        self._late_reads = late_reads
        change(self.vectors)
        self.position += 1
        self._rows = None
        return self.position

    def nearest(
        self, query: list[float], limit: int, test: Callable[[dict[str, Any]], bool] | None
    ) -> tuple[list[tuple[Stored, float]], int]:
        """Return the nearest vectors with their cosine, best first, and the position that the answer has seen."""
        if self._late_reads:
            self._late_reads -= 1
            return _nearest(list(self._before.values()), _unit(self._before), query, limit, test), self.position - 1
        if self._rows is None:
            self._rows = _unit(self.vectors)
        return _nearest(list(self.vectors.values()), self._rows, query, limit, test), self.position


def _unit(vectors: dict[str, Stored]) -> "Rows":
    import numpy as np

    rows = np.array([stored.values for stored in vectors.values()], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(rows) else rows


def _nearest(
    stored: list[Stored],
    rows: "Rows",
    query: list[float],
    limit: int,
    test: Callable[[dict[str, Any]], bool] | None,
) -> list[tuple[Stored, float]]:
    import numpy as np

    if not stored:
        return []
    wanted = np.array(query, dtype=np.float32)
    scores = rows @ (wanted / np.linalg.norm(wanted))
    ranked = (int(place) for place in np.argsort(-scores, kind="stable"))
    passing = (place for place in ranked if test is None or test(stored[place].metadata))
    return [(stored[place], float(scores[place])) for _, place in zip(range(limit), passing, strict=False)]
