"""Bind a model that knows nothing: `python benchmarks/inference/constrained.py [--count 10000] [--json]`.

A tiny model with made-up weights writes at temperature 1, eight replies at once, each bound by one of some schemas in
which the ids of sources are locked to a few. Every reply must parse and validate, and name no other source.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import jsonschema  # type: ignore[import-untyped]
from pydantic import JsonValue

from rookery.adapters.llms.llama_cpp import wire
from rookery.domain.schemas import lock_sources
from tests.support.gguf_llms import write_tiny_gemma3, write_tiny_llama
from tests.support.llama_worker import LlamaWorker, llama_worker

Schema = dict[str, JsonValue]
IDS = [f"p{number}" for number in range(40)]
AT_ONCE = 16


def closed(**properties: JsonValue) -> Schema:
    """Return the schema of an object with just these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def texts(longest: int) -> Schema:
    """Return the schema of a text."""
    return {"type": "string", "maxLength": longest}


def listed(items: JsonValue, most: int) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "maxItems": most}


SOURCE: Schema = {"type": "string", "format": "source-id"}
SCHEMAS: list[Schema] = [
    closed(claims=listed(closed(text=texts(12), citations=listed(SOURCE, 3)), 3)),
    closed(tool={"enum": ["search", "read", "finish"]}, arguments=closed(query=texts(16), top={"enum": [1, 5, 10]})),
    closed(answer=texts(20), supported={"type": "boolean"}, source=SOURCE),
    closed(verdict={"enum": ["support", "contradict", "neither"]}, note={"anyOf": [texts(8), {"type": "null"}]}),
    {**closed(plan=listed({"$ref": "#/$defs/step"}, 3)), "$defs": {"step": closed(goal=texts(10), of=SOURCE)}},
    closed(id={"type": "string", "format": "uuid"}, year={"type": "integer", "minimum": 1800, "maximum": 2100}),
    listed({"type": "integer", "minimum": -9, "maximum": 999}, 5),
    closed(when={"type": "string", "format": "date"}, tags=listed({"type": "string", "pattern": "^[a-z]{1,8}$"}, 4)),
]


def main() -> None:
    """Generate and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    started, seen = time.perf_counter(), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        models = [write_tiny_llama(Path(folder) / "llama.gguf"), write_tiny_gemma3(Path(folder) / "gemma3.gguf")]
        for part, path in enumerate(models):
            with llama_worker(path, n_ctx=1024, slots=8, ram_cache_mb=0) as worker:
                seen += judged(worker, range(part * options.count // 2, (part + 1) * options.count // 2))
    figures = {**seen, "seconds": round(time.perf_counter() - started, 1)}
    sys.stdout.write(
        f"{json.dumps(figures)}\n" if options.json else "".join(f"{k:16} {v}\n" for k, v in figures.items())
    )
    if seen["invalid"] or seen["foreign"] or seen["failed"]:
        raise SystemExit(1)


def judged(worker: LlamaWorker, seeds: range) -> Counter[str]:
    """Return how many replies are as they must be, and how many are not."""
    seen: Counter[str] = Counter()
    for start in range(0, len(seeds), AT_ONCE):
        asked = [
            (worker.start(f"{seed}", seed=seed, **bound(schema)), schema, ids)
            for seed, schema, ids in requests(seeds[start : start + AT_ONCE])
        ]
        for number, schema, ids in asked:
            reply = worker.finish(number)
            judged_as = verdict(reply.text, reply.end, schema, ids)
            seen[judged_as] += 1
            if judged_as in ("invalid", "foreign", "failed"):
                sys.stderr.write(f"{judged_as}: {reply} by {json.dumps(schema)}\n")
            if isinstance(reply.end, wire.Finished):
                seen["tokens"] += reply.end.completion_tokens
                seen["checks"] += reply.end.grammar_checks
                seen["masks"] += reply.end.grammar_masks
    return seen


def requests(seeds: range) -> Iterator[tuple[int, Schema, list[str]]]:
    """Yield a locked schema and its ids for each seed."""
    for seed in seeds:
        ids = random.Random(seed).sample(IDS, seed % 4)
        yield seed, lock_sources(SCHEMAS[seed % len(SCHEMAS)], ids), ids


def bound(schema: Schema) -> dict[str, object]:
    """Return the options of a request."""
    return {"json_schema": schema, "temperature": 1.0, "max_tokens": 900}


def verdict(text: str, end: wire.Finished | wire.Failed, schema: Schema, ids: list[str]) -> str:
    """Return what a reply is worth. That no source at all is allowed may leave nothing to say."""
    if isinstance(end, wire.Failed):
        return "unsatisfiable" if not ids and end.kind == "grammar" and "source" in json.dumps(schema) else "failed"
    if end.reason == "length":
        return "length"
    try:
        document = json.loads(text)
        jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    except (ValueError, jsonschema.ValidationError):
        return "invalid"
    return "foreign" if set(named(document)) - set(ids) else "valid"


def named(value: object) -> Iterator[str]:
    """Yield the ids of sources that a document names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key in ("source", "of") else inner if key == "citations" else named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


if __name__ == "__main__":
    main()
