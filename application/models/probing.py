"""Trying a model out, once, on this machine."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pydantic import JsonValue, ValidationError

from rookery.application.models import trials
from rookery.domain.errors import LLMError
from rookery.domain.inference import LLMReply, LLMRequest, Message
from rookery.domain.models import Needle, Probe, Share, Throughput
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.llm import LLMPort

Schema = dict[str, JsonValue]
Reader = Callable[[str], object]
_ENOUGH, _LONG = 400, 64
_DEPTHS = (0.1, 0.5, 0.9)
_CONCURRENT = (1, 2, 4, 8)


class Stage(NamedTuple):
    """What is being tried, and how far all of it is."""

    name: str
    done: int
    total: int


class Thoroughness(NamedTuple):
    """How much is tried: prompts of each kind, the longest prompt, how many requests side by side."""

    prompts: int = 6
    longest: int = 16384
    concurrent: int = 8


QUICK = Thoroughness(prompts=2, longest=2048, concurrent=4)


class ProbeModel:
    """Tries out what research needs of a model: actions, JSON, honesty, a long prompt, speed.

    What fails counts as a failed try, and is noted.

    Args:
        llm: the model.
        clock: measures.
        progress: told before each stage.
    """

    def __init__(self, llm: LLMPort, clock: ClockPort, *, progress: Callable[[Stage], None] = lambda _: None) -> None:
        self._llm = llm
        self._clock = clock
        self._progress = progress
        self._notes: dict[str, None] = {}

    async def __call__(self, model: str, digest: str, thoroughness: Thoroughness = Thoroughness()) -> Probe:  # noqa: B008
        """Return the probe.

        Raises:
            LLMError: the model cannot be used at all.
        """
        began, prompts = self._clock.monotonic(), thoroughness.prompts
        await self._llm.complete(_request(trials.writing(0), max_tokens=1))
        capabilities = self._llm.capabilities()
        actions, outlines = trials.actions()[:prompts], trials.outlines()[:prompts]
        action_schema: Schema = trials.ACTION.json_schema()
        outline_schema: Schema = trials.Outline.model_json_schema()
        self._tell("tool actions", 0)
        actions_bound = await self._valid(actions, trials.ACTION.validate_json, action_schema)
        actions_free = await self._valid(actions, trials.ACTION.validate_json, None)
        self._tell("JSON", 1)
        json_bound = await self._valid(outlines, trials.Outline.model_validate_json, outline_schema)
        json_free = await self._valid(outlines, trials.Outline.model_validate_json, None)
        self._tell("answers and abstention", 2)
        told = [question for question in trials.QUESTIONS if question.expected][:prompts]
        untold = [question for question in trials.QUESTIONS if not question.expected][:prompts]
        answers, abstention = await self._read(told), await self._read(untold)
        self._tell("long prompts", 3)
        needles, prefill = await self._find(trials.lengths(capabilities.context_tokens, thoroughness.longest))
        self._tell("speed", 4)
        decode = await self._decode_speed()
        throughput = [await self._together(count) for count in _CONCURRENT if count <= thoroughness.concurrent]
        return Probe(
            model=model,
            digest=digest,
            probed_at=self._clock.now(),
            seconds=round(self._clock.monotonic() - began, 1),
            context_tokens=capabilities.context_tokens,
            binds_schema=capabilities.binds_schema,
            actions_bound=actions_bound,
            actions_free=actions_free,
            json_bound=json_bound,
            json_free=json_free,
            answers=answers,
            abstention=abstention,
            needles=needles,
            prefill_tokens_per_second=round(prefill, 2),
            decode_tokens_per_second=round(decode, 2),
            throughput=throughput,
            notes=list(self._notes),
        )

    def _tell(self, name: str, done: int) -> None:
        self._progress(Stage(name, done, 5))

    async def _try(self, request: LLMRequest) -> LLMReply | None:
        try:
            return await self._llm.complete(request)
        except LLMError as error:
            self._notes.setdefault(str(error)[:300])
            return None

    async def _valid(
        self,
        prompts: Sequence[list[Message]],
        read: Reader,
        schema: Schema | None,
    ) -> Share:
        """Try prompts whose reply must be of a form; without a schema, the first object in the text counts."""
        good = 0
        for prompt in prompts:
            reply = await self._try(_request(prompt, schema=schema))
            good += reply is not None and _is_of(read, reply.text if schema else _object_in(reply.text))
        return Share(good=good, tried=len(prompts))

    async def _read(self, questions: Sequence[trials.Question]) -> Share:
        good = 0
        for question in questions:
            reply = await self._try(_request(trials.reading(question), schema=trials.Reading.model_json_schema()))
            good += reply is not None and _answers(question, reply.text)
        return Share(good=good, tried=len(questions))

    async def _find(self, lengths: Iterable[int]) -> tuple[list[Needle], float]:
        """Hide a fact in ever longer prompts, until none is found; also return how fast the last was read."""
        found: list[Needle] = []
        speed = 0.0
        for length in lengths:
            sentences = await self._sentences(length)
            of_length: list[Needle] = []
            for depth in _DEPTHS:
                question = trials.needle(sentences, depth, number=len(found) + len(of_length))
                needle, speed = await self._hide(question, depth, speed)
                of_length.append(needle)
            found += of_length
            if not any(needle.found for needle in of_length):
                break
        return found, speed

    async def _hide(self, question: trials.Question, depth: float, speed: float) -> tuple[Needle, float]:
        prompt = trials.reading(question)
        began = self._clock.monotonic()
        reply = await self._try(_request(prompt, schema=trials.Reading.model_json_schema()))
        seconds = self._clock.monotonic() - began
        if reply is None:
            return Needle(tokens=await self._llm.count_tokens(prompt), depth=depth, found=False), speed
        read = reply.usage.prompt_tokens - reply.usage.cached_prompt_tokens
        written = reply.usage.completion_tokens
        tokens = reply.usage.prompt_tokens or await self._llm.count_tokens(prompt)
        return Needle(tokens=tokens, depth=depth, found=_answers(question, reply.text)), _speed(read + written, seconds)

    async def _sentences(self, length: int) -> int:
        """Return how many sentences make a prompt of about so many tokens, and not more."""
        some = await self._llm.count_tokens(trials.reading(trials.needle(32, 0.5, number=0)))
        none = await self._llm.count_tokens(trials.reading(trials.needle(0, 0.5, number=0)))
        return max(1, int((length - none) / max((some - none) / 32, 1)))

    async def _decode_speed(self) -> float:
        began = self._clock.monotonic()
        await self._try(_request(trials.writing(100), max_tokens=1))
        first = self._clock.monotonic() - began
        began = self._clock.monotonic()
        reply = await self._try(_request(trials.writing(101), max_tokens=_LONG))
        seconds = self._clock.monotonic() - began - first
        return _speed(reply.usage.completion_tokens - 1 if reply else 0, seconds)

    async def _together(self, count: int) -> Throughput:
        began = self._clock.monotonic()
        async with asyncio.TaskGroup() as group:
            first = 1000 * count
            requests = [_request(trials.writing(number), max_tokens=_LONG) for number in range(first, first + count)]
            tasks = [group.create_task(self._try(request)) for request in requests]
        replies = [task.result() for task in tasks]
        written = sum(reply.usage.completion_tokens for reply in replies if reply)
        seconds = self._clock.monotonic() - began
        return Throughput(concurrent=count, tokens_per_second=round(_speed(written, seconds), 2))


def _request(messages: list[Message], *, schema: Schema | None = None, max_tokens: int = _ENOUGH) -> LLMRequest:
    return LLMRequest(messages=messages, json_schema=schema, max_tokens=max_tokens)


def _is_of(read: Reader, text: str) -> bool:
    try:
        read(text)
    except ValidationError:
        return False
    return True


def _object_in(text: str) -> str:
    """Return from the first brace to the last one: models like to put words or a fence around what was asked for."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _answers(question: trials.Question, text: str) -> bool:
    try:
        reading = trials.Reading.model_validate_json(_object_in(text))
    except ValidationError:
        return False
    if question.expected is None:
        return not reading.found
    return reading.found and question.expected in reading.answer.casefold()


def _speed(tokens: int, seconds: float) -> float:
    return max(tokens, 0) / seconds if seconds > 0 else 0.0
