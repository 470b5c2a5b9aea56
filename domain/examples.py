"""Examples for a model to learn from: which replies of which runs, and on what grounds."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from rookery.domain.actions import Decision
from rookery.domain.approvals import Approval, ApprovalStatus, digest_of
from rookery.domain.calls import ModelCall, StoredCall
from rookery.domain.redaction import redact
from rookery.domain.runs import Run, RunStatus
from rookery.domain.tuning import Correction, Example, Grounds

_MARK = "[redacted:"


class Told(NamedTuple):
    """A run and what people said of what happened in it."""

    run: Run
    approvals: Sequence[Approval] = ()
    corrections: Sequence[Correction] = ()


def is_held_out(run_id: str, share: float) -> bool:
    """Whether the examples of a run are for the examination: always the same for the same run and share."""
    digest = hashlib.sha256(f"held out {run_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def belongs_to(call: ModelCall, agent: str) -> bool:
    """Whether an agent made a call; researchers are numbered."""
    name, _, number = (call.session or "").rpartition("-")
    return call.session == agent or (name == agent and number.isdigit())


def example_of(stored: StoredCall, told: Told, *, agent: str, held_out: bool) -> Example | None:
    """Return what can be learnt of a call of an agent; None where its reply is nothing to learn from.

    Credentials are replaced in all of it. A reply in which one was replaced is not taken: it would teach the mark.
    """
    reply = _object(stored.call)
    if reply is None or not belongs_to(stored.call, agent):
        return None
    corrected = _corrected(reply, told.corrections)
    grounds = "corrected" if corrected else _grounds(reply, stored.call, told)
    text = _json(corrected) if corrected else stored.call.reply or ""
    if grounds is None or redact(text).count or _MARK in text:
        return None
    messages = [
        message.model_copy(update={"content": redact(message.content).text}) for message in stored.call.messages
    ]
    return Example(
        agent=agent,
        run_id=told.run.id,
        call=stored.number,
        grounds=grounds,
        messages=messages,
        reply=text,
        json_schema=stored.call.json_schema,
        seed=stored.call.seed,
        held_out=held_out,
    )


def _object(call: ModelCall) -> dict[str, Any] | None:
    if call.reply is None or call.error is not None:
        return None
    try:
        value = json.loads(call.reply)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _corrected(reply: dict[str, Any], corrections: Iterable[Correction]) -> dict[str, Any] | None:
    """Return the reply with the claims that a person corrected; None if there is none of these in it."""
    texts = {correction.was: correction.text for correction in corrections}
    claims = reply.get("claims")
    if not isinstance(claims, list) or not any(_text(claim) in texts for claim in claims):
        return None
    return reply | {"claims": [claim | {"text": texts.get(_text(claim), _text(claim))} for claim in claims]}


def _grounds(reply: dict[str, Any], call: ModelCall, told: Told) -> Grounds | None:
    if told.run.status is not RunStatus.SUCCEEDED:
        return None
    if "claims" in reply:
        return "verified" if _are_supported(reply["claims"], told.run) else None
    if "quotes" in reply:
        return "verified" if _are_verbatim(reply["quotes"], call) else None
    if "calls" in reply:
        return _permitted(reply, told.approvals)
    return "complete"


def _are_supported(claims: list[Any], run: Run) -> bool:
    """What the run dropped or badged is no model for anybody."""
    supported = {claim.text for claim in run.result.claims if claim.supported} if run.result else set()
    return bool(claims) and all(_text(claim) in supported for claim in claims)


def _are_verbatim(quotes: list[Any], call: ModelCall) -> bool:
    told = [message.content for message in call.messages]
    return bool(quotes) and all(any(str(quote.get("quote")) in text for text in told) for quote in quotes)


def _permitted(reply: dict[str, Any], approvals: Iterable[Approval]) -> Grounds | None:
    """Calls of tools that a person denied, or left waiting, are not to be learnt."""
    try:
        wanted = {digest_of(call) for call in Decision.model_validate(reply).calls}
    except ValidationError:
        return None
    statuses = {approval.status for approval in approvals if approval.digest in wanted}
    if not statuses:
        return "complete"
    return "approved" if statuses == {ApprovalStatus.APPROVED} else None


def _text(claim: Any) -> str:
    return str(claim.get("text", "")) if isinstance(claim, dict) else ""


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
