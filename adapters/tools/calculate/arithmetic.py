"""Arithmetic on exact fractions, bounded in size. Nothing is executed: a tree of allowed nodes is folded.

Results of functions such as `sqrt` have the precision of floating point.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction

from rookery.domain.errors import ToolError

Number = Fraction

_BITS = 4096  # of a numerator or denominator
_DIGITS = 15  # of a result that is no whole number
_PERCENT_OF = re.compile(r"%\s*of\b", re.IGNORECASE)
_PERCENT = re.compile(r"%(?=\s*(?:[-+*/),]|$))")
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "^": "**", "\u00a0": " "})


def calculate(expression: str) -> str:
    """Return the value of an expression in decimal digits, after `=`, or after `≈` when there are more of them.

    Raises:
        ToolError: it is not arithmetic, has no value, or is too large.
    """
    prepared = _PERCENT.sub("/100", _PERCENT_OF.sub("/100*", expression.translate(_SIGNS)))
    try:
        tree = ast.parse(prepared.strip(), mode="eval")
        value = _value(tree.body)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ToolError(f"{expression!r} is not arithmetic; write it like (2 + 3) * 4, 15% of 80 or sqrt(2)") from error
    except ZeroDivisionError as error:
        raise ToolError(f"{expression!r} divides by zero") from error
    except (ValueError, OverflowError) as error:
        raise ToolError(f"{expression!r} has no value: {error}") from error
    shown = _shown(value)
    return f"{'=' if Fraction(shown) == value else '≈'} {shown}"


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number):
            return _bounded(Fraction(repr(number)))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            return _value(operand) * (-1 if isinstance(sign, ast.USub) else 1)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _bounded(_OPERATORS[type(sign)](_value(left), _value(right)))
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.Call(func=ast.Name(id="days"), args=dates, keywords=[]):
            return _days(dates)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _called(name, [_value(argument) for argument in arguments])
    raise ToolError(f"only numbers, + - * / // % **, {', '.join(_CONSTANTS)} and {', '.join(_KNOWN)} are understood")


def _days(dates: list[ast.expr]) -> Number:
    match dates:
        case [ast.Constant(value=str(first)), ast.Constant(value=str(last))]:
            return Fraction((date.fromisoformat(last) - date.fromisoformat(first)).days)
    raise ToolError(f"{_KNOWN[-1]} takes two dates in quotation marks")


def _called(name: str, values: list[Number]) -> Number:
    fewest, most, function = _FUNCTIONS[name]
    if not fewest <= len(values) <= most:
        raise ToolError(f"{name} does not take {len(values)} numbers")
    return _bounded(function(*values))


def _power(base: Number, exponent: Number) -> Number:
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1:
        return _float(math.pow)(base, exponent)
    if size * abs(exponent) > _BITS * 2 and abs(base) not in (0, 1):
        raise OverflowError("the power is too large")
    return _bounded(Fraction(base ** int(exponent)))


def _bounded(number: Number) -> Number:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _BITS:
        raise OverflowError("a number is too large")
    return number


def _float(function: Callable[..., float]) -> Callable[..., Number]:
    def call(*values: Number) -> Number:
        result = function(*map(float, values))
        if not math.isfinite(result):
            raise OverflowError("a number is too large")
        return Fraction(repr(result))

    return call


def _factorial(number: Number) -> Number:
    if number.denominator != 1 or not 0 <= number <= 400:
        raise ValueError("factorial takes whole numbers from 0 to 400")
    return Fraction(math.factorial(int(number)))


def _rounded(number: Number, places: Number = Fraction(0)) -> Number:
    if places.denominator != 1 or abs(places) > 100:
        raise ValueError("round takes up to 100 places")
    return Fraction(round(number, int(places)))


def _shown(number: Number) -> str:
    if number.denominator == 1:
        return str(number.numerator)
    if abs(number) >= 10**_DIGITS or abs(number) < Fraction(1, 10**6):
        return f"{float(number):.{_DIGITS - 1}g}"
    places = _DIGITS - len(str(abs(int(number))))
    whole, part = divmod(round(abs(number) * 10**places), 10**places)
    return f"{'-' if number < 0 else ''}{whole}.{part:0{places}d}".rstrip("0").rstrip(".")


_OPERATORS: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: Fraction(left // right),
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_CONSTANTS: Mapping[str, Number] = {"pi": Fraction(repr(math.pi)), "e": Fraction(repr(math.e))}
_MANY = 100
_FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Number]]] = {
    "sqrt": (1, 1, _float(math.sqrt)),
    "exp": (1, 1, _float(math.exp)),
    "log": (1, 2, _float(math.log)),
    "log10": (1, 1, _float(math.log10)),
    "log2": (1, 1, _float(math.log2)),
    "sin": (1, 1, _float(math.sin)),
    "cos": (1, 1, _float(math.cos)),
    "tan": (1, 1, _float(math.tan)),
    "abs": (1, 1, abs),
    "floor": (1, 1, lambda number: Fraction(math.floor(number))),
    "ceil": (1, 1, lambda number: Fraction(math.ceil(number))),
    "round": (1, 2, _rounded),
    "min": (1, _MANY, lambda *values: min(values)),
    "max": (1, _MANY, lambda *values: max(values)),
    "sum": (1, _MANY, lambda *values: sum(values, Fraction(0))),
    "mean": (1, _MANY, lambda *values: sum(values, Fraction(0)) / len(values)),
    "factorial": (1, 1, _factorial),
}
_KNOWN = [*_FUNCTIONS, 'days("2024-01-31", "2024-03-01")']
