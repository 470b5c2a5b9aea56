"""What the adapter and its worker process say to each other through a pair of pipes.

A frame is the length of a JSON document (unsigned, 32 bits, little-endian) and the document: one of the messages below,
told apart by `type`. The adapter sends `Load` once, which is answered by `Loaded` or `Failed`; after that requests of
any kind at any time. Before it, or instead of it, the adapter may send `Look`, which is answered by `Devices` or
`Failed`. A `Generate` is answered by any number of `Piece`, then one `Finished` or `Failed`; each other request by one
answer of its own kind, or `Failed`, in no particular order. `Notice` may come at any time.
"""

import struct
from collections.abc import Mapping
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

_LENGTH = struct.Struct("<I")
_LARGEST = 64 * 2**20  # bytes of a document; a longer one is not of this protocol


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Wire):
    """A message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Candidate(_Wire):
    """A token that may come next, and the logarithm of its probability by the model alone, at temperature 1."""

    token: int
    logprob: float


class Device(_Wire):
    """A device that ggml can compute on, besides the CPU."""

    name: str
    description: str
    kind: Literal["gpu", "integrated", "accelerator"]
    memory_total: int = Field(description="bytes; 0: not known")
    memory_free: int = Field(description="bytes; 0: not known")


class Look(_Wire):
    """Which devices are there? May come before `Load`; nothing is loaded for it."""

    type: Literal["look"] = "look"


class Lora(_Wire):
    """A LoRA adapter that requests may name."""

    name: str
    path: str
    scale: float = 1.0


class Load(_Wire):
    """Which model to load, and how."""

    type: Literal["load"] = "load"
    path: str
    device: str | None = Field(default=None, description="a ggml device by name, such as Vulkan0; null: the CPU alone")
    gpu_layers: int = Field(default=0, ge=-1, description="-1: all")
    n_ctx: int = Field(default=8192, ge=32, description="tokens of one sequence")
    slots: int = Field(default=8, ge=1, description="sequences that decode side by side")
    kv_tokens: int | None = Field(default=None, description="tokens that all slots share; null: n_ctx times slots")
    n_batch: int = Field(default=512, ge=1, description="tokens of one decoding step")
    kv_type: Literal["f16", "q8_0", "q4_0"] = "f16"
    flash_attention: bool | None = Field(default=None, description="null: as llama.cpp chooses")
    threads: int | None = None
    ram_cache_mb: int = Field(default=512, ge=0, description="for sequences that had to leave the context")
    disk_cache: str | None = Field(default=None, description="a folder for those that leave the RAM too")
    disk_cache_mb: int = Field(default=8192, ge=0, description="of files in it, at most; the oldest go first")
    loras: list[Lora] = []


class Generate(_Wire):
    """What to complete, and what binds it."""

    type: Literal["generate"] = "generate"
    id: int
    messages: list[Turn] = Field(min_length=1)
    json_schema: dict[str, JsonValue] | None = None
    grammar: str | None = Field(default=None, description="in Lark's form, as llguidance reads it; instead of a schema")
    session: str | None = None
    priority: int = Field(default=0, description="the higher, the larger the share while others wait")
    max_tokens: int = Field(default=1024, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    seed: int = 0
    lora: str | None = None
    candidates: int = Field(default=0, ge=0, le=64, description="how many to report in `Finished`")


class Cancel(_Wire):
    """Stop a generation; it is answered by `Failed` of kind `cancelled`. Of an unknown one nothing is said."""

    type: Literal["cancel"] = "cancel"
    id: int


class Count(_Wire):
    """Count the tokens of a prompt, by the model's own template."""

    type: Literal["count"] = "count"
    id: int
    messages: list[Turn]


class Check(_Wire):
    """Ask whether a schema or a grammar can bind a generation."""

    type: Literal["check"] = "check"
    id: int
    json_schema: dict[str, JsonValue] | None = None
    grammar: str | None = None


class Weigh(_Wire):
    """Ask for the tokens of a prompt and a reply, and how likely the model finds the reply's."""

    type: Literal["weigh"] = "weigh"
    id: int
    messages: list[Turn] = Field(min_length=1)
    reply: str
    lora: str | None = None
    likelihood: bool = Field(default=True, description="false: the tokens alone")


class Suspend(_Wire):
    """Write all idle sessions to a folder and free the model and its context; the worker ends after its answer."""

    type: Literal["suspend"] = "suspend"
    id: int
    folder: str


class Restore(_Wire):
    """Take back what `Suspend` wrote; sessions of another model or another shape are left out and counted so."""

    type: Literal["restore"] = "restore"
    id: int
    folder: str


class Ask(_Wire):
    """Ask for the state of the worker; tells that it is alive, too."""

    type: Literal["ask"] = "ask"
    id: int


class Loaded(_Wire):
    """The model is there."""

    type: Literal["loaded"] = "loaded"
    description: str
    architecture: str
    n_ctx: int
    n_ctx_train: int
    vocabulary: int
    layers: int
    device: str = Field(description="where the layers are: a ggml device's name, or CPU")
    gpu_layers: int
    template: bool = Field(description="whether the file brings a chat template of its own")


class Devices(_Wire):
    """The devices, in ggml's order; the CPU is not among them."""

    type: Literal["devices"] = "devices"
    devices: list[Device]


class Piece(_Wire):
    """Text that came next; whole characters."""

    type: Literal["piece"] = "piece"
    id: int
    text: str


class Finished(_Wire):
    """A generation is complete."""

    type: Literal["finished"] = "finished"
    id: int
    reason: Literal["stop", "length"]
    prompt_tokens: int
    cached_prompt_tokens: int = Field(description="of the prompt's tokens, those that were not evaluated for it")
    completion_tokens: int
    grammar_checks: int = Field(default=0, description="tokens that a grammar was asked about")
    grammar_masks: int = Field(default=0, description="tokens for which the whole vocabulary had to be masked")
    candidates: list[Candidate] = Field(
        default=[], description="the likeliest tokens after the prompt, likeliest first, as many as were asked for"
    )


class Counted(_Wire):
    """The number of tokens."""

    type: Literal["counted"] = "counted"
    id: int
    tokens: int


class Checked(_Wire):
    """What is wrong with a grammar; null: nothing."""

    type: Literal["checked"] = "checked"
    id: int
    fault: str | None


class Weighed(_Wire):
    """The tokens, and the logarithm of the probability of each of the reply's, by the model alone, at temperature 1."""

    type: Literal["weighed"] = "weighed"
    id: int
    prompt: list[int]
    reply: list[int]
    likelihoods: list[float]


class Suspended(_Wire):
    """How many sessions were written."""

    type: Literal["suspended"] = "suspended"
    id: int
    sessions: int


class Restored(_Wire):
    """How many sessions were taken back, and how many were not."""

    type: Literal["restored"] = "restored"
    id: int
    sessions: int
    left_out: int


class State(_Wire):
    """What the worker does; counts are since it was started."""

    type: Literal["state"] = "state"
    id: int
    running: int
    waiting: int
    slots: int
    prompt_tokens: int
    evaluated_tokens: int = Field(description="prompt tokens that were decoded")
    completion_tokens: int
    decode_steps: int
    evicted_sessions: int
    device: str


class Notice(_Wire):
    """Something degraded, in words for the person."""

    type: Literal["notice"] = "notice"
    text: str


class Failed(_Wire):
    """A request, or with id 0 the worker as a whole, has failed."""

    type: Literal["failed"] = "failed"
    id: int
    kind: Literal["model", "context", "grammar", "cancelled", "device", "memory", "numbers", "request"]
    message: str
    numbers: Mapping[str, int] = Field(default={}, description="of `context`: prompt_tokens, context_tokens, …")


Request = Annotated[
    Look | Load | Generate | Cancel | Count | Check | Weigh | Suspend | Restore | Ask, Field(discriminator="type")
]
Reply = Annotated[
    Devices | Loaded | Piece | Finished | Counted | Checked | Weighed | Suspended | Restored | State | Notice | Failed,
    Field(discriminator="type"),
]
REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


def frame(message: BaseModel) -> bytes:
    """Return a message as it is sent.

    Raises:
        ValueError: it is too long, or has what is no text.
    """
    document = message.model_dump_json().encode("utf-8")
    if len(document) > _LARGEST:
        raise ValueError(f"a message has {len(document)} bytes, more than {_LARGEST}")
    return _LENGTH.pack(len(document)) + document


def write(stream: BinaryIO, message: BaseModel) -> None:
    """Send one frame.

    Raises:
        OSError: nobody reads any more.
        ValueError: the message cannot be sent.
    """
    stream.write(frame(message))
    stream.flush()


def read(stream: BinaryIO) -> bytes | None:
    """Return the next frame's document; None at the end, even in the midst of a frame.

    Raises:
        ValueError: what comes is not a frame.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    [length] = _LENGTH.unpack(head)
    if length > _LARGEST:
        raise ValueError(f"a frame of {length} bytes is announced, more than {_LARGEST}")
    body = stream.read(length)
    return body if len(body) == length else None
