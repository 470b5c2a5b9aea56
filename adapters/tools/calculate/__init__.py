"""Calculating, exactly where that is possible."""

from rookery.adapters.tools.calculate.tool import Calculate

__all__ = ["Calculate"]
