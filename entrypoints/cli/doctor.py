"""`rookery doctor`: what is here, what is missing, what to do about it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, out, print_json

if TYPE_CHECKING:
    from rookery.entrypoints.container import Container
    from rookery.entrypoints.findings import Finding


def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Mend first what can be mended without losing anything.")] = False,
    json_: Json = False,
) -> None:
    """Say what is here and what is missing. Exit code 1 when something that is set up does not work."""
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.diagnosis import diagnose

    async def work(container: "Container") -> "list[Finding]":
        return await diagnose(container)

    mended = list(_mended()) if fix else []
    for mend in mended if not json_ else []:
        out().print(f"mended: {mend}", markup=False, soft_wrap=True)
    findings = with_colony(work)
    broken = any(finding.state == "broken" for finding in findings)
    if json_:
        told = [finding.model_dump(mode="json") for finding in findings]
        print_json({"ok": not broken, "findings": told, **({"mended": mended} if fix else {})})
    else:
        _print(findings)
    if broken:
        raise typer.Exit(1)


def _mended() -> Iterator[str]:
    from rookery.adapters.clocks.system import SystemClock
    from rookery.entrypoints.cli.colony import with_colony
    from rookery.entrypoints.settings import load_settings
    from rookery.entrypoints.upkeep import mend_files, mend_state

    async def work(container: "Container") -> list[str]:
        return [mend async for mend in mend_state(container)]

    yield from mend_files(load_settings(), SystemClock().now())
    yield from with_colony(work, ready=True)


def _print(findings: "Sequence[Finding]") -> None:
    from rich.markup import escape
    from rich.table import Table

    marks = {"ok": "[green]✓[/]", "missing": "[yellow]–[/]", "broken": "[red]✗[/]"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        table.add_row(marks[finding.state], finding.name, escape(finding.detail))
    out().print(table)
