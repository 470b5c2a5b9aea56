"""What a person can set for a model in llama.cpp."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LoraFile(BaseModel):
    """A LoRA adapter of the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="a GGUF file; a relative path lies in the models folder of Rookery's home")
    scale: float = 1.0


class Settings(BaseModel):
    """Which model, and how llama.cpp runs it. The KV cache takes memory for `n_ctx` times `slots` tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(
        min_length=1, description="a GGUF file, the name of one in the models folder, or owner/repo:QUANT once pulled"
    )
    n_ctx: int = Field(default=8192, ge=32, description="tokens of one conversation, prompt and reply together")
    slots: int = Field(
        default=4,
        ge=1,
        le=256,
        description="conversations that decode side by side; default: as its probe advises, or 4",
    )
    window_tokens: int | None = Field(
        default=None, ge=1, description="of a prompt within which the model finds what it needs; default: as probed"
    )
    kv_tokens: int | None = Field(default=None, ge=32, description="that all slots share; default: n_ctx × slots")
    kv_type: Literal["f16", "q8_0", "q4_0"] = Field(default="f16", description="smaller ones save memory")
    n_batch: int = Field(default=512, ge=1, description="tokens of one decoding step")
    flash_attention: bool | None = Field(default=None, description="default: as llama.cpp chooses")
    threads: int | None = Field(default=None, ge=1, description="default: as llama.cpp chooses")
    device: str = Field(default="auto", description="auto: a GPU that passed the probe, else the CPU; cpu; or its name")
    gpu_layers: int = Field(default=-1, ge=-1, description="layers on that device; -1: all")
    loras: dict[str, LoraFile] = Field(default={}, description="LoRA adapters, by the names that agents use")
    ram_cache_mb: int = Field(default=512, ge=0, description="for conversations that had to leave the KV cache")
    disk_cache: bool = Field(default=True, description="whether those that leave the RAM too are kept on disk")
    disk_cache_mb: int = Field(default=8192, ge=0, description="of files there, at most; the oldest go first")
    load_timeout_seconds: float = Field(default=600.0, gt=0, description="for loading the model")
    stall_timeout_seconds: float = Field(default=300.0, gt=0, description="without any progress while requests run")
    restart_backoff_seconds: float = Field(default=0.5, ge=0, description="before a restart; doubled by each crash")
