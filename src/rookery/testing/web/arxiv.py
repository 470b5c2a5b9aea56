"""arXiv's Atom API: https://info.arxiv.org/help/api/user-manual.html"""

from html import escape

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply, number

_ATOM = {"Content-Type": "application/atom+xml; charset=UTF-8"}
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
_OPENSEARCH = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
_ARXIV = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
_MOST = 2000


class Arxiv(LocalService):
    """An arXiv whose preprints are its entries; their addresses get a version, as real ones have."""

    def answer(self, asked: Asked) -> Reply:
        """Answer `/api/query`."""
        if asked.path != "/api/query":
            return Reply(404)
        first, most = number(asked, "start", 0), number(asked, "max_results", 10)
        if first < 0:
            return _error("start must be an integer")
        if not 0 <= most <= _MOST:
            return _error("max_results must be an integer")
        query = asked.query.get("search_query", "").replace("all:", " ").replace(" OR ", " ").replace(" AND ", " ")
        found = self.found(query)
        entries = "".join(map(_entry, found[first : first + most]))
        total = f"<opensearch:totalResults {_OPENSEARCH}>{len(found)}</opensearch:totalResults>"
        return Reply(200, f"{_HEAD}{total}{entries}</feed>".encode(), _ATOM)


def _entry(one: Entry) -> str:
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in one.authors)
    doi = f"<arxiv:doi {_ARXIV}>{escape(one.doi)}</arxiv:doi>" if one.doi else ""
    venue = f"<arxiv:journal_ref {_ARXIV}>{escape(one.venue)}</arxiv:journal_ref>" if one.venue else ""
    return (
        f"<entry><id>{escape(one.url)}v2</id><published>{one.year}-03-01T00:00:00Z</published>"
        f"<title>{escape(one.title)}</title><summary>\n  {escape(one.text)}\n</summary>{authors}{doi}{venue}</entry>"
    )


def _error(message: str) -> Reply:
    entry = f"<id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>{message}</summary>"
    return Reply(400, f"{_HEAD}<entry>{entry}</entry></feed>".encode(), _ATOM)
