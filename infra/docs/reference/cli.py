"""The command line."""

import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

import typer

from infra.docs.reference.models import spelt, written
from infra.docs.reference.words import code, first_paragraph, sentence, table
from rookery.entrypoints.cli.app import build

_INTRODUCTION = """# Command line

`--help` says the same of each command. What a command answers goes to standard output, progress and logs to standard
error; with `--json` standard output has one JSON document and nothing else. What exit codes mean is [on the page of
errors](errors.md#exit-codes).

"""


class Parameter(Protocol):
    """What is used here of an option or an argument."""

    name: str
    param_type_name: str
    opts: list[str]
    secondary_opts: list[str]
    required: bool
    multiple: bool
    nargs: int
    default: Any
    hidden: bool
    is_flag: bool
    metavar: str | None
    help: str | None
    type_descriptor: Any


def commands() -> Iterator[tuple[str, Any]]:
    """Return each command by its words, such as `rookery runs list`; groups are left out."""
    yield from _below("rookery", typer.main.get_command(build()))


def page() -> str:
    """Return the page: a section for each command."""
    return _INTRODUCTION + "\n".join(_section(words, command) for words, command in commands())


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, child in inner.items():
        if not child.hidden:
            yield from _below(f"{words} {name}", child)


def _section(words: str, command: Any) -> str:
    parameters = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    usage = " ".join([words, *(shown for one in parameters if (shown := _usage(one)))])
    rows = [[_names(one), _type(one), _default(one), sentence(one.help or "")] for one in parameters]
    told = table(["Argument or option", "Takes", "Default", "Meaning"], rows)
    return f"## {words}\n\n{first_paragraph(command.help or '')}\n\n```text\n{usage}\n```\n\n{told}"


def _usage(parameter: Parameter) -> str:
    if parameter.param_type_name == "option":
        return f"{parameter.opts[0]} …" if parameter.required else ""
    name = _argument(parameter)
    return name if parameter.required else f"[{name}]"


def _argument(parameter: Parameter) -> str:
    many = "…" if parameter.nargs == -1 or parameter.multiple else ""
    return (parameter.metavar or parameter.name.upper()).strip("[].…") + many


def _names(parameter: Parameter) -> str:
    if parameter.param_type_name == "argument":
        return code(_argument(parameter))
    return ", ".join(code(name) for name in [*parameter.opts, *parameter.secondary_opts])


def _type(parameter: Parameter) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    kind = _without_none(parameter.type_descriptor.annotation)
    if parameter.metavar and not (isinstance(kind, type) and issubclass(kind, Enum)):
        return f"{code(parameter.metavar)}{', repeatable' if parameter.multiple else ''}"
    return spelt(kind).replace("list of ", "") + (", repeatable" if parameter.multiple else "")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _without_none(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return next(one for one in get_args(annotation) if one is not type(None))
    return annotation


def _default(parameter: Parameter) -> str:
    if parameter.required or parameter.default is None or getattr(parameter, "is_flag", False):
        return "needed" if parameter.required else ""
    return code(written(parameter.default).strip('"'))
