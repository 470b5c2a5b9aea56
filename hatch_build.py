"""Builds the dashboard into the package, so that sdist and wheel run where there is no Node."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs the front-end build unless its result is there already (as it is inside an sdist)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave editable installs alone: they serve what `just dashboard` has built."""
        root = Path(self.root)
        if version == "editable" or (root / "entrypoints/api/dashboard/index.html").is_file():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "the dashboard is not built and npm is not here; install Node 20 or build from the sdist"
            )
        for command in (["ci"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=root / "frontend", check=True)
