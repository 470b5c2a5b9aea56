"""What one answer of a server may take."""

import math
import sys
from typing import NamedTuple

REDIRECTS = 5
CONNECT_SECONDS = 10.0  # for one address, so that the next one can be tried


class Bounds(NamedTuple):
    """Limits of one answer. One MB is 1,000,000 bytes, as they come and as they unpack.

    `seconds` is for all of it; None, with infinite `megabytes`, is for streams that stay open. `section` of the
    settings holds `max_file_mb` and `max_fetch_seconds`, by which a person can raise the limits; messages name them.
    """

    megabytes: float = 20
    seconds: float | None = 30
    section: str = ""

    @property
    def bytes(self) -> int:
        """The limit of size in bytes."""
        return sys.maxsize - 1 if math.isinf(self.megabytes) else int(self.megabytes * 1_000_000)

    def advice(self, setting: str) -> str:
        """Return what a person can do about a limit, or nothing."""
        return f"raise {self.section}.{setting}" if self.section else ""
