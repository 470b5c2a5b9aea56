"""Errors in the form that OpenAI's clients read."""

from rookery.entrypoints.api.schemas import OpenAIError

DOORS = ("/v1/chat/", "/v1/models")
STATUS = {422: 400}
"""Where OpenAI answers with another status than we do."""

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_FIRST_OF_THE_SERVER = 500


def speaks(path: str) -> bool:
    """Whether what is at a path answers in OpenAI's form."""
    return path.startswith(DOORS)


def error(status: int, slug: str, message: str) -> OpenAIError:
    """Return an error; its code is the last word of the problem's type."""
    usual = "server_error" if status >= _FIRST_OF_THE_SERVER else "invalid_request_error"
    return OpenAIError(message=message, type=_TYPES.get(status, usual), code=slug.replace("-", "_"))
