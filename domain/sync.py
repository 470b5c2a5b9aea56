"""Exchanging versions with other machines: what is known of a remote store, and what came of a sync."""

from pydantic import Base64Bytes, Field

from rookery.domain.frozen import Frozen, Timestamp


class Parcel(Frozen):
    """A segment that is about to be sent. It is kept until the remote store has it, so that a crash sends it again."""

    sha256: str
    content: Base64Bytes
    sequence: int = Field(ge=1)
    cursor: int = Field(description="of the journal, up to which everything is in this segment or was sent before")
    versions: int


class Mark(Frozen):
    """How far a journal had come. One that has another past, or none that long, was put back from a backup."""

    cursor: int
    past: str


class Standing(Frozen):
    """Where a device stands with one remote store."""

    device: str = Field(description="the name under which it writes")
    sequence: int = Field(default=0, description="of the last segment that it wrote there")
    sent: int = Field(default=0, description="cursor of the journal up to which the remote store has everything")
    received: dict[str, int] = Field(default={}, description="by device, the last sequence that was read")
    parcel: Parcel | None = None
    mark: Mark | None = Field(default=None, description="of the journal, when this was stored")
    synced_at: Timestamp | None = None


class SyncReport(Frozen):
    """What a sync exchanged."""

    sent: int = Field(description="versions")
    received: int = Field(description="versions that were new here")
    segments_sent: int = 0
    segments_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    devices: int = Field(default=0, description="other devices seen so far")
    problems: list[str] = Field(default=[], description="segments that could not be read; the others were")


class SyncState(Frozen):
    """Where this machine stands with the others."""

    store: str
    encrypted: bool
    device: str | None = Field(default=None, description="null before the first sync")
    synced_at: Timestamp | None = None
    waiting: int = Field(description="versions that were written here and not sent yet")
    devices: int = Field(description="other machines that were heard of")
