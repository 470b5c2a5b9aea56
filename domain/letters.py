"""What comes in from a service, and is to be dealt with once."""

from rookery.domain.frozen import Frozen, Timestamp


class Letter(Frozen):
    """A message of a service.

    Attributes:
        key: the same when the service sends it again.
        door: through which it came.
        body: all that it says, as JSON.
        run_id: of the run that it led to.
    """

    key: str
    door: str
    body: str
    received_at: Timestamp
    run_id: str | None = None
