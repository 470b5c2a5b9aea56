"""The command line. Nothing heavy is imported before the command that needs it runs."""

import sys


def main() -> None:
    """Run the command line; errors become a sentence on stderr and an exit code."""
    from rookery.entrypoints.cli.app import run

    sys.exit(run(sys.argv[1:]))
