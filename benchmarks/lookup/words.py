"""The small model's vocabulary: the words of its lessons as they stand, and the bytes for all others.

Text is divided as Llama 3 divides it, and a word that is known is taken whole (llama.cpp's `llama-bpe` needs no merges
for that). So a name is one token, wherever it stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tokenizers import Regex, pre_tokenizers

from rookery.domain.inference import Message

PAD, BEGIN, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
MARKS = (PAD, BEGIN, END)
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + "
    "'<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_DIVISION = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPLIT = pre_tokenizers.Split(Regex(_DIVISION), "isolated")
_BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


@dataclass(frozen=True)
class Words:
    """A vocabulary; `pieces` are written as GPT-2 writes bytes, the marks first."""

    pieces: Sequence[str]
    ids: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", {piece: number for number, piece in enumerate(self.pieces)})

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Words":
        """Return the marks, the bytes and the words of texts."""
        known = {piece for text in texts for piece in divided(text)}
        return cls(list(dict.fromkeys([*MARKS, *sorted(pre_tokenizers.ByteLevel.alphabet()), *sorted(known)])))

    def read(self, text: str) -> list[int]:
        """Return the tokens of a text without marks."""
        ids = self.ids
        return [
            ids[part] for piece in divided(text) for part in ([piece] if piece in ids else piece)
        ]  # a word that is not known is read byte by byte

    def read_prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the tokens of a conversation as the template writes it, up to where the reply begins."""
        tokens: list[int] = []
        for message in messages:
            tokens += [self.ids[BEGIN], *self.read(f"{message.role}\n{message.content.strip()}")]
            tokens += [self.ids[END], *self.read("\n")]
        return [*tokens, self.ids[BEGIN], *self.read("assistant\n")]

    def read_reply(self, reply: str) -> list[int]:
        """Return the tokens of a reply with its end."""
        return [*self.read(reply), self.ids[END]]


def divided(text: str) -> list[str]:
    """Return the words of a text, written as GPT-2 writes bytes."""
    return [_BYTES.pre_tokenize_str(word)[0][0] for word, _ in _SPLIT.pre_tokenize_str(text)]
