"""OpenAlex's works: https://docs.openalex.org/api-entities/works"""

from rookery.testing.web.serving import Asked, Entry, LocalService, Reply, number

_PARAMETERS = {"search", "per-page", "page", "select", "mailto", "filter", "sort"}
_FIELDS = {"id", "doi", "display_name", "title", "publication_year", "authorships", "abstract_inverted_index",
           "primary_location", "type", "cited_by_count"}  # fmt: skip
_MOST = 200


class OpenAlex(LocalService):
    """A catalogue whose works are its entries; their abstracts are given as an index of words."""

    def answer(self, asked: Asked) -> Reply:
        """Answer `/works`."""
        if asked.path != "/works":
            return Reply(404)
        strangers = asked.query.keys() - _PARAMETERS
        fields = set(filter(None, asked.query.get("select", "").split(",")))
        if strangers or fields - _FIELDS:
            return _refusal(f"{', '.join(sorted(strangers | (fields - _FIELDS)))} is not a valid parameter.")
        size, page = number(asked, "per-page", 25), number(asked, "page", 1)
        if not 1 <= size <= _MOST or page < 1:
            return _refusal(f"per-page parameter must be between 1 and {_MOST}")
        found = self.found(asked.query.get("search", ""))
        works = [_work(one, place) for place, one in enumerate(found, 1)][(page - 1) * size : page * size]
        chosen = [{name: value for name, value in work.items() if not fields or name in fields} for work in works]
        return Reply.of_json({"meta": {"count": len(found), "page": page, "per_page": size}, "results": chosen})


def _work(one: Entry, place: int) -> dict[str, object]:
    index: dict[str, list[int]] = {}
    for position, word in enumerate(one.text.split()):
        index.setdefault(word, []).append(position)
    return {
        "id": f"https://openalex.org/W{place}",
        "doi": f"https://doi.org/{one.doi}" if one.doi else None,
        "display_name": one.title,
        "title": one.title,
        "publication_year": one.year,
        "type": "article",
        "cited_by_count": 0,
        "authorships": [{"author_position": "first", "author": {"display_name": name}} for name in one.authors],
        "abstract_inverted_index": index or None,
        "primary_location": {"source": {"display_name": one.venue} if one.venue else None},
    }


def _refusal(message: str) -> Reply:
    return Reply.of_json({"error": "Invalid query parameters error.", "message": message}, 403)
