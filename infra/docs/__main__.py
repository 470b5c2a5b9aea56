"""`python -m infra.docs build` makes the site in `build/docs/site`; `serve` makes it and shows it on the loopback."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.docs import reference
from infra.docs.checking import Site
from infra.docs.staging import ROOT, StagingError, repository_of_environment, stage

WORK = ROOT / "build" / "docs"
HERE = Path(__file__).parent
ADDRESS = ("127.0.0.1", 8500)


def build(work: Path = WORK) -> Path:
    """Make the site below `work` and return its folder.

    Raises:
        StagingError: a link leads nowhere, a page is not in the navigation, the generator warned, or what it built has
            a fault. The message names all of them.
    """
    pages = work / "pages"
    stage(pages, repository=repository_of_environment())
    reference.write(pages / "reference")
    for name in ("theme", "site"):
        shutil.rmtree(work / name, ignore_errors=True)
    shutil.copytree(HERE / "theme", work / "theme")
    shutil.copyfile(HERE / "zensical.toml", work / "zensical.toml")
    _refuse_lost_pages(pages)
    _generate(work)
    faults = Site(work / "site").faults()
    if faults:
        raise StagingError("\n".join(faults))
    return work / "site"


def _refuse_lost_pages(pages: Path) -> None:
    nav = tomllib.loads((HERE / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    there = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    lost = there - set(_named(nav))
    if lost:
        raise StagingError(f"name these pages under `nav` in infra/docs/zensical.toml: {', '.join(sorted(lost))}")


def _named(nav: list[dict[str, Any]]) -> Iterator[str]:
    for entry in nav:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from _named(target)


def _generate(work: Path) -> None:
    command = ["zensical", "build", "--strict", "--clean", "--config-file", str(work / "zensical.toml")]
    ended = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if ended.returncode or "warning" in (ended.stdout + ended.stderr).lower():
        raise StagingError(ended.stdout + ended.stderr)


def serve(site: Path) -> None:
    """Show the site on the loopback until Ctrl-C."""
    with ThreadingHTTPServer(ADDRESS, partial(SimpleHTTPRequestHandler, directory=str(site))) as server:
        print(f"http://{ADDRESS[0]}:{ADDRESS[1]}  Ctrl-C ends it.")
        server.serve_forever()


def main(command: str) -> int:
    """Run a command and return its exit code."""
    try:
        site = build()
    except StagingError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(list(site.rglob('*.html')))} pages in {site.relative_to(ROOT)}")
    if command == "serve":
        serve(site)
    return 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["build"], ["serve"]):
        sys.exit("say `build` or `serve`")
    sys.exit(main(sys.argv[1]))
