"""Telling people through the services in which they work."""

import asyncio
from collections.abc import Mapping

from pydantic import Field

from rookery.application.reports import as_markdown
from rookery.domain.errors import Conflict, InvalidRequest, NotFound
from rookery.domain.frozen import Frozen
from rookery.domain.integrations import Delivery, IntegrationState, IntegrationStatus, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.redaction import redact, stand_in

_CHECKED_WITHIN = 10.0  # seconds
_LONGEST = 200_000  # characters of a notification


class Publication(Frozen):
    """Where the report of a run goes.

    Attributes:
        integration: its name.
        target: a channel, a page, `owner/repo`, a project …; null: that of the settings.
    """

    integration: str = Field(min_length=1, max_length=64)
    target: str | None = Field(default=None, max_length=300)


class Notify:
    """Sends a person's message through an integration. Credentials in it are replaced before it leaves."""

    def __init__(self, integrations: Mapping[str, IntegrationPort]) -> None:
        self._integrations = integrations

    async def __call__(self, name: str, notification: Notification, *, idempotency_key: str) -> Delivery:
        """Deliver it, once for each key.

        Raises:
            NotFound: there is no such integration.
            Conflict: the key was used for another message.
            NotifierError: it was not delivered.
        """
        if name not in self._integrations:
            there = ", ".join(self._integrations) or "none"
            raise NotFound(f"there is no integration {name!r}; there are: {there}")
        clean = {"text": redact(notification.text).text, "title": redact(notification.title).text}
        return await self._integrations[name].notify(
            notification.model_copy(update=clean), idempotency_key=f"notify:{stand_in(idempotency_key)}"
        )


class PublishRun:
    """Sends the report of a run through an integration."""

    def __init__(self, notify: Notify, run_store: RunStorePort) -> None:
        self._notify = notify
        self._run_store = run_store

    async def __call__(self, run_id: str, publication: Publication, *, idempotency_key: str | None = None) -> Delivery:
        """Deliver it; a run's report goes to a place once, unless another key is given.

        Raises:
            NotFound: there is no such run or integration.
            Conflict: the run has no result yet, or the key was used for another message.
            InvalidRequest: the report is too long to be sent.
            NotifierError: it was not delivered.
        """
        run = await self._run_store.get(run_id)
        if run.result is None:
            raise Conflict(f"the run {run_id} has no result to publish; it is {run.status.value}")
        text = as_markdown(run.result)
        if len(text) > _LONGEST:
            raise InvalidRequest(
                f"the report has {len(text)} characters, and {_LONGEST} can be sent; export it instead"
            )
        title = " ".join(str(run.result.inputs["question"]).split())[:300]
        notification = Notification(text=text, title=title, target=publication.target)
        key = idempotency_key or f"{run.id} to {publication.target or ''}"
        return await self._notify(publication.integration, notification, idempotency_key=key)


async def check_all(integrations: Mapping[str, IntegrationPort]) -> list[IntegrationStatus]:
    """Return how things stand with each, in the order of their names; none is waited for longer than ten seconds."""
    return await asyncio.gather(*[_checked(integrations[name]) for name in sorted(integrations)])


async def _checked(integration: IntegrationPort) -> IntegrationStatus:
    try:
        async with asyncio.timeout(_CHECKED_WITHIN):
            return await integration.check()
    except TimeoutError:
        return IntegrationStatus(
            name=integration.name,
            kind=integration.name,
            configured=True,
            status=IntegrationState.UNREACHABLE,
            detail=f"it gave no answer within {_CHECKED_WITHIN:.0f} s; check the network and its address",
            tools=[tool.name for tool in integration.tools],
        )
