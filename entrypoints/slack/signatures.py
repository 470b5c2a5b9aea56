"""Whether a request comes from Slack (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""

import hashlib
import hmac
import re
from datetime import datetime

from pydantic import SecretStr

WINDOW_SECONDS = 300
"""By which Slack's clock and ours may differ; what was signed longer ago may be a recording."""

_WHOLE = re.compile(rb"[0-9]{1,12}")


def is_signed(secret: SecretStr, body: bytes, *, timestamp: str | None, signature: str | None, now: datetime) -> bool:
    """Whether the body was signed with the secret, and not long ago.

    Args:
        secret: the signing secret of the app.
        body: as it came, byte for byte.
        timestamp: `X-Slack-Request-Timestamp`.
        signature: `X-Slack-Signature`.
        now: the time.
    """
    moment = (timestamp or "").encode("utf-8", "replace")
    if not _WHOLE.fullmatch(moment) or abs(now.timestamp() - int(moment)) > WINDOW_SECONDS:
        return False
    key = secret.get_secret_value().encode()
    expected = "v0=" + hmac.new(key, b"v0:" + moment + b":" + body, hashlib.sha256).hexdigest()
    return bool(key) and hmac.compare_digest(expected.encode(), (signature or "").encode("utf-8", "replace"))
