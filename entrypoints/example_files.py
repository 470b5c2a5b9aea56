"""Examples as JSON Lines, in the form in which trainers read conversations: a `messages` list a line."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from pydantic import JsonValue, ValidationError

from rookery.domain.errors import InvalidRequest, StorageError
from rookery.domain.redaction import redact
from rookery.domain.tuning import Example

_OWN = "rookery"


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write a line for each example, all or nothing. What Rookery alone needs is under `rookery`.

    Raises:
        StorageError: the file cannot be written.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(_line(example) for example in examples)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a file that `write_examples` wrote; a person may have removed or changed lines.

    Raises:
        InvalidRequest: it cannot be read, or has a credential in it; the message names the line.
    """
    try:
        lines = path.read_text("utf-8").split("\n")  # and at no other of the ends of lines that Unicode knows
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}") from error
    examples: list[Example] = []
    for number, line in enumerate(lines, 1):
        try:
            examples += [_example(line)] if line.strip() else []
        except (ValueError, TypeError, LookupError) as error:
            fault = _told(error)
            raise InvalidRequest(f"{path}, line {number} is no example of `rookery tune export`: {fault}") from error
    return examples


def _line(example: Example) -> str:
    own = example.model_dump(mode="json")
    messages = [*own.pop("messages"), {"role": "assistant", "content": own.pop("reply")}]
    return json.dumps({"messages": messages, _OWN: own}, ensure_ascii=False) + "\n"


def _example(line: str) -> Example:
    row: dict[str, JsonValue] = json.loads(line)
    own, messages = row[_OWN], row["messages"]
    if not isinstance(own, dict) or not isinstance(messages, list) or not isinstance(messages[-1], dict):
        raise TypeError("`messages` or `rookery` is of another form")
    if messages[-1]["role"] != "assistant":
        raise ValueError("the last message is not the assistant's")
    example = Example.model_validate({**own, "messages": messages[:-1], "reply": messages[-1]["content"]})
    if any(redact(text).count for text in (example.reply, *(message.content for message in example.messages))):
        raise ValueError("there is a credential in it, which a model would learn; take it out")
    return example


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return f"it lacks {error}" if isinstance(error, LookupError) else str(error)
