"""Prefect in this process: loaded quietly, and used with settings of our own."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rookery.adapters.orchestrators.prefect.embedded import start_server
from rookery.adapters.orchestrators.prefect.settings import Settings
from rookery.domain.errors import ConfigurationError, OrchestratorError

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

_FOLDER = Path(__file__).parent
_AT_IMPORT = {
    "PREFECT_LOGGING_SETTINGS_PATH": str(_FOLDER / "logging.yml"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


class PrefectServer:
    """The server that flows are told to: one at an address, or one of this process's own, started when first needed.

    Args:
        settings: name the address.
        folder: for the data of a server of our own.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._folder = folder
        self._given_url = settings.api_url
        self._url: str | None = None
        self._starting = asyncio.Lock()

    @property
    def shared(self) -> bool:
        """Whether other processes can reach it."""
        return self._address() is not None

    @asynccontextmanager
    async def session(self) -> AsyncIterator["PrefectClient"]:
        """Yield a client. Flows and tasks that are called in the block use it.

        Raises:
            ConfigurationError: Prefect is not installed.
            OrchestratorError: the server cannot be reached.
        """
        url = await self._reach()
        from prefect.context import AsyncClientContext
        from prefect.settings import temporary_settings

        with temporary_settings(_settings(url, self._folder)):
            async with AsyncClientContext() as context:
                await _check(context.client, url)
                yield context.client

    async def _reach(self) -> str:
        async with self._starting:
            await asyncio.to_thread(load, self._folder)
            url = self._url or self._address()
            if url is None:
                url = await asyncio.to_thread(start_server, self._folder)
            self._url = url
            return url

    def _address(self) -> str | None:
        return self._given_url or os.environ.get("PREFECT_API_URL")


def load(folder: Path) -> None:
    """Import Prefect, which reads its settings at that moment.

    Raises:
        ConfigurationError: it is not installed.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")  # it is asked at each flow's end
    with _environment({**_AT_IMPORT, "PREFECT_HOME": str(folder)}):
        try:
            import prefect.main  # noqa: F401
        except ModuleNotFoundError as error:
            raise ConfigurationError("Prefect is not installed: `pip install 'rookery[prefect]'`") from error


def _settings(url: str, folder: Path) -> dict[str, object]:
    return {
        "PREFECT_API_URL": url,
        "PREFECT_HOME": folder,
        "PREFECT_SERVER_ANALYTICS_ENABLED": False,
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": False,  # `_check` asks less and says more
        "PREFECT_CLIENT_MAX_RETRIES": 2,
        "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": False,
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


async def _check(client: "PrefectClient", url: str) -> None:
    problem = await client.api_healthcheck()
    if problem is not None:
        raise OrchestratorError(
            f"Prefect's server at {url} cannot be reached ({problem}); start it with `prefect server start`, or name "
            "another one: `[orchestrators.prefect] api_url`",
            retryable=True,
        ) from problem


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
