"""S3, and what speaks its protocol, behind `ObjectStorePort`."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from rookery.adapters.object_stores.names import check_name, is_name
from rookery.adapters.object_stores.s3_errors import code_of, told
from rookery.adapters.object_stores.s3_writes import keeps_conditions, put_once
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.object_store import ObjectStorePort

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

_PROBE = ".rookery-probe"


class Settings(BaseModel):
    """Which bucket, where, and with whose credentials. What is not given is found by boto3 in AWS's usual places."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bucket: str = Field(min_length=3, description="an existing bucket")
    prefix: str = Field(default="", description="where in the bucket the objects lie, such as team/memory")
    endpoint_url: str | None = Field(default=None, description="of another service than AWS; or AWS_ENDPOINT_URL_S3")
    region: str | None = Field(default=None, description="or AWS_REGION, or that of the profile")
    profile: str | None = Field(default=None, description="a section of AWS's config files; or AWS_PROFILE")
    access_key_id: SecretStr | None = Field(default=None, description="or AWS_ACCESS_KEY_ID, or what boto3 finds")
    secret_access_key: SecretStr | None = Field(default=None, description="or AWS_SECRET_ACCESS_KEY")
    connect_timeout_seconds: float = Field(default=5.0, gt=0, description="for a connection")
    read_timeout_seconds: float = Field(default=10.0, gt=0, description="without a byte of an answer")
    max_attempts: int = Field(default=4, ge=1, description="requests for one call, with growing pauses between them")

    @field_validator("prefix")
    @classmethod
    def _as_folder(cls, prefix: str) -> str:
        stripped = prefix.strip("/")
        if stripped and not is_name(stripped):
            raise ValueError("a prefix is parts joined by '/', none of them empty or beginning with a dot")
        return f"{stripped}/" if stripped else ""

    @field_validator("endpoint_url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "https://s3.amazonaws.com")
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("the endpoint is http:// or https:// and a host, without user and password")
        return url

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together")
        return self


class S3ObjectStore(ObjectStorePort):
    """Objects in a bucket, each written once by a conditional PutObject.

    Before the first write it makes sure that the endpoint keeps conditions: some ignore them and overwrite. For that,
    an empty object `.rookery-probe` lies under the prefix. The endpoint must decide a race too, as AWS does; that
    cannot be found out from outside.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._probing = threading.Lock()
        self._client: S3Client | None = None
        self._keeps_conditions = False

    async def put_new(self, name: str, content: bytes) -> bool:
        """Write the object unless the name is taken; a damaged upload is refused by its SHA-256."""
        check_name(name)
        return await asyncio.to_thread(self._put_new, name, content)

    async def get(self, name: str) -> bytes:
        """Return an object."""
        check_name(name)
        return await asyncio.to_thread(self._get, name)

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the names, a page of at most 1,000 for each request."""
        pages = await asyncio.to_thread(self._pages, prefix, after)
        while (page := await asyncio.to_thread(self._next, pages)) is not None:
            for name in page:
                if name > after:
                    yield name

    async def close(self) -> None:
        """Close the connections; the next call opens them again."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close)

    def _put_new(self, name: str, content: bytes) -> bool:
        with told(self._place):
            client = self._open()
            self._require_conditions(client)
            return put_once(client, self._settings.bucket, self._key(name), content)

    def _get(self, name: str) -> bytes:
        with told(self._place):
            from botocore.exceptions import ClientError

            try:
                answer = self._open().get_object(Bucket=self._settings.bucket, Key=self._key(name))
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    raise NotFound(f"there is no object {name!r} in {self._place()}") from error
                raise
            with closing(answer["Body"]) as body:  # as a context manager, the body would give itself unchecked
                return body.read()

    def _pages(self, prefix: str, after: str) -> "Iterator[ListObjectsV2OutputTypeDef]":
        with told(self._place):
            listing = self._open().get_paginator("list_objects_v2").paginate
            bucket, wanted = self._settings.bucket, self._key(prefix)
            if after and after.startswith(prefix):
                return iter(listing(Bucket=bucket, Prefix=wanted, StartAfter=self._key(after)))
            return iter(listing(Bucket=bucket, Prefix=wanted))  # MinIO lists nothing from a start outside the prefix

    def _next(self, pages: "Iterator[ListObjectsV2OutputTypeDef]") -> list[str] | None:
        with told(self._place):
            page = next(pages, None)
        if page is None:
            return None
        names = (found.get("Key", "").removeprefix(self._settings.prefix) for found in page.get("Contents", []))
        return [name for name in names if is_name(name)]

    def _require_conditions(self, client: "S3Client") -> None:
        with self._probing:
            if not self._keeps_conditions:
                self._keeps_conditions = keeps_conditions(client, self._settings.bucket, self._key(_PROBE))
            if not self._keeps_conditions:
                raise StorageError(
                    f"{self._place()} ignores `If-None-Match`, so that machines would overwrite each other's objects; "
                    "use a service that has conditional writes, such as AWS or a present MinIO"
                )

    def _open(self) -> "S3Client":
        with self._opening:
            if self._client is None:
                self._client = _client(self._settings)
            return self._client

    def _key(self, name: str) -> str:
        return self._settings.prefix + name

    def _place(self) -> str:
        url = self._settings.endpoint_url if self._client is None else self._client.meta.endpoint_url
        host = urlsplit(url or "").netloc.rpartition("@")[2]
        return f"bucket {self._settings.bucket!r}" + (f" at {host}" if host else "")


def _client(settings: Settings) -> "S3Client":
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=settings.connect_timeout_seconds,
        read_timeout=settings.read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
        s3={"addressing_style": "path"} if settings.endpoint_url else None,
    )
    session = boto3.Session(profile_name=settings.profile, region_name=settings.region)
    return session.client(
        "s3",
        endpoint_url=settings.endpoint_url,
        aws_access_key_id=_revealed(settings.access_key_id),
        aws_secret_access_key=_revealed(settings.secret_access_key),
        config=config,
    )


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
