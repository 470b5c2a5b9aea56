"""What a person wants to look at beside a run or a model: its report, its figures."""

import asyncio
from enum import StrEnum

from fastapi import APIRouter, Response

from rookery.application.reports import as_html, as_markdown
from rookery.domain.access import Scope
from rookery.domain.errors import Conflict, NotFound, RookeryError
from rookery.domain.frozen import Frozen
from rookery.domain.models import Probe
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.routes.runs import ExistingRun
from rookery.entrypoints.api.security import needs
from rookery.entrypoints.container import Container
from rookery.entrypoints.models import known_models

router = APIRouter(prefix="/v1", tags=["reports"])


class ReportForm(StrEnum):
    """The forms of a report."""

    MARKDOWN = "markdown"
    HTML = "html"


class Room(Frozen):
    """Whether a model fits in memory, as the settings have it loaded. Sizes in bytes."""

    fits: bool
    ram: int
    ram_available: int


class ModelFacts(Frozen):
    """Whether a model fits this machine, and what its probe found. Null: not known; `fault` says why it cannot be."""

    fit: Room | None = None
    fault: str | None = None
    probe: Probe | None = None


_RENDERED = {ReportForm.MARKDOWN: (as_markdown, "text/markdown"), ReportForm.HTML: (as_html, "text/html")}
_FORMS = {"content": {media: {"schema": {"type": "string"}} for _, media in _RENDERED.values()}}


@router.get(
    "/runs/{run_id}/report",
    dependencies=[needs(Scope.READ)],
    response_class=Response,
    responses={200: {**_FORMS, "description": "The report, as a document that fetches nothing"}},
)
async def report_run(run: ExistingRun, form: ReportForm = ReportForm.MARKDOWN) -> Response:
    """Read the answer of a run as a document that stands alone."""
    if run.result is None:
        raise Conflict(f"run {run.id} has no answer: it is {run.status}")
    render, media_type = _RENDERED[form]
    return Response(render(run.result), media_type=media_type)


@router.get("/model-facts/{model_id:path}", dependencies=[needs(Scope.READ)])
async def model_facts(model_id: str, container: TheContainer) -> ModelFacts:
    """Say whether a model that is here fits this machine, and what it can do, if it was probed. Nothing is loaded."""
    return await asyncio.to_thread(_facts, container, model_id)


def _facts(container: Container, name: str) -> ModelFacts:
    model = next((model for model in known_models(container) if model.name == name), None)
    if model is None:
        raise NotFound(f"there is no model {name!r}; `GET /v1/models` lists them")
    if model.file is None:
        return ModelFacts(probe=model.probe)
    from rookery.entrypoints.fitting import Wish, judge

    try:
        fit = judge(container, Wish(name, {}, None, 0.0))
        room = Room(fits=fit.fits, ram=fit.ram, ram_available=fit.ram_available)
        return ModelFacts(fit=room, probe=model.probe)
    except RookeryError as error:
        return ModelFacts(fault=str(error), probe=model.probe)
