"""Rookery: local-first, multi-agent research with claims locked to verbatim quotes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rookery.entrypoints.library import Rookery

__all__ = ["Rookery", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import `Rookery` when it is first asked for: it brings the whole colony."""
    if name == "Rookery":
        from rookery.entrypoints.library import Rookery

        return Rookery
    raise AttributeError(f"module 'rookery' has no attribute {name!r}")
