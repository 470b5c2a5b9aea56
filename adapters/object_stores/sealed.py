"""Encryption before anything leaves the machine."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pydantic import SecretStr

from rookery.domain.errors import ConfigurationError, StorageError
from rookery.domain.ports.object_store import ObjectStorePort

if TYPE_CHECKING:
    from pyrage.x25519 import Identity


def new_identity() -> str:
    """Return a new secret key, `AGE-SECRET-KEY-1…`; who loses it loses what was sealed with it.

    Raises:
        ConfigurationError: the library for it is not installed.
    """
    _require_pyrage()
    from pyrage.x25519 import Identity

    return str(Identity.generate())


class SealedObjectStore(ObjectStorePort):
    """Another store whose objects are age files (https://age-encryption.org/v1) for one identity.

    All machines that share the store have the same identity. `age --decrypt --identity KEYFILE` opens an object too.

    Contents are sealed, names are not: they, and the sizes, can be read by whoever can list the store. Nor is a
    content tied to its name: who can write to the store could swap objects, which a caller sees when names carry the
    digests of contents.

    The same content gives other bytes each time it is sealed. A `put_new` that is made again after a lost answer
    therefore offers other bytes; the name decides, and what was first written under it stays.

    Args:
        inner: where the sealed objects lie.
        identity: the secret key, `AGE-SECRET-KEY-1…`.

    Raises:
        ConfigurationError: the identity is not one, or the library for it is not installed.
    """

    def __init__(self, inner: ObjectStorePort, identity: SecretStr | str) -> None:
        self._inner = inner
        self._identity = _parsed(identity if isinstance(identity, str) else identity.get_secret_value())

    async def put_new(self, name: str, content: bytes) -> bool:
        """Seal the content and write it unless the name is taken."""
        return await self._inner.put_new(name, await asyncio.to_thread(self._seal, content))

    async def get(self, name: str) -> bytes:
        """Return the content of a sealed object, and of no other.

        Raises:
            NotFound: there is none of that name.
            StorageError: it is not sealed, sealed for another identity, or damaged; or the store fails.
        """
        return await asyncio.to_thread(self._open, name, await self._inner.get(name))

    def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the inner store's names."""
        return self._inner.names(prefix, after=after)

    async def close(self) -> None:
        """Close the inner store."""
        await self._inner.close()

    def _seal(self, content: bytes) -> bytes:
        import pyrage

        return pyrage.encrypt(content, [self._identity.to_public()])

    def _open(self, name: str, sealed: bytes) -> bytes:
        import pyrage

        try:
            return pyrage.decrypt(sealed, [self._identity])
        except pyrage.DecryptError as error:
            raise StorageError(_why_closed(name, sealed)) from error


def _why_closed(name: str, sealed: bytes) -> str:
    if not sealed.startswith((b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")):
        return (
            f"object {name!r} is not sealed, so it was not written with this setup; "
            "remove it from the store or use a store of its own for sealed objects"
        )
    return (
        f"object {name!r} cannot be unsealed: it was sealed for another identity or is damaged; "
        "use the identity of the machine that wrote it, or restore the object from a backup"
    )


def _parsed(identity: str) -> "Identity":
    _require_pyrage()
    from pyrage import IdentityError
    from pyrage.x25519 import Identity

    try:
        return Identity.from_str(identity.strip())
    except IdentityError:
        raise ConfigurationError(
            "the identity that seals objects is not an age secret key: it is one line that begins with AGE-SECRET-KEY-1"
        ) from None


def _require_pyrage() -> None:
    try:
        import pyrage  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            "sealing objects needs a library that is not installed: pip install 'rookery[sealed]'"
        ) from error
