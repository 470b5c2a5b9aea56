"""`rookery slack`: questions and approvals from Slack, without a public address."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rookery.entrypoints.container import Container


def slack() -> None:
    """Listen to Slack by Socket Mode: /research, mentions, buttons. No public address is needed."""
    from rookery.entrypoints.cli.colony import with_colony

    with_colony(_listen, ready=True)


async def _listen(container: "Container") -> None:
    from rookery.entrypoints.api.colony import Conductor
    from rookery.entrypoints.cli.output import err
    from rookery.entrypoints.cli.worker import told_to_stop
    from rookery.entrypoints.following import following
    from rookery.entrypoints.slack.door import SlackDoor
    from rookery.entrypoints.slack.room import rooms_of
    from rookery.entrypoints.slack.socket import connected

    settings = container.settings()
    container.roots.override(settings.server.source_roots or [Path.cwd()])  # runs come from the network here, too
    address = rooms_of(container.integrations(), container.clock()).address
    conductor = Conductor(container)
    stop = told_to_stop()
    async with following(container), SlackDoor(container, lambda: conductor, name="socket").open() as door:
        async with connected(container, door, address):
            err().print(
                "Listening to Slack. Ctrl-C ends it; runs at work then go on at the next start.", soft_wrap=True
            )
            for told in _who_may(settings.slack.askers, settings.slack.approvers):
                err().print(told, style="yellow", soft_wrap=True)
            await stop.wait()
        await conductor.close()


def _who_may(askers: list[str], approvers: list[str]) -> list[str]:
    told = []
    if not askers:
        told.append("Nobody may ask: put the ids of people, such as U012AB3CD, into `slack.askers` (* is everybody).")
    if not approvers:
        told.append("Nobody may approve in Slack: `slack.approvers` says who may.")
    return told
