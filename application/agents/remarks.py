"""What is noted while a part of a run is done, for the reader of its answer."""

from rookery.domain.frozen import Frozen


class Remarked(Frozen):
    """What a part of a run gave. What was noted meanwhile comes with it, so that a resumed run tells of it too."""

    remarks: list[str] = []
    hindered: bool = False
