"""OpenAI's form of the colony."""

from typing import Any

from fastapi import APIRouter, Request, Response

from rookery.domain.access import Scope
from rookery.domain.errors import InvalidRequest, NotFound
from rookery.entrypoints.api.chat_answers import Chunks, completion
from rookery.entrypoints.api.chat_requests import research_of
from rookery.entrypoints.api.chat_runs import Asked, ChatStream, waited_for
from rookery.entrypoints.api.chat_schemas import ChatCompletion, ChatRequest
from rookery.entrypoints.api.colony import IdempotencyKey, TheConductor, TheContainer, TheStreams, begin
from rookery.entrypoints.api.openapi import event_stream
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1", tags=["openai"])
_EITHER: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ChatCompletion,
        "description": "The answer; with `stream`, server-sent events whose data are `ChatChunk`s, then `[DONE]`",
        "content": event_stream(data={}),
    }
}


@router.post("/chat/completions", dependencies=[needs(Scope.RUN)], response_model=ChatCompletion, responses=_EITHER)
async def complete_chat(
    chat: ChatRequest,
    request: Request,
    container: TheContainer,
    conductor: TheConductor,
    streams: TheStreams,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer the last message of a chat with a research run. When the client goes away, the run is cancelled."""
    asked_for = research_of(chat, container.agents())
    if asked_for.model is not None:
        _find(container, asked_for.model)
    run = await begin(asked_for, container, conductor, idempotency_key=idempotency_key)
    asked = Asked(run, container)
    if chat.stream:
        usage = bool(chat.stream_options and chat.stream_options.include_usage)
        return ChatStream(asked, Chunks(run, chat.model, usage=usage), streams)
    outcome = await waited_for(asked, request.receive)
    if outcome is None:
        return Response(status_code=204)  # nobody reads it
    return Response(completion(*outcome, chat.model).model_dump_json(), media_type="application/json")


def _find(container: TheContainer, model: str) -> None:
    try:
        container.llms().refuse_paths(model)
        container.llms().check(model)
    except InvalidRequest as error:
        raise NotFound(f"there is no model {model!r}; `GET /v1/models` lists them ({error})") from error
