"""The built dashboard, served as files; unknown paths are pages of it."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

from rookery.entrypoints.api.problems import methods_of

FOLDER = Path(__file__).parent / "dashboard"
_NOT_BUILT = "<!doctype html><title>Rookery</title><p>The dashboard is not built: run <code>just dashboard</code>.</p>"
_POLICY = (  # dialogs write a style of their own that keeps the page behind them still
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GUARDED = {"Content-Security-Policy": _POLICY}
_FOREVER = _GUARDED | {"Cache-Control": "public, max-age=31536000, immutable"}
_FRESH = _GUARDED | {"Cache-Control": "no-cache"}
_SWAGGER = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rookery: the API</title>
<link rel="stylesheet" href="/swagger/swagger-ui.css">
<link rel="icon" href="/favicon.svg">
<div id="swagger-ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/docs.js"></script>
</html>
"""
_SWAGGER_START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true});\n'
_API = ("v1", "integrations/slack/", "metrics", "healthz", "readyz", "docs", "openapi.json")


def install(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve the dashboard below `/`, after all routes of the API."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_SWAGGER, headers=_FRESH)

    @app.get("/docs.js", include_in_schema=False)
    async def start() -> Response:
        return Response(_SWAGGER_START, headers=_FRESH, media_type="text/javascript")

    @app.get("/{path:path}", include_in_schema=False)
    async def dashboard(path: str) -> Response:
        if path.startswith(_API):
            raise HTTPException(405 if methods_of(app, f"/{path}") else 404, f"there is nothing at /{path}")
        return _page(folder, path)


def _page(folder: Path, path: str) -> Response:
    file = (folder / path).resolve()
    if file.is_relative_to(folder.resolve()) and file.is_file():
        return FileResponse(file, headers=_FOREVER if path.startswith("assets/") else _FRESH)
    if path.startswith(("assets/", "swagger/")):
        raise HTTPException(404, f"there is no file /{path}")
    index = folder / "index.html"
    return FileResponse(index, headers=_FRESH) if index.is_file() else HTMLResponse(_NOT_BUILT)
