"""Which server and model complete prompts, and how they are asked."""

from typing import Literal

from pydantic import Field

from rookery.adapters.support.openai.endpoint import Endpoint

Form = Literal["json_schema", "json_object", "llama_grammar", "none"]


class Settings(Endpoint):
    """For llama-server, Ollama, vLLM, LM Studio, OpenAI and what else speaks OpenAI's chat completions."""

    model: str | None = Field(default=None, min_length=1, description="default: the server's, where it has only one")
    context_tokens: int | None = Field(
        default=None, ge=1, description="of prompt and reply; default: what the server says, where it can be asked"
    )
    binding: Form | None = Field(
        default=None,
        description="how a JSON schema binds the reply; llama_grammar is llama-server's own field. Default: "
        "json_schema, and the weaker json_object or none where the server refuses it. Replies are checked in any case",
    )
    limit_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens", description="what the field is called that bounds the reply; OpenAI's newer models differ"
    )
    omit: list[str] = Field(default=[], description="fields that the server does not take, such as seed or temperature")
    loras: dict[str, int | str] = Field(
        default={},
        description="LoRA adapters by name: llama-server's number, or the model's name that vLLM serves it by",
    )
    timeout_seconds: float = Field(default=600.0, gt=0, description="without a byte from the server")
