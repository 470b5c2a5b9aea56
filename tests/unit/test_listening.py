"""The socket at which the API is served."""

import socket

import uvicorn

from rookery.entrypoints.cli.serve import listen


async def _nothing(*_: object) -> None:
    """An application that is never called."""


def test_what_is_sent_to_a_client_does_not_wait_for_its_acknowledgement() -> None:
    with listen(uvicorn.Config(_nothing, host="127.0.0.1", port=0, log_level="warning")) as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
