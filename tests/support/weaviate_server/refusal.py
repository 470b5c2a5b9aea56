"""What the server says no with."""


class Refused(Exception):
    """A request that Weaviate refuses.

    Args:
        status: of HTTP; gRPC knows no difference, save for 401.
        message: in Weaviate's words.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
