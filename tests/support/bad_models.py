"""Models that go astray, each in its own way, behind a server on this machine."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.support.openai_chat import ChatAsked

Say = Callable[[ChatAsked], str]
FOUNDED = "The observatory was founded"


def kind_of(asked: ChatAsked) -> str:
    """Return which of the colony's jobs a prompt puts."""
    properties = asked.schema_asked.get("properties", {})
    names = {"sub_questions": "plan", "quotes": "quote", "gaps": "reflect", "claims": "write", "calls": "act"}
    return next((kind for name, kind in names.items() if name in properties), "free")


def decides(*calls: tuple[str, dict[str, Any]]) -> str:
    """Return a decision to call tools."""
    return json.dumps({"thought": "on", "calls": [{"tool": tool, "arguments": given} for tool, given in calls]})


def sound(asked: ChatAsked) -> str:
    """Do the work as it should be done, by the simplest rule: quote the first line, and write what was quoted."""
    prompt = asked.messages[-1].content
    match kind_of(asked):
        case "plan":
            return json.dumps({"sub_questions": [prompt.rpartition("Question: ")[2].strip()]})
        case "quote":
            found = re.search(r'<document id="(\d+)"[^>]*>\n(.*)', prompt)
            assert found is not None
            return json.dumps({"quotes": [{"passage_id": found[1], "quote": found[2][:80], "score": 0.9}]})
        case "reflect":
            return json.dumps({"gaps": [], "contradictions": [], "follow_ups": [], "notes": ""})
        case "write":
            found = re.search(r'<document id="(\d+)"[^>]*>\n(.*)', prompt)
            claims = [{"text": found[2], "evidence": [int(found[1])], "sure": True}] if found else []
            return json.dumps({"claims": claims})
        case _:
            return decides(("finish", {}))


def otherwise(**jobs: Say) -> Say:
    """Return a model that does these jobs in its own way, and all others as it should."""
    return lambda asked: jobs.get(kind_of(asked), sound)(asked)


def finds_nothing(asked: ChatAsked) -> str:
    """Quote nothing, whatever it reads."""
    return json.dumps({"quotes": []})


def repeats_itself(asked: ChatAsked) -> str:
    """Call the same tool in the same way for ever."""
    return decides(("search_documents", {"query": "observatory"}))


def calls_what_is_not_there(asked: ChatAsked) -> str:
    """Call a tool that nobody has."""
    return decides(("shell", {"command": "rm -rf /"}))


def never_ends_its_work() -> Say:
    """Return a model that always thinks of one more thing to look for."""
    asked_before = 0

    def say(_: ChatAsked) -> str:
        nonlocal asked_before
        asked_before += 1
        return decides(("search_documents", {"query": f"observatory {asked_before}"}))

    return say


def garbage(_: ChatAsked) -> str:
    """Say what is no JSON."""
    return "%$§ certainly! {{{ here you go"


def contradicts_itself(asked: ChatAsked) -> str:
    """State one thing and its opposite of the same quote."""
    found = re.search(r'<document id="(\d+)"', asked.messages[-1].content)
    number = int(found[1]) if found else 1
    return json.dumps(
        {
            "claims": [
                {"text": f"{FOUNDED} in 1700.", "evidence": [number], "sure": True},
                {"text": f"{FOUNDED} in 1999.", "evidence": [number], "sure": True},
            ]
        }
    )


def answers_without_evidence(_: ChatAsked) -> str:
    """Claim, and cite nothing."""
    return json.dumps({"claims": [{"text": f"{FOUNDED} by Napoleon.", "evidence": [], "sure": True}]})


def a_hundred_thousand_tokens(_: ChatAsked) -> str:
    """Go on and on, whatever limit was asked for."""
    return "rook " * 100_000
