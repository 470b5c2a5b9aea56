"""MediaWiki's action API, as far as searching and extracts go: https://www.mediawiki.org/wiki/API:Main_page"""

from rookery.testing.web.serving import Asked, LocalService, Reply, number


class Wikipedia(LocalService):
    """A wiki whose articles are its entries; an entry's text is that of an extract in the format `wiki`."""

    def answer(self, asked: Asked) -> Reply:
        """Answer `/w/api.php`."""
        if asked.path != "/w/api.php":
            return Reply(404)
        if not asked.headers.get("user-agent"):
            return Reply(403, b"Please set a user-agent and respect our robot policy")
        given = asked.query
        if (given.get("action"), given.get("format"), given.get("formatversion")) != ("query", "json", "2"):
            return _error("badvalue", "Unrecognized value for parameter.")
        if given.get("list") == "search":
            return self._search(asked)
        return self._extract(given) if "extracts" in given.get("prop", "") else _error("badvalue", "Nothing was asked.")

    def lag(self) -> None:
        """Answer the next request as a wiki whose databases lag: status 200, an error, and Retry-After."""
        reply = _error("maxlag", "Waiting for a database server: 6 seconds lagged.")
        self.refuse_next(200, {"Retry-After": "5", "Content-Type": "application/json"}, reply.body)

    def _search(self, asked: Asked) -> Reply:
        words, most, first = asked.query.get("srsearch", ""), number(asked, "srlimit", 10), number(asked, "sroffset", 0)
        if not words or not 1 <= most <= 500:
            return _error("missingparam" if not words else "badinteger", "The parameter is missing or out of range.")
        found = self.found(words)
        page = [{"ns": 0, "title": one.title, "pageid": place} for place, one in enumerate(found, 1)][first:][:most]
        more = {"continue": {"sroffset": first + most, "continue": "-||"}} if len(found) > first + most else {}
        return Reply.of_json({"batchcomplete": True, **more, "query": {"search": page}})

    def _extract(self, given: dict[str, str]) -> Reply:
        """Give the whole text of the first title only, as the real one does."""
        titles = given.get("titles", "").split("|")
        pages: list[dict[str, object]] = []
        for place, title in enumerate(titles):
            known = {one.title: one for one in self.entries}
            if title not in known:
                pages.append({"ns": 0, "title": title, "missing": True})
                continue
            text = {"extract": known[title].text} if place == 0 else {}
            url = {"fullurl": known[title].url} if "url" in given.get("inprop", "") else {}
            pages.append({"pageid": place + 1, "ns": 0, "title": title, **url, **text})
        return Reply.of_json({"batchcomplete": True, "query": {"pages": pages}})


def _error(code: str, info: str) -> Reply:
    return Reply.of_json({"error": {"code": code, "info": info}})
