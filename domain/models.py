"""Language models as files: what is here, whether it fits, what it can do."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.runs import Depth

KvType = Literal["f16", "q8_0", "q4_0"]


class ModelFile(Frozen):
    """A GGUF file of the models folder, as its header tells of it."""

    name: str = Field(description="what `--model` and the settings take")
    path: Path
    size: int = Field(description="in bytes, of all parts")
    kind: Literal["generative", "embedding", "accessory", "unreadable"]
    architecture: str = ""
    title: str = Field(default="", description="the name that its authors gave it")
    parameters: int = 0
    quantization: str = ""
    context_tokens: int = Field(default=0, description="that it was trained for")
    layers: int = 0
    chat_template: bool = False
    digest: str = Field(default="", description="of its header and its size")
    fault: str | None = None


class PulledModel(Frozen):
    """A model that was got from a hub."""

    reference: str
    commit: str
    files: list[Path]
    size: int = Field(description="in bytes")
    received: int = Field(description="bytes that had to come; 0: it was here")


class Deployment(Frozen):
    """How a model is loaded. The names are those of the settings of `llama_cpp`."""

    n_ctx: int = Field(default=8192, ge=32, description="tokens of one conversation")
    slots: int = Field(default=4, ge=1, le=256, description="conversations side by side")
    kv_type: KvType = "f16"
    gpu_layers: int = Field(default=0, ge=0, description="of the model's layers, those on the GPU")
    n_batch: int = Field(default=512, ge=1)


class Memory(Frozen):
    """Bytes, by what takes them. `ram` and `vram` are sums; `mapped` can be dropped and read again under pressure."""

    weights: int = Field(description="that the process holds in a form of its own")
    mapped: int = Field(description="of the file, in the page cache")
    kv_cache: int
    compute: int
    output: int
    vocabulary: int
    process: int
    vram_weights: int = 0
    vram_kv_cache: int = 0
    vram_compute: int = 0

    @property
    def ram(self) -> int:
        """What the process holds once it has worked."""
        own = self.weights + self.kv_cache + self.compute + self.output + self.vocabulary + self.process
        return own + self.mapped

    @property
    def vram(self) -> int:
        """What the GPU holds."""
        return self.vram_weights + self.vram_kv_cache + self.vram_compute


class Fit(Frozen):
    """Whether a model fits, and what to choose."""

    model: str
    deployment: Deployment
    memory: Memory
    ram: int
    vram: int
    ram_available: int
    vram_available: int = 0
    fits: bool
    advice: Deployment | None = Field(description="what to choose on this machine; null: nothing fits")
    notes: list[str] = []


class Share(Frozen):
    """How many of some tries went well."""

    good: int = Field(ge=0)
    tried: int = Field(ge=0)

    @property
    def rate(self) -> float:
        """In [0, 1]; 0 when nothing was tried."""
        return self.good / self.tried if self.tried else 0.0


class Needle(Frozen):
    """Whether a fact was found among other text."""

    tokens: int = Field(description="of the whole prompt")
    depth: float = Field(ge=0, le=1, description="where the fact stood: 0 is the beginning")
    found: bool


class Throughput(Frozen):
    """How much is written by requests that run side by side."""

    concurrent: int = Field(ge=1)
    tokens_per_second: float = Field(ge=0, description="of all together")


class Probe(Frozen):
    """What a model can do on this machine, as it was tried."""

    model: str
    digest: str
    probed_at: Timestamp
    seconds: float
    context_tokens: int | None
    binds_schema: bool
    actions_bound: Share = Field(description="valid tool actions when the schema binds the decoding")
    actions_free: Share = Field(description="valid tool actions when the prompt alone asks for them")
    json_bound: Share
    json_free: Share
    answers: Share = Field(description="right answers to what a document says")
    abstention: Share = Field(description="said that the document does not say it, where it does not")
    needles: list[Needle]
    prefill_tokens_per_second: float = Field(ge=0)
    decode_tokens_per_second: float = Field(ge=0, description="of one request alone")
    throughput: list[Throughput]
    notes: list[str] = []


class Strategy(Frozen):
    """How to work with a model, by its probe."""

    bind_actions: bool = Field(description="bind tool actions by their schema, rather than trust the prompt")
    slots: int = Field(ge=1, description="agents that it should serve side by side")
    window_tokens: int = Field(ge=0, description="up to which a prompt's content is still found")
    depth: Depth = Field(description="the deepest research that it is good enough for")
    reasons: list[str]


class Eta(Frozen):
    """How long a run will take, in seconds."""

    low: float = Field(ge=0)
    high: float = Field(ge=0)
