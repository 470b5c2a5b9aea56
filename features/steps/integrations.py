"""Telling the team."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial

import pytest
from pytest_bdd import given, parsers, then, when

from rookery.adapters.support.services.ledger import SqliteDeliveryLedger
from rookery.application.integrations import Notify, Publication, PublishRun
from rookery.domain.errors import NotifierError
from rookery.domain.integrations import Delivery, Notification
from rookery.domain.ports.integration import IntegrationPort
from rookery.testing import Break, Fault
from rookery.testing.worlds import World, driven
from tests.support.desk import Desk
from tests.support.teamwork import github_world, jira_world, notion_world, slack_world

WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "Slack": slack_world,
    "Notion": notion_world,
    "GitHub": github_world,
    "Jira": partial(jira_world, cloud=True),
}


class Team:
    """A team, the service in which it works, and what came of telling it something."""

    def __init__(self, desk: Desk, world: World) -> None:
        self.desk = desk
        self.world = world
        self.settings: dict[str, object] = {}
        self.deliveries: list[Delivery] = []
        self.refusal: NotifierError | None = None
        self._integration: IntegrationPort | None = None
        self._before = set(world.said())

    @property
    def said(self) -> list[str]:
        """What the team was told."""
        return [text for text in self.world.said() if text not in self._before]

    def start_anew(self) -> None:
        """Go on as another process would: what was known is known from the home."""
        if self._integration is not None:
            self.desk.wait(self._integration.close())
        self._integration = None

    def notify(self) -> Notify:
        """Return the use case by which the team is told."""
        if self._integration is None:
            self._integration = self.world.integration(ledger=SqliteDeliveryLedger(self.desk.home), **self.settings)
        return Notify({self._integration.name: self._integration})

    def send_report(self) -> None:
        """Send the report of the last run."""
        notify = self.notify()
        publish = PublishRun(notify, self.desk.container.run_store())
        publication = Publication(integration=self.name, target=self.world.target)

        async def send() -> Delivery:
            async with driven(self.world.clock):
                return await publish(self.desk.runs[-1].id, publication)

        try:
            self.deliveries.append(self.desk.wait(send()))
        except NotifierError as error:
            self.refusal = error

    @property
    def name(self) -> str:
        """Of the integration."""
        assert self._integration is not None
        return self._integration.name


@pytest.fixture
def enter() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@given(parsers.parse("our team works in {service}"), target_fixture="team")
def works_in(desk: Desk, enter: ExitStack, service: str) -> Team:
    team = Team(desk, enter.enter_context(WORLDS[service]()))
    enter.callback(team.start_anew)
    return team


@given(parsers.parse("{service} is busy for {seconds:d} seconds"))
def busy(team: Team, seconds: int) -> None:
    team.world.service.busy(seconds, form="date")


@given(parsers.parse("the connection to {service} breaks as soon as it has taken something"))
def breaks(team: Team) -> None:
    team.world.service.fault(Fault(how=Break.CLOSED, done=True, when=team.world.posts))


@given(parsers.parse("our access to {service} was revoked"))
def revoked(team: Team) -> None:
    team.settings.update(team.world.refused)


@when("I send the report to the team")
def send_report(team: Team) -> None:
    team.send_report()


@when("Rookery is started anew")
def start_anew(team: Team) -> None:
    team.start_anew()


@when(parsers.parse('I tell the team "{text}"'))
def tell(team: Team, text: str) -> None:
    notification = Notification(text=text, target=team.world.target)
    notify = team.notify()
    team.deliveries.append(team.desk.wait(notify(team.name, notification, idempotency_key="word")))


@then("the team has the report once")
def once(team: Team) -> None:
    assert team.refusal is None
    said = "\n".join(team.said)
    assert said.count("Written by: extractive") == 1
    assert said.count("Status: ") == 1


@then("every claim of it is there, with its sources")
def whole(team: Team) -> None:
    said = " ".join("\n".join(team.said).split())
    for claim in team.desk.result.claims:
        assert " ".join(claim.text.split()) in said
    for citation in team.desk.result.citations:
        assert citation.title in said


@then(parsers.parse("{service} was left alone for as long as it asked"))
def left_alone(team: Team) -> None:
    assert team.world.service.early == []


@then("I was told that it is waited for")
def told_of_waiting(team: Team) -> None:
    assert any("asks to wait 10 s" in notice for notice in team.world.notices)


@then("I am told that it was sent before")
def sent_before(team: Team) -> None:
    assert [delivery.repeated for delivery in team.deliveries] == [False, True]


@then("I am told what to set")
def told_what_to_set(team: Team) -> None:
    assert team.refusal is not None
    assert "set " in str(team.refusal)


@then("the team has nothing")
def nothing(team: Team) -> None:
    assert team.said == []


@then(parsers.parse("the team reads about the {thing}"))
def reads_about(team: Team, thing: str) -> None:
    assert any(thing in text for text in team.said)


@then(parsers.parse('the team does not read "{secret}"'))
def does_not_read(team: Team, secret: str) -> None:
    assert secret not in "\n".join(team.said)
