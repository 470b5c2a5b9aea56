"""SearXNG's search API: https://docs.searxng.org/dev/search_api.html"""

from collections.abc import Sequence

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply, number

_PAGE = 10


class Searxng(LocalService):
    """A SearXNG. `formats` are those of its settings.yml; `unresponsive` are engines behind it, with their trouble."""

    def __init__(
        self,
        entries: Sequence[Entry] = (),
        *,
        formats: Sequence[str] = ("html", "json"),
        unresponsive: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(entries)
        self.formats = formats
        self.unresponsive = unresponsive

    def answer(self, asked: Asked) -> Reply:
        """Answer `/search`."""
        if asked.path != "/search":
            return Reply(404)
        if asked.query.get("format", "html") not in self.formats:
            return Reply(403, b"<html>Forbidden</html>")
        if not asked.query.get("q"):
            return Reply(400, b"<html>No query</html>")
        page = number(asked, "pageno", 1)
        if page < 1:
            return Reply(400, b"<html>Invalid value for parameter pageno</html>")
        found = [] if self.unresponsive else self.found(asked.query["q"])
        results = [_result(entry, place) for place, entry in enumerate(found)][(page - 1) * _PAGE : page * _PAGE]
        answer = {
            "query": asked.query["q"], "number_of_results": 0, "results": results, "answers": [], "corrections": [],
            "infoboxes": [], "suggestions": [], "unresponsive_engines": [list(one) for one in self.unresponsive],
        }  # fmt: skip
        return Reply.of_json(answer)


def _result(entry: Entry, place: int) -> dict[str, object]:
    return {
        "url": entry.url, "title": entry.title, "content": entry.text, "engine": "bing", "engines": ["bing"],
        "parsed_url": [],
        "template": "default.html", "positions": [place + 1], "score": 1 / (place + 1),
        "category": "general", "thumbnail": None, "publishedDate": None,
    }  # fmt: skip
