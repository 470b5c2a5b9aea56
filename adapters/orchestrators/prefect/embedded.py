"""A Prefect server of this process's own."""

import atexit
import sys
from pathlib import Path

from rookery.adapters.support.processes import WorkerProcess
from rookery.domain.errors import OrchestratorError


def start_server(folder: Path) -> str:
    """Start a server whose data lie in `folder`, and return the address of its API; it takes seconds.

    It ends with this process, however that ends: not before, for Prefect tells it the last things at exit.

    Raises:
        OrchestratorError: it did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        process = WorkerProcess([sys.executable, "-m", f"{__package__}.server", str(folder)])
    except OSError as error:
        raise OrchestratorError(f"Prefect's server cannot be started: {error}") from error
    port = process.stdout.readline().decode().strip()
    if not port:
        raise OrchestratorError(
            f"Prefect's server did not start {process.bury()}; set `[orchestrators.prefect] api_url` to one that runs"
        )
    atexit.register(process.stop)
    return f"http://127.0.0.1:{port}/api"
