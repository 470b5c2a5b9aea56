"""The tokens of a model: text to tokens, tokens to bytes."""

import ctypes
from collections.abc import Mapping
from functools import cached_property

from rookery.adapters.llms.llama_cpp.worker.library import Library

_LONGEST_PIECE = 1024


class Vocabulary:
    """What llama.cpp knows of a model's tokens. Safe to use from several threads, also while one decodes."""

    def __init__(self, library: Library, model: int) -> None:
        self._api = library.api
        self.pointer = self._api.llama_model_get_vocab(model)
        self.size: int = self._api.llama_vocab_n_tokens(self.pointer)
        self.bos: int = self._api.llama_vocab_bos(self.pointer)
        self.eos: int = self._api.llama_vocab_eos(self.pointer)
        self.adds_bos: bool = self._api.llama_vocab_get_add_bos(self.pointer)
        self._pieces: dict[int, bytes] = {}

    def tokens(self, text: str, *, marks: bool) -> list[int]:
        """Return the text's tokens; with `marks`, control tokens that are written in it count as such."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 2  # one token for each byte at most, and a blank that some put before
        buffer = (self._api.llama_token * room)()
        count = self._api.llama_tokenize(self.pointer, data, len(data), buffer, room, False, marks)  # noqa: FBT003
        if count < 0:
            buffer = (self._api.llama_token * -count)()
            count = self._api.llama_tokenize(self.pointer, data, len(data), buffer, -count, False, marks)  # noqa: FBT003
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """Return what a token adds to a text: nothing if it is a control token."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self.spelling(token, marks=False)
        return known

    def spelling(self, token: int, *, marks: bool) -> bytes:
        """Return the bytes of a token; with `marks`, those of a control token too."""
        buffer = ctypes.create_string_buffer(_LONGEST_PIECE)
        length = self._api.llama_token_to_piece(self.pointer, token, buffer, _LONGEST_PIECE, 0, marks)
        return buffer.raw[: max(length, 0)]

    def is_end(self, token: int) -> bool:
        """Whether a token ends a generation."""
        return bool(self._api.llama_vocab_is_eog(self.pointer, token))

    def is_control(self, token: int) -> bool:
        """Whether a token stands for no text but steers."""
        return bool(self._api.llama_vocab_is_control(self.pointer, token))

    @cached_property
    def ends(self) -> frozenset[int]:
        """The tokens that end a generation."""
        return frozenset(token for token in range(self.size) if self.is_end(token))

    @cached_property
    def marks(self) -> Mapping[str, int]:
        """The control tokens by how a template writes them."""
        control = [token for token in range(self.size) if self.is_control(token)]
        spelt = {self.spelling(token, marks=True).decode("utf-8", "replace"): token for token in control}
        return {text: token for text, token in spelt.items() if text}
