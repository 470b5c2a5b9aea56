"""Pinecone's errors in Rookery's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from rookery.domain.errors import ConfigurationError, RookeryError, VectorStoreError

_PASSING = (408, 429, 500, 502, 503, 504)


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Raise what the block raises as an error of Rookery.

    Raises:
        ConfigurationError: the client library is not installed.
        VectorStoreError: Pinecone cannot be reached or is busy (`retryable=True`), or refuses.
    """
    try:
        from pinecone import errors
    except ImportError as error:
        raise ConfigurationError(
            "Pinecone needs a library that is not installed: pip install 'rookery[pinecone]'"
        ) from error
    try:
        yield
    except RookeryError:
        raise
    except (errors.PineconeConnectionError, errors.PineconeTimeoutError) as error:
        raise VectorStoreError(
            f"Pinecone cannot be reached at {host}: {error}; check the network, or choose another vector store",
            retryable=True,
        ) from error
    except (errors.UnauthorizedError, errors.ForbiddenError) as error:
        raise VectorStoreError(
            f"Pinecone refuses us: {error}; check PINECONE_API_KEY and what its key may do"
        ) from error
    except errors.ApiError as error:
        retryable = error.status_code in _PASSING
        advice = "try again later" if retryable else "run `rookery memory rebuild` if this stays"
        raise VectorStoreError(f"Pinecone failed: {error}; {advice}", retryable=retryable) from error
    except errors.PineconeError as error:
        raise VectorStoreError(f"Pinecone failed: {error}") from error
