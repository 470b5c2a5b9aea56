"""What follows from a probe: how to work with the model, and how long a run will take."""

from rookery.domain.models import Eta, Probe, Strategy
from rookery.domain.runs import Depth, Effort

_SMALLEST_WINDOW = 1024
_GOOD, _FAIR = 0.75, 0.5
_NEARLY_ALL = 0.9
_INSTRUCTIONS, _QUOTE = 350, 70  # tokens of a prompt without its documents; of a quote with its title
_PLAN, _FINDINGS, _REFLECTION, _CLAIM = 120, 320, 200, 70  # tokens of replies
_QUOTES = 6


def advise(probe: Probe) -> Strategy:
    """Return how to work with the model."""
    bind = probe.binds_schema and probe.actions_bound.rate >= probe.actions_free.rate
    slots, window = best_slots(probe), window_tokens(probe)
    depth = _depth(probe, window)
    return Strategy(
        bind_actions=bind,
        slots=slots,
        window_tokens=max(window, _SMALLEST_WINDOW),
        depth=depth,
        reasons=[
            f"valid actions: {_told(probe.actions_bound.rate)} bound by the schema, "
            f"{_told(probe.actions_free.rate)} in free text",
            f"{slots} side by side write {_rate_at(probe, slots):.1f} tokens per second together, one alone "
            f"{_rate_at(probe, 1):.1f}",
            f"a fact is found in prompts of up to {window} tokens" if window else "a fact in a longer prompt is missed",
            f"right answers {_told(probe.answers.rate)}, admits what is not said {_told(probe.abstention.rate)}",
        ],
    )


def best_slots(probe: Probe) -> int:
    """Return the smallest number of requests side by side that writes nearly as much as any."""
    most = max((one.tokens_per_second for one in probe.throughput), default=0.0)
    enough = [one.concurrent for one in probe.throughput if one.tokens_per_second >= _NEARLY_ALL * most]
    return min(enough, default=1)


def window_tokens(probe: Probe) -> int:
    """Return the longest prompt up to which every hidden fact was found; 0: none was."""
    longest = 0
    for needle in sorted(probe.needles, key=lambda needle: needle.tokens):
        if not needle.found:
            break
        longest = needle.tokens
    return longest


def eta(probe: Probe, effort: Effort, passages_tokens: int) -> Eta | None:
    """Return how long a run will take; None when the probe measured no speed.

    Args:
        probe: of the model.
        effort: of the run's depth.
        passages_tokens: that a researcher reads for one sub-question.
    """
    if not (probe.prefill_tokens_per_second and probe.throughput and _rate_at(probe, 1)):
        return None
    plan = _seconds(probe, 1, _INSTRUCTIONS, _PLAN)
    wave = _seconds(probe, effort.sub_questions, _INSTRUCTIONS + passages_tokens, _FINDINGS)
    single = _seconds(probe, 1, _INSTRUCTIONS + passages_tokens, _FINDINGS // 3)
    quotes = _INSTRUCTIONS + effort.sub_questions * _QUOTES * _QUOTE
    reflection = _seconds(probe, 1, quotes, _REFLECTION)
    write = _seconds(probe, 1, quotes, effort.claims * _CLAIM)
    low = plan / 2 + single + (reflection / 2 if effort.rounds else 0) + write / 2
    high = plan + wave + effort.rounds * (reflection + wave) + write * (1 + effort.rounds / 2)
    return Eta(low=round(low, 1), high=round(high, 1))


def _seconds(probe: Probe, requests: int, prompt: int, reply: int) -> float:
    """Prompts are read one after another, replies written side by side."""
    written = _rate_at(probe, min(requests, best_slots(probe)))
    return requests * prompt / probe.prefill_tokens_per_second + requests * reply / written


def _rate_at(probe: Probe, concurrent: int) -> float:
    """Return the tokens per second of so many requests together, by the nearest number that was measured."""
    nearest = min(probe.throughput, key=lambda one: abs(one.concurrent - concurrent), default=None)
    return nearest.tokens_per_second if nearest else 0.0


def _depth(probe: Probe, window: int) -> Depth:
    honest = min(probe.answers.rate, probe.abstention.rate)
    if honest >= _GOOD and window >= 4 * _SMALLEST_WINDOW * _NEARLY_ALL:
        return Depth.DEEP
    return Depth.STANDARD if honest >= _FAIR and window >= _SMALLEST_WINDOW * _NEARLY_ALL else Depth.QUICK


def _told(rate: float) -> str:
    return f"{100 * rate:.0f}%"
