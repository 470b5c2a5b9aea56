"""A Weaviate that all tests share; whoever uses it resets the store first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.weaviate_server import WeaviateServer


@pytest.fixture(scope="session")
def weaviate_server() -> "Iterator[WeaviateServer]":
    """A server that asks for no key; its libraries take a second to import."""
    from tests.support.weaviate_server import weaviate_server

    with weaviate_server() as server:
        yield server
