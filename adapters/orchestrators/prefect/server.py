"""A Prefect server that lives no longer than the process that started it: `python -m …server FOLDER`.

It tells its port on standard output once it answers, and ends when its standard input does, however its parent died.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
from pathlib import Path

SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",  # none is used, and they take seconds
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}
_PATIENCE_SECONDS = 1.5  # for what it has heard and not yet stored


def main(folder: str) -> None:
    """Serve until standard input ends."""
    os.environ |= {**SETTINGS, "PREFECT_HOME": folder}
    import uvicorn
    from filelock import FileLock
    from prefect.server.api.server import create_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            with FileLock(Path(folder) / "start.lock"):  # two that make one database at once break it
                await super().startup(sockets)
            for listener in sockets or []:
                sys.stdout.write(f"{listener.getsockname()[1]}\n")
            sys.stdout.flush()

    config = uvicorn.Config(create_app, factory=True, host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = Server(config)
    listener = config.bind_socket()
    serving = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)

    def end_with_the_parent() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True
        serving.join(_PATIENCE_SECONDS)
        os._exit(0)

    threading.Thread(target=end_with_the_parent, daemon=True).start()
    serving.start()  # not in the main thread, where it would take signals that are meant for its parent
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches it too; the parent still has to tell it how runs ended
    serving.join()


if __name__ == "__main__":
    main(sys.argv[1])
