"""The answer, as it is read in a terminal."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from rookery.application.reports import flat, model_name, place
from rookery.domain.results import Citation, Claim, TaskResult

_STATUS_STYLES = {"succeeded": "green", "partial": "yellow", "failed": "red", "cancelled": "red"}


def answer(result: TaskResult) -> RenderableType:
    """Return the claims, the quotes that hold them, the notes, and what wrote it."""
    parts: list[RenderableType] = [Rule(style="dim"), Text(str(result.inputs["question"]), style="bold"), Text()]
    parts += [Padding(_claim(claim), (0, 0, 1, 0)) for claim in result.claims]
    if not result.claims:
        parts += [Text(result.output, style="yellow"), Text()]
    if result.citations:
        parts += [Text("Sources", style="bold"), *[_citation(citation) for citation in result.citations]]
    if result.reflection_notes:
        parts += [Text("Notes", style="bold")]
        parts += [Padding(Text(f"· {note}"), (0, 0, 0, 2)) for note in result.reflection_notes.splitlines()]
        parts += [Text()]
    return Group(*parts, _footer(result))


def _claim(claim: Claim) -> Text:
    text = Text(claim.text)
    for number in claim.citations:
        text.append(f" [{number}]", style="cyan")
    if not claim.supported:
        text.append("  unsupported", style="bold yellow")
    return text


def _citation(citation: Citation) -> RenderableType:
    head = Text.assemble((f"[{citation.id}] ", "cyan"), citation.title)
    quote = Text(f"“{flat(citation.quote)}”", style="italic")
    where = Text(f"{place(citation.url)}, characters {citation.start}–{citation.end}", style="dim")
    return Padding(Group(head, Padding(Group(quote, where), (0, 0, 0, 4))), (0, 0, 1, 2))


def _footer(result: TaskResult) -> Text:
    status = Text(result.status.value, style=_STATUS_STYLES[result.status.value])
    seconds = f"{result.usage.seconds:.1f} s"
    return Text(" · ").join([status, Text(model_name(result.model)), Text(seconds)])
