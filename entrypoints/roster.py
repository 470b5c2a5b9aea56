"""The members of the colony as the settings make them."""

from rookery.application.agents.roster import AGENTS
from rookery.domain.agents import Agent
from rookery.domain.errors import ConfigurationError
from rookery.entrypoints.settings import Settings


def roster(settings: Settings) -> dict[str, Agent]:
    """Return the agents by id.

    Raises:
        ConfigurationError: the settings name an agent that does not exist.
    """
    known = {agent.id: agent for agent in AGENTS}
    strangers = settings.agents.keys() - known.keys()
    if strangers:
        raise ConfigurationError(
            f"the settings [agents] name {', '.join(sorted(strangers))}; there are: {', '.join(known)}"
        )
    changes = {name: section.model_dump(exclude_none=True) for name, section in settings.agents.items()}
    return {name: agent.model_copy(update=changes.get(name, {})) for name, agent in known.items()}
