"""`rookery doctor`: what is here, what is missing, what to do about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from rookery.entrypoints.cli.output import Json, out, print_json

if TYPE_CHECKING:
    from rookery.entrypoints.container import Container
    from rookery.entrypoints.diagnosis import Finding


def doctor(*, json_: Json = False) -> None:
    """Say what is here and what is missing. Exit code 1 when something that is set up does not work."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.diagnosis import diagnose

    async def work(container: "Container") -> "list[Finding]":
        return await diagnose(container)

    findings = with_colony(work)
    broken = any(finding.state == "broken" for finding in findings)
    if json_:
        print_json({"ok": not broken, "findings": [finding.model_dump(mode="json") for finding in findings]})
    else:
        _print(findings)
    if broken:
        raise typer.Exit(1)


def _print(findings: "Sequence[Finding]") -> None:
    from rich.markup import escape
    from rich.table import Table

    marks = {"ok": "[green]✓[/]", "missing": "[yellow]–[/]", "broken": "[red]✗[/]"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        table.add_row(marks[finding.state], finding.name, escape(finding.detail))
    out().print(table)
