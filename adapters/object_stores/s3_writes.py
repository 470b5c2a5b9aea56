"""Writing an object of S3 once, by conditional requests."""

import hashlib
import secrets
import time
from base64 import b64encode
from typing import TYPE_CHECKING

from rookery.adapters.object_stores.s3_errors import code_of, status_of
from rookery.domain.errors import StorageError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

_MARK = "rookery-write"
_TRIES = 5  # of a write that conflicts with another, half a second in all


def put_once(client: "S3Client", bucket: str, key: str, content: bytes) -> bool:
    """Write the object unless the key is taken. Return whether this call wrote it, even if an answer was lost.

    The object carries a mark of the call, by which the call knows its own when a repeated request finds the key taken.

    Raises:
        StorageError: other writers are in the way (`retryable=True`).
        ClientError, BotoCoreError: everything else.
    """
    from botocore.exceptions import ClientError

    mark = secrets.token_hex(16)
    for number in range(_TRIES):
        try:
            _put(client, bucket, key, content, mark)
            return True
        except ClientError as error:
            if _is_taken(error):
                return (number > 0 or _was_repeated(error)) and _has_mark(client, bucket, key, mark)
            if not _is_conflict(error):
                raise
        time.sleep(0.03 * 2**number)
    return _has_mark(client, bucket, key, mark)


def keeps_conditions(client: "S3Client", bucket: str, key: str) -> bool:
    """Return whether the endpoint refuses to write a key that is taken, tried on an empty object of that key.

    Raises:
        ClientError, BotoCoreError: the object can be neither written nor refused.
    """
    # the first put may find the object of another day; only a refusal proves anything
    return _is_refused(client, bucket, key) or _is_refused(client, bucket, key)


def _put(client: "S3Client", bucket: str, key: str, content: bytes, mark: str) -> None:
    client.put_object(
        Bucket=bucket,
        Key=key,
        Body=content,
        IfNoneMatch="*",
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=b64encode(hashlib.sha256(content).digest()).decode(),
        Metadata={_MARK: mark},
    )


def _has_mark(client: "S3Client", bucket: str, key: str, mark: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        found = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if status_of(error) != 404:
            raise
        message = f"others write {key!r} in bucket {bucket!r} at the same time; try again"
        raise StorageError(message, retryable=True) from error
    return found["Metadata"].get(_MARK) == mark


def _is_refused(client: "S3Client", bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        _put(client, bucket, key, b"", "probe")
    except ClientError as error:
        if _is_taken(error) or _is_conflict(error):
            return True
        if status_of(error) != 501:
            raise
    return False


def _is_taken(error: "ClientError") -> bool:
    return status_of(error) == 412


def _is_conflict(error: "ClientError") -> bool:
    return code_of(error) == "ConditionalRequestConflict"


def _was_repeated(error: "ClientError") -> bool:
    """Return whether boto3 sent the request more than once, so that an earlier one may have been carried out."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0
