"""Training a LoRA (Hu et al. 2021) on replies alone: a prompt is what the model is given, not what it is to say."""

import importlib
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rookery.adapters.tuners.peft.worker.shipping import write_adapter
from rookery.adapters.tuners.peft.worker.weights import LINEAR, Base, Untunable
from rookery.domain.lessons import Lesson, Progress, Trained, Training
from rookery.domain.tuning import Recipe

_WARM_UP = 0.1  # of the steps, in which the rate rises
_LONGEST_STEP = 1.0  # of all gradients together


def train(training: Training, told: Callable[[Progress], None]) -> Trained:
    """Train and write the adapter.

    Raises:
        Untunable: the model is of a kind that is not known, or is not what its engine makes of it.
    """
    torch, peft = importlib.import_module("torch"), importlib.import_module("peft")
    torch.manual_seed(training.recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # On a GPU some sums have no fixed order: there it is no promise, and no reason to stop.
    torch.use_deterministic_algorithms(True, warn_only=device != "cpu")  # noqa: FBT003 - torch's own way
    recipe = training.recipe
    base = Base(training.base, packed=recipe.packed)
    config = peft.LoraConfig(
        r=recipe.rank, lora_alpha=recipe.alpha, target_modules=list(LINEAR), task_type="CAUSAL_LM", lora_dropout=0.0
    )
    model = peft.get_peft_model(base.model.to(device), config)
    _require_same(_weigh(model, training.checks, torch), training)
    for step in _steps(model, training.lessons, recipe, torch):
        told(step)
    after = _weigh(model, training.checks, torch)
    write_adapter(training.out, model, base, alpha=recipe.alpha)
    return Trained(after=after, device=_name_of(device, torch), notes=_notes(device, base, packed=recipe.packed))


def _require_same(found: Sequence[float], training: Training) -> None:
    """What another model would learn is of no use to this one."""
    wanted = [check.mean for check in training.checks]
    worst = max((abs(one - other) for one, other in zip(found, wanted, strict=True)), default=0.0)
    if worst > training.tolerance:
        raise Untunable(
            f"the trainer does not compute what llama.cpp computes: they differ by {worst:.3f} nats a token before any "
            f"training, and {training.tolerance:g} is allowed; this model cannot be tuned, another one may"
        )


def _steps(model: Any, lessons: Sequence[Lesson], recipe: Recipe, torch: Any) -> Iterator[Progress]:
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.rate, weight_decay=0.0)
    batches = list(_batches(lessons, recipe))
    model.train()
    for number, batch in enumerate(batches, 1):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * _share(number, len(batches))
        optimizer.zero_grad()
        tokens, lost = sum(len(lesson.reply) for lesson in batch), 0.0
        for lesson in batch:
            loss = -_likelihoods(model, lesson, torch).sum() / tokens
            loss.backward()
            lost += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(weights, _LONGEST_STEP)
        optimizer.step()
        yield Progress(step=number, steps=len(batches), loss=lost)
    model.eval()


def _batches(lessons: Sequence[Lesson], recipe: Recipe) -> Iterator[list[Lesson]]:
    choice = random.Random(recipe.seed)  # noqa: S311 - an order, no secret
    for _ in range(recipe.epochs):
        order = list(lessons)
        choice.shuffle(order)
        yield from (order[start : start + recipe.batch] for start in range(0, len(order), recipe.batch))


def _share(step: int, steps: int) -> float:
    """Return which part of the highest rate a step has: it rises, then falls as a cosine does."""
    warm = max(1, round(_WARM_UP * steps))
    if step <= warm:
        return step / warm
    return 0.5 + 0.5 * math.cos(math.pi * (step - warm) / max(1, steps - warm + 1))


def _likelihoods(model: Any, lesson: Lesson, torch: Any) -> Any:
    """Return the logarithms of the probabilities of a reply's tokens [reply]."""
    device = next(model.parameters()).device
    tokens = torch.tensor([[*lesson.prompt, *lesson.reply]], device=device)
    logits = model(input_ids=tokens, logits_to_keep=len(lesson.reply) + 1, use_cache=False).logits[0, :-1]
    wanted = tokens[0, -len(lesson.reply) :]
    return torch.log_softmax(logits.float(), -1).gather(-1, wanted[:, None])[:, 0]


def _weigh(model: Any, lessons: Sequence[Lesson], torch: Any) -> list[float]:
    model.eval()
    with torch.no_grad():
        return [float(_likelihoods(model, lesson, torch).mean()) for lesson in lessons]


def _name_of(device: str, torch: Any) -> str:
    return str(torch.cuda.get_device_name()) if device == "cuda" else "CPU"


def _notes(device: str, base: Base, *, packed: bool) -> list[str]:
    weights = 4 * sum(weight.numel() for weight in base.model.parameters()) / 1e9
    held = f"the model's weights were held as 32-bit floats ({weights:.1f} GB)"
    if packed:
        held = (
            f"the weights of linear layers stayed packed (QLoRA), {weights:.1f} GB of others were held as 32-bit floats"
        )
    return [held, *(["no GPU was found, so the CPU trained"] if device == "cpu" else [])]
