"""What Slack checks of blocks (https://docs.slack.dev/reference/block-kit/blocks)."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_BLOCKS = 50
LONGEST_SECTION = 3000
MOST_CHARACTERS = 12_000  # of all blocks together; the real limit is not documented and a little higher
_STYLES = {"bold", "italic", "strike", "code"}
_RICH = {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}


def fault_of(blocks: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why Slack refuses blocks, or None."""
    if len(blocks) > MOST_BLOCKS or not all(map(_sound, blocks)):
        return "invalid_blocks"
    return "msg_blocks_too_long" if len(shown(blocks)) > MOST_CHARACTERS else None


def shown(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Return the words that a person sees, with mentions as `@ID`."""
    return "\n".join(_words(block) for block in blocks)


def buttons(blocks: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the buttons by what stands on them."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return {one["text"]["text"]: one for row in rows for one in row}


def _words(block: Mapping[str, Any]) -> str:
    if block["type"] == "rich_text":
        return "".join(_element(one) for part in block["elements"] for one in part["elements"])
    return str((block.get("text") or {}).get("text", ""))


def _element(element: Mapping[str, Any]) -> str:
    if element["type"] == "user":
        return f"@{element['user_id']}"
    return str(element.get("text") or element.get("url") or "")


def _sound(block: Mapping[str, Any]) -> bool:
    match block.get("type"):
        case "section":
            return 1 <= len((block.get("text") or {}).get("text", "")) <= LONGEST_SECTION
        case "rich_text":
            return bool(block["elements"]) and all(
                part["type"] in _RICH and part["elements"] and all(map(_sound_element, part["elements"]))
                for part in block["elements"]
            )
        case "actions":
            return 1 <= len(block["elements"]) <= 25 and all(map(_sound_button, block["elements"]))
        case _:
            return False


def _sound_element(element: Mapping[str, Any]) -> bool:
    match element.get("type"):
        case "text":
            return bool(element["text"]) and set(element.get("style", {})) <= _STYLES
        case "link":
            return str(element["url"]).startswith(("http://", "https://"))
        case "user":
            return bool(element["user_id"])
        case _:
            return False


def _sound_button(one: Mapping[str, Any]) -> bool:
    return (
        one["type"] == "button"
        and one["text"]["type"] == "plain_text"
        and 1 <= len(one["text"]["text"]) <= 75
        and 1 <= len(one["action_id"]) <= 255
        and len(one.get("value", "")) <= 2000
        and one.get("style") in (None, "primary", "danger")
    )
