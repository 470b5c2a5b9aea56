"""A calculator."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Limits, Outcome, Scope, Tool


class Expression(Frozen):
    """What to calculate."""

    expression: str = Field(min_length=1, max_length=200)


class Calculate(Tool):
    """Works out arithmetic, so that a model need not."""

    name = "calculate"
    description = 'work out arithmetic such as 15% of 80, 2 ** 10, sqrt(2) or days("2024-01-31", "2024-03-01")'
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Expression
    limits = Limits(seconds=5)

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:  # noqa: ARG002
        from rookery.adapters.tools.calculate.arithmetic import calculate

        expression = Expression.model_validate(arguments.model_dump()).expression
        told = f"{expression} {calculate(expression)}"
        return Outcome(summary=told, text=told, untrusted=False)
