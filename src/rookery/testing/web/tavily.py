"""Tavily's search API: https://docs.tavily.com/documentation/api-reference/endpoint/search"""

import json
from collections.abc import Sequence

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply

_MOST = 20


class Tavily(LocalService):
    """Tavily's API, for one key."""

    def __init__(self, entries: Sequence[Entry] = (), *, key: str = "tvly-key") -> None:
        super().__init__(entries)
        self.key = key

    def answer(self, asked: Asked) -> Reply:
        """Answer `/search`."""
        if (asked.method, asked.path) != ("POST", "/search"):
            return Reply(405 if asked.path == "/search" else 404)
        if asked.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Unauthorized: missing or invalid API key.")
        if asked.headers.get("content-type") != "application/json":
            return _error(415, "Send JSON.")
        wanted = json.loads(asked.body)
        query, most = wanted.get("query", ""), wanted.get("max_results", 5)
        if not 0 < len(query) <= 400 or not 0 <= most <= _MOST:
            return _error(400, "Query is missing or too long, or max_results is out of range.")
        results = [
            {"url": one.url, "title": one.title, "content": one.text, "score": 0.9, "raw_content": None}
            for one in self.found(query)[:most]
        ]
        return Reply.of_json({"query": query, "answer": None, "images": [], "results": results, "response_time": 0.1})


def _error(status: int, message: str) -> Reply:
    return Reply.of_json({"detail": {"error": message}}, status)
