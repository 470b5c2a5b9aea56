"""Crossref's works: https://api.crossref.org/swagger-ui/index.html"""

from html import escape

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply, number

_FIELDS = {"DOI", "URL", "title", "author", "issued", "container-title", "abstract", "type", "score"}
_MOST = 1000


class Crossref(LocalService):
    """A catalogue whose works are its entries; their abstracts are JATS."""

    def answer(self, asked: Asked) -> Reply:
        """Answer `/works`."""
        if asked.path != "/works":
            return Reply(404, b"Resource not found.")
        fields = set(filter(None, asked.query.get("select", "").split(",")))
        rows, first = number(asked, "rows", 20), number(asked, "offset", 0)
        if fields - _FIELDS:
            return _refusal("select", ", ".join(sorted(fields - _FIELDS)))
        if not 0 <= rows <= _MOST or first < 0:
            return _refusal("rows", asked.query.get("rows", ""))
        query = asked.query.get("query.bibliographic", asked.query.get("query", ""))
        found = [one for one in self.found(query) if one.doi]
        works = [_work(one) for one in found[first : first + rows]]
        chosen = [{name: value for name, value in work.items() if not fields or name in fields} for work in works]
        message = {"total-results": len(found), "items": chosen, "items-per-page": rows}
        return Reply.of_json({"status": "ok", "message-type": "work-list", "message": message})


def _work(one: Entry) -> dict[str, object]:
    names = [name.rpartition(" ") for name in one.authors]
    abstract = {"abstract": f"<jats:title>Abstract</jats:title><jats:p>{escape(one.text)}</jats:p>"} if one.text else {}
    return {
        "DOI": one.doi,
        "URL": f"https://doi.org/{one.doi}",
        "title": [escape(one.title)],
        "author": [{"given": given, "family": family, "sequence": "first"} for given, _, family in names],
        "issued": {"date-parts": [[one.year, 3] if one.year else [None]]},
        "container-title": [one.venue] if one.venue else [],
        "type": "journal-article",
        "score": 1.0,
        **abstract,
    }


def _refusal(parameter: str, value: str) -> Reply:
    fault = {"type": "parameter-not-allowed", "value": value, "message": f"{parameter} is not valid"}
    return Reply.of_json({"status": "failed", "message-type": "validation-failure", "message": [fault]}, 400)
