"""The commands, and what their errors become."""

import sys
from collections.abc import Sequence

import typer

from rookery.domain.errors import RookeryError
from rookery.entrypoints.cli import (
    agents,
    approvals,
    doctor,
    homes,
    integrations,
    mcp_servers,
    memory_upkeep,
    models,
    research,
    runs_kept,
    serve,
    setup,
    slack,
    sources,
    tokens,
    tune,
    worker,
)
from rookery.entrypoints.cli.output import complain
from rookery.entrypoints.errors import outcome_of


def build() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        name="rookery",
        help="Ask a question, get an answer in which every claim is locked to a quote of your documents.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich would cost more than all the rest of `--help`
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("research")(research.research)
    app.add_typer(runs_kept.app, name="runs")
    app.add_typer(sources.app, name="sources")
    app.add_typer(memory_upkeep.app, name="memory")
    app.add_typer(agents.app, name="agents")
    app.add_typer(approvals.app, name="approvals")
    app.add_typer(models.app, name="models")
    app.add_typer(integrations.app, name="integrations")
    app.add_typer(mcp_servers.app, name="mcp")
    app.add_typer(tokens.app, name="tokens")
    app.add_typer(tune.app, name="tune")
    app.command("serve")(serve.serve)
    app.command("worker")(worker.worker)
    app.command("slack")(slack.slack)
    app.command("backup")(homes.backup)
    app.command("restore")(homes.restore)
    app.command("doctor")(doctor.doctor)
    app.command("init")(setup.init)
    app.command("version")(setup.version)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Commands end with another code than 0 by `typer.Exit`."""
    try:
        build()(list(arguments), prog_name="rookery")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 0
    except RookeryError as error:
        complain(str(error))
        return outcome_of(error).exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return 0
