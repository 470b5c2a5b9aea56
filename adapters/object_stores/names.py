"""Names that every store can hold."""

import re

from rookery.domain.errors import InvalidRequest

_LONGEST_PART = 255  # bytes; the limit of most file systems
_LONGEST = 900  # bytes; S3 allows 1,024, which leaves room for a prefix
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


def is_name(name: str) -> bool:
    """Return whether an object may have that name, by the rules of `ObjectStorePort`."""
    if _FORBIDDEN.search(name) or len(name.encode()) > _LONGEST:
        return False
    return all(part and not part.startswith(".") and len(part.encode()) <= _LONGEST_PART for part in name.split("/"))


def check_name(name: str) -> None:
    """Refuse a name that breaks the rules.

    Raises:
        InvalidRequest: always with the name.
    """
    if not is_name(name):
        raise InvalidRequest(
            f"{name[:100]!r} cannot name an object: a name is parts joined by '/', none of them empty, longer than "
            f"{_LONGEST_PART} bytes or beginning with a dot, without backslashes and control characters"
        )
