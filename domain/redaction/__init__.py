"""Replacing credentials before anything is stored, logged or shown."""

from rookery.domain.redaction.deep import RedactedJson, redact_all, redact_json
from rookery.domain.redaction.texts import Redacted, redact, stand_in

__all__ = ["Redacted", "RedactedJson", "redact", "redact_all", "redact_json", "stand_in"]
