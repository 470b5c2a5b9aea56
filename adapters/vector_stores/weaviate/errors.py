"""What went wrong at Weaviate, in words for the person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rookery.domain.errors import VectorStoreError

if TYPE_CHECKING:
    from grpc.aio import AioRpcError

_SECTION = "vector_stores.weaviate"
_GONE = "could not find class"  # dropped by another process between two requests of ours: it is empty now


def failure(error: Exception, where: str) -> VectorStoreError:
    """Return the domain's error for one of the client's.

    Args:
        error: from the client, httpx or gRPC.
        where: the server's addresses, as the person set them.
    """
    chain = list(_chain(error))
    if any(_refuses(each) for each in chain):
        return VectorStoreError(f"Weaviate at {where} refuses us; check `{_SECTION}.api_key`")
    what = _words(chain)
    if _GONE in what or any(_passes(each) for each in chain):
        return VectorStoreError(
            f"Weaviate cannot be reached at {where}: {what}; start it, or set `{_SECTION}.url` and "
            f"`{_SECTION}.grpc_port` right",
            retryable=True,
        )
    return VectorStoreError(f"Weaviate at {where} failed: {what}; check its log, then run `rookery memory rebuild`")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _refuses(error: BaseException) -> bool:
    from grpc import StatusCode
    from grpc.aio import AioRpcError
    from weaviate.exceptions import AuthenticationFailedError

    if isinstance(error, AioRpcError):
        return error.code() in (StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED)
    return isinstance(error, AuthenticationFailedError) or _http_status(error) in (401, 403)


def _passes(error: BaseException) -> bool:
    from grpc.aio import AioRpcError
    from httpx import TransportError
    from weaviate.exceptions import WeaviateClosedClientError, WeaviateConnectionError, WeaviateTimeoutError

    if isinstance(error, AioRpcError):
        return _code_passes(error)
    network = TransportError | WeaviateConnectionError | WeaviateTimeoutError | WeaviateClosedClientError
    status = _http_status(error)
    return isinstance(error, network | TimeoutError) or status in (408, 429) or status >= 500


def _code_passes(error: "AioRpcError") -> bool:
    """Whether a gRPC error may pass; those of Weaviate's own code come as UNKNOWN."""
    from grpc import StatusCode

    passing = (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.ABORTED, StatusCode.INTERNAL)
    return error.code() in passing


def _http_status(error: BaseException) -> int:
    """Return the status of an HTTP answer, 0 for everything else."""
    from weaviate.exceptions import UnexpectedStatusCodeError

    status = error.status_code if isinstance(error, UnexpectedStatusCodeError) else 0
    return status if status >= 100 else 0  # the client puts gRPC's codes there, too


def _words(chain: list[BaseException]) -> str:
    """Return what the innermost error says: the outer ones repeat it with advice on the client's options."""
    from grpc.aio import AioRpcError
    from weaviate.exceptions import UnexpectedStatusCodeError

    told = next((each for each in chain if isinstance(each, AioRpcError | UnexpectedStatusCodeError)), chain[-1])
    if isinstance(told, AioRpcError):
        return told.details() or told.code().name
    if isinstance(told, TimeoutError):
        return "no answer in time"
    return str(told) or type(told).__name__
