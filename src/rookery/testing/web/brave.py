"""Brave's web search API: https://api-dashboard.search.brave.com/app/documentation/web-search"""

from collections.abc import Sequence
from html import escape

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply, number

_MOST = 20


class Brave(LocalService):
    """Brave's API, for one key."""

    def __init__(self, entries: Sequence[Entry] = (), *, key: str = "brave-key") -> None:
        super().__init__(entries)
        self.key = key

    def answer(self, asked: Asked) -> Reply:
        """Answer `/res/v1/web/search`."""
        if asked.path != "/res/v1/web/search":
            return Reply(404)
        if asked.headers.get("x-subscription-token") != self.key:
            return _error(422, "SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")
        query, count, offset = asked.query.get("q", ""), number(asked, "count", _MOST), number(asked, "offset", 0)
        is_valid = 0 < len(query) <= 400 and len(query.split()) <= 50 and 1 <= count <= _MOST and 0 <= offset <= 9
        if not is_valid:
            return _error(422, "VALIDATION", "Unable to validate request parameter(s)")
        found = self.found(query)[offset * count : (offset + 1) * count]
        results = [
            {"type": "search_result", "title": entry.title, "url": entry.url, "description": escape(entry.text)}
            for entry in found
        ]
        web = {"web": {"type": "search", "results": results}} if results else {}
        return Reply.of_json({"type": "search", "query": {"original": query}, **web})


def _error(status: int, code: str, detail: str) -> Reply:
    error = {"id": "0", "status": status, "code": code, "detail": detail}
    return Reply.of_json({"type": "ErrorResponse", "error": error, "time": 0}, status)
