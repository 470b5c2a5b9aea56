"""Probing a model, and what follows from a probe."""

from datetime import UTC, datetime

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.llms.scripted import ScriptedLLM
from rookery.application.models.probing import QUICK, ProbeModel, Stage, Thoroughness
from rookery.application.models.strategy import advise, best_slots, eta, window_tokens
from rookery.domain.errors import LLMError
from rookery.domain.models import Needle, Probe, Share, Throughput
from rookery.domain.runs import EFFORTS, Depth
from tests.support.dutiful_llm import DutifulLLM

pytestmark = pytest.mark.anyio
DIGEST = "ab" * 32
START = datetime(2026, 11, 1, tzinfo=UTC)


async def probe(thoroughness: Thoroughness = QUICK, **traits: object) -> Probe:
    clock = ManualClock(START)
    return await ProbeModel(DutifulLLM(clock, **traits), clock)("dutiful", DIGEST, thoroughness)  # type: ignore[arg-type]


async def test_a_good_model_passes_everything_and_is_trusted_with_deep_research() -> None:
    found = await probe(Thoroughness(longest=8192), context=9000)
    shares = (
        found.actions_bound,
        found.actions_free,
        found.json_bound,
        found.json_free,
        found.answers,
        found.abstention,
    )
    assert [share.rate for share in shares] == [1.0] * 6
    assert [share.tried for share in shares] == [6, 6, 4, 4, 4, 4]
    assert window_tokens(found) == max(needle.tokens for needle in found.needles) > 3700
    assert {needle.depth for needle in found.needles} == {0.1, 0.5, 0.9}
    assert advise(found).depth is Depth.DEEP
    assert found.notes == []


async def test_speeds_are_those_of_the_model() -> None:
    found = await probe(Thoroughness(prompts=1))
    assert found.decode_tokens_per_second == pytest.approx(10, rel=0.02)
    assert 500 < found.prefill_tokens_per_second <= 1000
    together = {one.concurrent: one.tokens_per_second for one in found.throughput}
    assert list(together) == [1, 2, 4, 8]
    assert together[1] < together[2] < together[4]
    assert best_slots(found) in (4, 8)


async def test_a_fact_is_not_found_beyond_what_the_model_sees_and_longer_prompts_are_left_out() -> None:
    found = await probe(Thoroughness(prompts=1, longest=8192), window=600, context=9000)
    lengths = sorted({needle.tokens // 100 for needle in found.needles})
    assert window_tokens(found) < 600
    assert [needle.found for needle in found.needles if needle.depth == 0.9][:2] == [True, True]
    assert max(lengths) < 45
    assert advise(found).window_tokens == 1024


async def test_a_model_that_makes_things_up_is_kept_to_quick_questions() -> None:
    found = await probe(makes_up=True)
    assert (found.answers.rate, found.abstention.rate) == (1.0, 0.0)
    assert advise(found).depth is Depth.QUICK


async def test_a_model_that_cannot_be_bound_and_writes_broken_json_has_no_valid_action() -> None:
    found = await probe(binds=False)
    assert (found.actions_free.rate, found.json_free.rate) == (0.0, 0.0)
    assert not advise(found).bind_actions


async def test_each_stage_is_told_before_it_begins() -> None:
    clock, told = ManualClock(START), list[Stage]()
    await ProbeModel(DutifulLLM(clock), clock, progress=told.append)("dutiful", DIGEST, QUICK)
    assert [stage.name for stage in told] == ["tool actions", "JSON", "answers and abstention", "long prompts", "speed"]


async def test_a_model_that_cannot_be_used_at_all_is_an_error() -> None:
    with pytest.raises(LLMError, match="the script has no further reply"):
        await ProbeModel(ScriptedLLM([]), ManualClock(START))("scripted", DIGEST)


async def test_a_model_that_fails_amid_the_probe_fails_what_is_tried() -> None:
    found = await ProbeModel(ScriptedLLM(["hello"]), ManualClock(START))("scripted", DIGEST, QUICK)
    assert (found.actions_bound.good, found.answers.good) == (0, 0)
    assert found.notes == ["the script has no further reply"]
    assert eta(found, EFFORTS[Depth.QUICK], 1000) is None


def measured(**changes: object) -> Probe:
    all_good = Share(good=4, tried=4)
    base = Probe(
        model="m",
        digest=DIGEST,
        probed_at=datetime(2026, 11, 1, tzinfo=UTC),
        seconds=60,
        context_tokens=8192,
        binds_schema=True,
        actions_bound=all_good,
        actions_free=Share(good=1, tried=4),
        json_bound=all_good,
        json_free=all_good,
        answers=all_good,
        abstention=all_good,
        needles=[Needle(tokens=4000, depth=0.5, found=True)],
        prefill_tokens_per_second=100,
        decode_tokens_per_second=10,
        throughput=[
            Throughput(concurrent=1, tokens_per_second=10),
            Throughput(concurrent=4, tokens_per_second=30),
            Throughput(concurrent=8, tokens_per_second=32),
        ],
    )
    return base.model_copy(update=changes)


def test_slots_are_the_fewest_that_write_nearly_as_much_as_any() -> None:
    assert best_slots(measured()) == 4
    assert advise(measured()).slots == 4
    assert best_slots(measured(throughput=[])) == 1


def test_the_schema_binds_actions_unless_free_text_does_better() -> None:
    assert advise(measured()).bind_actions
    assert not advise(measured(binds_schema=False)).bind_actions
    assert not advise(measured(actions_bound=Share(good=0, tried=4))).bind_actions


def test_the_window_ends_before_the_shortest_prompt_in_which_a_fact_was_missed() -> None:
    needles = [Needle(tokens=tokens, depth=0.5, found=tokens != 2000) for tokens in (1000, 4000, 2000)]
    assert window_tokens(measured(needles=needles)) == 1000


def test_the_eta_grows_with_the_depth_and_with_what_is_read() -> None:
    quick, standard, deep = (eta(measured(), effort, 2000) for effort in EFFORTS.values())
    assert quick is not None
    assert standard is not None
    assert deep is not None
    assert quick.low < quick.high < standard.high < deep.high
    more = eta(measured(), EFFORTS[Depth.QUICK], 6000)
    assert more is not None
    assert more.high - quick.high == pytest.approx(2 * 4000 / 100, rel=0.01)


def test_the_eta_of_one_wave_is_what_its_parts_take() -> None:
    quick = eta(measured(), EFFORTS[Depth.QUICK], 2000)
    assert quick is not None
    plan = 350 / 100 + 120 / 10
    wave = 2 * 2350 / 100 + 2 * 320 / 10
    write = (350 + 2 * 6 * 70) / 100 + 3 * 70 / 10
    assert quick.high == pytest.approx(plan + wave + write, rel=0.01)
