"""Training an adapter and examining it: it is accepted only where held-out replies become likelier."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rookery.domain.errors import ContextOverflow, InvalidRequest, TunerError
from rookery.domain.frozen import Frozen
from rookery.domain.inference import LLMRequest
from rookery.domain.lessons import Lesson, Progress, Trained, Training, Weighed
from rookery.domain.ports.adapter_shelf import AdapterShelfPort
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.judge import JudgePort
from rookery.domain.ports.tuner import TunerPort
from rookery.domain.tuning import Bar, Example, Mark, Recipe, TunedAdapter, agreement, judge

TOLERANCE = 0.05
"""By how much trainer and llama.cpp may differ over a reply, in nats a token. They round differently; a model that the
trainer reads wrongly, or an adapter that was converted wrongly, is off by far more."""

_LEAST, _CHECKS, _LONGER = 8, 4, 64  # examples to learn; held-out ones that are compared; tokens beyond what is wanted
_NAME = "tuned"


class Order(Frozen):
    """What is to be tuned.

    Attributes:
        base: the model's name; it is for people.
        base_path: its GGUF file.
        base_sha256: of that file.
    """

    agent: str
    base: str
    base_path: Path
    base_sha256: str
    examples: list[Example]
    recipe: Recipe = Recipe()
    bar: Bar = Bar()


class Read(NamedTuple):
    """An example and its tokens."""

    example: Example
    weighed: Weighed

    @property
    def lesson(self) -> Lesson:
        """Its tokens alone."""
        return Lesson(prompt=self.weighed.prompt, reply=self.weighed.reply)


class TuneAgent:
    """Trains, converts, examines, and puts the adapter on the shelf.

    Args:
        tuner: trains.
        judge_of: returns the model with LoRA adapters by name.
        shelf: keeps what was trained.
        clock: dates it.
    """

    def __init__(
        self,
        tuner: TunerPort,
        judge_of: Callable[[Mapping[str, Path]], JudgePort],
        shelf: AdapterShelfPort,
        clock: ClockPort,
    ) -> None:
        self._tuner = tuner
        self._judge_of = judge_of
        self._shelf = shelf
        self._clock = clock

    async def __call__(self, order: Order, told: Callable[[Progress | str], None]) -> TunedAdapter:
        """Return the adapter with its verdict. One that is refused is kept, too, and cannot be used.

        Raises:
            InvalidRequest: there are too few examples.
            TunerError: the model cannot be tuned, or the training failed.
            LLMError: the model cannot be loaded.
        """
        draft = self._shelf.draft()
        try:
            learnt, trained, marks = await self._work(order, draft, told)
            adapter = TunedAdapter(
                id=f"{order.agent}-{self._clock.now():%Y%m%d-%H%M%S}",
                agent=order.agent,
                path=draft,
                base=order.base,
                base_sha256=order.base_sha256,
                learnt=learnt,
                recipe=order.recipe,
                verdict=judge(marks, order.bar),
                trained_at=self._clock.now(),
                notes=trained.notes,
            )
            return self._shelf.put(adapter)
        finally:
            draft.unlink(missing_ok=True)

    async def _work(
        self, order: Order, draft: Path, told: Callable[[Progress | str], None]
    ) -> tuple[int, Trained, dict[str, list[tuple[Mark, Mark]]]]:
        plain = self._judge_of({})
        try:
            told(f"reading {len(order.examples)} examples as {order.base} reads them")
            read = await _read(plain, order.examples)
            learnt = [one for one in read if not one.example.held_out]
            held = [one for one in read if one.example.held_out]
            _require_enough(learnt, held, order)
            told(f"examining {order.base} on {len(held)} held-out examples")
            before, checks = await _examine(plain, held, None)
        finally:
            await plain.close()
        told(f"training on {len(learnt)} examples")
        training = Training(
            base=order.base_path,
            lessons=[one.lesson for one in learnt],
            checks=checks[:_CHECKS],
            tolerance=TOLERANCE,
            recipe=order.recipe,
            out=draft,
        )
        trained = await self._tuner.train(training, told)
        tuned = self._judge_of({_NAME: draft})
        try:
            told("examining it with the adapter, in the same way")
            after, checks = await _examine(tuned, held, _NAME)
        finally:
            await tuned.close()
        _require_converted(trained, checks)
        marks: dict[str, list[tuple[Mark, Mark]]] = {}
        for one, *pair in zip(held, before, after, strict=True):
            marks.setdefault(one.example.run_id, []).append((pair[0], pair[1]))
        return len(learnt), trained, marks


async def _read(model: JudgePort, examples: Sequence[Example]) -> list[Read]:
    """Return the examples with their tokens, without those that are longer than the context."""
    read: list[Read] = []
    for example in examples:
        try:
            read.append(Read(example, await model.weigh(example.messages, example.reply, likelihood=False)))
        except ContextOverflow:
            continue
    return read


async def _examine(model: JudgePort, held: Sequence[Read], lora: str | None) -> tuple[list[Mark], list[Weighed]]:
    weighed = [await model.weigh(one.example.messages, one.example.reply, lora=lora) for one in held]
    replies = await asyncio.gather(*(_answer(model, one, lora) for one in held))
    marks = [
        Mark(likelihood=found.mean, agreement=agreement(reply, one.example.reply))
        for one, found, reply in zip(held, weighed, replies, strict=True)
    ]
    return marks, weighed


async def _answer(model: JudgePort, read: Read, lora: str | None) -> str:
    example = read.example
    request = LLMRequest(
        messages=example.messages,
        json_schema=example.json_schema,
        max_tokens=len(read.weighed.reply) + _LONGER,
        seed=example.seed,
        lora=lora,
    )
    return (await model.complete(request)).text


def _require_enough(learnt: Sequence[Read], held: Sequence[Read], order: Order) -> None:
    runs = len({one.example.run_id for one in held})
    left_out = len(order.examples) - len(learnt) - len(held)
    if len(learnt) >= _LEAST and runs >= order.bar.runs:
        return
    longer = f" ({left_out} more are longer than the model's context: raise `n_ctx`)" if left_out else ""
    raise InvalidRequest(
        f"there are {len(learnt)} examples to learn from and {runs} runs to examine with{longer}; at least {_LEAST} "
        f"and {order.bar.runs} are needed: research more, or correct answers (`rookery tune correct`)"
    )


def _require_converted(trained: Trained, checks: Sequence[Weighed]) -> None:
    pairs = zip(trained.after, checks, strict=False)
    worst = max((abs(found - check.mean) for found, check in pairs), default=0.0)
    if worst > TOLERANCE:
        raise TunerError(
            f"llama.cpp does not compute with the adapter what the trainer computes: they differ by {worst:.3f} nats a "
            f"token, and {TOLERANCE:g} is allowed; nothing was kept"
        )
