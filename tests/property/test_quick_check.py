"""What the quick check of a reply accepts, jsonschema accepts."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from rookery.adapters.llms.openai_compatible.quick import quick_check
from rookery.domain.reasoning import Draft, Findings, Plan, Reflection
from rookery.domain.schemas import Schema, lock_sources

KEYS = st.sampled_from(["a", "b"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5, -2.5, 1e300, 2**70])
    | st.sampled_from(["", "a", "b", "möwe", "🐦"])
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2), max_leaves=6
)


def bounded(kind: str, **keywords: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=keywords)


NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0])
LENGTHS = st.integers(0, 3)
LEAVES: st.SearchStrategy[Schema] = st.one_of(
    bounded("string", minLength=LENGTHS, maxLength=LENGTHS, title=st.just("x"), format=st.just("source-id")),
    bounded("number", minimum=NUMBERS, maximum=NUMBERS, exclusiveMinimum=NUMBERS, exclusiveMaximum=NUMBERS),
    bounded("integer", minimum=NUMBERS, maximum=NUMBERS, exclusiveMinimum=NUMBERS, multipleOf=st.just(2)),
    bounded("boolean"),
    bounded("null"),
    st.fixed_dictionaries({"enum": st.lists(SCALARS, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"enum": st.sampled_from([[1, 2], [0], ["a", "b"]])}),
    st.fixed_dictionaries({"const": SCALARS}),
    st.fixed_dictionaries({"$ref": st.sampled_from(["#/$defs/one", "#/$defs/other"])}),
    st.just({}),
)


def grown(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    objects = bounded(
        "object",
        properties=st.dictionaries(KEYS, inner, max_size=2),
        required=st.lists(KEYS, max_size=2, unique=True),
        additionalProperties=st.sampled_from([True, False]) | inner,
        minProperties=LENGTHS,
    )
    arrays = bounded("array", items=inner, minItems=LENGTHS, maxItems=LENGTHS, uniqueItems=st.booleans())
    return objects | arrays | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)})


SCHEMAS = st.recursive(LEAVES, grown, max_leaves=4)
DEFINED = st.tuples(SCHEMAS, SCHEMAS, SCHEMAS).map(
    lambda three: {**three[0], "$defs": {"one": three[1], "other": three[2]}}
)


def refers_to_itself(schema: Schema) -> bool:
    """Whether a definition leads to itself without taking a step into the value, which jsonschema cannot bear."""

    def next_ones(node: JsonValue) -> list[str]:
        match node:
            case {"$ref": str() as reference}:
                return [reference.rpartition("/")[2]]
            case {"anyOf": list() as choices}:
                return [name for choice in choices for name in next_ones(choice)]
            case _:
                return []

    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    after = {name: next_ones(node) for name, node in definitions.items()}
    return any(name in after[name] or name in [last for one in after[name] for last in after[one]] for name in after)


@settings(max_examples=1000)
@given(DEFINED.filter(lambda schema: not refers_to_itself(schema)), VALUES)
def test_what_is_accepted_satisfies_the_schema(schema: Schema, value: JsonValue) -> None:
    if quick_check(schema)(value):
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(value)) == []


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (Plan, {"sub_questions": ["Who?"]}),
        (Findings, {"quotes": [{"passage_id": "2", "quote": "By Lucien.", "score": 1}]}),
        (Draft, {"claims": [{"text": "By Lucien.", "evidence": [1, 2]}]}),
        (Reflection, {"gaps": [], "notes": "none"}),
    ],
)
@pytest.mark.parametrize("allowed", [None, ["1", "2"]])
def test_the_answers_of_agents_are_accepted_quickly(
    model: type[Plan | Findings | Draft | Reflection], value: JsonValue, allowed: list[str] | None
) -> None:
    schema = model.model_json_schema()
    assert quick_check(schema if allowed is None else lock_sources(schema, allowed))(value)


def test_a_foreign_source_is_not_accepted() -> None:
    check = quick_check(lock_sources(Findings.model_json_schema(), ["1", "2"]))
    assert not check({"quotes": [{"passage_id": "3", "quote": "By Lucien.", "score": 1}]})
    draft = quick_check(lock_sources(Draft.model_json_schema(), ["1", "2"]))
    assert not draft({"claims": [{"text": "By Lucien.", "evidence": [3], "sure": True}]})
