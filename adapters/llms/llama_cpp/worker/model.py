"""A model and its context in llama.cpp's memory."""

import ctypes
from pathlib import Path
from typing import Any

from rookery.adapters.llms.llama_cpp.wire import Load, Loaded, Lora
from rookery.adapters.llms.llama_cpp.worker.library import Library, Unusable
from rookery.adapters.llms.llama_cpp.worker.machine import cores, memory
from rookery.adapters.llms.llama_cpp.worker.vocabulary import Vocabulary

_WHAT_TO_DO = "take a smaller model or context, or fewer slots (`rookery models fit` says what fits)"
_SPARE_SEQUENCES = 24
_KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}  # as ggml numbers its types

_KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}


class Model:
    """The weights, the context, the LoRA adapters.

    Where layers see a window alone (`sliding` tokens), llama.cpp gives the cells that no window reaches any more to
    other tokens, even of a full-size cache, and a sequence's beginning could not be shared any more. It does so only
    with cells of one sequence: therefore each sequence has a `shadow`, which holds the same.

    Raises:
        Unusable: the file is of no use (`model`), the device is not there (`device`), or memory does not suffice.
    """

    def __init__(self, library: Library, load: Load) -> None:
        self.library = library
        self.load = load
        self._api = library.api
        self.pointer = self._load_weights()
        self.vocabulary = Vocabulary(library, self.pointer)
        self.sliding: int = self._api.llama_model_n_swa(self.pointer)
        self.sequences = min(load.slots + max(_SPARE_SEQUENCES, 3 * load.slots), self._most_sequences())
        self.shadow = self.sequences if self.sliding else 0
        self.context = self._make_context()
        self.cells: int = self._api.llama_n_ctx(self.context)
        self.window = min(load.n_ctx, self.cells)
        self.loras = {lora.name: self._load_lora(lora) for lora in load.loras}

    def metadata(self, key: str) -> str | None:
        """Return an entry of the file; null if it has none."""
        room = self._api.llama_model_meta_val_str(self.pointer, key.encode(), None, 0) + 1
        if room <= 0:
            return None
        buffer = ctypes.create_string_buffer(room)
        self._api.llama_model_meta_val_str(self.pointer, key.encode(), buffer, room)
        return buffer.value.decode("utf-8", "replace")

    def template(self) -> str | None:
        """Return the chat template of the file."""
        text: bytes | None = self._api.llama_model_chat_template(self.pointer, None)
        return text.decode("utf-8", "replace") if text else None

    def trims(self) -> bool:
        """Whether the end of a sequence can be taken back; recurrent models cannot."""
        api = self._api
        return not (api.llama_model_is_recurrent(self.pointer) or api.llama_model_is_hybrid(self.pointer))

    def described(self) -> Loaded:
        """Return what is loaded, for the adapter."""
        buffer = ctypes.create_string_buffer(256)
        self._api.llama_model_desc(self.pointer, buffer, 256)
        layers = self._api.llama_model_n_layer(self.pointer)
        asked = self.load.gpu_layers
        return Loaded(
            description=buffer.value.decode("utf-8", "replace"),
            architecture=self.metadata("general.architecture") or "unknown",
            n_ctx=self.window,
            n_ctx_train=self._api.llama_model_n_ctx_train(self.pointer),
            vocabulary=self.vocabulary.size,
            layers=layers,
            device=self.load.device or "CPU",
            gpu_layers=0 if self.load.device is None else layers + 1 if asked < 0 else min(asked, layers + 1),
            template=self.template() is not None,
        )

    def _load_weights(self) -> int:
        path = Path(self.load.path)
        _require_file(path)
        params = self._api.llama_model_default_params()
        self._devices = self._chosen_devices()
        params.devices = ctypes.cast(self._devices, ctypes.c_void_p)
        params.n_gpu_layers = self.load.gpu_layers if self.load.device else 0
        self.library.last_errors()
        pointer: int | None = self._api.llama_model_load_from_file(str(path).encode(), params)
        if not pointer:
            raise self._refusal(f"{path} cannot be loaded")
        return pointer

    def _chosen_devices(self) -> Any:
        """A list of device addresses that ends with null: none means the CPU alone."""
        if self.load.device is None:
            return (ctypes.c_void_p * 1)()
        found = self.library.devices()
        if self.load.device not in found:
            raise Unusable("device", f"there is no device {self.load.device}; llama.cpp knows {', '.join(found)}")
        return (ctypes.c_void_p * 2)(found[self.load.device], None)

    def spare_context(self, tokens: int) -> int:
        """Return a context beside the one that is decoded in, for one sequence; whoever asks frees it.

        Raises:
            Unusable: there is no memory for it.
        """
        return self._new_context(tokens, sequences=1, outputs=self.load.n_batch)

    def _make_context(self) -> int:
        load, sequences = self.load, self.sequences + self.shadow
        tokens = load.kv_tokens if load.kv_tokens is not None else load.n_ctx * load.slots
        return self._new_context(tokens, sequences=sequences, outputs=sequences)

    def _new_context(self, tokens: int, *, sequences: int, outputs: int) -> int:
        load, params = self.load, self._api.llama_context_default_params()
        params.n_ctx = tokens
        self._require_memory(params.n_ctx)
        params.n_batch = params.n_ubatch = max(load.n_batch, load.slots)
        params.n_seq_max, params.n_outputs_max = sequences, outputs
        params.n_threads = params.n_threads_batch = load.threads or cores()
        params.type_k = params.type_v = _KV_TYPES[load.kv_type]
        params.flash_attn_type = -1 if load.flash_attention is None else int(load.flash_attention)
        params.kv_unified = True
        params.swa_full = True  # or the beginning of a sequence could not be shared once a window has left it
        params.offload_kqv = params.op_offload = load.device is not None
        params.no_perf = True
        self.library.last_errors()
        pointer: int | None = self._api.llama_init_from_model(self.pointer, params)
        if not pointer:
            raise Unusable(
                "memory",
                f"there is no memory for a context of {params.n_ctx} tokens: "
                f"{self.library.last_errors() or 'llama.cpp does not say why'}; {_WHAT_TO_DO}",
            )
        return pointer

    def _require_memory(self, tokens: int) -> None:
        """Or the system would kill this process, or another one, when the context's pages are touched."""
        api, most = self._api, memory()
        heads, layers = api.llama_model_n_head_kv(self.pointer), api.llama_model_n_layer(self.pointer)
        wide = api.llama_model_n_embd(self.pointer) // max(1, api.llama_model_n_head(self.pointer))
        wanted = int(2 * tokens * layers * heads * wide * _KV_BYTES[self.load.kv_type])
        if self.load.device is None and self.trims() and most is not None and wanted > most:
            raise Unusable(
                "memory",
                f"a context of {tokens} tokens takes {wanted >> 20} MiB, and this machine has {most >> 20} MiB; "
                f"{_WHAT_TO_DO}",
            )

    def _load_lora(self, lora: Lora) -> Any:
        _require_file(Path(lora.path))
        self.library.last_errors()
        pointer = self._api.llama_adapter_lora_init(self.pointer, lora.path.encode())
        if not pointer:
            raise self._refusal(f"the LoRA adapter {lora.path} cannot be loaded")
        return pointer, lora.scale

    def _refusal(self, what: str) -> Unusable:
        reason = self.library.last_errors() or "llama.cpp does not say why"
        if "alloc" in reason or "memory" in reason:
            return Unusable("memory", f"{what}: {reason}; {_WHAT_TO_DO}")
        return Unusable(
            "model",
            f"{what}: {reason}; is it a whole GGUF file, and of a kind that this llama.cpp knows? "
            "Pull it again, or update llama-cpp-python",
        )

    def _most_sequences(self) -> int:
        most: int = self._api.llama_max_parallel_sequences()
        return most // 2 if self.sliding else most


def _require_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise Unusable(
            "model", f"{path} cannot be read: {error.strerror}; `rookery models list` shows what is here"
        ) from error
    if magic != b"GGUF":
        raise Unusable("model", f"{path} is not a GGUF file (it is empty or of another kind); pull the model again")
