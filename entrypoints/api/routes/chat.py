"""OpenAI's form of the colony: agents are models."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import ChatChoice, ChatCompletion, ChatMessage, ChatRequest, Model, ModelList
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["openai"])
_CREATED = int(dummy.NOON.timestamp())


@router.get("/models", dependencies=[needs(Scope.READ)])
async def list_models() -> ModelList:
    """List models and agents in OpenAI's form."""
    return ModelList(data=[Model(id="extractive", created=_CREATED, owned_by="rookery")])


@router.post("/chat/completions", dependencies=[needs(Scope.RUN)])
async def complete_chat(request: ChatRequest) -> ChatCompletion:
    """Answer a chat with a research run."""
    message = ChatMessage(role="assistant", content=dummy.RESULT.output)
    choice = ChatChoice(index=0, message=message, finish_reason="stop")
    return ChatCompletion(id=dummy.RUN_ID, created=_CREATED, model=request.model, choices=[choice])
