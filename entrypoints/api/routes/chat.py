"""OpenAI's form of the colony."""

import asyncio

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.errors import NotBuilt
from rookery.domain.runs import Depth
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.schemas import ChatCompletion, ChatRequest, Model, ModelDetails, ModelList
from rookery.entrypoints.api.security import needs
from rookery.entrypoints.models import KnownModel, eta_of, known_models

router = APIRouter(prefix="/v1", tags=["openai"])


@router.get("/models", dependencies=[needs(Scope.READ)])
async def list_models(container: TheContainer) -> ModelList:
    """List the language models that are here, adapters and files, in OpenAI's form with details of ours."""
    models = await asyncio.to_thread(known_models, container)
    llms = container.llms()
    return ModelList(data=[_in_openai_form(model, llms.runs_on(model.name)) for model in models if _writes(model)])


@router.post("/chat/completions", dependencies=[needs(Scope.RUN)])
async def complete_chat(_: ChatRequest) -> ChatCompletion:
    """Answer a chat with a research run."""
    raise NotBuilt("this version does not speak OpenAI's chat; ask with `POST /v1/research`")


def _writes(model: KnownModel) -> bool:
    return model.file is None or model.file.kind == "generative"


def _in_openai_form(model: KnownModel, runs_on: str | None) -> Model:
    """Where files lie is not told over the network."""
    file = model.file
    details = file and ModelDetails.model_validate(file.model_dump(include=set(ModelDetails.model_fields)))
    etas = {depth: eta_of(model.probe, depth) for depth in Depth}
    return Model(
        id=model.name,
        created=int(file.path.stat().st_mtime) if file else 0,
        owned_by="rookery" if file is None else model.name.partition("/")[0] if "/" in model.name else "local",
        chosen=model.chosen,
        probed=model.probe is not None,
        details=details,
        eta={depth: eta for depth, eta in etas.items() if eta is not None},
        runs_on=runs_on,
    )
