"""The command line; the skeleton can serve."""


def main() -> None:
    """Run the command line."""
    from rookery.entrypoints.cli.serve import serve

    serve()
