"""Secrets that are sent in an HTTP header."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr


def _fits(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text and text.isascii() and text.isprintable() and text == text.strip()):
        raise ValueError("is empty, or has characters that cannot be sent")
    return secret


HeaderSecret = Annotated[SecretStr, AfterValidator(_fits)]
"""A secret without line ends and the like, over which HTTP clients stumble with the secret in their message."""
