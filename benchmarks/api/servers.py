"""The two servers that are compared: `rookery serve`, and FastAPI with one route and nothing else."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
_MAIN = "from rookery.entrypoints.cli import main; main()"
_LIGHT = {
    "ROOKERY_RESEARCH__EMBEDDER": "hashing",
    "ROOKERY_RESEARCH__VECTOR_STORE": "memory",
    "ROOKERY_RESEARCH__OFFLINE": "true",
    "ROOKERY_SERVER__REQUESTS_PER_SECOND": "0",
}


class Server(NamedTuple):
    """A server in a process of its own."""

    port: int
    pid: int
    token: str = ""

    def resident(self) -> int:
        """Return the memory that it holds, in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """Run `rookery serve` until the block ends."""
    with _started(
        [sys.executable, "-c", _MAIN, "serve", "--port", "0"], _LIGHT | {"ROOKERY_HOME": str(home)}
    ) as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """Run the bare route until the block ends."""
    with _started([sys.executable, __file__], {}) as server:
        yield server


@contextmanager
def _started(command: list[str], settings: Mapping[str, str]) -> Iterator[Server]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ROOKERY_")}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment | settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        told = re.match(r"http://[^:]+:(\d+)(?:/#token=(\S+))?", process.stdout.readline())
        assert told, "the server printed no address"
        try:
            yield Server(int(told[1]), process.pid, told[2] or "")
        finally:
            process.terminate()
            process.wait(20)


async def _serve() -> None:
    import uvicorn
    from fastapi import FastAPI

    from rookery.entrypoints.cli.serve import listen

    app = FastAPI()

    @app.get("/v1/runs/{run_id}")
    async def read(run_id: str) -> dict[str, str]:
        return {"id": run_id}

    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, server_header=False)
    listener = listen(config)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(_serve())
