"""The built dashboard, served as files; unknown paths are pages of it."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "dashboard"
_NOT_BUILT = "<!doctype html><title>Rookery</title><p>The dashboard is not built: run <code>just dashboard</code>.</p>"
_GUARDED = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_FOREVER = _GUARDED | {"Cache-Control": "public, max-age=31536000, immutable"}
_FRESH = _GUARDED | {"Cache-Control": "no-cache"}
_API = ("v1", "metrics", "healthz", "readyz", "docs", "openapi.json")


def install(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve the dashboard below `/`, after all routes of the API."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Rookery: the API",
            swagger_js_url="/swagger/swagger-ui-bundle.js",
            swagger_css_url="/swagger/swagger-ui.css",
            swagger_favicon_url="/favicon.svg",
        )

    @app.get("/{path:path}", include_in_schema=False)
    async def dashboard(path: str) -> Response:
        if path.partition("/")[0] in _API:
            raise HTTPException(404, f"there is nothing at /{path}")
        return _page(folder, path)


def _page(folder: Path, path: str) -> Response:
    file = (folder / path).resolve()
    if file.is_relative_to(folder.resolve()) and file.is_file():
        return FileResponse(file, headers=_FOREVER if path.startswith("assets/") else _FRESH)
    if path.startswith(("assets/", "swagger/")):
        raise HTTPException(404, f"there is no file /{path}")
    index = folder / "index.html"
    return FileResponse(index, headers=_FRESH) if index.is_file() else HTMLResponse(_NOT_BUILT)
