"""Prompts are files; a variable that is missing, or one too many, is an error."""

from functools import cache
from importlib.resources import files
from string import Template

from rookery.domain.inference import Message


@cache
def _template(name: str) -> Template:
    return Template((files(__package__) / f"{name}.md").read_text("utf-8"))


def render(name: str, **variables: str) -> list[Message]:
    """Return the colony's system message and the prompt `name`.md with its variables put in.

    Raises:
        ValueError: the variables are not exactly those of the prompt.
    """
    template = _template(name)
    wanted = set(template.get_identifiers())
    if wanted != set(variables):
        raise ValueError(f"the prompt {name!r} takes {sorted(wanted)}, not {sorted(variables)}")
    system = _template("system").substitute()
    return [Message(role="system", content=system), Message(role="user", content=template.substitute(variables))]
