"""Lighthouse on the built dashboard: each page of a server with runs in it, as a computer and as a phone shows it.

Prints the scores (0 to 100) of performance, accessibility and good practice. Lighthouse simulates the network and
counts the work of the processor as it is, so that performance varies with what else the machine does. Fails when
accessibility or good practice is below 100 on a page, or the pages' median of performance below 95, on either device.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.browser import ALONE
from tests.support.dashboard import Dashboard
from tests.support.server import CORPUS, Server, start_server

PAGES = ("", "runs", "memory", "sources", "agents", "models", "integrations", "approvals", "settings")
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100}
Scores = dict[str, int]

_PROGRAM = Path(__file__).with_name("node_modules") / "lighthouse" / "cli" / "index.js"
_DEVICES = {"computer": ("--preset=desktop",), "phone": ()}


class Audit:
    """Lighthouse in a browser that has shown the server's token.

    Args:
        server: whose dashboard is looked at.
        port: of the browser's debugging protocol.
    """

    def __init__(self, server: Server, port: int) -> None:
        self._server, self._port = server, port

    def __call__(self, path: str, device: str) -> Scores:
        """Return the scores of a page on a device."""
        command = (
            *("node", str(_PROGRAM), f"{self._server.url}/{path}", f"--port={self._port}", "--output=json", "--quiet"),
            *("--disable-storage-reset", f"--only-categories={','.join(WANTED)}", *_DEVICES[device]),
        )
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise RuntimeError(f"Lighthouse failed on /{path}:\n{ended.stderr[-2000:]}")
        categories = json.loads(ended.stdout)["categories"]
        return {name: round(100 * categories[name]["score"]) for name in WANTED}


@contextmanager
def auditing(server: Server) -> Iterator[Audit]:
    """Yield Lighthouse on a server after a question was asked and answered there."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, args=[*ALONE, "--remote-debugging-port=0"]
        )
        Dashboard(browser.pages[0], server).ask("When was the observatory founded?", CORPUS)
        port = int((Path(profile) / "DevToolsActivePort").read_text().splitlines()[0])
        yield Audit(server, port)
        browser.close()


def main() -> int:
    """Measure and print; return 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, start_server(Path(home)) as server, auditing(server) as audit:
        scores = {device: {f"/{path}": audit(path, device) for path in PAGES} for device in _DEVICES}
    if given.json:
        print(json.dumps(scores, indent=2))
    else:
        _print(scores)
    return 0 if all(_good(list(pages.values())) for pages in scores.values()) else 1


def _print(scores: dict[str, dict[str, Scores]]) -> None:
    for device, pages in scores.items():
        print(f"{device:16}{''.join(f'{name:>16}' for name in WANTED)}")
        for path, page in pages.items():
            print(f"  {path:14}{''.join(f'{page[name]:16}' for name in WANTED)}")


def _good(pages: list[Scores]) -> bool:
    performance = statistics.median(page["performance"] for page in pages)
    exact = ("accessibility", "best-practices")
    return performance >= WANTED["performance"] and all(page[name] == 100 for page in pages for name in exact)


if __name__ == "__main__":
    sys.exit(main())
