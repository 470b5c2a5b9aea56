"""Searching the web."""

from rookery.adapters.tools.web_search.tool import WebSearch

__all__ = ["WebSearch"]
