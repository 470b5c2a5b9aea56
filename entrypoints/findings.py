"""What looking at something has found, for `doctor` and `/readyz`."""

from typing import Literal

from rookery.domain.frozen import Frozen


class Finding(Frozen):
    """One thing that was looked at. `missing` is fine when it is not wanted; `broken` is not."""

    name: str
    state: Literal["ok", "missing", "broken"]
    detail: str
