"""Source ids in a schema are bound to the allowed ones."""

from typing import Any

from pydantic import JsonValue

from rookery.domain.reasoning import Draft, Findings
from rookery.domain.schemas import bound_lengths, lock_sources


def bound(schema: dict[str, Any], *allowed: str) -> dict[str, Any]:
    return lock_sources(schema, allowed)


def test_a_quote_names_allowed_passages_only() -> None:
    quote = bound(Findings.model_json_schema(), "a#1", "b#2")["$defs"]["Quote"]
    assert quote["properties"]["passage_id"]["enum"] == ["a#1", "b#2"]
    assert quote["properties"]["quote"] == {"title": "Quote", "type": "string"}


def test_numbers_of_evidence_stay_numbers() -> None:
    claim = bound(Draft.model_json_schema(), "1", "3")["$defs"]["DraftClaim"]
    assert claim["properties"]["evidence"]["items"] == {"enum": [1, 3]}


def test_without_any_allowed_source_nothing_can_be_quoted() -> None:
    schema = bound(Findings.model_json_schema())
    assert schema["properties"]["quotes"] == {"type": "array", "maxItems": 0}


def test_without_any_allowed_source_a_claim_has_no_evidence() -> None:
    claim = bound(Draft.model_json_schema())["$defs"]["DraftClaim"]
    assert claim["properties"]["evidence"] == {"type": "array", "maxItems": 0}


def test_the_schema_that_was_given_stays_as_it_was() -> None:
    schema = Findings.model_json_schema()
    bound(schema, "a#1")
    assert schema == Findings.model_json_schema()


def test_strings_and_arrays_without_a_limit_get_one_and_others_keep_theirs() -> None:
    pattern = {"type": "string", "pattern": "^a+$"}
    short: JsonValue = {"type": "array", "items": {"type": "string"}, "maxItems": 2}
    schema = bound_lengths({"properties": {"a": pattern, "b": short, "c": {"type": "array"}}}, characters=9, items=5)
    assert schema["properties"] == {
        "a": pattern,
        "b": {"type": "array", "items": {"type": "string", "maxLength": 9}, "maxItems": 2},
        "c": {"type": "array", "maxItems": 5},
    }
