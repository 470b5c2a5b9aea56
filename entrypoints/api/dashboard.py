"""The built dashboard, served as files; unknown paths are pages of it."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "dashboard"
_NOT_BUILT = "<!doctype html><title>Rookery</title><p>The dashboard is not built: run <code>just dashboard</code>.</p>"
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_API = ("v1", "metrics", "healthz", "readyz", "docs", "openapi.json")


def install(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve the dashboard below `/`, after all routes of the API."""

    @app.get("/{path:path}", include_in_schema=False)
    async def dashboard(path: str) -> Response:
        if path.partition("/")[0] in _API:
            raise HTTPException(404, f"there is nothing at /{path}")
        return _page(folder, path)


def _page(folder: Path, path: str) -> Response:
    file = (folder / path).resolve()
    if file.is_relative_to(folder.resolve()) and file.is_file():
        return FileResponse(file, headers=_FOREVER if path.startswith("assets/") else None)
    if path.startswith("assets/"):
        raise HTTPException(404, f"there is no file /{path}")
    index = folder / "index.html"
    return FileResponse(index, headers={"Cache-Control": "no-cache"}) if index.is_file() else HTMLResponse(_NOT_BUILT)
