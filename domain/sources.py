"""Sources, their stored text, and the ranges of it that can be retrieved."""

import hashlib

from pydantic import Field, model_validator

from rookery.domain.frozen import Frozen, Timestamp


def text_digest(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 form, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Snapshot(Frozen):
    """The text of a source as it was read, named by its own digest. It never changes.

    For Markdown and plain text in UTF-8 the text is the file, character for character, so its digest is the file's too
    (unless credentials were replaced). For other formats it is what the reader made of the file.
    """

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    url: str
    title: str
    media_type: str
    text: str
    retrieved_at: Timestamp
    redactions: int = Field(default=0, ge=0, description="credentials that were replaced before the text was stored")

    @model_validator(mode="after")
    def _digest_is_true(self) -> "Snapshot":
        if text_digest(self.text) != self.sha256:
            raise ValueError("sha256 is not the digest of the text")
        return self


class Passage(Frozen):
    """A retrievable range of a snapshot: `snapshot.text[start:end] == text`, in code points."""

    id: str
    sha256: str = Field(description="of the snapshot")
    url: str
    title: str = Field(description="of the document")
    heading: str = Field(default="", description="the headings above the passage, outermost first, joined by ' › '")
    ordinal: int = Field(ge=0, description="position among the snapshot's passages, from 0")
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class ScoredPassage(Frozen):
    """A passage that a search found."""

    passage: Passage
    score: float = Field(ge=0, le=1, description="fused; comparable between the hits of one search")
    dense: float = Field(default=0.0, description="cosine similarity; 0 without an embedder")
    lexical: float = Field(default=0.0, description="BM25; 0 when no term of the query occurs")


class Source(Frozen):
    """A document of the library."""

    id: str
    url: str
    title: str
    media_type: str
    sha256: str = Field(description="of the snapshot")
    namespace: str
    passages: int = Field(ge=0)
    size: int = Field(ge=0, description="of the document as it was read, in bytes")
    added_at: Timestamp
    fingerprint: str = Field(
        default="", description="of the bytes it was read from and of the way it was read; empty when not known"
    )


class SourceProblem(Frozen):
    """Why a source, or a part of one, is not in the library; the rest went on."""

    location: str
    message: str


class Document(Frozen):
    """What a reader makes of one file or page."""

    url: str
    title: str
    media_type: str
    text: str
    size: int = Field(ge=0, description="bytes read")
    fingerprint: str = Field(default="", description="the same as long as the bytes and the way of reading are")


class Unchanged(Frozen):
    """What a reader says of a document whose fingerprint the caller has already."""

    url: str
