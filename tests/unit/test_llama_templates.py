"""How llama.cpp's worker writes conversations, and schemas for llguidance."""

import importlib.util
import re

import pytest

if importlib.util.find_spec("jinja2") is None:
    pytest.skip("jinja2 is not installed", allow_module_level=True)

from pydantic import JsonValue

from rookery.adapters.llms.llama_cpp.wire import Turn
from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.schemas import plain
from rookery.adapters.llms.llama_cpp.worker.templates import Template, family

SYSTEM, USER = Turn(role="system", content="be brief"), Turn(role="user", content="where?")
ANSWER = Turn(role="assistant", content="there")


def write(source: str, *turns: Turn) -> str:
    return Template(source, bos="<s>", eos="</s>").write(turns)


def test_each_family_writes_the_models_turn_last() -> None:
    conversation = (SYSTEM, USER, ANSWER, USER)
    assert write(family(["<|im_start|>"]), *conversation) == (
        "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nwhere?<|im_end|>\n"
        "<|im_start|>assistant\nthere<|im_end|>\n<|im_start|>user\nwhere?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert write(family(["<|start_header_id|>"]), SYSTEM, USER) == (
        "<s><|start_header_id|>system<|end_header_id|>\n\nbe brief<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nwhere?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert write(family(["<start_of_turn>"]), *conversation) == (
        "<s><start_of_turn>user\nbe brief\n\nwhere?<end_of_turn>\n<start_of_turn>model\nthere<end_of_turn>\n"
        "<start_of_turn>user\nwhere?<end_of_turn>\n<start_of_turn>model\n"
    )
    assert write(family(["[INST]"]), *conversation) == "<s>[INST]be brief\n\nwhere?[/INST]there</s>[INST]where?[/INST]"


def test_no_known_family_is_said() -> None:
    with pytest.raises(Unusable, match="no chat template"):
        family(["<begin>"])


def test_a_template_that_forgets_the_system_does_not_lose_its_words() -> None:
    source = "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}"
    assert write(source, SYSTEM, USER) == "be brief\n\nwhere?"


@pytest.mark.parametrize(
    "source",
    ["{{ raise_exception('never') }}", "{{ messages[7].content }}", "{{ 1 // 0 }}", "{{ ''.__class__.mro() }}"],
)
def test_a_template_that_refuses_says_so(source: str) -> None:
    with pytest.raises(Unusable, match="refuses") as caught:
        write(source, USER)
    assert caught.value.kind == "request"


def test_a_template_that_cannot_be_read_is_the_models_fault() -> None:
    with pytest.raises(Unusable) as caught:
        write("{% for %}", USER)
    assert caught.value.kind == "model"


def test_formats_that_bind_nothing_are_left_out_of_schemas() -> None:
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {
            "format": {"type": "string", "format": "source-id"},
            "place": {"type": "string", "format": "uri"},
            "kind": {"enum": [{"format": "kept"}]},
        },
    }
    assert plain(schema)["properties"] == {
        "format": {"type": "string"},
        "place": {"type": "string", "format": "uri"},
        "kind": {"enum": [{"format": "kept"}]},
    }


def test_branches_that_a_discriminator_parts_may_be_any_of() -> None:
    branches: list[JsonValue] = [{"type": "object"}, {"type": "object"}]
    assert plain({"oneOf": branches, "discriminator": {"propertyName": "kind"}}) == {"anyOf": branches}
    assert plain({"oneOf": branches}) == {"oneOf": branches}


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        *(("2024-02-29", True), ("2000-02-29", True), ("1900-02-29", False), ("2023-02-29", False)),
        *(("2023-04-30", True), ("2023-04-31", False), ("0000-01-01", False), ("0001-12-31", True)),
    ],
)
def test_a_date_is_a_day_that_there_is(day: str, *, is_one: bool) -> None:
    date, moment = (plain({"type": "string", "format": form})["pattern"] for form in ("date", "date-time"))
    assert bool(re.search(str(date), day)) == is_one
    assert bool(re.search(str(moment), f"{day}T23:59:59.5+01:00")) == is_one
    assert not re.search(str(moment), f"{day}T24:00:00Z")
