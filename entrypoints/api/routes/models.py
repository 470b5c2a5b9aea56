"""What `POST /v1/chat/completions` takes as a model: the colony, agents alone, language models."""

import asyncio

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.errors import NotFound
from rookery.domain.runs import Depth
from rookery.entrypoints.api.chat_requests import COLONY
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.schemas import Model, ModelDetails, ModelList
from rookery.entrypoints.api.security import needs
from rookery.entrypoints.models import KnownModel, eta_of, known_models

router = APIRouter(prefix="/v1/models", tags=["openai"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_models(container: TheContainer) -> ModelList:
    """List the colony and its agents, then the language models that are here, in OpenAI's form with details of ours."""
    return ModelList(data=await _models(container))


@router.get("/{model_id:path}", dependencies=[needs(Scope.READ)])
async def get_model(model_id: str, container: TheContainer) -> Model:
    """Read one of the models."""
    found = next((model for model in await _models(container) if model.id == model_id), None)
    if found is None:
        raise NotFound(f"there is no model {model_id!r}; `GET /v1/models` lists them")
    return found


async def _models(container: TheContainer) -> list[Model]:
    agents = _agents(container)
    taken = {agent.id for agent in agents}
    llms = container.llms()
    known = await asyncio.to_thread(known_models, container)
    return agents + [
        _in_openai_form(model, llms.runs_on(model.name))
        for model in known
        if _writes(model) and model.name not in taken
    ]


def _agents(container: TheContainer) -> list[Model]:
    whole = "The whole colony: it plans, researches side by side, checks and writes."
    alone = [agent for agent in container.agents().values() if agent.works_alone]
    told = {COLONY: whole} | {agent.id: agent.goal for agent in alone}
    return [Model(id=name, kind="agent", description=goal, created=0, owned_by=COLONY) for name, goal in told.items()]


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
