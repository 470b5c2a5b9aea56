"""The command line. Nothing heavy is imported before the command that needs it runs."""

import sys


def main() -> None:
    """Run the command line; errors become a sentence on stderr and an exit code."""
    from rookery.entrypoints.clean_logs import keep_credentials_out
    from rookery.entrypoints.cli.app import run

    keep_credentials_out()
    sys.exit(run(sys.argv[1:]))
