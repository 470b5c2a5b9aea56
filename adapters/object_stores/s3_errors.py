"""What S3 and boto3 complain of, in Rookery's words. Their own messages may hold keys and are never repeated."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rookery.domain.errors import ConfigurationError, StorageError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_CREDENTIALS = (
    "check the key and its secret in the settings, in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in the profile"
)
_REGION = "is in another region or wants another one named; correct the setting `region`"
_DAMAGED = "got something else than was sent and refused it; try again"

_SAID: dict[str, str] = {
    "NoSuchBucket": "does not exist; create it or correct the setting `bucket`",
    "InvalidBucketName": "cannot exist, as no bucket may have that name; correct the setting `bucket`",
    "InvalidAccessKeyId": f"does not know the access key; {_CREDENTIALS}",
    "SignatureDoesNotMatch": f"refuses the secret of the access key; {_CREDENTIALS}",
    "InvalidToken": f"refuses the session token; {_CREDENTIALS}",
    "ExpiredToken": "refuses credentials that have expired; get new ones",
    "AccessDenied": "denies access; the credentials need s3:ListBucket on the bucket and s3:GetObject and s3:PutObject "
    "on its objects",
    "RequestTimeTooSkewed": "sees another time than this machine; set this machine's clock",
    "RequestExpired": "sees another time than this machine; set this machine's clock",
    "301": _REGION,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "BadDigest": _DAMAGED,
    "InvalidDigest": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
    "XAmzContentChecksumMismatch": _DAMAGED,
}
_ALSO_RETRYABLE = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
_BUSY = {"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "RequestLimitExceeded", "OperationAborted"}


@contextmanager
def told(place: Callable[[], str]) -> Iterator[None]:
    """Translate what is raised within.

    Args:
        place: names the bucket and its endpoint, as the beginning of a message.

    Raises:
        StorageError: for every error of boto3 and for each answer of S3 that nobody caught.
        ConfigurationError: boto3 is not installed.
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise ConfigurationError("S3 needs a library that is not installed: pip install 'rookery[s3]'") from error
    try:
        yield
    except ClientError as error:
        raise _refusal(place(), error) from error
    except BotoCoreError as error:
        raise _failure(place(), error) from error
    except ValueError as error:  # AWS_ENDPOINT_URL may hold what is no URL
        raise StorageError(f"{place()} has a setting that boto3 cannot use; check `endpoint_url`") from error


def code_of(error: "ClientError") -> str:
    """Return S3's name for the error, such as `NoSuchKey`; for a HEAD request only the status, such as `404`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: "ClientError") -> int:
    """Return the HTTP status; 0 where none is known."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _refusal(place: str, error: "ClientError") -> StorageError:
    code, status = code_of(error), status_of(error)
    if code in _SAID:
        return StorageError(f"{place} {_SAID[code]}", retryable=code in _ALSO_RETRYABLE)
    shown = f"{status} {code}" if re.fullmatch(r"[A-Za-z.]{1,60}", code) else str(status)
    if code in _BUSY or status == 429 or status >= 500:
        return StorageError(f"{place} is busy or out of order ({shown}); try again later", retryable=True)
    if status in (401, 403):
        return StorageError(f"{place} {_SAID['AccessDenied']} ({shown})")
    return StorageError(f"{place} refuses the request ({shown}); check the settings")


def _failure(place: str, error: "BotoCoreError") -> StorageError:
    from botocore import exceptions

    match error:
        case exceptions.ProfileNotFound():
            return StorageError(f"{place} is to be used with a profile that AWS's config files do not have")
        case (
            exceptions.NoCredentialsError()
            | exceptions.PartialCredentialsError()
            | exceptions.CredentialRetrievalError()
            | exceptions.TokenRetrievalError()
            | exceptions.SSOError()
        ):
            return StorageError(f"{place} needs credentials, and none can be had; {_CREDENTIALS}")
        case exceptions.SSLError():
            return StorageError(f"{place} shows a certificate that is not trusted; check the address or AWS_CA_BUNDLE")
        case exceptions.FlexibleChecksumError():
            return StorageError(f"{place} sent something damaged; try again", retryable=True)
        case exceptions.HTTPClientError() | exceptions.ConnectionError() | exceptions.IncompleteReadError():
            advice = "check the network and `endpoint_url`, and try again"
            return StorageError(f"{place} cannot be reached, or broke off; {advice}", retryable=True)
        case _:
            return StorageError(f"{place} has a setting that boto3 cannot use ({type(error).__name__})")
