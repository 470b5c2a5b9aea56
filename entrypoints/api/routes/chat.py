"""OpenAI's form of the colony."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.errors import NotBuilt
from rookery.entrypoints import plugins
from rookery.entrypoints.api.schemas import ChatCompletion, ChatRequest, Model, ModelList
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["openai"])


@router.get("/models", dependencies=[needs(Scope.READ)])
async def list_models() -> ModelList:
    """List the language models that are installed, in OpenAI's form."""
    return ModelList(data=[Model(id=name, created=0, owned_by="rookery") for name in plugins.available("llms")])


@router.post("/chat/completions", dependencies=[needs(Scope.RUN)])
async def complete_chat(_: ChatRequest) -> ChatCompletion:
    """Answer a chat with a research run."""
    raise NotBuilt("this version does not speak OpenAI's chat; ask with `POST /v1/research`")
